"""Places by the written definition: so many accidents of a sort within so many metres of one road.

A point is a window of at most `point_m`. Windows that meet the definition are chosen by score, the gravest first, and share no
accident, so that a busy street is several points and no point of a mile. What is left is asked again with `section_m`; windows
that overlap there are one section, which may be longer than a window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.hotspots.accidents import Accidents, Floats, Ints, Stretch, Weights


@dataclass(frozen=True, slots=True)
class Definition:
    """When a stretch is accident-prone: at least `k_fatal` fatal or `k_general` general-procedure accidents."""

    point_m: float
    section_m: float
    k_fatal: int
    k_general: int
    weights: Weights

    def is_met(self, general: Ints, fatal: Ints) -> np.ndarray:
        """One answer a window."""
        return (fatal >= self.k_fatal) | (general >= self.k_general)


def find_stretches(accidents: Accidents, definition: Definition) -> list[Stretch]:
    """Points, then sections of what no point took; the highest score first, equal scores by road and metre."""
    order = np.lexsort((accidents.at_m, accidents.road))
    points, rest = [], []
    for one_road in _by_road(accidents, order):
        found = _points(accidents, one_road, definition)
        points += found
        taken = np.isin(one_road, [member for stretch in found for member in stretch.members])
        rest.append(one_road[~taken])
    sections = [section for one_road in rest for section in _sections(accidents, one_road, definition)]
    return sorted(points + sections, key=lambda one: (-one.score, one.road, one.from_m))


def _by_road(accidents: Accidents, order: Ints) -> list[Ints]:
    """Positions of the accidents of each road, in order along it."""
    if not len(order):
        return []
    roads = accidents.road[order]
    return [np.asarray(part) for part in np.split(order, np.flatnonzero(np.diff(roads)) + 1)]


def _sums(values: np.ndarray, first: Ints, after: Ints) -> np.ndarray:
    """Sums of `values[first:after]`, one a window."""
    running = np.concatenate(([0], np.cumsum(values)))
    return np.asarray(running[after] - running[first])


def _points(accidents: Accidents, one_road: Ints, definition: Definition) -> list[Stretch]:
    found, left = [], one_road
    while len(left):
        best = _best(accidents, left, definition)
        if best is None:
            break
        first, after = best
        members = left[first:after]
        found.append(_stretch(accidents, members, definition, is_point=True))
        left = np.delete(left, slice(first, after))
    return found


def _best(accidents: Accidents, left: Ints, definition: Definition) -> tuple[int, int] | None:
    """The window with the highest score of those that meet the definition; of equals the shortest, then the first."""
    at, first = accidents.at_m[left], np.arange(len(left))
    after = np.searchsorted(at, at + definition.point_m, side="right")
    score = _sums(definition.weights.of(accidents.taken(left)), first, after)
    is_met = definition.is_met(
        _sums(accidents.general[left], first, after), _sums((accidents.deaths[left] > 0).astype(np.int64), first, after)
    )
    if not is_met.any():
        return None
    length = at[after - 1] - at
    ranks = np.lexsort((at, np.round(length, 3), -np.round(score, 6), ~is_met))
    return int(ranks[0]), int(after[ranks[0]])


def _sections(accidents: Accidents, one_road: Ints, definition: Definition) -> list[Stretch]:
    if not len(one_road):
        return []
    at, first = accidents.at_m[one_road], np.arange(len(one_road))
    after = np.searchsorted(at, at + definition.section_m, side="right")
    is_met = definition.is_met(
        _sums(accidents.general[one_road], first, after),
        _sums((accidents.deaths[one_road] > 0).astype(np.int64), first, after),
    )
    found = []
    for begin, end in _merged(first[is_met], after[is_met]):
        found.append(_stretch(accidents, one_road[begin:end], definition, is_point=False))
    return found


def _merged(first: Ints, after: Ints) -> list[tuple[int, int]]:
    """Windows that share an accident as one."""
    if not len(first):
        return []
    breaks = np.flatnonzero(first[1:] >= after[:-1]) + 1
    starts, ends = np.concatenate(([0], breaks)), np.concatenate((breaks - 1, [len(first) - 1]))
    return [(int(first[a]), int(after[b])) for a, b in zip(starts, ends, strict=True)]


def _stretch(accidents: Accidents, members: Ints, definition: Definition, *, is_point: bool) -> Stretch:
    at: Floats = accidents.at_m[members]
    score = float(definition.weights.of(accidents.taken(members)).sum())
    is_short = is_point or float(at[-1] - at[0]) <= definition.point_m
    return Stretch(
        int(accidents.road[members[0]]), float(at[0]), float(at[-1]), tuple(map(int, members)), score, is_short
    )
