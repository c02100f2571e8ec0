"""Why a field has its value: what each source says now, and whom the precedence believes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from elements.fold.rules import FieldRule, field_rules
from elements.kinds import KINDS
from elements.models import ClaimLog, Element


@dataclass(frozen=True, slots=True)
class Said:
    """One source's current word on one field; `value` None = it says the field is empty."""

    source: str
    value: Any
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Provenance:
    """One field: the word that won (None = nobody says anything) and the words that differ from it."""

    field: str
    winner: Said | None
    others: tuple[Said, ...]
    is_official: bool


def provenance(element: Element, log: Sequence[ClaimLog] | None = None) -> list[Provenance]:
    """Every field of an element with its winner, by the precedence that the fold uses.

    Args:
        element: whose fields.
        log: its claims, newest first; with them each word has the date on which it was last said, else it has that of
            the source's latest claim.

    Returns:
        In the kind's order of fields; three queries.
    """
    kind = KINDS[element.kind]
    claims = list(
        kind.claim_model._default_manager.filter(element=element).select_related("source").order_by("source_id", "rank")
    )
    return [_of_field(rule, claims, log or ()) for rule in field_rules(kind)]


def _of_field(rule: FieldRule, claims: Sequence[Any], log: Sequence[ClaimLog]) -> Provenance:
    speaking = [c for c in claims if getattr(c, rule.name) is not None or rule.name in c.cleared]
    ordered = sorted(speaking, key=lambda c: (not rule.is_corrected_by(c), rule.source_ids.index(c.source_id), c.rank))
    if not ordered:
        return Provenance(rule.name, None, (), rule.is_official)
    first, *rest = ordered
    value = _comparable(getattr(first, rule.name))
    # Only the latest word of a source can differ from the others; its older subjects are history.
    others = [c for c in rest if c.rank == 0 and _comparable(getattr(c, rule.name)) != value]
    return Provenance(
        rule.name,
        _said(first, rule.name, log),
        tuple(_said(c, rule.name, log) for c in others),
        rule.is_official,
    )


def _comparable(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _said(claim: Any, field: str, log: Sequence[ClaimLog]) -> Said:
    said_at = next(
        (
            row.observed_at
            for row in log
            if row.source_id == claim.source_id
            and row.subject_key == claim.subject_key
            and (field in row.payload or field in row.cleared)
        ),
        claim.observed_at,
    )
    return Said(claim.source.name, getattr(claim, field), said_at)
