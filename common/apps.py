"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CommonConfig(AppConfig):
    name = "common"
    verbose_name = _("公共")

    def ready(self) -> None:
        from common.changes import settle_restored
        from common.daily import DAILY, run_daily
        from common.jobs import register_job

        register_job(DAILY, run_daily)
        post_migrate.connect(settle_restored, sender=self, dispatch_uid="settle_restored")
