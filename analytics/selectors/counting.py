"""Events counted: whole, by one dimension, by two. From the day counts where they hold the answer, else from the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Sum

from addresses.selectors.past_blocks import block_on
from analytics.dimensions import Dimension, dimension_of
from analytics.query import Query
from analytics.selectors.areas import AreaTree
from analytics.selectors.day_counts import counted_by_day, is_held
from common.errors import DomainError
from common.scope import Actor
from events.models import AccidentParty
from events.selectors.states import parties_by_age

MOST_CELLS = 20_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One value with its number of events.

    Attributes:
        value: as grouped.
        label: in words.
        count: events.
        query: exactly these events.
    """

    value: Any
    label: str
    count: int
    query: Query


@dataclass(frozen=True, slots=True)
class Cross:
    """Two dimensions crossed: `counts[row value, column value]`; the sums of both sides stand in `rows` and `columns`."""

    rows: list[Cell]
    columns: list[Cell]
    counts: dict[tuple[Any, Any], int]
    first: Dimension
    second: Dimension
    total: Cell

    def query(self, row: Cell, column: Cell) -> Query:
        """The events of one cell."""
        return self.second.opened(row.query, column.value)


@dataclass(frozen=True, slots=True)
class Indices:
    """The four indices of accidents: 起数、死亡人数、受伤人数、直接财产损失（元）."""

    count: int
    deaths: int
    injured: int
    loss_yuan: int


def total(query: Query, user: Actor) -> int:
    """How many events.

    Raises:
        DomainError: a filter value that cannot be.
    """
    return _counts(query, (), user)[()]


def indices(query: Query, user: Actor) -> Indices:
    """The four indices of accidents: one query; what nobody stated counts as none."""
    found = query.rows(user).aggregate(
        count=Count("pk"), deaths=Sum("deaths"), injured=Sum("injured"), loss_yuan=Sum("property_loss_yuan")
    )
    return Indices(**{key: value or 0 for key, value in found.items()})


def grouped(query: Query, key: str, user: Actor) -> list[Cell]:
    """Events by one dimension: in its natural order with empty values, else by number.

    Raises:
        DomainError: no such dimension, or a filter value that cannot be.
    """
    dimension = dimension_of(query.name, key)
    counts = _counts(query, (dimension,), user)
    return _cells(query, dimension, {value: count for (value,), count in counts.items()})


def crossed(query: Query, first_key: str, second_key: str, user: Actor) -> Cross:
    """Events by two dimensions.

    Raises:
        DomainError: the same twice, no such dimension, two of parties, or too many cells to be of use.
    """
    first, second = dimension_of(query.name, first_key), dimension_of(query.name, second_key)
    if first_key == second_key:
        raise DomainError("SAME_DIMENSION", "行和列选了同一个维度，请换一个。")
    if first.party and second.party:
        raise DomainError("TWO_PARTY_DIMENSIONS", "行和列不能都按当事人统计，请将其中一个换成事故本身的维度。")
    counts = _counts(query, (first, second), user)
    if len(counts) > MOST_CELLS:
        raise DomainError("TOO_MANY_CELLS", f"交叉后超过 {MOST_CELLS} 格，请缩小范围，或换取值较少的维度。")
    plain: dict[tuple[Any, Any], int] = {(pair[0], pair[1]): count for pair, count in counts.items()}
    # An accident with two parties stands in two cells: margins are counted, not added up, where that can be.
    rows = grouped(query, first_key, user) if second.party else _cells(query, first, _margin(plain, 0))
    columns = grouped(query, second_key, user) if first.party else _cells(query, second, _margin(plain, 1))
    whole = Cell(None, "", total(query, user), query)
    return Cross(rows, columns, plain, first, second, whole)


def _margin(counts: Mapping[tuple[Any, Any], int], side: int) -> dict[Any, int]:
    found: Counter[Any] = Counter()
    for pair, count in counts.items():
        found[pair[side]] += count
    return dict(found)


def _cells(query: Query, dimension: Dimension, counts: Mapping[Any, int]) -> list[Cell]:
    values = list(dimension.order) + [one for one in counts if one not in dimension.order]
    words = dimension.words(values)
    cells = [Cell(one, words.get(one, str(one)), counts.get(one, 0), dimension.opened(query, one)) for one in values]
    if dimension.order:
        return cells
    if dimension.key in {"day", "month"}:
        return sorted(cells, key=lambda cell: cell.value)
    return sorted(cells, key=lambda cell: (-cell.count, cell.value is None, str(cell.value)))


def _counts(query: Query, dimensions: tuple[Dimension, ...], user: Actor) -> Counter[tuple[Any, ...]]:
    """Number of events by the values of the dimensions."""
    parties = [one for one in dimensions if one.party]
    if parties:
        rows = _party_rows(query, dimensions, user)
    elif is_held(query, dimensions, user):
        rows = counted_by_day(query, dimensions, user)
    else:
        rows = _event_rows(query, dimensions, user)
    return _folded(rows, dimensions)


def _event_rows(query: Query, dimensions: tuple[Dimension, ...], user: Actor) -> list[tuple[Any, ...]]:
    events = query.rows(user)
    if not dimensions:
        return [(events.count(),)]
    names = _expressions(query, dimensions)
    return list(events.order_by().annotate(**names).values_list(*names).annotate(n=Count("pk")))


def _expressions(query: Query, dimensions: Iterable[Dimension]) -> dict[str, Any]:
    """What is grouped by; areas by the borders that the query means."""
    block = block_on(query.borders_on)
    return {f"d_{n}": one.expression if one.depth is None else block for n, one in enumerate(dimensions)}


def _party_rows(query: Query, dimensions: tuple[Dimension, ...], user: Actor) -> list[tuple[Any, ...]]:
    """Accidents by a property of their parties: each accident once for each value; joined by id in Python where it is crossed."""
    (of_party,) = (one for one in dimensions if one.party)
    others = [one for one in dimensions if not one.party]
    events = query.rows(user)
    parties = parties_by_age() if of_party.party == "age_band" else AccidentParty.objects.standing()
    pairs = parties.filter(accident_id__in=events.values("pk"), **{f"{of_party.party}__isnull": False})
    of_accident = pairs.order_by().values_list("accident_id", of_party.party).distinct()
    if not others:
        return [(value, 1) for _accident, value in of_accident]
    names = _expressions(query, others)
    found = {pk: values for pk, *values in events.order_by().annotate(**names).values_list("pk", *names)}
    rows = []
    for accident, value in of_accident:
        mine = iter(found[accident])
        rows.append((*[value if one is of_party else next(mine) for one in dimensions], 1))
    return rows


def _folded(rows: list[tuple[Any, ...]], dimensions: tuple[Dimension, ...]) -> Counter[tuple[Any, ...]]:
    """Adds up what lies in the same area."""
    counts: Counter[tuple[Any, ...]] = Counter()
    lifts = _lifts(dimensions)
    for *values, count in rows:
        key = tuple(lift(value) if lift else value for lift, value in zip(lifts, values, strict=True))
        counts[key] += count
    return counts


def _lifts(dimensions: tuple[Dimension, ...]) -> list[Callable[[Any], Any] | None]:
    """What turns a block into the area of a dimension."""
    if all(one.depth is None for one in dimensions):
        return [None] * len(dimensions)
    tree = AreaTree.read()

    def lift_to(depth: int) -> Callable[[Any], Any]:
        return lambda area: tree.at_depth(area, depth)

    return [None if one.depth is None else lift_to(one.depth) for one in dimensions]
