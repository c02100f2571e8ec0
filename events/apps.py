"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("事件")

    def ready(self) -> None:
        from datetime import time

        from common.daily import register_daily
        from events import facts
        from events.tasks import drop_old_partitions, make_partitions

        facts.register()
        register_daily("make-partitions", "建立事件分区", time(1, 10), make_partitions)
        register_daily("drop-old-partitions", "清理过期分区", time(3, 10), drop_old_partitions)
