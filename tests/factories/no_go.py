"""No-go rules, permits and a lorry for tests."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from elements.models import Element, NoGoPermit, NoGoRule
from elements.services.no_go import RuleDraft, add_permit, save_rule
from tests.factories.claims import claim, submit
from tests.factories.numbers import plate, vin
from tests.factories.places import point_in

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 27)
WEST, SOUTH = point_in(0, 0, 0)
RING = [[WEST, SOUTH], [WEST + 0.02, SOUTH], [WEST + 0.02, SOUTH + 0.02], [WEST, SOUTH + 0.02], [WEST, SOUTH]]
INSIDE = (WEST + 0.002, SOUTH + 0.002)


def a_lorry(number: int = 1, *, grid: int = 0) -> Element:
    """A heavy lorry with that plate in a grid."""
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(vin=vin(number), plate_number=plate(number), plate_type="01", vehicle_type="H11", use_nature="F", state="A",
              grid=grid),
    )  # fmt: skip
    return Element.objects.get(kind="VEHICLE", label=plate(number))


def a_rule(actor: Any, **values: Any) -> NoGoRule:
    """A rule of the first grid's area since January."""
    area = json.dumps({"type": "Polygon", "coordinates": [RING]})
    draft = RuleDraft(**{"name": "城区禁行", "area": area, "valid_from": date(2026, 1, 1)} | values)
    return save_rule(draft=draft, rule_id=None, version=None, actor=actor, now=NOW)


def a_permit(rule: NoGoRule, vehicle: Element, actor: Any, **values: Any) -> NoGoPermit:
    """A permit of the vehicle from January until June of the next year."""
    given = {"number": "T-1", "valid_from": date(2026, 1, 1), "valid_to": date(2027, 6, 1)} | values
    return add_permit(rule_id=rule.pk, vehicle_id=vehicle.pk, actor=actor, now=NOW, **given)
