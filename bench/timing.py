"""Seconds of a call, and medians of several."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence


def seconds(call: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


class Laps:
    """Seconds by name; sides that are measured in turn share what else the machine does."""

    def __init__(self) -> None:
        self._taken: dict[str, list[float]] = defaultdict(list)

    def run(self, name: str, call: Callable[[], object]) -> None:
        """Measures a call under a name."""
        self._taken[name].append(seconds(call))

    def add(self, name: str, taken: float) -> None:
        """Notes seconds that were measured elsewhere."""
        self._taken[name].append(taken)

    def total(self, name: str) -> float:
        """All seconds of a name: of work that comes in parts."""
        return sum(self._taken[name])

    def median(self, name: str) -> float:
        """Median seconds of a name."""
        return statistics.median(self._taken[name])


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
