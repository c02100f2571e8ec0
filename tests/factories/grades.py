"""Vehicles that a small scheme grades, with points that can be counted by hand."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from common import clock
from elements.models import Element
from tagging.models import Grade, Scheme
from tagging.selectors.graded import ReadyScheme, ready_schemes
from tagging.services import versions
from tagging.services.grading import Graded, run_scheme
from tagging.services.scheme_versions import checked_by
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.events import days_ago, report, row
from tests.factories.numbers import plate, vin

BODY: dict[str, Any] = {
    "kind": "VEHICLE",
    "whom": {"fact": "vehicle.total_mass_kg", "op": "known"},
    "levels": [
        {"code": "LOW", "name": "低", "colour": "ok", "from_score": 0, "consequence": "不管"},
        {"code": "MID", "name": "中", "colour": "warn", "from_score": 20, "consequence": "提醒"},
        {"code": "HIGH", "name": "高", "colour": "bad", "from_score": 50, "consequence": "约谈"},
    ],
    "hysteresis": {"points": 5},
    "indicators": [
        {"key": "mass", "label": "总质量", "kind": "raw", "term": {"fact": "vehicle.total_mass_kg"},
         "scale": {"from": 0, "to": 20000}, "weight": 40},
        {"key": "rate", "label": "每座违法", "kind": "rate", "term": {"fact": "vehicle.violations", "args": {"days": 30}},
         "exposure": {"fact": "vehicle.seats"}, "prior": 10, "scale": {"from": 0, "to": 1}, "weight": 40,
         "cure": "少 {n} 起违法"},
        {"key": "late", "label": "逾期未检验", "kind": "flag", "term": {"fact": "vehicle.overdue.inspection"}, "weight": 20,
         "cure": "检验合格"},
    ],
    "lists": [
        {"key": "danger", "label": "危险品运输", "level": "HIGH",
         "condition": {"fact": "vehicle.use_nature", "op": "in", "value": ["R"]}},
    ],
}  # fmt: skip


def body(**changes: Any) -> dict[str, Any]:
    """The body with some parts changed."""
    return deepcopy(BODY) | changes


def graded_vehicles() -> None:
    """Vehicles 1 (5 seats, overdue, grid 0), 2 (40 seats, four violations, grid 5) and 3 (seats unknown, one violation, dangerous
    goods, grid 0); 4 has no mass and is not graded."""
    today = timezone.localdate()
    valid, over = today + timedelta(days=90), today - timedelta(days=90)
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        vehicle(1, total_mass_kg=1_000, seats=5, use_nature="A", inspection_valid_to=over, state="A", grid=0),
        vehicle(2, total_mass_kg=10_000, seats=40, use_nature="A", inspection_valid_to=valid, state="A", grid=5),
        vehicle(3, total_mass_kg=20_000, use_nature="R", state="A", grid=0),
        vehicle(4, use_nature="A", state="A", grid=0),
    )  # fmt: skip
    numbers = (2, 2, 2, 2, 3)
    report("VIOLATION", *(_violation(n, number) for n, number in enumerate(numbers)))


def vehicle(number: int, **values: Any) -> Any:
    """A claim of the vehicle of that number."""
    return claim(1, vin=vin(number), plate_number=plate(number), plate_type="02", **values)


def _violation(n: int, number: int) -> Any:
    return row(
        "VIOLATION", f"G{n}", occurred_at=days_ago(n + 1), code="1344", plate_number=plate(number), plate_type="02"
    )


def weigh(number: int, mass: int, day: int) -> None:
    """The registry says another mass."""
    submit("TMRI_VEHICLE", "VEHICLE", claim(day, vin=vin(number), total_mass_kg=mass))


def scheme_of(document: dict[str, Any] | None = None, code: str = "TRIAL") -> Scheme:
    """A scheme in force."""
    document = document or body()
    scheme = Scheme.objects.create(code=code, name="试验分级", kind=document["kind"])
    versions.install(owner=scheme, body=document, note="试验", check=checked_by(scheme), now=clock.now())
    scheme.refresh_from_db()
    return scheme


def ready(scheme: Scheme) -> ReadyScheme:
    """The scheme as a run takes it."""
    found, broken = ready_schemes([scheme.pk])
    assert broken == []
    return found[0]


def run(scheme: Scheme, *, now: datetime | None = None, only: list[int] | None = None) -> Graded:
    """Grades."""
    return run_scheme(ready(scheme), now=now or clock.now(), only=only)


def grade_of(scheme: Scheme, number: int) -> Grade:
    """The standing grade of a vehicle."""
    return Grade.objects.select_related("scheme__published").get(
        scheme=scheme, element=vehicle_of(vin(number)), until=None
    )


def element_of(number: int) -> Element:
    """The vehicle of that number."""
    return vehicle_of(vin(number))
