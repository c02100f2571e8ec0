"""What a bulk correction will change, or has changed, element by element, as its maker sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from common.errors import NotAllowed, NotVisible
from common.scope import Right
from elements.choices import CorrectionState
from elements.kinds import KINDS, Kind
from elements.models import BulkCorrection, Element
from elements.registries import REGISTRIES
from elements.selectors.keyset_pages import RowPage, read_models
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.paging import Order
from elements.selectors.wording import worded
from elements.services.corrections import official_fields

LIST_NAME = "bulk-corrections"
SHOWN_ROWS = 50
CHUNK_ROWS = 500


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of one element: what holds, what will hold; a proposal only becomes a conflict."""

    label: str
    old: str
    new: str
    is_conflict: bool


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One element of a bulk correction."""

    element_id: int
    label: str
    cells: tuple[Cell, ...]


def own_corrections(user: Any) -> QuerySet[BulkCorrection]:
    """The user's own bulk corrections, the latest first.

    Raises:
        NotAllowed: the user may not correct.
    """
    if Right.CORRECT not in user.scope.rights:
        raise NotAllowed
    return BulkCorrection.objects.filter(actor_id=user.pk).order_by("-pk")


def read_page(
    corrections: QuerySet[BulkCorrection], *, order: Order, size: int, cursor: str
) -> RowPage[BulkCorrection]:
    """A page of them: which ones, then they."""
    shown = BulkCorrection.objects.all()
    return read_models(corrections, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=shown)


def correction_rows(corrections: Sequence[BulkCorrection]) -> list[dict[str, Any]]:
    """{correction, registry, fields, count} of each: what the list shows."""
    return [
        {
            "correction": one,
            "registry": REGISTRIES[one.registry].label,
            "fields": "、".join(KINDS[one.kind].label_of(field) for field in one.values),
            "count": len(one.element_ids),
        }
        for one in corrections
    ]


def own_correction(user: Any, correction_id: int) -> BulkCorrection:
    """One of them.

    Raises:
        NotAllowed, NotVisible: no right, or it is nobody's or somebody else's.
    """
    found = own_corrections(user).select_related("batch").filter(pk=correction_id).first()
    if found is None:
        raise NotVisible
    return found


def said_rows(correction: BulkCorrection, user: Any) -> list[dict[str, Any]]:
    """The fields that are set, in words, and whether that is a proposal only."""
    kind = KINDS[correction.kind]
    official = official_fields(kind)
    return [
        {
            "label": kind.label_of(name),
            "value": worded(kind, name, value, in_full=may_read_names(user)),
            "is_official": name in official,
        }
        for name, value in correction.values.items()
    ]


def preview_rows(correction: BulkCorrection, user: Any, *, after: int = 0, limit: int = SHOWN_ROWS) -> list[PreviewRow]:
    """Elements that the plan touches, by number: four queries however many rows."""
    kind = KINDS[correction.kind]
    plans = list(
        kind.plan_model._default_manager.filter(job_id=correction.plan_job_id, element_id__gt=after)
        .order_by("element_id")
        .values("element_id", "conflicts", *correction.values)[:limit]
    )
    ids = [plan["element_id"] for plan in plans]
    elements, now = _elements(user, ids), _values(kind, ids, list(correction.values))
    rows = []
    for plan in plans:
        element = elements.get(plan["element_id"])
        if element is None:
            continue
        fresh = set(plan["conflicts"]) - set(element["conflicts"])
        cells = _cells(correction, kind, now.get(element["pk"], {}), plan, fresh, may_read_names(user))
        rows.append(PreviewRow(element["pk"], _label(correction, element, user), cells))
    return rows


def result_rows(correction: BulkCorrection, user: Any) -> list[PreviewRow]:
    """The first elements with what holds now, once the plan is gone."""
    kind, in_full = KINDS[correction.kind], may_read_names(user)
    ids = sorted(correction.element_ids)[:SHOWN_ROWS]
    elements, now = _elements(user, ids), _values(kind, ids, list(correction.values))
    return [
        PreviewRow(
            pk,
            _label(correction, elements[pk], user),
            tuple(
                Cell(kind.label_of(name), "", worded(kind, name, now.get(pk, {}).get(name), in_full=in_full),
                     name in elements[pk]["conflicts"])
                for name in correction.values
            ),
        )
        for pk in ids
        if pk in elements
    ]  # fmt: skip


def all_rows(correction: BulkCorrection, user: Any) -> Iterator[PreviewRow]:
    """Every row of the plan, read in chunks."""
    after = 0
    while chunk := preview_rows(correction, user, after=after, limit=CHUNK_ROWS):
        yield from chunk
        after = chunk[-1].element_id


def shown_rows(correction: BulkCorrection, user: Any) -> list[PreviewRow]:
    """What the page shows in this state."""
    if correction.state == CorrectionState.PLANNED:
        return preview_rows(correction, user)
    done = {CorrectionState.APPLIED, CorrectionState.UNDONE}
    return result_rows(correction, user) if correction.state in done else []


def _elements(user: Any, ids: list[int]) -> dict[int, dict[str, Any]]:
    found = Element.objects.visible_to(user).filter(pk__in=ids).values("pk", "label", "conflicts")
    return {row["pk"]: row for row in found}


def _values(kind: Kind, ids: list[int], fields: list[str]) -> dict[int, dict[str, Any]]:
    values: dict[int, dict[str, Any]] = {}
    for part in kind.parts:
        names = [name for name in fields if name in part.fields]
        if not names:
            continue
        for row in part.model._default_manager.filter(element_id__in=ids).values("element_id", *names):
            values.setdefault(row.pop("element_id"), {}).update(row)
    return values


def _cells(
    correction: BulkCorrection, kind: Kind, now: dict[str, Any], plan: dict[str, Any], fresh: set[str], in_full: bool
) -> tuple[Cell, ...]:
    cells = []
    for name, wanted in correction.values.items():
        is_conflict = name in fresh
        # A proposal changes nothing yet: what is shown is what is proposed.
        new = wanted if is_conflict else plan[name]
        old = worded(kind, name, now.get(name), in_full=in_full)
        cells.append(Cell(kind.label_of(name), old, worded(kind, name, new, in_full=in_full), is_conflict))
    return tuple(cells)


def _label(correction: BulkCorrection, element: dict[str, Any], user: Any) -> str:
    label = shown_label(correction.kind, element["label"], in_full=may_read_names(user))
    return label or f"#{element['pk']}"
