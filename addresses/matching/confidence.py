"""Confidence by bucket: the share of right links among decisions of the same kind.

The first table holds cautious figures from the engine's own noisy texts; reviewed decisions replace them, bucket by
bucket, without a change of code. Whatever has an unread part or a contradiction never gets more than `CAP_UNREAD`.
"""

from __future__ import annotations

from collections.abc import Mapping

CAP_UNREAD = 0.5

BUCKETS: Mapping[str, float] = {
    "exact_town_stated": 0.998,
    "exact": 0.995,
    "place_not_stated": 0.98,
    "exact_filled_from_guess": 0.98,
    "partial_town_stated": 0.99,
    "partial": 0.985,
    "missing_number": 0.3,
    "contradiction": 0.4,
    "unread": 0.4,
    "fuzzy": 0.35,
    "relative": 0.5,
}


def confidence_of(bucket: str, rivals: int = 1) -> float:
    """Confidence of a bucket, shared among equal candidates; ambiguous ones never exceed the cap."""
    value = BUCKETS[bucket]
    return value if rivals <= 1 else round(min(CAP_UNREAD, value / rivals), 4)
