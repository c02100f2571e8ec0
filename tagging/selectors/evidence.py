"""Why a tag is there, as a reader may see it: what the rule asked, what it found, and the records that open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from events.list_kinds import EVENT_LISTS

MOST_RECORDS = 12


def grounds(evidence: Iterable[Mapping[str, Any]] | None, *, shows_values: bool) -> list[dict[str, Any]]:
    """A row a term: `text, value, is_met, kind, records`; `kind` is the word of the page on which a record opens.

    Args:
        evidence: of the tag.
        shows_values: what was found is shown; a value may name somebody.
    """
    return [
        {
            "text": one.get("text", ""),
            "value": one.get("value", "") if shows_values else "",
            "is_met": bool(one.get("is_met")),
            "kind": page_word(one.get("table", "")),
            "records": list(one.get("records") or ())[:MOST_RECORDS],
        }
        for one in evidence or ()
    ]


def page_word(table: str) -> str:
    """The word of the page on which a record of the table is opened; "" = it has none."""
    if table == "elements_element":
        return "element"
    return next((name for name, one in EVENT_LISTS.items() if one.table.table == table), "")
