"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExchangeConfig(AppConfig):
    name = "exchange"
    verbose_name = _("信息交换")

    def ready(self) -> None:
        from datetime import time

        from common.daily import register_daily
        from common.jobs import register_job
        from exchange.selectors.address_batches import RESOLVE_FILE
        from exchange.services import connecting, landing
        from exchange.services.address_batch import resolve_file
        from exchange.tasks import reconcile_partners

        register_job(RESOLVE_FILE, resolve_file)
        register_job(connecting.RUN_CONNECTOR, connecting.run_connector)
        register_job(landing.PLAN_IMPORT, landing.plan_import)
        register_job(landing.APPLY_IMPORT, landing.apply_import)
        register_job(landing.UNDO_IMPORT, landing.undo_import)
        register_daily("reconcile-partners", "与伙伴对账", time(4, 20), reconcile_partners)
