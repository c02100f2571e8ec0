"""Events the way sources report them: staged rows that become versions and events, never the ORM."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from common import clock
from common.encryption import seal
from common.jobs import UnwatchedRun
from elements.models import ClaimBatch, Source
from elements.services.claims import StagedClaim, open_batch
from events.kinds import EVENT_TABLES
from events.services.recording import apply_events, plan_events
from events.services.retracting import retract_events
from events.services.staging import drop_staged, stage_events
from exchange.importers.lines import parse_line
from exchange.importers.rows import point_hex
from tests.factories.claims import claim, submit
from tests.factories.numbers import citizen_id, file_number, phone, plate, vin
from tests.factories.places import point_in

LAIZHOU = ZoneInfo("Asia/Shanghai")

SOURCES = {
    "ACCIDENT": "TMRI_ACCIDENT", "PARTY": "TMRI_ACCIDENT", "VIOLATION": "TMRI_VIOLATION", "INCIDENT": "COMMAND_CENTRE",
    "CAPTURE": "CHECKPOINT",
}  # fmt: skip


def days_ago(days: int, hour: int = 12, minute: int = 0) -> datetime:
    """That time of day in Laizhou, so many days before today."""
    day = timezone.localtime(clock.now()).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return day - timedelta(days=days)


def row(kind: str, number: str, *, observed_at: datetime | None = None, **values: Any) -> StagedClaim:
    """One row about an event; personal numbers are given in plain, `grid=2` puts its point into that grid."""
    sealed = EVENT_TABLES[kind].sealed_fields
    if (grid := values.pop("grid", None)) is not None:
        values["point"] = point_hex(*point_in(grid))
    values = {name: seal(sealed[name], one) if name in sealed else one for name, one in values.items()}
    return StagedClaim(0, observed_at or clock.now(), values, source_row_id=number)


def report(kind: str, *rows: StagedClaim) -> ClaimBatch:
    """Lands rows as one batch of the kind's usual source."""
    now, table, run = clock.now(), EVENT_TABLES[kind], UnwatchedRun()
    batch = open_batch(source=Source.objects.get(code=SOURCES[kind]), kind_code=kind, actor=None, now=now)
    claims = [
        StagedClaim(number, one.observed_at, one.values, source_row_id=one.source_row_id)
        for number, one in enumerate(rows, 1)
    ]
    stage_events(kind=table, job_id=-batch.pk, batch=batch, claims=claims)
    plan_events(kind=table, job_id=-batch.pk, run=run)
    apply_events(kind=table, job_id=-batch.pk, batch=batch, run=run, now=now, actor_id=None, on_rows=None)
    drop_staged(kind=table, job_id=-batch.pk)
    return batch


def take_back(batch: ClaimBatch) -> int:
    """Undoes a batch; returns how many rows."""
    return retract_events(batch=batch, actor_id=None, run=UnwatchedRun(), job_id=-batch.pk, now=clock.now())


def event(kind: str, number: str) -> Any:
    """The event of that number."""
    return EVENT_TABLES[kind].model._default_manager.get(number=number)


def make_events() -> None:
    """Events of every kind that filters tell apart.

    accidents    A1 fatal, on 试验路, grid 0; A2 summary, grid 1; A3 injury, grid 5; A4 unplaced, 40 days old; A5 taken back, grid 0
    parties      of A1: vehicle 1 with person 1, and a walker; of A3: vehicle 9, which nobody registered
    violations   V1 by vehicle 1 and person 1, processed, grid 0; V2 without a plate, grid 0; V3 by vehicle 9, grid 5;
                 V4 by vehicle 1 in 2022 before the new scale, grid 0
    incidents    I1 closed, I2 dispatched with a plate, I3 just received; grids 0, 0, 5
    captures     C1 of vehicle 1, sure; C2 of vehicle 9, unsure; C3 unreadable, yesterday; grids 0, 0, 5
    """
    _make_elements()
    report(
        "ACCIDENT",
        row(
            "ACCIDENT",
            "A1",
            grid=0,
            occurred_at=days_ago(1),
            accident_type="1",
            form="11",
            main_cause="12",
            deaths=1,
            injured=0,
            weather="1",
            light="1",
            road_class="13",
            road_name="试验路",
            place_text="试验路口",
            description="张试验驾车",
            property_loss_yuan=9000,
        ),
        row("ACCIDENT", "A2", grid=1, occurred_at=days_ago(2), accident_type="4", form="12", weather="3", light="2"),
        row(
            "ACCIDENT",
            "A3",
            grid=5,
            occurred_at=days_ago(3),
            accident_type="2",
            form="11",
            deaths=0,
            injured=2,
            weather="3",
        ),
        row("ACCIDENT", "A4", occurred_at=days_ago(40), accident_type="4", place_text="不知何处"),
        row("ACCIDENT", "A5", grid=0, occurred_at=days_ago(4), accident_type="4"),
    )
    report("ACCIDENT", row("ACCIDENT", "A5", is_void=True))
    report(
        "PARTY",
        row(
            "PARTY",
            "A1/1",
            accident_number="A1",
            person_name="张试验",
            citizen_id=citizen_id(1),
            age=40,
            responsibility="1",
            plate_number=plate(1),
            plate_type="02",
            travel_mode="C2",
        ),
        row("PARTY", "A1/2", accident_number="A1", person_name="李行人", age=70, injury="1", travel_mode="A1"),
        row("PARTY", "A3/1", accident_number="A3", person_name="王试验", plate_number=plate(9), plate_type="02"),
    )
    report(
        "VIOLATION",
        row(
            "VIOLATION",
            "V1",
            grid=0,
            occurred_at=days_ago(1, 9),
            code="1344",
            method="2",
            plate_number=plate(1),
            plate_type="02",
            person_name="张试验",
            citizen_id=citizen_id(1),
            points=3,
            processed_at=days_ago(0, 1),
            fine_yuan=200,
            is_paid=False,
            speed_kmh=61,
            limit_kmh=50,
        ),
        row("VIOLATION", "V2", grid=0, occurred_at=days_ago(1, 8), code="1039", method="1"),
        row(
            "VIOLATION",
            "V3",
            grid=5,
            occurred_at=days_ago(2),
            code="13441",
            method="2",
            plate_number=plate(9),
            plate_type="02",
        ),
        row(
            "VIOLATION",
            "V4",
            grid=0,
            occurred_at=datetime(2022, 3, 31, 23, 0, tzinfo=LAIZHOU),
            code="1344",
            points=3,
            plate_number=plate(1),
            plate_type="02",
        ),
    )
    report(
        "INCIDENT",
        row(
            "INCIDENT",
            "I1",
            grid=0,
            occurred_at=days_ago(1, 8),
            category="1",
            channel="122电话",
            dispatched_at=days_ago(1, 8, 2),
            arrived_at=days_ago(1, 8, 14),
            closed_at=days_ago(1, 9),
            description="张试验报警",
            caller_phone=phone(1),
            result="已调解",
        ),
        row(
            "INCIDENT",
            "I2",
            grid=0,
            occurred_at=days_ago(2),
            category="2",
            channel="110转警",
            dispatched_at=days_ago(2, 12, 3),
            plate_number=plate(9),
            plate_type="02",
        ),
        row("INCIDENT", "I3", grid=5, occurred_at=days_ago(3), category="1", channel="122电话"),
    )
    report(
        "CAPTURE",
        row("CAPTURE", "C1", grid=0, occurred_at=days_ago(0, 0, 1), plate_read="鲁f-" + plate(1)[2:], plate_number=plate(1),
            plate_type="02", confidence_pct=95, device_number="KK01", colour="A", picture_ref="img/1.jpg"),
        row("CAPTURE", "C2", grid=0, occurred_at=days_ago(0, 0, 2), plate_read=plate(9), plate_number=plate(9), plate_type="02",
            confidence_pct=60, device_number="KK02"),
        row("CAPTURE", "C3", grid=5, occurred_at=days_ago(1), plate_read="无法识别", device_number="KK01"),
    )  # fmt: skip


def _make_elements() -> None:
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), plate_number=plate(1), plate_type="02", grid=0))
    submit(
        "TMRI_DRIVER", "PERSON",
        claim(1, citizen_id=citizen_id(1), file_no=file_number(1), name="张试验", phone=phone(1), licence_classes="C1", grid=0),
    )  # fmt: skip
    (west, lat), (east, _lat) = point_in(0, 0.1), point_in(0, 0.9)
    drawn, _problem = parse_line(f"LINESTRING ({west} {lat}, {east} {lat})", "WGS84")
    named = {"name": "试验路", "route_code": "X901", "road_class": "13", "is_section": False}
    submit("HIGHWAY", "ROAD", claim(1, number="R1", grid=0, **named, **drawn))
