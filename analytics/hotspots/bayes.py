"""Empirical Bayes: what a place is to be expected to see, between what it saw and what places of its exposure see.

Source: E. Hauer, D. Harwood, F. Council, M. Griffith, Estimating Safety by the Empirical Bayes Method: A Tutorial, 2002.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.hotspots.accidents import Floats


@dataclass(frozen=True, slots=True)
class Expected:
    """One entry a place.

    Attributes:
        predicted: what places of its exposure see.
        expected: that, moved towards what it saw.
        deviation: standard deviation of `expected`.
        excess: `expected` less `predicted`: what could be saved.
    """

    predicted: Floats
    expected: Floats
    deviation: Floats
    excess: Floats


def shrunk(observed: Floats, predicted: Floats, dispersion: float) -> Expected:
    """Weighs each place's own count against its prediction.

    Args:
        observed: accidents.
        predicted: expected accidents of such places, in the same time.
        dispersion: of the negative binomial: variance = mean + dispersion × mean²; 0 = places are as predicted.
    """
    weight = 1 / (1 + dispersion * predicted)
    expected = weight * predicted + (1 - weight) * observed
    return Expected(predicted, expected, np.sqrt((1 - weight) * expected), expected - predicted)


def by_exposure(observed: Floats, exposure: Floats) -> Expected:
    """Predicts by exposure alone (one rate for all), the dispersion by the method of moments.

    Raises:
        ValueError: a place without exposure, or none at all.
    """
    if not len(exposure) or not (exposure > 0).all():
        raise ValueError("every place needs an exposure above 0")
    predicted = exposure * (observed.sum() / exposure.sum())
    surplus = float(((observed - predicted) ** 2 - predicted).sum())
    squares = float((predicted**2).sum())
    return shrunk(observed, predicted, max(0.0, surplus / squares) if squares else 0.0)
