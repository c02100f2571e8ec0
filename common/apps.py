"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommonConfig(AppConfig):
    name = "common"
    verbose_name = _("公共")

    def ready(self) -> None:
        from common.daily import DAILY, run_daily
        from common.jobs import register_job

        register_job(DAILY, run_daily)
