"""Who and what an element is connected with, over two hops: five statements and one for each kind that speaks, however much there is.

The way leads through what the reader may see only: what lies outside the scope is counted, without kind, label or number, and
nothing behind it is looked for. At most `NODES` elements are drawn; the rest is counted as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain, zip_longest
from typing import Any

from django.db.models import F, Q, QuerySet

from common.scope import Actor
from elements.choices import ElementKind, RelationType
from elements.models import Element, Relation
from elements.selectors.detail import said_at
from elements.selectors.masking import may_read_names, shown_label

# Drawn at most, the element itself included; so many of these at the first hop.
NODES = 60
_NEAR = 36
MAX_HOPS = 2


@dataclass(slots=True)
class Node:
    """An element of the graph; `hidden` neighbours lie outside the scope, `more` are not drawn. Of the last hop both are 0."""

    id: int
    kind: str
    label: str
    hop: int
    is_stub: bool
    hidden: int = 0
    more: int = 0

    @property
    def kind_label(self) -> str:
        return str(ElementKind(self.kind).label)


@dataclass(slots=True)
class Edge:
    """What sources say of two elements: `subject` is told first, as in the relation. `ended_on` is the first day without it."""

    subject: Node
    object: Node
    type: str
    sources: list[str] = field(default_factory=list)
    valid_from: date | None = None
    ended_on: date | None = None
    is_ended: bool = False
    said_at: datetime | None = None

    @property
    def label(self) -> str:
        return str(RelationType(self.type).label)

    @property
    def hop(self) -> int:
        return max(1, self.subject.hop, self.object.hop)


@dataclass(frozen=True, slots=True)
class Graph:
    """`hidden` and `more` are what stands at the nodes, each counted once."""

    centre: Node
    nodes: list[Node]
    edges: list[Edge]
    hidden: int
    more: int


def relation_graph(
    element: Element, user: Actor, *, today: date, types: Sequence[str] = (), only_current: bool = False, hops: int = MAX_HOPS
) -> Graph:  # fmt: skip
    """The graph around an element that the reader sees.

    Args:
        element: from `visible_element`.
        user: reader, for scope and masks.
        today: day of judgement.
        types: only these relations; empty = all.
        only_current: without relations that every source says have ended.
        hops: 1 or 2.
    """
    relations = _relations(types, today if only_current else None)
    in_full = may_read_names(user)
    centre = _node((element.pk, element.kind, element.label, element.is_owned), 0, in_full)
    nodes, hidden, more = {centre.id: centre}, set[int](), set[int]()
    frontier = [centre]
    for hop in range(1, hops + 1):
        limit = min(_NEAR, NODES - len(nodes)) if hop == 1 and hops > 1 else NODES - len(nodes)
        found = _neighbours(relations, frontier)
        new = set().union(*found.values()) - set(nodes) - hidden - more
        visible = {row[0]: row for row in _visible(new, user)}
        drawn = _fair(list(visible.values()), limit)
        for row in drawn:
            nodes[row[0]] = _node(row, hop, in_full)
        hidden |= new - set(visible)
        more |= set(visible) - set(nodes)
        for node in frontier:
            node.hidden, node.more = len(found[node.id] & hidden), len(found[node.id] & more)
        frontier = [nodes[row[0]] for row in drawn]
    edges = _edges(relations, nodes, today)
    return Graph(centre, list(nodes.values()), edges, len(hidden), len(more))


def _relations(types: Sequence[str], current_on: date | None) -> QuerySet[Relation]:
    """Relations between elements that nobody merged away."""
    relations = Relation.objects.filter(subject__merged_into__isnull=True, object__merged_into__isnull=True)
    if types:
        relations = relations.filter(type__in=types)
    if current_on is not None:
        relations = relations.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=current_on))
    return relations


def _neighbours(relations: QuerySet[Relation], nodes: Iterable[Node]) -> dict[int, set[int]]:
    """Node id → ids of its neighbours, in either direction: one statement."""
    ids = [node.id for node in nodes]
    found: dict[int, set[int]] = defaultdict(set)
    there = relations.filter(subject__in=ids).order_by().values_list("subject_id", "object_id")
    back = relations.filter(object__in=ids).order_by().values_list("object_id", "subject_id")
    for near, far in there.union(back):
        if near != far:
            found[near].add(far)
    return defaultdict(set, found)


def _visible(ids: set[int], user: Actor) -> list[tuple[Any, ...]]:
    elements = Element.objects.visible_to(user).filter(pk__in=ids)
    return list(elements.order_by("kind", "pk").values_list("pk", "kind", "label", "is_owned"))


def _fair(rows: list[tuple[Any, ...]], limit: int) -> list[tuple[Any, ...]]:
    """So many of the rows, a kind after the other: a car park's thousand cars do not push out its owner."""
    by_kind: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        by_kind[row[1]].append(row)
    turns = chain.from_iterable(zip_longest(*by_kind.values()))
    taken = [row for row in turns if row is not None][: max(limit, 0)]
    return sorted(taken, key=lambda row: (row[1], row[0]))


def _node(row: tuple[Any, ...], hop: int, in_full: bool) -> Node:
    element_id, kind, label, is_owned = row
    return Node(element_id, kind, shown_label(kind, label, in_full=in_full), hop, not is_owned)


def _edges(relations: QuerySet[Relation], nodes: dict[int, Node], today: date) -> list[Edge]:
    """Relations among the drawn, but not of two that both stand at the last hop: one statement, and one a kind of speaker."""
    rows: list[Any] = [
        row
        for row in relations.filter(subject__in=nodes, object__in=nodes)
        .annotate(source_name=F("source__name"))
        .select_related("subject")
        .defer("subject__point")
        .order_by("pk")
        if row.subject_id != row.object_id and min(nodes[row.subject_id].hop, nodes[row.object_id].hop) < MAX_HOPS
    ]
    when = said_at(rows)
    grouped: dict[tuple[int, str, int], list[Relation]] = defaultdict(list)
    for row in rows:
        grouped[row.subject_id, row.type, row.object_id].append(row)
    edges = [
        Edge(nodes[subject], nodes[other], sort, **_said(same, when, today))
        for (subject, sort, other), same in grouped.items()
    ]
    return sorted(edges, key=lambda edge: (edge.hop, edge.type, edge.subject.id, edge.object.id))


def _said(rows: list[Any], when: dict[tuple[int, int], datetime], today: date) -> dict[str, Any]:
    """Sources and period of one relation: it goes on as long as one source says so."""
    begins = [row.valid_from for row in rows if row.valid_from]
    ends = [row.valid_to for row in rows]
    last = None if None in ends else max(end for end in ends if end)
    return {
        "sources": sorted({row.source_name for row in rows}),
        "valid_from": min(begins, default=None),
        "ended_on": last,
        "is_ended": last is not None and last <= today,
        "said_at": max(
            (day for row in rows if (day := when.get((row.subject_id, row.source_id)))), default=None
        ),
    }  # fmt: skip
