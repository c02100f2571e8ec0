"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ElementsConfig(AppConfig):
    name = "elements"
    verbose_name = _("交通要素")

    def ready(self) -> None:
        from common.jobs import register_job
        from elements.services.bulk_corrections import HANDLERS
        from elements.services.duplicates import FIND_DUPLICATES, find_duplicates
        from elements.services.policies import REFOLD, refold_kind
        from elements.services.sections import CUT_ROADS, cut_roads

        for kind, handler in HANDLERS.items():
            register_job(kind, handler)
        register_job(FIND_DUPLICATES, find_duplicates)
        register_job(REFOLD, refold_kind)
        register_job(CUT_ROADS, cut_roads)
