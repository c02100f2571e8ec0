"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ElementsConfig(AppConfig):
    name = "elements"
    verbose_name = _("交通要素")

    def ready(self) -> None:
        from common.jobs import register_job
        from elements.services.policies import REFOLD, refold_kind
        from elements.services.sections import CUT_ROADS, cut_roads

        register_job(REFOLD, refold_kind)
        register_job(CUT_ROADS, cut_roads)
