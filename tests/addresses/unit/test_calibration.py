"""Calibration: monotone buckets from examples, and nothing that it says changes what is accepted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addresses.matching.calibration import Bucket, ConfidenceMap, confidence_map, expected_error, isotonic
from addresses.matching.resolve import resolve_batch
from addresses.matching.result import ACCEPTED as ACCEPTED_STATUSES
from tests.addresses.unit.test_resolve_examples import registry, resolve
from tests.addresses.unit.test_unseen_wording import CASES
from tests.addresses.unit.test_unseen_wording import registry as unseen_registry

CONFIDENCES = st.floats(0, 1)


def examples(raw: float, right: int, wrong: int) -> list[tuple[float, bool]]:
    """Examples of one raw confidence."""
    return [(raw, True)] * right + [(raw, False)] * wrong


def test_buckets_are_shares_in_order_of_raw_confidence() -> None:
    found = isotonic(examples(0.995, 40, 0) + examples(0.4, 10, 30) + examples(0.3, 1, 24))
    assert found == [Bucket(0.3, 0.3, 25, 1), Bucket(0.4, 0.4, 40, 10), Bucket(0.995, 0.995, 40, 40)]
    assert [one.confidence for one in found] == [0.0577, 0.2561, 0.9878]


def test_neighbours_that_contradict_the_order_are_pooled() -> None:
    found = isotonic(examples(0.3, 20, 5) + examples(0.4, 5, 20) + examples(0.5, 15, 10))
    assert found == [Bucket(0.3, 0.4, 50, 25), Bucket(0.5, 0.5, 25, 15)]


def test_a_handful_of_one_confidence_teaches_nothing() -> None:
    assert isotonic(examples(0.995, 0, 19)) == []


def test_raw_values_outside_the_buckets_keep_their_figure_and_their_order() -> None:
    known = ConfidenceMap(((0.3, 0.4, 0.6), (0.98, 0.99, 0.9)))
    assert [known.of(raw) for raw in (0.0, 0.3, 0.35, 0.4, 0.5, 0.7, 0.95, 0.985, 0.998)] == [
        0.0, 0.6, 0.6, 0.6, 0.6, 0.7, 0.9, 0.9, 0.998,
    ]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from((0.3, 0.4, 0.5, 0.98, 0.995)), st.booleans()), max_size=400),
    CONFIDENCES,
    CONFIDENCES,
)
def test_the_map_is_monotone_and_a_share_for_any_examples(
    seen: list[tuple[float, bool]], first: float, second: float
) -> None:
    rows = [{"from": one.low, "to": one.high, "confidence": one.confidence} for one in isotonic(seen)]
    known = confidence_map(rows)
    low, high = known.of(min(first, second)), known.of(max(first, second))
    assert 0 <= low <= high <= 1


@pytest.mark.parametrize("steps", [((0.0, 1.0, 1.0),), ((0.0, 1.0, 0.0),), ((0.0, 0.5, 99.0),), ((0.0, 1.0, -5.0),)])
def test_no_calibration_makes_or_unmakes_a_link(steps: tuple[tuple[float, float, float], ...]) -> None:
    texts, known = [case.text for case in CASES], ConfidenceMap(steps)
    names, lookup = unseen_registry().names, unseen_registry().lookup
    plain = resolve_batch(texts, names, lookup)
    for before, after in zip(plain, resolve_batch(texts, names, lookup, known), strict=True):
        assert (after.status, after.node, after.faults) == (before.status, before.node, before.faults)
        assert [one.node for one in after.candidates] == [one.node for one in before.candidates]
        assert 0 <= after.confidence <= (1.0 if after.status in ACCEPTED_STATUSES else 0.5)
        assert all(0 <= one.confidence <= (1.0 if after.is_accepted else 0.5) for one in after.candidates)
        assert after.raw_confidence == before.confidence


def test_the_calibrated_figure_replaces_the_raw_one() -> None:
    text = "光州花园3号楼2单元501"
    known = ConfidenceMap(((0.99, 1.0, 0.91),))
    result = resolve_batch([text], registry().names, registry().lookup, known)[0]
    raw = resolve(text).confidence
    assert (result.confidence, result.raw_confidence) == (0.91, raw)


def test_a_text_without_a_proposal_has_no_confidence_whatever_the_calibration_says() -> None:
    known = ConfidenceMap(((0.0, 1.0, 0.9),))
    assert resolve_batch(["不详"], registry().names, registry().lookup, known)[0].confidence == 0.0


def test_the_expected_error_is_the_weighted_distance_of_the_bins() -> None:
    error, table = expected_error([(0.9, True), (0.9, False), (0.2, False), (0.2, False)], (0.5, 1.0))
    assert error == pytest.approx(0.5 * 0.2 + 0.5 * 0.4)
    assert [(row["examples"], row["right"]) for row in table] == [(2, 0.0), (2, 0.5)]
    assert expected_error([], (1.0,)) == (0.0, [])
