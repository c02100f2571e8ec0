"""What the section 事件 of a block sheet needs: each number with what it means and the list of exactly these events."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from addresses.models import Area
from console.selectors.event_block import MEASURES, MONTH, YEAR, BlockEvents
from events.links import event_list_url

_WORDS = {
    "general": (_("交通事故（一般程序）"), _("按一般程序处理的事故，不含已撤回的")),
    "summary": (_("交通事故（简易程序）"), _("按简易程序处理的事故，不含已撤回的；与一般程序分开统计，不相加")),
    "violations": (_("交通违法"), _("发生在本块的违法，不含已撤回的")),
    "incidents": (_("警情"), _("发生在本块的警情，不含已撤回的")),
    "captures": (_("过车记录"), _("本块内卡口的过车记录")),
}
_SPANS = (MONTH, YEAR)


def event_figures(block: Area, events: BlockEvents) -> list[dict[str, Any]]:
    """One row a number: {label, definition, cells: [{value, is_zero, url}]}; deaths and injured follow their accidents."""
    rows = []
    for code, (label, definition) in _WORDS.items():
        cells = [_cell(code, span, block, events) for span in _SPANS]
        rows.append({"label": label, "definition": definition, "cells": cells})
        if code == "summary":
            rows += [_victims(0, "is_fatal", block, events), _victims(1, "is_injury", block, events)]
    return rows


def _cell(code: str, span: str, block: Area, events: BlockEvents) -> dict[str, Any]:
    kind, procedure = MEASURES[code]
    count = events.counts[code, span]
    more = {"procedure": procedure} if procedure else {}
    url = event_list_url(kind, area=block.pk, occurred_from=events.since[span].isoformat(), **more)
    return {"value": str(count), "count": count.mark, "is_zero": not count.value, "url": url}


def _victims(position: int, wanted: str, block: Area, events: BlockEvents) -> dict[str, Any]:
    """Deaths or injured of all accidents, leading to the accidents that had any."""
    cells = []
    for span in _SPANS:
        number = events.victims[span][position]
        url = event_list_url(
            "ACCIDENT", area=block.pk, occurred_from=events.since[span].isoformat(), **{wanted: "true"}
        )
        cells.append({"value": f"{number:,}", "sum": number, "is_zero": not number, "url": url})
    label = _("死亡人数") if position == 0 else _("受伤人数")
    return {"label": label, "definition": _("两种程序的事故合计人数"), "cells": cells}


def events_json(events: BlockEvents) -> dict[str, Any]:
    """The same as data: span → since, counts by code, deaths and injured."""
    return {
        span: {
            "since": events.since[span].isoformat(),
            "counts": {code: events.counts[code, span].as_json() for code in MEASURES},
            "deaths": events.victims[span][0],
            "injured": events.victims[span][1],
        }
        for span in _SPANS
    }
