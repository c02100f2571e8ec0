"""Points of a violation by the rules of its day."""

from __future__ import annotations

import pytest

from events.points import points_of_code


@pytest.mark.parametrize(
    ("code", "points"),
    [
        ("1344", (3, 1)),  # against a prohibition sign: three points until March 2022, one since
        ("13441", (3, 1)),  # a local refinement has the points of its code
        ("1625", (6, 6)),
        ("1116", (None, 1)),  # a code that came with the new scale
        ("1340", (3, None)),  # three or one, by the kind of vehicle: nothing is derived
        ("9999", (None, None)),
    ],
)
def test_points_by_the_old_and_the_new_scale(code: str, points: tuple[int | None, int | None]) -> None:
    assert points_of_code(code) == points
