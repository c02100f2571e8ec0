"""The tabs of an element's page: what each shows, of which elements, to whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common import clock
from console.edit_page import edit_rows, with_words
from console.element_graph import graph_tab
from console.element_page import claim_rows, conflict_rows
from console.element_photos import photo_panel
from console.element_upkeep import has_upkeep, upkeep
from console.event_tab import events_panel, has_events
from console.no_go_page import is_road, no_go_panel
from console.restore_page import history_panel
from console.selectors.building import sheet_codes
from console.selectors.merge_list import may_have_merges, merges_panel
from elements.models import Element
from elements.selectors import detail
from elements.selectors.absence import absences
from elements.selectors.dues import dues_of
from elements.selectors.provenance import provenance
from tagging.selectors.grade_page import grades_panel, has_grades
from tagging.selectors.tag_panel import tag_panel


@dataclass(frozen=True)
class Tab:
    """One tab.

    Attributes:
        key: stands in the URL as `?tab=key`.
        label: what it is called.
        template: draws the panel.
        context: what the template needs, of a visible element for a user.
        applies: whether the element has this tab for the user.
    """

    key: str
    label: str | Promise
    template: str
    context: Callable[[Element, Any], dict[str, Any]]
    applies: Callable[[Element, Any], bool] = lambda element, user: True


def _overview(element: Element, user: Any) -> dict[str, Any]:
    log = list(detail.claim_log(element))
    addresses = detail.addresses(element)
    return {
        **edit_rows(element, provenance(element, log), user),
        "addresses": addresses,
        "sheet_codes": sheet_codes(addresses, user),
        "relations": detail.relations(element, user),
        "dues": dues_of(element, detail.folded_values(element), clock.today()),
        "findings": detail.findings(element, user),
        "geometry_url": reverse("console:element-places", args=[element.pk]),
    }


def _values(element: Element, user: Any) -> dict[str, Any]:
    log = list(detail.claim_log(element))
    found = provenance(element, log)
    return with_words(conflict_rows(element, found, user), element, found, user)


def _claims(element: Element, user: Any) -> dict[str, Any]:
    return {"claims": claim_rows(element, detail.claim_log(element), user), "absences": absences(element)}


OVERVIEW = Tab("overview", _("概况"), "console/element_overview.html", _overview)
RELATIONS = Tab("relations", _("关系"), "console/element_graph.html", graph_tab)
TABS: tuple[Tab, ...] = (
    OVERVIEW,
    RELATIONS,
    Tab("tags", _("标签"), "tagging/element_tags.html", tag_panel),
    Tab("events", _("事件"), "console/event_tab.html", events_panel, has_events),
    Tab("grades", _("分级"), "tagging/grade_tab.html", grades_panel, has_grades),
    Tab("upkeep", _("维护"), "duty/element_upkeep.html", upkeep, has_upkeep),
    Tab("values", _("取值与来源"), "console/element_values.html", _values),
    Tab("claims", _("声明"), "console/element_claims.html", _claims),
    Tab("no-go", _("禁行"), "console/no_go_tab.html", no_go_panel, is_road),
    Tab("photos", _("照片"), "console/photos.html", photo_panel),
    Tab("merges", _("合并"), "console/merge_tab.html", merges_panel, may_have_merges),
    Tab("history", _("变更历史"), "console/element_history.html", history_panel),
)


def tabs_of(element: Element, user: Any) -> list[Tab]:
    """The tabs that this element has for this user."""
    return [tab for tab in TABS if tab.applies(element, user)]


def tab_links(available: list[Tab], shown: Tab, kept: str = "") -> list[dict[str, Any]]:
    """Tabs for `includes/tabs.html`; `kept` is the rest of the query, such as the list that the element was opened from."""
    rest = f"&{kept}" if kept else ""
    return [
        {"key": tab.key, "label": tab.label, "url": f"?tab={tab.key}{rest}", "active": tab is shown}
        for tab in available
    ]
