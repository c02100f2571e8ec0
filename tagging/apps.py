"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TaggingConfig(AppConfig):
    name = "tagging"
    verbose_name = _("标签")

    def ready(self) -> None:
        from datetime import time

        from common.daily import register_daily
        from common.jobs import register_job
        from tagging.services.nightly import RUN_RULE, run_published
        from tagging.tasks import reconcile_tags

        register_job(RUN_RULE, run_published)
        register_daily("reconcile-tags", "全量核对标签", time(3, 40), reconcile_tags)
