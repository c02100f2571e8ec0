"""Random draws that give the same values on every Python and machine.

Only `random.Random.random()` is used, the one method whose sequence Python promises for a given seed; every
other draw is derived from it here. Seeds come from SHA-256 of the names of the stream, never from `hash()`,
which differs between processes.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, MutableSequence, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Values with weights, prepared once so that a draw is a bisection.

    Args:
        weights: value → weight (any positive scale).
    """

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.values: list[T] = list(weights)
        self.cumulative: list[float] = list(accumulate(weights.values()))

    @classmethod
    def of_pairs(cls, pairs: Sequence[tuple[T, float]]) -> Weighted[T]:
        """From pairs, for values that cannot be keys of a mapping."""
        made = cls({})
        made.values = [value for value, _ in pairs]
        made.cumulative = list(accumulate(weight for _, weight in pairs))
        return made


class Draw:
    """One named stream of random draws.

    Args:
        names: what the stream is for; the same names give the same draws.
    """

    def __init__(self, *names: object) -> None:
        text = "\x1f".join(str(name) for name in names)
        self._random = random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")).random

    def fraction(self) -> float:
        """A number in [0, 1)."""
        return self._random()

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random() < probability

    def integer(self, low: int, high: int) -> int:
        """A whole number in [low, high], both included."""
        return low + int(self._random() * (high - low + 1))

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + self._random() * (high - low)

    def normal(self, mean: float = 0.0, deviation: float = 1.0) -> float:
        """A normal deviate (Box–Muller, one value a call, so that no state hides between calls)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self._random()))
        return mean + deviation * radius * math.cos(2.0 * math.pi * self._random())

    def pick(self, values: Sequence[T]) -> T:
        """One of the values, all alike."""
        return values[int(self._random() * len(values))]

    def weighted(self, table: Weighted[T]) -> T:
        """One of the values of a weighted table."""
        goal = self._random() * table.cumulative[-1]
        low, high = 0, len(table.cumulative) - 1
        while low < high:
            middle = (low + high) // 2
            if goal < table.cumulative[middle]:
                high = middle
            else:
                low = middle + 1
        return table.values[low]

    def shuffle(self, values: MutableSequence[T]) -> None:
        """Fisher–Yates, in place."""
        for i in range(len(values) - 1, 0, -1):
            j = int(self._random() * (i + 1))
            values[i], values[j] = values[j], values[i]

    def sample(self, values: Sequence[T], count: int) -> list[T]:
        """`count` different positions of `values` (all of them if fewer), in drawn order."""
        pool = list(values)
        count = min(count, len(pool))
        for i in range(count):
            j = i + int(self._random() * (len(pool) - i))
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:count]

    def digits(self, count: int) -> str:
        """A string of `count` decimal digits."""
        return f"{int(self._random() * 10**count):0{count}d}"

    def characters(self, alphabet: str, count: int) -> str:
        """A string of `count` characters of the alphabet."""
        return "".join(alphabet[int(self._random() * len(alphabet))] for _ in range(count))
