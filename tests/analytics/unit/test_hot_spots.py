"""Accident-prone places over arrays: the definition by hand, the network against dense Dijkstra, planted places found again."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from analytics.hotspots.accidents import Weights
from analytics.hotspots.bayes import by_exposure, shrunk
from analytics.hotspots.density import DensitySettings, find_peaks, quartic, reached, spread
from analytics.hotspots.network import build_network
from analytics.hotspots.placing import Roads, place
from analytics.hotspots.window import Definition, find_stretches
from tests.factories.hot_spots import accidents_of, dense_density, hits, plain_stretches, plant

DEFINITION = Definition(500, 2000, 3, 5, Weights(0.2, 1, 1, 5))
SETTINGS = DensitySettings(300, 99, 0.05, 3, 1)
SEEDS = range(20)


def stretches(road, at, general, deaths=None):
    found = find_stretches(accidents_of(road, at, general, deaths), DEFINITION)
    return [(one.road, one.from_m, one.to_m, len(one.members), one.is_point) for one in found]


def test_nothing_one_and_all_at_one_metre():
    assert stretches([], [], []) == []
    assert stretches([0], [100], [1]) == []
    assert stretches([3] * 5, [700.0] * 5, [1] * 5) == [(3, 700.0, 700.0, 5, True)]


def test_a_point_is_at_most_its_length_and_both_ends_count():
    assert stretches([0] * 5, [0, 100, 200, 300, 500], [1] * 5) == [(0, 0, 500, 5, True)]
    assert stretches([0] * 5, [0, 100, 200, 300, 501], [1] * 5) == [(0, 0, 501, 5, False)]
    assert stretches([0] * 5, [0, 500, 1000, 1500, 2001], [1] * 5) == []


def test_three_fatal_ones_are_enough_and_summary_ones_never_are():
    assert stretches([0] * 3, [0, 100, 200], [1] * 3, [1, 2, 1]) == [(0, 0, 200, 3, True)]
    assert stretches([0] * 50, list(range(50)), [0] * 50) == []


def test_roads_are_not_mixed():
    assert stretches([0, 0, 0, 1, 1], [0, 1, 2, 0, 1], [1] * 5) == []


def test_a_busy_street_is_several_points_that_share_no_accident():
    at = [0, 50, 100, 150, 200, 600, 650, 700, 750, 800]
    assert stretches([0] * 10, at, [1] * 10) == [(0, 0, 200, 5, True), (0, 600, 800, 5, True)]


def test_windows_that_overlap_are_one_section():
    at = [0, 600, 1200, 1800, 2000, 2600, 3200, 3800]
    assert stretches([0] * 8, at, [1] * 8) == [(0, 0, 3800, 8, False)]


@pytest.mark.parametrize("seed", SEEDS)
def test_windows_are_those_of_the_plain_reference(seed):
    accidents = plant(seed).accidents
    assert find_stretches(accidents, DEFINITION) == plain_stretches(accidents, DEFINITION)


def test_roads_are_cut_where_they_meet_and_joined_there():
    cross = [shapely.LineString([(0, 0), (1000, 0)]), shapely.LineString([(400, -300), (400, 300)]),
             shapely.LineString([(700, 2), (700, 500)])]  # fmt: skip
    network = build_network(cross, 100)
    # Ten pieces, six, and five of a road that ends two metres beside the first.
    assert (len(network), sorted(len(at) for at in network.pieces_at if len(at) > 2)) == (21, [3, 4])
    assert network.length_m.max() <= 100
    assert list(network.locate(np.array([0, 1, 2, 9]), np.array([0.0, 599.0, 5000.0, 1.0]))) == [0, 15, 20, -1]


def test_density_splits_at_a_fork_and_keeps_one_accident_on_a_straight_road():
    fork = [shapely.LineString([(0, 0), (1000, 0)]), shapely.LineString([(500, 0), (500, 400)])]
    network = build_network(fork, 100)
    shares = reached(network, 3, 350)
    # From 350 m: what passes the fork at 500 m is halved, what stays before it is whole.
    assert {piece: share for piece, (_m, share) in shares.items()} == {
        0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0, 5: 0.5, 6: 0.5, 10: 0.5, 11: 0.5,
    }  # fmt: skip
    straight = build_network([shapely.LineString([(0, 0), (4000, 0)])], 5)
    column = spread(straight, 300).toarray()[:, 400]
    assert float((column * straight.length_m).sum() / 1000) == pytest.approx(1, abs=1e-4)
    assert float(quartic(300, 300)) == 0


@pytest.mark.parametrize("seed", (0, 1, 2))
def test_density_is_that_of_dense_dijkstra(seed):
    planted = plant(seed)
    network = build_network(planted.lines, 400)
    counts = np.bincount(network.locate(planted.accidents.road, planted.accidents.at_m), minlength=len(network))
    for bandwidth_m in (300.0, 3000.0):
        ours = spread(network, bandwidth_m) @ counts
        assert np.allclose(ours, dense_density(network, counts, bandwidth_m), rtol=1e-9, atol=1e-9)


def test_density_without_accidents_or_with_one_finds_nothing():
    network = build_network([shapely.LineString([(0, 0), (4000, 0)])], 50)
    assert find_peaks(network, np.array([], dtype=np.int64), SETTINGS) == []
    assert find_peaks(network, np.array([10]), SETTINGS) == []
    (peak,) = find_peaks(network, np.array([10] * 20), SETTINGS)
    assert (10 in peak.pieces, peak.members) == (True, tuple(range(20)))


def test_planted_places_are_found_again():
    by_window, by_density = [], []
    for seed in SEEDS:
        planted = plant(seed)
        found = find_stretches(planted.accidents, DEFINITION)
        by_window.append(hits([(one.road, one.from_m, one.to_m) for one in found], planted.spots, 0))
        network = build_network(planted.lines, 50)
        pieces = network.locate(planted.accidents.road, planted.accidents.at_m)
        ends = [_ends(planted, peak.members) for peak in find_peaks(network, pieces, SETTINGS)]
        by_density.append(hits(ends, planted.spots, 0))
    # Mean precision and recall over the seeds, then how far single seeds lie from it. The written definition also takes
    # stretches of busy roads; density measures each road by itself, and misses a cluster that a long one explains.
    assert _told(by_window) == [0.74, 1.0, 0.11, 0.0]
    assert _told(by_density) == [0.93, 0.93, 0.10, 0.10]


def _told(scores):
    return [round(float(one), 2) for one in (*np.mean(scores, axis=0), *np.std(scores, axis=0))]


def _ends(planted, members):
    held = list(members)
    roads, at = planted.accidents.road[held], planted.accidents.at_m[held]
    road = int(np.bincount(roads).argmax())
    return road, float(at[roads == road].min()), float(at[roads == road].max())


def test_places_by_stake_by_point_and_why_not():
    roads = Roads(
        np.array([shapely.LineString([(0, 0), (1000, 0)]), shapely.LineString([(0, 500), (0, 900)])]),
        np.array([10_000.0, np.nan]), np.array([11_000.0, np.nan]),
    )  # fmt: skip
    asked = [
        (0, 10_250.0, None),  # by stake
        (0, 99_000.0, (300, 60)),  # a stake beyond the end: by point, beside the road it names
        (1, np.nan, (30, 600)),
        (-1, np.nan, (700, 39)),  # the nearest road
        (-1, np.nan, (700, 60)),
        (0, np.nan, (700, 101)),
        (1, 700.0, None),  # a stake of a road without stakes
        (-1, np.nan, None),
    ]
    road, stake, point = zip(*asked, strict=True)
    points = np.array([shapely.Point(one) if one else None for one in point], dtype=object)
    placed = place(roads, np.array(road), np.array(stake, dtype=np.float64), points)
    which = placed.is_placed
    assert list(placed.road[which]) == [0, 0, 1, 0]
    assert roads.metres_of(placed.road[which], placed.share[which]).tolist() == [10_250, 10_300, 100, 10_700]
    assert list(placed.reason) == ["", "", "", "", "NO_ROAD", "FAR", "ROAD_ONLY", "NO_ROAD"]


def test_empirical_bayes_gives_the_worked_example_of_its_tutorial():
    """Hauer et al. 2002, a road segment: 1.8 miles, 4,000 vehicles a day, 12 accidents; dispersion 2.05 a mile."""
    per_mile = 0.0224 * 4000**0.564
    found = shrunk(np.array([12.0]), np.array([per_mile * 1.8]), 1 / (2.05 * 1.8))
    assert found.expected[0] == pytest.approx(8.5, abs=0.05)
    assert found.deviation[0] == pytest.approx(2.1, abs=0.05)


def test_empirical_bayes_by_exposure_and_without():
    alike = by_exposure(np.array([2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0]))
    assert alike.excess.tolist() == [0, 0, 0]
    apart = by_exposure(np.array([0.0, 0.0, 30.0]), np.array([1.0, 1.0, 1.0]))
    assert 10 < apart.expected[2] < 30
    for exposure in ([], [1.0, 0.0]):
        with pytest.raises(ValueError, match="exposure"):
            by_exposure(np.ones(len(exposure)), np.array(exposure))
