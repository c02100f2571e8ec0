"""Kernel density along the road network, and the places where it is higher than chance would make it.

An accident spreads along the roads, not across fields; where its way forks, what is left is split equally among the branches
(equal-split discontinuous kernel along shortest ways). Source: A. Okabe, T. Satoh, K. Sugihara, A kernel density estimation
method for networks, IJGIS 23 (2009). A place is accident-prone where the density is above what the same accidents of the road
reach anywhere, were they strewn over it at random: busy roads are measured by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from analytics.hotspots.accidents import Floats, Ints
from analytics.hotspots.network import Network

if TYPE_CHECKING:
    from scipy.sparse import csr_array

M_PER_KM = 1000.0


@dataclass(frozen=True, slots=True)
class DensitySettings:
    """How density is read.

    Attributes:
        bandwidth_m: how far an accident reaches.
        tries: how often the accidents are strewn at random; the higher, the finer the threshold.
        chance: share of the tries that may reach the threshold of a road somewhere.
        least: accidents that a place must have.
        seed: of the random strewing, so that a run can be repeated.
    """

    bandwidth_m: float
    tries: int
    chance: float
    least: int
    seed: int


@dataclass(frozen=True, slots=True)
class Peak:
    """Pieces of the network that hang together, all above the threshold of their road; `score`: highest density, per km."""

    pieces: tuple[int, ...]
    members: tuple[int, ...]
    score: float


def quartic(distance_m: Floats | float, bandwidth_m: float) -> Floats:
    """Quartic kernel in one dimension, per kilometre: its integral over both sides is one accident."""
    u = np.asarray(distance_m) / bandwidth_m
    return np.asarray(np.where(np.abs(u) < 1, 15 / 16 * (1 - u**2) ** 2, 0.0) / bandwidth_m * M_PER_KM)


def reached(network: Network, source: int, bandwidth_m: float) -> dict[int, tuple[float, float]]:
    """Pieces within the bandwidth of the middle of one: piece → (metres between the middles, share that arrives).

    Dijkstra from the middle of the source that stops at the bandwidth; a way of equal length counts once.
    """
    length, ends, pieces_at = network.length_m, network.ends, network.pieces_at
    half = float(length[source]) / 2
    found: dict[int, tuple[float, float]] = {source: (0.0, 1.0)}
    heap = [(half, int(node), source, 1.0) for node in ends[source]]
    heap.sort()
    settled: set[int] = set()
    while heap:
        distance, node, came_by, share = heappop(heap)
        if node in settled:
            continue
        settled.add(node)
        onward = [piece for piece in pieces_at[node] if piece != came_by]
        for piece in onward:
            step, part = float(length[piece]), share / len(onward)
            middle = distance + step / 2
            if middle >= bandwidth_m:
                continue
            if piece not in found or middle < found[piece][0]:
                found[piece] = (middle, part)
            a, b = ends[piece]
            heappush(heap, (distance + step, int(b if a == node else a), piece, part))
    return found


def spread(network: Network, bandwidth_m: float) -> csr_array:
    """Matrix (pieces, pieces): what one accident on a column's piece adds to the density of a row's."""
    from scipy.sparse import csr_array

    rows, columns, values = [], [], []
    for source in range(len(network)):
        found = reached(network, source, bandwidth_m)
        rows += list(found)
        columns += [source] * len(found)
        values += [(distance, share) for distance, share in found.values()]
    pairs = np.array(values, dtype=np.float64).reshape(-1, 2)
    data = quartic(pairs[:, 0], bandwidth_m) * pairs[:, 1]
    return csr_array((data, (rows, columns)), shape=(len(network), len(network)))


def find_peaks(network: Network, pieces: Ints, settings: DensitySettings) -> list[Peak]:
    """Places where the accidents on these pieces lie closer than chance explains; the densest first."""
    if not len(pieces):
        return []
    matrix = spread(network, settings.bandwidth_m)
    counts = np.bincount(pieces, minlength=len(network)).astype(np.float64)
    density = np.asarray(matrix @ counts)
    hot = density > _thresholds(network, matrix, pieces, settings)[network.road]
    return _gathered(network, hot, density, pieces, settings.least)


def _thresholds(network: Network, matrix: csr_array, pieces: Ints, settings: DensitySettings) -> Floats:
    """One a road: the density that its accidents, strewn along it, reach somewhere in `chance` of the tries."""
    random = np.random.default_rng(settings.seed)
    roads = int(network.road.max()) + 1
    begins = np.searchsorted(network.road, np.arange(roads))
    offset = np.concatenate(([0.0], np.cumsum(network.length_m)))
    length = np.bincount(network.road, network.length_m, minlength=roads)
    own = network.road[pieces]
    strewn = np.zeros((len(network), settings.tries))
    for column in range(settings.tries):
        at = offset[begins[own]] + random.random(len(own)) * length[own]
        found = np.clip(np.searchsorted(offset, at, side="right") - 1, 0, len(network) - 1)
        strewn[:, column] = np.bincount(found, minlength=len(network))
    density = np.asarray(matrix @ strewn)
    present = np.unique(network.road)
    highest = np.full((roads, settings.tries), 0.0)
    highest[present] = np.maximum.reduceat(density, begins[present], axis=0)
    return np.asarray(np.quantile(highest, 1 - settings.chance, axis=1))


def _gathered(network: Network, hot: np.ndarray, density: Floats, pieces: Ints, least: int) -> list[Peak]:
    """Hot pieces that share a node as one place, with the accidents on them."""
    found, seen = [], set[int]()
    order = np.argsort(pieces, kind="stable")
    ordered = pieces[order]
    for start in np.flatnonzero(hot):
        if int(start) in seen:
            continue
        group, waiting = set[int](), [int(start)]
        while waiting:
            piece = waiting.pop()
            if piece in group:
                continue
            group.add(piece)
            waiting += [near for node in network.ends[piece] for near in network.pieces_at[node] if hot[near]]
        seen |= group
        held = sorted(group)
        low, high = np.searchsorted(ordered, held, side="left"), np.searchsorted(ordered, held, side="right")
        members = [int(one) for a, b in zip(low, high, strict=True) for one in order[a:b]]
        if len(members) >= least:
            found.append(Peak(tuple(held), tuple(members), float(density[held].max())))
    return sorted(found, key=lambda peak: (-peak.score, peak.pieces[0]))
