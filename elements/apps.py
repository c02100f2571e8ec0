"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ElementsConfig(AppConfig):
    name = "elements"
    verbose_name = _("交通要素")

    def ready(self) -> None:
        from datetime import time

        import elements.receivers  # noqa: F401 - registers itself
        from common.daily import register_daily
        from common.jobs import register_job
        from elements import facts
        from elements.services.bulk_corrections import HANDLERS
        from elements.services.duplicates import FIND_DUPLICATES, find_duplicates
        from elements.services.placing import PLACE_ELEMENTS, place_elements
        from elements.services.policies import REFOLD, refold_kind
        from elements.services.sections import CUT_ROADS, cut_roads
        from elements.tasks import search_duplicates

        facts.register()
        for kind, handler in HANDLERS.items():
            register_job(kind, handler)
        register_job(FIND_DUPLICATES, find_duplicates)
        register_job(REFOLD, refold_kind)
        register_job(CUT_ROADS, cut_roads)
        register_job(PLACE_ELEMENTS, place_elements)
        register_daily("search-duplicates", "查找疑似重复", time(2, 30), search_duplicates)
