"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("研判")

    def ready(self) -> None:
        from datetime import time

        from analytics.filters import add_to_accidents
        from analytics.reports.files import RENDER_REPORT, run_render
        from analytics.reports.making import run_make
        from analytics.reports.sending import send_now
        from analytics.services.hot_spots import FIND_SPOTS, run_search
        from analytics.services.reports import MAKE_REPORT, SEND_REPORT
        from analytics.services.snapshots import take_snapshots
        from common.daily import register_daily
        from common.jobs import register_job
        from elements.services.merges import leave_behind

        register_job(MAKE_REPORT, run_make)
        register_job(RENDER_REPORT, run_render)
        register_job(SEND_REPORT, send_now)
        register_job(FIND_SPOTS, run_search)
        add_to_accidents()
        # What was said of the one is not said of the other; a new assessment begins at the one that is kept.
        leave_behind("analytics_risksheet", "true")
        register_daily("indicators", "指标日值", time(2, 20), take_snapshots)
