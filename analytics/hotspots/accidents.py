"""Accidents as arrays, and what counts of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Accidents:
    """Parallel arrays, one entry an accident that has a place on a road.

    Attributes:
        road: number of the road.
        at_m: metres along it.
        general: 1 where handled by general procedure, else 0.
        deaths, injured: persons.
    """

    road: Ints
    at_m: Floats
    general: Ints
    deaths: Ints
    injured: Ints

    def __len__(self) -> int:
        return len(self.road)

    def taken(self, which: npt.NDArray[np.bool_] | Ints) -> Accidents:
        """Some of them, in the order asked for."""
        return Accidents(*(getattr(self, name)[which] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Weights:
    """What an accident adds to the score of a place: a fixed part by procedure, more for each person hurt."""

    summary: float
    general: float
    injured: float
    death: float

    def of(self, accidents: Accidents) -> Floats:
        """One weight an accident."""
        base = np.where(accidents.general > 0, self.general, self.summary)
        return np.asarray(base + self.injured * accidents.injured + self.death * accidents.deaths, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A place on a road: accidents as positions in the arrays, in order along the road."""

    road: int
    from_m: float
    to_m: float
    members: tuple[int, ...]
    score: float
    is_point: bool
