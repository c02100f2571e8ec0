"""Learning from decisions what the engine's confidence is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from addresses.choices import DecisionState, Verdict
from addresses.matching.calibration import Bucket, isotonic
from addresses.models import Calibration
from addresses.services.index_version import raise_index_version
from common.audit import record_audit
from common.errors import DomainError

MIN_EXAMPLES = 200
"""Decisions below which nothing is learned: the first few are about the oddest texts."""


@dataclass(frozen=True, slots=True)
class Example:
    """What the engine proposed for a text that a person decided: its raw confidence, and whether it was right."""

    raw: float
    is_right: bool
    was_accepted: bool


def decided_examples() -> list[Example]:
    """One example for each standing decision about a text for which the engine had proposed an address.

    The proposal is the address that it linked, else its first candidate. It was right when the decision names the same
    address; addresses that were merged since count as the one that took them in. Texts without a proposal teach nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(t.raw, d.engine_confidence),
                      d.verdict = %(link)s
                      AND coalesce(proposed.replaced_by_id, proposed.id) = coalesce(decided.replaced_by_id, decided.id),
                      d.engine_address_id IS NOT NULL
               FROM addresses_addressdecision d
               LEFT JOIN LATERAL (
                   SELECT (x.explanation ->> 'raw_confidence')::float8 AS raw,
                          x.explanation #>> '{candidates,0,code}' AS code
                   FROM addresses_addresstext x WHERE x.normalised = d.normalised ORDER BY x.id LIMIT 1) t ON true
               JOIN addresses_standardaddress proposed
                 ON proposed.id = coalesce(d.engine_address_id,
                                           (SELECT s.id FROM addresses_standardaddress s WHERE s.code = t.code))
               LEFT JOIN addresses_standardaddress decided ON decided.id = d.address_id
               WHERE d.state = %(standing)s AND d.engine_confidence IS NOT NULL
               ORDER BY d.id""",
            {"link": Verdict.LINK.value, "standing": DecisionState.STANDING.value},
        )
        return [Example(raw, bool(is_right), was_accepted) for raw, is_right, was_accepted in cursor.fetchall()]


def _rows(buckets: Sequence[Bucket]) -> list[dict[str, float]]:
    return [
        {"from": b.low, "to": b.high, "examples": b.examples, "right": b.right, "confidence": b.confidence}
        for b in buckets
    ]


@transaction.atomic
def calibrate(*, actor_id: int | None, now: datetime, at_least: int = MIN_EXAMPLES) -> Calibration:
    """Stores a new calibration, which every process uses from its next text on.

    Args:
        actor_id: who asked for it, None for the system.
        now: the time that it is stamped with.
        at_least: examples without which it is refused.

    Raises:
        DomainError: too few examples, or too few of each confidence.
    """
    examples = decided_examples()
    if len(examples) < at_least:
        raise DomainError(
            "CALIBRATION_TOO_FEW",
            f"可用的人工裁定只有 {len(examples)} 条，至少要 {at_least} 条才能校准。请先在地址核对中多裁定一些。",
        )
    buckets = isotonic((example.raw, example.is_right) for example in examples)
    if not buckets:
        raise DomainError("CALIBRATION_TOO_THIN", "裁定太分散，每一档可信度的样本都不够。请继续裁定后再校准。")
    made = Calibration.objects.create(made_at=now, examples=len(examples), buckets=_rows(buckets))
    raise_index_version()
    record_audit(
        actor_id=actor_id, verb="ADDRESS_CALIBRATED", subject_table="addresses_calibration", subject_id=made.pk,
        count=len(examples), now=now,
    )  # fmt: skip
    return made
