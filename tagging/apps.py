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
        from tagging import merging
        from tagging.event_filters import add_to_events
        from tagging.services.backtesting import BACKTEST, run_backtest
        from tagging.services.grading import RUN_SCHEME, run_daily
        from tagging.services.grading import run_published as run_scheme_published
        from tagging.services.nightly import RUN_RULE, run_published
        from tagging.services.publishing import END_TAGS, end_tags
        from tagging.services.simulating import SIMULATE, run_simulation
        from tagging.tag_filters import add_to_registries
        from tagging.tasks import reconcile_tags

        register_job(RUN_RULE, run_published)
        register_job(BACKTEST, run_backtest)
        register_job(SIMULATE, run_simulation)
        register_job(END_TAGS, end_tags)
        add_to_registries()
        add_to_events()
        merging.register()
        register_job(RUN_SCHEME, run_scheme_published)
        register_daily("grade-elements", "每日分级", time(4, 10), run_daily)
        register_daily("reconcile-tags", "全量核对标签", time(3, 40), reconcile_tags)
