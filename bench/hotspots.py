"""`hotspots`: accident-prone places among `--rows` accidents, against plain references for the same answers.

Windows against the definition written down as loops; density against whole shortest-way tables between the middles of all pieces.
Both sides take the same drawn roads and give the same places; `equal` is 1 when they do. The references take so long that they
get a tenth of the accidents and a coarser network; ours is timed on the same, and on all of them besides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analytics.hotspots.accidents import Accidents, Weights
from analytics.hotspots.density import DensitySettings, find_peaks, spread
from analytics.hotspots.network import build_network
from analytics.hotspots.window import Definition, find_stretches
from bench.report import Result
from bench.timing import Laps
from tests.factories.hot_spots import accidents_of, dense_density, plain_stretches, plant

DEFAULT_ROWS = 50_000
DEFAULT_REPEATS = 3
_DEFINITION = Definition(500, 2000, 3, 5, Weights(0.2, 1, 1, 5))
_SETTINGS = DensitySettings(300, 99, 0.05, 3, 1)
_PIECE_M, _COARSE_M = 50, 200


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Draws roads and accidents, asks both sides in turn, then ours alone about all."""
    lines = plant(1).lines
    every, tenth = _strewn(rows, lines), _strewn(max(rows // 10, 100), lines)
    found: dict[str, Any] = {}
    laps, equal = Laps(), True
    coarse, fine = build_network(lines, _COARSE_M), build_network(lines, _PIECE_M)
    counts = np.bincount(coarse.locate(tenth.road, tenth.at_m), minlength=len(coarse))
    for lap in range(repeats):
        tell(f"lap {lap + 1} of {repeats}")
        laps.run("window", lambda: found.update(window=find_stretches(tenth, _DEFINITION)))
        laps.run("window plain", lambda: found.update(plain=plain_stretches(tenth, _DEFINITION)))
        laps.run("density", lambda: found.update(density=spread(coarse, 1_000.0) @ counts))
        laps.run("density plain", lambda: found.update(dense=dense_density(coarse, counts, 1_000.0)))
        laps.run("window all", lambda: find_stretches(every, _DEFINITION))
        laps.run("density all", lambda: find_peaks(fine, fine.locate(every.road, every.at_m), _SETTINGS))
        equal = (
            equal
            and found["window"] == found["plain"]
            and np.allclose(found["density"], found["dense"], rtol=1e-9, atol=1e-9)
        )
    figures = {
        "accidents": rows, "pieces": len(fine), "spots": len(found["window"]), "equal": int(equal),
        "window_ms": laps.median("window all") * 1000, "density_ms": laps.median("density all") * 1000,
        "ratio_to_reference": laps.median("window plain") / laps.median("window"),
        "ratio_density_to_reference": laps.median("density plain") / laps.median("density"),
    }  # fmt: skip
    return Result("hotspots", figures, notes=[
        f"references: {len(tenth):,} accidents, {len(coarse):,} pieces of {_COARSE_M} m; ours alone: {len(every):,} and {len(fine):,}",
        "ratios: seconds of the reference by seconds of ours, more is better",
    ])  # fmt: skip


def _strewn(rows: int, lines: list) -> Accidents:
    """Accidents all over the roads, one in five by general procedure, on spots here and there."""
    random = np.random.default_rng(7)
    road = random.integers(len(lines), size=rows)
    length = np.array([line.length for line in lines])[road]
    at = np.where(random.random(rows) < 0.5, random.random(rows), random.integers(1, 20, size=rows) / 20) * length
    return accidents_of(road.tolist(), at.tolist(), (random.random(rows) < 0.2).astype(int).tolist())
