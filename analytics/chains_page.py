"""What the page of chains shows, from the query in its URL."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.periods import Span, months_before
from analytics.query import Query
from analytics.selectors.chains import Chain, chains, road_names
from common import clock
from elements.choices import ElementKind
from elements.list_page import chips, list_export_url, prepare_form, with_parameters
from events.choices import Severity
from events.filters import TIME_PARAMETERS, filtered_events

LIST_NAME, NAME = "accident-chains", "accidents"
_LEAST, _USUAL_MONTHS = (2, 3, 4, 5), 12
TITLES = {
    ElementKind.UNIT: gettext_lazy("单位（名下车辆）"), ElementKind.PERSON: gettext_lazy("人员"),
    ElementKind.VEHICLE: gettext_lazy("机动车"),
}  # fmt: skip


def asked(data: QueryDict) -> tuple[Query, int]:
    """Accidents and the least number: by default those of twelve months, this one among them, and two."""
    query, today = Query.read(NAME, data), clock.today()
    if not TIME_PARAMETERS & data.keys():
        query = query.during(Span(months_before(today, _USUAL_MONTHS - 1), today))
    least = data.get("least", "")
    return query, int(least) if least in {str(one) for one in _LEAST} else _LEAST[0]


def page_context(data: QueryDict, user: Any) -> dict[str, Any]:
    """Everything of the page.

    Raises:
        DomainError: a filter value that cannot be.
    """
    query, least = asked(data)
    _rows, filterset = filtered_events(query.event_list, query.data, user)
    prepare_form(filterset, user)
    found = chains(query, user, least=least)
    names = road_names(one for rows in found.values() for one in rows)
    return {
        "query": query,
        "as_of": clock.now(),
        "filterset": filterset,
        "own": {"least": least},
        "usual_words": _("回到近 12 个月"),
        "chips": chips(filterset, query.data, user),
        "tabs": [
            {
                "label": _("%(n)s 起以上") % {"n": one},
                "url": with_parameters(data, least=str(one)),
                "active": one == least,
            }
            for one in _LEAST
        ],
        "groups": [{"title": TITLES[kind], "rows": [_row(one, names) for one in rows]} for kind, rows in found.items()],
        "export_url": list_export_url(LIST_NAME, data, user),
        "export_is_table": True,
    }


def _row(chain: Chain, names: dict[int, str]) -> dict[str, Any]:
    labels = dict(Severity.choices)
    roads = sorted(chain.roads.items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "chain": chain,
        "roads": [
            {"name": names.get(pk) or f"#{pk}", "count": count, "url": chain.road_query(pk).url} for pk, count in roads
        ],
        "severities": [
            {"label": labels[one], "count": chain.severities[one], "url": chain.query.narrowed(severity=one).url}
            for one in Severity.values
            if one in chain.severities
        ],
    }
