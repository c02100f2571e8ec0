"""A landed row as its reader sees it, and the fields that an import would change, in words and masked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from exchange.kinds import LandedKind

_INDEX = slice(1, 17)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, in words and masked; `is_hidden_change` when the mask hides the difference."""

    label: str
    before: str
    after: str

    @property
    def is_hidden_change(self) -> bool:
        return bool(self.before) and self.before == self.after


@dataclass(slots=True)
class RowOnPage:
    """A landed row as its reader sees it; `changes` is None where they are not shown (`note` says why).

    `element_id` is the event's where the batch is of a kind of event; `page_id` is whose page shows it: of a party the
    accident's.
    """

    row_number: int
    outcome: str
    outcome_label: str
    problems: list[dict[str, str]]
    mended_by: int | None
    element_id: int | None = None
    element_label: str = ""
    page_id: int | None = None
    changes: list[FieldChange] | None = None
    note: str = ""


def field_changes(
    kind: LandedKind, before: dict[str, Any], after: dict[str, Any], worded: Callable[[str, Any], str]
) -> Iterable[FieldChange]:
    """The fields that differ, in the order of the kind; `worded` gives the text of a field's value."""
    for name in kind.fields:
        old, new = before.get(name), after.get(name)
        if _same(kind, name, old, new):
            continue
        yield FieldChange(label=kind.label_of(name), before=worded(name, old), after=worded(name, new))


def _same(kind: LandedKind, name: str, old: Any, new: Any) -> bool:
    if old is None or new is None:
        return old is new
    if name in kind.sealed_fields:
        # The sealed text may differ by key version; the blind index says whether the number is the same.
        return bytes(old)[_INDEX] == bytes(new)[_INDEX]
    return bool(old == new)
