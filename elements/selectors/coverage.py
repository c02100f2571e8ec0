"""How much of what there should be is known: per district, grid or village (区不漏路、格不漏企、村不漏车、户不漏人).

Known are the standing elements of the reader's blocks; what there should be comes from `ExpectedCount`, which somebody
states by village. A share is drawn only over villages that lie wholly in the row and have a number: where nothing was
stated there is no share, never 100 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from addresses.choices import AddressLevel, AddressState, AreaKind
from addresses.models import Area, StandardAddress
from addresses.selectors.blocks import block_ids_of_areas, current_areas
from addresses.selectors.past_blocks import block_on, in_blocks
from common import clock
from common.scope import Actor, Right
from elements.choices import ElementKind, PlaceQuality
from elements.models import Element, ExpectedCount
from elements.registries import REGISTRIES, Registry
from elements.selectors.freshness import stale
from elements.selectors.gaps import gaps_of, with_gaps

DISTRICT, GRID, VILLAGE = "district", "grid", "village"
KNOWN, STALE, UNPLACED, CONFLICT, GAPS, DOORS = "known", "stale", "unplaced", "conflict", "gaps", "doors"
_BLOCK = F("block_id")
MEASURES = (KNOWN, STALE, UNPLACED, CONFLICT, GAPS)


def rough_places(registry: Registry) -> tuple[PlaceQuality, ...]:
    """Qualities that say "not verified on the ground"; a road is placed by its blocks and needs no point."""
    if registry.kind == ElementKind.ROAD:
        return (PlaceQuality.UNPLACED,)
    return (PlaceQuality.VILLAGE, PlaceQuality.UNPLACED)


@dataclass(slots=True)
class Figures:
    """Numbers of one registry in one row.

    Attributes:
        known: standing elements; `stale`, `unplaced`, `conflict`, `gaps` of them.
        doors: numbers, buildings, rooms of the address register with nothing below them; houses only.
        expected: what there should be in the villages that have a number; None: no village has one.
        known_there: known elements of exactly these villages.
        villages, stated: villages of the row, and those of them that `expected` is made of.
        sources, as_of: who stated the numbers, and the oldest of their dates.
    """

    known: int = 0
    stale: int = 0
    unplaced: int = 0
    conflict: int = 0
    gaps: int = 0
    doors: int | None = None
    expected: int | None = None
    known_there: int = 0
    villages: int = 0
    stated: int = 0
    sources: list[str] = field(default_factory=list)
    as_of: date | None = None

    @property
    def share(self) -> float | None:
        """Known ÷ expected; None where nothing was stated or nothing should be there."""
        return self.known_there / self.expected if self.expected else None

    @property
    def fresh_share(self) -> float | None:
        return (self.known - self.stale) / self.known if self.known else None

    @property
    def door_share(self) -> float | None:
        return self.known / self.doors if self.doors else None


@dataclass(slots=True)
class CoverageRow:
    """A district, grid or village with its figures by registry; a pseudo-block stands for itself."""

    name: str
    above: str
    area: Area | None
    village_code: str
    blocks: list[Area]
    figures: dict[str, Figures]


def coverage(
    user: Actor,
    *,
    by: str,
    area_id: int | None,
    registries: Iterable[str],
    now: datetime,
    borders_on: date | None = None,
) -> list[CoverageRow]:
    """Rows by name of what is above them, then code; five statements, one more with `borders_on`.

    Args:
        user: reader; only what lies in the scope is counted.
        by: district, grid or village.
        area_id: narrows the blocks to an area.
        registries: names of the registries to count.
        now: moment at which freshness is judged.
        borders_on: the things of today by the borders of this day; None: by those of today. The scope is that of today.
    """
    names = list(registries)
    blocks = _blocks(user, area_id)
    counts = _counts(user, [block.pk for block in blocks], names, now, block_on(borders_on))
    stated = _expected({block.village_id for block in blocks if block.village_id}, names)
    sizes = _village_sizes(stated)
    rows = _rows(blocks, by)
    for row in rows:
        whole = _whole_villages(row.blocks, sizes)
        villages = {block.village_id for block in row.blocks if block.village_id}
        row.figures = {name: _figures(row, name, counts, stated, whole, len(villages)) for name in names}
    return rows


def total_of(rows: list[CoverageRow], name: str) -> Figures:
    """The sum of a registry over rows."""
    total = Figures()
    for figures in (row.figures[name] for row in rows):
        for measure in (*MEASURES, "known_there", "villages", "stated"):
            setattr(total, measure, getattr(total, measure) + getattr(figures, measure))
        if figures.expected is not None:
            total.expected = (total.expected or 0) + figures.expected
        if figures.doors is not None:
            total.doors = (total.doors or 0) + figures.doors
        total.sources = sorted({*total.sources, *figures.sources})
        total.as_of = min((day for day in (total.as_of, figures.as_of) if day), default=None)
    return total


def _blocks(user: Actor, area_id: int | None) -> list[Area]:
    scope = user.scope
    blocks = current_areas(clock.today()).filter(kind=AreaKind.GRID)
    if Right.READ not in scope.rights or scope.sees_nothing:
        return []
    if not scope.all_blocks:
        blocks = blocks.filter(pk__in=scope.block_ids)
    if area_id is not None:
        blocks = blocks.filter(pk__in=block_ids_of_areas([area_id], clock.today()))
    joined = blocks.select_related("village__parent", "parent__parent").defer(
        "geom", "parent__geom", "parent__parent__geom"
    )
    return list(joined.order_by("is_pseudo", "code"))


def _counts(
    user: Actor, block_ids: list[int], names: list[str], now: datetime, block: Any
) -> dict[str, dict[int, int]]:
    """`registry:measure` → block (as `block` says it) → number: one statement."""
    querysets: dict[str, QuerySet] = {}
    for name in names:
        registry = REGISTRIES[name]
        things = in_blocks(Element.objects.visible_to(user).standing().filter(registry.q), block_ids, block)
        narrowed = {
            KNOWN: Q(),
            STALE: stale(registry.kind, now),
            UNPLACED: Q(place_quality__in=rough_places(registry)),
            CONFLICT: ~Q(conflicts=[]),
            GAPS: with_gaps([gap.code for gap in gaps_of(name)]),
        }
        querysets |= {f"{name}:{measure}": things.filter(condition) for measure, condition in narrowed.items()}
    if "houses" in names:
        querysets[f"houses:{DOORS}"] = in_blocks(_doors(user), block_ids, block)
    return grouped_counts(querysets, block)


def _doors(user: Actor) -> QuerySet[StandardAddress]:
    below = StandardAddress.objects.filter(parent_id=OuterRef("pk"), state=AddressState.ACTIVE)
    doors = StandardAddress.objects.filter(~Exists(below), state=AddressState.ACTIVE, level__gte=AddressLevel.NUMBER)
    return doors if user.scope.all_blocks else doors.filter(block_id__any=user.scope.block_ids)


def grouped_counts(querysets: Mapping[str, QuerySet], block: Any = _BLOCK) -> dict[str, dict[int, int]]:
    """Rows of each query set by block, all in one statement."""
    counts: dict[str, dict[int, int]] = {name: {} for name in querysets}
    selects, parameters = [], []
    for name, queryset in querysets.items():
        try:
            by_block = queryset.order_by().annotate(by=block).values_list("by").annotate(n=Count("pk"))
            sql, values = by_block.query.sql_with_params()
        except EmptyResultSet:
            continue
        selects.append(f"SELECT %s, counted.* FROM ({sql}) counted")
        parameters += [name, *values]
    if selects:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(selects), parameters)
            for name, block_id, number in cursor.fetchall():
                counts[name][block_id] = number
    return counts


def _expected(villages: set[str], names: list[str]) -> dict[tuple[str, str], ExpectedCount]:
    """(village, registry) → the newest number; of one day, that of the source known longest."""
    stated = ExpectedCount.objects.filter(village_id__in=villages, kind__in=names).select_related("source")
    return {(one.village_id, one.kind): one for one in stated.order_by("as_of", "-source_id")}


def _village_sizes(stated: Mapping[tuple[str, str], Any]) -> dict[str, int]:
    """Village with a number → how many blocks it has, the reader's or not."""
    blocks = current_areas(clock.today()).filter(kind=AreaKind.GRID, village_id__in={code for code, _ in stated})
    return dict(blocks.order_by().values_list("village_id").annotate(n=Count("pk")))


def _whole_villages(blocks: list[Area], sizes: dict[str, int]) -> dict[str, list[int]]:
    """Villages with a number all of whose blocks are here → these blocks."""
    here: dict[str, list[int]] = {}
    for block in blocks:
        if block.village_id:
            here.setdefault(block.village_id, []).append(block.pk)
    return {code: ids for code, ids in here.items() if len(ids) == sizes.get(code)}


def _figures(
    row: CoverageRow, name: str, counts: dict[str, dict[int, int]], stated: dict[tuple[str, str], ExpectedCount],
    whole: dict[str, list[int]], villages: int,
) -> Figures:  # fmt: skip
    def total(measure: str, block_ids: Iterable[int]) -> int:
        of_block = counts[f"{name}:{measure}"]
        return sum(of_block.get(pk, 0) for pk in block_ids)

    ids = [block.pk for block in row.blocks]
    figures = Figures(**{measure: total(measure, ids) for measure in MEASURES}, villages=villages)
    if name == "houses":
        figures.doors = total(DOORS, ids)
    numbers = {code: stated[code, name] for code in whole if (code, name) in stated}
    if numbers:
        figures.expected = sum(one.number for one in numbers.values())
        figures.known_there = total(KNOWN, [pk for code in numbers for pk in whole[code]])
        figures.stated = len(numbers)
        figures.sources = sorted({str(one.source) for one in numbers.values()})
        figures.as_of = min(one.as_of for one in numbers.values())
    return figures


def _rows(blocks: list[Area], by: str) -> list[CoverageRow]:
    rows: dict[tuple[str, object], CoverageRow] = {}
    for block in blocks:
        parent = block.parent
        if by == VILLAGE and block.village:
            town = block.village.parent
            made = CoverageRow(block.village.name, town.name if town else "", None, block.village_id or "", [], {})
            key: tuple[str, object] = ("village", block.village_id)
        elif by == DISTRICT and parent and parent.kind == AreaKind.DISTRICT:
            made = CoverageRow(parent.name, parent.parent.name if parent.parent else "", parent, "", [], {})
            key = ("area", parent.pk)
        else:
            made = CoverageRow(block.name, parent.name if parent else "", block, "", [], {})
            key = ("area", block.pk)
        rows.setdefault(key, made).blocks.append(block)
    return list(rows.values())
