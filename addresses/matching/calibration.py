"""What the engine's raw confidence is worth: shares of right answers among reviewed ones, monotone.

A calibration changes confidence only. Status and node are settled before it is asked, so that nothing it says can make
a link accepted; whatever is not accepted keeps at most `CAP_UNREAD`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from addresses.matching.confidence import CAP_UNREAD
from addresses.matching.result import Resolution

MIN_GROUP = 20
"""Examples of one raw confidence below which it keeps the engine's own figure."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Raw confidences from `low` to `high`, both included, with what was seen of them."""

    low: float
    high: float
    examples: int
    right: int

    @property
    def confidence(self) -> float:
        """Share of right answers; half an example more on either side, so that no share is 0 or 1."""
        return round((self.right + 0.5) / (self.examples + 1), 4)


@dataclass(frozen=True, slots=True)
class ConfidenceMap:
    """Steps (low, high, confidence) in ascending order without overlap; raw values between them keep what they have.

    A value between two steps is held between their confidences, so that the order of raw confidences stays.
    """

    steps: tuple[tuple[float, float, float], ...] = ()

    def of(self, raw: float) -> float:
        """Calibrated confidence, from 0 to 1, of a raw one."""
        value = raw
        for low, high, confidence in self.steps:
            if raw > high:
                value = max(value, confidence)
            elif raw < low:
                return _share(min(value, confidence))
            else:
                return _share(confidence)
        return _share(value)


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def confidence_map(rows: Iterable[dict[str, float]]) -> ConfidenceMap:
    """The map of stored buckets ({"from", "to", "confidence"})."""
    steps = sorted((float(row["from"]), float(row["to"]), float(row["confidence"])) for row in rows)
    return ConfidenceMap(tuple(steps))


def _grouped(examples: Iterable[tuple[float, bool]]) -> list[Bucket]:
    counts: dict[float, list[int]] = {}
    for raw, is_right in examples:
        pair = counts.setdefault(round(raw, 4), [0, 0])
        pair[0] += 1
        pair[1] += is_right
    return [Bucket(raw, raw, *counts[raw]) for raw in sorted(counts)]


def isotonic(examples: Iterable[tuple[float, bool]]) -> list[Bucket]:
    """Buckets of examples (raw confidence, whether it was right) by pool-adjacent-violators.

    Raw confidences with fewer than `MIN_GROUP` examples are left out: a handful proves nothing about a figure.
    """
    pooled: list[Bucket] = []
    for group in _grouped(examples):
        if group.examples < MIN_GROUP:
            continue
        pooled.append(group)
        while len(pooled) > 1 and pooled[-2].confidence >= pooled[-1].confidence:
            last, before = pooled.pop(), pooled.pop()
            pooled.append(Bucket(before.low, last.high, before.examples + last.examples, before.right + last.right))
    return pooled


def calibrated(resolution: Resolution, confidences: ConfidenceMap) -> Resolution:
    """The same answer with calibrated confidences; capped unless it is accepted."""
    cap = 1.0 if resolution.is_accepted else CAP_UNREAD
    candidates = tuple(
        replace(one, confidence=min(cap, confidences.of(one.confidence))) for one in resolution.candidates
    )
    # Without a node or a candidate there is nothing to be confident of.
    has_proposal = resolution.node is not None or bool(candidates)
    confidence = min(cap, confidences.of(resolution.confidence)) if has_proposal else resolution.confidence
    return replace(resolution, confidence=confidence, candidates=candidates, raw_confidence=resolution.confidence)


def expected_error(pairs: Sequence[tuple[float, bool]], edges: Sequence[float]) -> tuple[float, list[dict[str, float]]]:
    """Expected calibration error of pairs (confidence, whether right), and the reliability table by bin.

    Args:
        pairs: one for each answer that proposes a node.
        edges: ascending upper ends of the bins, the last 1.

    Returns:
        The mean distance of confidence and share of right answers, weighted by bin (0 without pairs), and one row for
        each bin that is not empty: from, to, examples, confidence (mean), right (share).
    """
    rows: list[dict[str, float]] = []
    error, low = 0.0, -1.0
    for high in edges:
        inside = [pair for pair in pairs if low < pair[0] <= high]
        if inside:
            mean = sum(confidence for confidence, _ in inside) / len(inside)
            share = sum(is_right for _, is_right in inside) / len(inside)
            error += abs(mean - share) * len(inside) / len(pairs)
            rows.append(
                {"from": max(low, 0.0), "to": high, "examples": len(inside), "confidence": mean, "right": share}
            )
        low = high
    return error, rows
