"""Roads with accidents drawn from a seed: a thin background everywhere, and clusters whose places are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from analytics.hotspots.accidents import Accidents, Stretch
from analytics.hotspots.density import quartic
from analytics.hotspots.network import Network
from analytics.hotspots.window import Definition

ROADS, LENGTH_M, PLANTED = 8, 12_000.0, 8
CLUSTER, CLUSTER_SPREAD_M, APART_M = 8, 120.0, 3_000.0


@dataclass(frozen=True)
class Planted:
    """A drawn network.

    Attributes:
        lines: roads in metres: half from west to east, half from south to north, none quite straight.
        accidents: background first, then the clusters.
        spots: (road, metre) of the middle of each cluster.
    """

    lines: list[shapely.LineString]
    accidents: Accidents
    spots: list[tuple[int, float]]


def plant(seed: int) -> Planted:
    """Roads of different traffic, 0.3 to 1.5 general and 1 to 5 summary accidents a kilometre, and eight clusters of eight."""
    random = np.random.default_rng(seed)
    lines = [_line(random, number) for number in range(ROADS)]
    road, at, general = [], [], []
    for number in range(ROADS):
        for is_general, rate in ((1, random.uniform(0.3, 1.5)), (0, random.uniform(1, 5))):
            count = random.poisson(rate * LENGTH_M / 1000)
            road += [number] * count
            at += list(random.uniform(0, lines[number].length, count))
            general += [is_general] * count
    spots = _places(random, lines)
    for number, middle in spots:
        road += [number] * CLUSTER
        at += list(middle + random.uniform(-CLUSTER_SPREAD_M, CLUSTER_SPREAD_M, CLUSTER))
        general += [1] * CLUSTER
    return Planted(lines, accidents_of(road, at, general), spots)


def accidents_of(road: list[int], at_m: list[float], general: list[int], deaths: list[int] | None = None) -> Accidents:
    """Arrays of plain lists; nobody is injured."""
    none = [0] * len(road)
    whole = [np.array(values, dtype=np.int64) for values in (general, deaths or none, none)]
    return Accidents(np.array(road, dtype=np.int64), np.array(at_m, dtype=np.float64), *whole)


def _line(random: np.random.Generator, number: int) -> shapely.LineString:
    along = np.linspace(0, LENGTH_M, 13)
    beside = 1_000 + (number // 2) * 2_700 + random.normal(0, 60, len(along))
    return shapely.LineString(np.column_stack((along, beside) if number % 2 else (beside, along)))


def _places(random: np.random.Generator, lines: list[shapely.LineString]) -> list[tuple[int, float]]:
    found: list[tuple[int, float]] = []
    while len(found) < PLANTED:
        number = int(random.integers(ROADS))
        middle = float(random.uniform(500, lines[number].length - 500))
        point = lines[number].interpolate(middle)
        if all(point.distance(lines[road].interpolate(at)) > APART_M / 2 for road, at in found):
            found.append((number, middle))
    return found


def hits(found: list[tuple[int, float, float]], planted: list[tuple[int, float]], near_m: float) -> tuple[float, float]:
    """(precision, recall) of stretches (road, from, to): one that comes within `near_m` of a planted middle is right."""

    def is_at(stretch: tuple[int, float, float], spot: tuple[int, float]) -> bool:
        road, begin, end = stretch
        return road == spot[0] and begin - near_m <= spot[1] <= end + near_m

    right = sum(any(is_at(one, spot) for spot in planted) for one in found)
    seen = sum(any(is_at(one, spot) for one in found) for spot in planted)
    return right / len(found) if found else 0.0, seen / len(planted)


def plain_stretches(accidents: Accidents, definition: Definition) -> list[Stretch]:
    """The definition as one would write it down: every window asked anew, accident by accident."""
    points, sections = [], []
    for road in sorted(set(accidents.road.tolist())):
        left = sorted(np.flatnonzero(accidents.road == road).tolist(), key=lambda one: float(accidents.at_m[one]))
        while met := _met(accidents, left, definition, definition.point_m):
            best = min(met, key=lambda held: (-round(_score(accidents, held, definition), 6), round(_span(accidents, held), 3),
                                              float(accidents.at_m[held[0]])))  # fmt: skip
            points.append(_as_stretch(accidents, best, definition, is_point=True))
            left = [one for one in left if one not in best]
        merged: list[list[int]] = []
        for held in _met(accidents, left, definition, definition.section_m):
            if merged and set(merged[-1]) & set(held):
                merged[-1] += [one for one in held if one not in merged[-1]]
            else:
                merged.append(list(held))
        sections += [_as_stretch(accidents, held, definition, is_point=False) for held in merged]
    return sorted(points + sections, key=lambda one: (-one.score, one.road, one.from_m))


def _met(accidents: Accidents, left: list[int], definition: Definition, length_m: float) -> list[list[int]]:
    windows = [
        [other for other in left[n:] if accidents.at_m[other] <= accidents.at_m[one] + length_m]
        for n, one in enumerate(left)
    ]
    return [
        held for held in windows
        if sum(accidents.general[one] for one in held) >= definition.k_general
        or sum(accidents.deaths[one] > 0 for one in held) >= definition.k_fatal
    ]  # fmt: skip


def _score(accidents: Accidents, held: list[int], definition: Definition) -> float:
    return float(definition.weights.of(accidents.taken(np.array(held))).sum())


def _span(accidents: Accidents, held: list[int]) -> float:
    return float(accidents.at_m[held[-1]] - accidents.at_m[held[0]])


def _as_stretch(accidents: Accidents, held: list[int], definition: Definition, *, is_point: bool) -> Stretch:
    begin, end = float(accidents.at_m[held[0]]), float(accidents.at_m[held[-1]])
    score = _score(accidents, held, definition)
    return Stretch(
        int(accidents.road[held[0]]), begin, end, tuple(held), score, is_point or end - begin <= definition.point_m
    )


def dense_density(network: Network, counts: np.ndarray, bandwidth_m: float) -> np.ndarray:
    """Density by whole shortest-way tables between all middles, each way followed back to count its forks."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    pieces, nodes = len(network), len(network.pieces_at)
    middle = np.arange(pieces)
    half = network.length_m / 2
    rows, columns = np.concatenate((middle, middle)), pieces + network.ends.T.ravel()
    graph = csr_array((np.concatenate((half, half)), (rows, columns)), shape=(pieces + nodes,) * 2)
    distance, before = dijkstra(graph, directed=False, return_predecessors=True)
    density = np.zeros(pieces)
    for source in np.flatnonzero(counts):
        for target in range(pieces):
            if distance[source, target] >= bandwidth_m:
                continue
            share, at = 1.0, int(before[source, target])
            while at >= 0 and at != source:
                share /= max(1, len(network.pieces_at[at - pieces]) - 1) if at >= pieces else 1
                at = int(before[source, at])
            density[target] += counts[source] * share * float(quartic(distance[source, target], bandwidth_m))
    return density
