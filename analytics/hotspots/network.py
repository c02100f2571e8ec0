"""The road network in short pieces: cut where roads meet, joined there by nodes, each piece knowing its road and metres."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from analytics.hotspots.accidents import Floats, Ints

# Where a road ends this near to another one, they meet: drawn lines seldom touch.
JOIN_M = 5.0


@dataclass(frozen=True, slots=True)
class Network:
    """Pieces of roads (lixels), in order of road and metre.

    Attributes:
        road: number of the road of a piece.
        from_m, to_m: metres along it.
        ends: (pieces, 2), the nodes at its ends.
        pieces_at: pieces that meet at a node.
    """

    road: Ints
    from_m: Floats
    to_m: Floats
    ends: Ints
    pieces_at: list[list[int]]

    def __len__(self) -> int:
        return len(self.road)

    @property
    def length_m(self) -> Floats:
        return np.asarray(self.to_m - self.from_m)

    def locate(self, road: Ints, at_m: Floats) -> Ints:
        """The piece that holds a metre of a road; the nearest where the road is shorter; -1 where there is no such road."""
        if not len(self):
            return np.full(len(road), -1)
        span = float(max(self.to_m.max(), at_m.max(initial=0.0))) + 1
        found = np.searchsorted(self.road * span + self.from_m, road * span + np.maximum(at_m, 0), side="right") - 1
        found = np.clip(found, 0, len(self) - 1)
        return np.where(self.road[found] == road, found, -1)


def build_network(lines: Sequence[shapely.LineString], piece_m: float) -> Network:
    """Cuts lines in metric coordinates into pieces of at most `piece_m`; line n is road n. Empty lines are no road."""
    cuts = _crossings(lines)
    road, start, end, ends = [], [], [], []
    nodes: dict[object, int] = {}
    for number, line in enumerate(lines):
        marks = _marks(line, cuts[number], piece_m)
        for (a, node_a), (b, node_b) in pairwise(marks):
            road.append(number)
            start.append(a)
            end.append(b)
            names = [node if node is not None else (number, at) for at, node in ((a, node_a), (b, node_b))]
            ends.append([nodes.setdefault(name, len(nodes)) for name in names])
    pieces_at: list[list[int]] = [[] for _ in nodes]
    for piece, (a_node, b_node) in enumerate(ends):
        pieces_at[a_node].append(piece)
        pieces_at[b_node].append(piece)
    return Network(
        np.array(road, dtype=np.int64), np.array(start, dtype=np.float64), np.array(end, dtype=np.float64),
        np.array(ends, dtype=np.int64).reshape(-1, 2), pieces_at,
    )  # fmt: skip


def _marks(line: shapely.LineString, cuts: dict[float, str], piece_m: float) -> list[tuple[float, str | None]]:
    """(metre, name of the junction or None) where a line is cut, its ends among them."""
    if line.is_empty or line.length <= 0:
        return []
    length = float(line.length)
    known: list[tuple[float, str | None]] = sorted(cuts.items())
    if not known or known[0][0] > 0:
        known.insert(0, (0.0, None))
    if known[-1][0] < length:
        known.append((length, None))
    found = [known[0]]
    for (a, _name), (b, name) in pairwise(known):
        inner = np.linspace(a, b, max(1, int(np.ceil((b - a) / piece_m - 1e-9))) + 1)[1:-1]
        found += [(float(at), None) for at in inner]
        found.append((b, name))
    return found


def _crossings(lines: Sequence[shapely.LineString]) -> list[dict[float, str]]:
    """Where each line meets others: metre → name of the junction, the same name on all lines that meet there."""
    tree = shapely.STRtree(list(lines))
    pairs = tree.query(list(lines), predicate="dwithin", distance=JOIN_M).T
    touches: list[tuple[int, float, int, float]] = []
    for a, b in pairs[pairs[:, 0] < pairs[:, 1]]:
        touches += [(int(a), x, int(b), y) for x, y in _meetings(lines[a], lines[b])]
    ends = [(n, 0.0) for n in range(len(lines))] + [(n, float(line.length)) for n, line in enumerate(lines)]
    return _named(touches, ends)


def _meetings(one: shapely.LineString, two: shapely.LineString) -> list[tuple[float, float]]:
    """Metres on both lines where they cross or where one ends beside the other."""
    met = shapely.get_parts(shapely.intersection(one, two))
    places = [
        shapely.points(shapely.get_coordinates(part)[at])
        for part in met[~shapely.is_empty(met)]
        for at in ((0,) if part.geom_type == "Point" else (0, -1))
    ]
    for line, other in ((one, two), (two, one)):
        places += [end for end in (line.interpolate(0), line.interpolate(line.length)) if other.distance(end) <= JOIN_M]
    return [(float(one.project(place)), float(two.project(place))) for place in places]


def _named(touches: list[tuple[int, float, int, float]], ends: list[tuple[int, float]]) -> list[dict[float, str]]:
    """Places of one line within `JOIN_M` are one place; places that touch are one junction."""
    at_of: dict[int, list[float]] = defaultdict(list)
    for line, at in ends:
        at_of[line].append(at)
    for a, x, b, y in touches:
        at_of[a].append(x)
        at_of[b].append(y)
    kept: dict[int, Floats] = {line: _thinned(np.array(sorted(places))) for line, places in at_of.items()}
    number = {key: n for n, key in enumerate((line, float(at)) for line, row in kept.items() for at in row)}
    parent = list(range(len(number)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    def nearest(line: int, at: float) -> int:
        places = kept[line]
        return number[line, float(places[np.abs(places - at).argmin()])]

    for a, x, b, y in touches:
        parent[root(nearest(a, x))] = root(nearest(b, y))
    found: list[dict[float, str]] = [{} for _ in range(max(at_of, default=-1) + 1)]
    for (line, at), n in number.items():
        found[line][at] = f"J{root(n)}"
    return found


def _thinned(places: Floats) -> Floats:
    """Sorted places at least `JOIN_M` apart; the first and the last, the ends of the line, are always kept."""
    kept = [float(places[0])]
    last = float(places[-1])
    for at in places[1:-1]:
        if at - kept[-1] >= JOIN_M and last - at >= JOIN_M:
            kept.append(float(at))
    return np.array(kept if last == kept[0] else [*kept, last])
