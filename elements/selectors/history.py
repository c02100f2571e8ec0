"""What the platform held about an element, version by version, and who caused each change where that can be told.

History rows are written by triggers, a row a table and transaction; what happened at one time is one change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Model

from addresses.models import Area
from common.errors import NotVisible
from elements.choices import ElementKind, PlaceQuality
from elements.kinds import KINDS, Kind
from elements.models import Element
from elements.selectors.change_causes import NOBODY, Cause, Raw, causes_of
from elements.selectors.masking import may_read_names
from elements.selectors.wording import worded

PAGE_CHANGES = 50
# Newest versions of each table that are read; an element that changed more often is said to be cut.
MAX_VERSIONS = 1_000
_BOOKKEEPING = frozenset({"pgh_id", "pgh_created_at", "pgh_label", "pgh_obj", "pgh_context", "element"})
_DELETED = "delete"
_INDEX = slice(1, 17)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a change, in words, masked for the reader."""

    field: str
    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """One version of the element.

    Attributes:
        at: when it was written.
        version: names the version that the change led to, see `version_at`.
        is_first: the element began with it.
        is_current: nothing changed since.
        is_stub: nobody had registered the element yet; there is nothing to go back to.
        differences: what it set; of the first, with what it began.
        cause: who caused it, empty where that cannot be told.
    """

    at: datetime
    version: str
    is_first: bool
    is_current: bool
    is_stub: bool
    differences: tuple[Difference, ...]
    cause: Cause = NOBODY


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Changes, newest first.

    Attributes:
        changes: of this page.
        fields: (name, label) of every field that ever changed.
        older: cursor of the next page, "" on the last.
        is_cut: there are older versions than are read.
    """

    changes: list[Change]
    fields: list[tuple[str, str]]
    older: str
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Version:
    """What the element was at a version: field → value as its model has it; `frame` are the tracked fields of the element itself."""

    at: datetime
    values: dict[str, Any]
    frame: dict[str, Any]


def events_model(model: type[Model]) -> Any:
    """The model of the history rows of a tracked model."""
    return next(r.related_model for r in model._meta.related_objects if r.field.name == "pgh_obj")


def tables_of(kind: Kind) -> tuple[type[Model], ...]:
    """The tracked tables of a kind, the element itself first."""
    return (Element, *(part.model for part in kind.parts))


def history(
    element: Element, user: Any, *, field: str = "", is_manual_only: bool = False, before: str = ""
) -> HistoryPage:
    """Changes of the element and its details: one query a table and three more.

    Args:
        element: a visible element.
        user: who reads.
        field: only changes of this field, and only it of them.
        is_manual_only: only what people of the platform corrected, reported or took back.
        before: cursor of the page before, "" for the newest.
    """
    kind = KINDS[element.kind]
    raws, is_cut = _raw_changes(element)
    causes = causes_of(element, raws, user)
    places = _place_names(raws)
    in_full = may_read_names(user)
    labels = {item[0]: _label(kind, item[0]) for raw in raws for item in raw.items}
    changes = [
        Change(
            raw.at,
            raw.version,
            raw.is_first,
            number == 0,
            raw.is_stub,
            tuple(
                Difference(
                    name, labels[name], _text(kind, name, old, in_full, places), _text(kind, name, new, in_full, places)
                )
                for name, old, new in raw.items
                if not field or name == field
            ),
            cause,
        )
        for number, (raw, cause) in enumerate(zip(raws, causes, strict=True))
        if cause.is_manual or not is_manual_only
    ]
    wanted = [change for change in changes if change.differences]
    shown, older = _page(wanted, before)
    return HistoryPage(shown, sorted(labels.items(), key=lambda one: one[1]), older, is_cut)


def version_at(element: Element, version: str) -> Version:
    """What the element was at a version that its history names: a query a table.

    Raises:
        NotVisible: it has no such version.
    """
    tables = tables_of(KINDS[element.kind])
    number, _mark, key = version.partition("-")
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in (number, key)):
        raise NotVisible
    if int(number) >= len(tables):
        raise NotVisible
    named = events_model(tables[int(number)]).objects.filter(pgh_obj_id=element.pk, pk=int(key)).first()
    if named is None:
        raise NotVisible
    rows = [
        named if table is tables[int(number)] else _row_at(element, table, named.pgh_created_at) for table in tables
    ]
    # Before its first claim an element is a stub: nothing was known that could come back.
    if rows[1] is None:
        raise NotVisible
    values: dict[str, Any] = {}
    for table, row in zip(tables[1:], rows[1:], strict=True):
        values |= _values(table, row)
    return Version(named.pgh_created_at, values, _values(Element, rows[0]))


def values_at(element: Element, at: datetime) -> dict[str, Any]:
    """Field → value at a moment: a query a table."""
    values: dict[str, Any] = {}
    for table in tables_of(KINDS[element.kind])[1:]:
        values |= _values(table, _row_at(element, table, at))
    return values


def is_alike(kind: Kind, name: str, one: Any, other: Any) -> bool:
    """Two values of a field are the same; personal numbers by their blind index, places within a centimetre."""
    if name == "conflicts":
        return set(one or ()) == set(other or ())
    if one is None or other is None:
        return one is other
    if name in kind.sealed_fields:
        return bytes(one)[_INDEX] == bytes(other)[_INDEX]
    if isinstance(one, GEOSGeometry):
        return bool(one.equals_exact(other, 1e-7))
    return bool(one == other)


def frame_text(name: str, value: Any) -> str:
    """A tracked field of the element itself in words; a block by its name."""
    places = {value: Area.objects.values_list("name", flat=True).filter(pk=value).first()} if name == "block" else {}
    return _text(KINDS[ElementKind.PERSON], name, value, False, places)


def _row_at(element: Element, table: type[Model], at: datetime) -> Any:
    rows = events_model(table).objects.filter(pgh_obj_id=element.pk, pgh_created_at__lte=at)
    return rows.order_by("-pgh_created_at", "-pgh_id").first()


def _fields(table: type[Model]) -> list[Any]:
    return [one for one in events_model(table)._meta.fields if one.name not in _BOOKKEEPING]


def _values(table: type[Model], row: Any) -> dict[str, Any]:
    """Field → value of a history row; a row that went, or is not there yet, holds nothing."""
    is_there = row is not None and row.pgh_label != _DELETED
    return {one.name: getattr(row, one.attname) if is_there else None for one in _fields(table)}


def _raw_changes(element: Element) -> tuple[list[Raw], bool]:
    """Every change that is read, newest first, and whether older ones are left out."""
    kind = KINDS[element.kind]
    found: dict[tuple[datetime, int], list[tuple[int, int, bool, list[Any]]]] = defaultdict(list)
    is_cut, registered_at = False, None
    for number, table in enumerate(tables_of(kind)):
        rows = list(
            events_model(table)
            .objects.filter(pgh_obj_id=element.pk)
            .order_by("-pgh_created_at", "-pgh_id")[: MAX_VERSIONS + 1]
        )
        is_cut = is_cut or len(rows) > MAX_VERSIONS
        if number == 1 and rows:
            registered_at = rows[-1].pgh_created_at
        # Versions of one transaction keep their order: the first of each table belong together, and so on.
        met: dict[datetime, int] = defaultdict(int)
        known = [None, *reversed(rows)] if len(rows) <= MAX_VERSIONS else rows[::-1]
        for old, new in pairwise(known):
            items = _differences(kind, _values(table, old), _values(table, new))
            if items:
                met[new.pgh_created_at] += 1
                step = (number, new.pk, old is None, items)
                found[new.pgh_created_at, met[new.pgh_created_at]].append(step)
    ordered = sorted(found.items(), reverse=True)
    return [_joined(at, steps, registered_at) for (at, _nth), steps in ordered], is_cut


def _differences(kind: Kind, old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(name, old[name], new[name]) for name in new if not is_alike(kind, name, old[name], new[name])]


def _joined(at: datetime, steps: Sequence[tuple[int, int, bool, list[Any]]], registered_at: datetime | None) -> Raw:
    number, key, _is_first, _items = steps[-1]
    is_first = any(step_number == 0 and is_first for step_number, _key, is_first, _items in steps)
    is_stub = registered_at is None or at < registered_at
    return Raw(at, f"{number}-{key}", is_first, is_stub, tuple(item for step in steps for item in step[3]))


def _page(changes: list[Change], before: str) -> tuple[list[Change], str]:
    """Changes older than the cursor, never one of a transaction without the others; the cursor of what follows."""
    if before.isascii() and before.isdigit() and len(before) < 18:
        limit = _EPOCH + timedelta(microseconds=int(before))
        changes = [change for change in changes if change.at < limit]
    if len(changes) <= PAGE_CHANGES:
        return changes, ""
    last = changes[PAGE_CHANGES - 1].at
    shown = [change for number, change in enumerate(changes) if number < PAGE_CHANGES or change.at == last]
    return shown, str((last - _EPOCH) // timedelta(microseconds=1)) if len(shown) < len(changes) else ""


def _label(kind: Kind, name: str) -> str:
    if name in kind.fields:
        return kind.label_of(name)
    return str(getattr(Element._meta.get_field(name), "verbose_name", name))


def _place_names(raws: Iterable[Raw]) -> dict[int, str]:
    blocks = {value for raw in raws for name, *pair in raw.items if name == "block" for value in pair if value}
    return dict(Area.objects.filter(pk__in=blocks).values_list("pk", "name")) if blocks else {}


def _text(kind: Kind, name: str, value: Any, in_full: bool, places: dict[Any, Any]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if name == "place_quality":
        return str(dict(PlaceQuality.choices).get(value, value))
    if name == "conflicts":
        return "、".join(kind.label_of(one) for one in value)
    if name == "block":
        return str(places.get(value) or value)
    if name == "merged_into":
        return str(value)
    return worded(kind, name, value, in_full=in_full)
