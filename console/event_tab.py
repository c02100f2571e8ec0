"""What the tab 事件 of an element needs: the events that name it, counted by kind and year, under the conditions of the URL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import clock
from common.codes import code_table
from common.errors import DomainError
from console.selectors.event_ties import After, Span, TiedCounts, TiedEvent, tied_counts, tied_kinds, tied_page
from elements.choices import ElementKind
from elements.models import Element
from events.choices import EventKind
from events.links import event_url
from events.list_periods import begin_of
from events.selectors.finding_list import open_count
from events.selectors.labels import telling_word
from events.selectors.wording import moment_text

# Years that are counted, this one among them; without a time of its own the list begins with the first of them.
COUNTED_YEARS = 5
_LABELS = {EventKind.PARTY: gettext_lazy("交通事故（当事人）")}


class EventTabForm(forms.Form):
    """Conditions of the tab; they stand in the URL."""

    kind = forms.ChoiceField(label=gettext_lazy("种类"), required=False)
    occurred_from = forms.DateField(
        label=gettext_lazy("时间自"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    occurred_to = forms.DateField(
        label=gettext_lazy("时间至（含当日）"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, *args: Any, kinds: Iterable[EventKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("全部种类")), *((kind.value, _kind_label(kind)) for kind in kinds)]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]


def has_events(element: Element, _user: Any) -> bool:
    """Vehicles, persons and roads have events."""
    return bool(tied_kinds(element))


def events_panel(element: Element, user: Any, data: QueryDict | None = None) -> dict[str, Any]:
    """Context of `console/event_tab.html`; `data` holds `kind`, `occurred_from`, `occurred_to` and `after`.

    Raises:
        DomainError: a condition that cannot be.
    """
    data = data or QueryDict()
    form = EventTabForm(data, kinds=tied_kinds(element))
    if not form.is_valid():
        raise DomainError("BAD_FILTER", _("条件无效，请改正种类或日期后重试。"), {"fields": sorted(form.errors)})
    asked = form.cleaned_data
    kind = EventKind(asked["kind"]) if asked["kind"] else None
    rows, after = tied_page(element, user, kind=kind, span=_span(asked), after=_read_after(data.get("after", "")))
    base = reverse("console:element-events", args=[element.pk])
    counts = tied_counts(element, user, _counted_span())
    open_findings = open_count(element.pk, user) if element.kind == ElementKind.VEHICLE else 0
    return {
        "open_findings": open_findings,
        "findings_url": f"{reverse('console:event-findings')}?state=OPEN&vehicle={element.pk}",
        "event_form": form,
        "events_url": base,
        "is_filtered": any(asked.values()),
        "event_rows": [_row(row) for row in rows],
        "event_years": _years(),
        "event_counts": [_count_row(base, one, counts) for one in tied_kinds(element)],
        "event_hidden": counts.hidden,
        "counted_years": COUNTED_YEARS,
        "newest_url": _url(base, asked) if data.get("after") else "",
        "older_url": _url(base, asked, after=_write_after(after)) if after else "",
    }


def _kind_label(kind: EventKind) -> str:
    return str(_LABELS.get(kind, kind.label))


def _years() -> list[int]:
    this = clock.today().year
    return list(range(this, this - COUNTED_YEARS, -1))


def _counted_span() -> Span:
    years = _years()
    return Span(begin_of(date(years[-1], 1, 1)), begin_of(date(years[0] + 1, 1, 1)))


def _span(asked: dict[str, Any]) -> Span:
    """The time that is asked for; what is left open is that of the counts."""
    usual = _counted_span()
    begin = begin_of(asked["occurred_from"]) if asked["occurred_from"] else usual.begin
    end = begin_of(asked["occurred_to"] + timedelta(days=1)) if asked["occurred_to"] else usual.end
    return Span(begin, end)


def _url(base: str, asked: dict[str, Any], **more: str) -> str:
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in (asked | more).items() if value})
    return f"{base}?{query.urlencode()}" if query else base


def _write_after(after: After) -> str:
    return f"{after.at.isoformat()}~{after.rank}~{after.event_id}"


def _read_after(text: str) -> After | None:
    if not text:
        return None
    try:
        at, rank, event_id = text.split("~")
        after = After(datetime.fromisoformat(at), int(rank), int(event_id))
    except ValueError as error:
        raise DomainError("BAD_CURSOR", _("翻页位置已失效，请从首页重新翻起。")) from error
    if after.at.tzinfo is None or not 0 <= after.event_id < 2**63:
        raise DomainError("BAD_CURSOR", _("翻页位置已失效，请从首页重新翻起。"))
    return after


def _row(event: TiedEvent) -> dict[str, Any]:
    share = code_table("sgzr").get(event.share, event.share)
    return {
        "at": moment_text(event.occurred_at),
        "kind": _kind_label(event.kind),
        "what": telling_word(event.page_kind, event.telling),
        "url": event_url(event.page_kind, event.page_id) if event.page_id else "",
        "place": event.place,
        "note": share or (_("等待事故资料") if event.page_id is None else ""),
    }


def _count_row(base: str, kind: EventKind, counts: TiedCounts) -> dict[str, Any]:
    by_year = counts.by_kind.get(kind, {})
    cells = [
        {
            "year": year,
            "count": by_year.get(year, 0),
            "url": _url(base, {"kind": kind.value, "occurred_from": f"{year}-01-01", "occurred_to": f"{year}-12-31"}),
        }
        for year in _years()
    ]
    return {
        "label": _kind_label(kind),
        "cells": cells,
        "total": sum(by_year.values()),
        "url": _url(base, {"kind": kind.value}),
    }
