"""Claims the way sources make them; elements come from them alone, never from the ORM."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from common.encryption import seal, value_index
from common.jobs import UnwatchedRun
from elements.choices import KeyScheme
from elements.kinds import KINDS
from elements.models import ClaimBatch, Element, ElementKey, Source
from elements.services.claims import StagedClaim, retract_batch, submit_claims
from exchange.importers.rows import point_hex
from tests.factories.numbers import citizen_id
from tests.factories.places import point_in

DAY_0 = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
NOW = datetime(2026, 10, 1, 4, 0, tzinfo=UTC)
_SEALED = {name: purpose for kind in KINDS.values() for name, purpose in kind.sealed_fields.items()}


def on_day(number: int) -> datetime:
    """Noon in Laizhou, so many days after the first."""
    return DAY_0 + timedelta(days=number)


def claim(
    day: int = 0,
    *,
    row: int = 1,
    cleared: Iterable[str] = (),
    relations: Iterable[dict] = (),
    number: str | None = None,
    **values: Any,
) -> StagedClaim:
    """One claim; personal numbers are given in plain and sealed here; `grid=2` puts a surveyed point into that grid.

    `number` is the source's own number of a house, road or facility.
    """
    if (grid := values.pop("grid", None)) is not None:
        values["point"] = point_hex(*point_in(grid))
    values = {k: seal(_SEALED[k], v) if k in _SEALED and v is not None else v for k, v in values.items()}
    return StagedClaim(row, on_day(day), values, list(cleared), list(relations), number)


def owned_by(number: int, label: str = "张试验") -> dict[str, Any]:
    """The relation of a vehicle to the person with that citizen ID."""
    value = value_index("citizen_id", citizen_id(number)).hex()
    return {"type": "OWNED_BY", "kind": "PERSON", "scheme": int(KeyScheme.CITIZEN_ID), "value": value, "label": label}


def submit(source: str, kind: str, *claims: StagedClaim, now: datetime = NOW) -> ClaimBatch:
    """Submits claims as one batch; rows are numbered in order unless they carry numbers of their own."""
    numbered = [
        StagedClaim(i, c.observed_at, c.values, c.cleared, c.relations, c.source_row_id)
        for i, c in enumerate(claims, 1)
    ]
    return submit_claims(source=Source.objects.get(code=source), kind_code=kind, claims=numbered, actor=None, now=now)


def undo(batch: ClaimBatch) -> int:
    """Takes a batch back; returns the supports withdrawn."""
    return retract_batch(batch=batch, actor=None, run=UnwatchedRun(), job_id=-batch.pk, now=NOW)


def element_with(scheme: KeyScheme, value: str) -> Element:
    """The element that holds the key now."""
    key = ElementKey.objects.select_related("element").get(scheme=scheme, value=value, valid_to__isnull=True)
    return key.element


def vehicle_of(vin: str) -> Element:
    """The vehicle with that VIN."""
    return element_with(KeyScheme.VIN, vin)


def person_of(number: int) -> Element:
    """The person with that invented citizen ID."""
    return element_with(KeyScheme.CITIZEN_ID, value_index("citizen_id", citizen_id(number)).hex())
