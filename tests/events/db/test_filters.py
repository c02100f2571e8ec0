"""Filters of the lists of events: which rows, in which scope, for whom; and which parts of a table are read."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from common import clock
from common.errors import DomainError
from elements.models import Element
from elements.selectors.searches import save_search
from events.filters import filtered_events
from events.list_kinds import EVENT_LISTS
from events.models import Capture, EventFinding
from tests.factories.events import days_ago, event, make_events, report, row
from tests.factories.numbers import citizen_id, plate
from tests.factories.users import make_users

# Only the blocks of the scope are asked for: all of the brigade's are.
EVERY = "A1 A2 A3 A4"


@pytest.fixture(scope="module")
def module_users(module_city):
    make_events()
    return make_users(module_city)


def found(user, name: str, query: str = "") -> str:
    """Numbers of the rows, in the order of their names."""
    events, _filters = filtered_events(EVENT_LISTS[name], QueryDict(query), user)
    return " ".join(sorted(events.values_list("number", flat=True)))


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("accidents", "", EVERY),
        ("accidents", "period=last30", "A1 A2 A3"),
        ("accidents", "period=today", ""),
        ("accidents", "procedure=GENERAL", "A1 A3"),
        ("accidents", "procedure=SUMMARY", "A2 A4"),
        ("accidents", "accident_type=1&accident_type=2", "A1 A3"),
        ("accidents", "form_code=12", "A2"),
        ("accidents", "main_cause=12", "A1"),
        ("accidents", "is_fatal=true", "A1"),
        ("accidents", "is_fatal=false", "A2 A3 A4"),
        ("accidents", "is_injury=true", "A3"),
        ("accidents", "weather=3", "A2 A3"),
        ("accidents", "light=2", "A2"),
        ("accidents", "road_class=13", "A1"),
        ("accidents", "place=EXACT", "A1 A2 A3"),
        ("accidents", "place=UNKNOWN", "A4"),
        ("accidents", "withdrawn=with", "A1 A2 A3 A4 A5"),
        ("accidents", "withdrawn=only", "A5"),
        ("accidents", "source=TMRI_ACCIDENT", EVERY),
        ("accidents", "source=FIELD", ""),
        ("violations", "", "V1 V2 V3 V4"),
        ("violations", "code=1344", "V1 V3 V4"),
        ("violations", "method=1", "V2"),
        ("violations", "is_processed=true", "V1"),
        ("violations", "is_processed=false", "V2 V3 V4"),
        ("violations", "points=3", "V1 V4"),
        ("violations", "tie=TIED", "V1 V4"),
        ("violations", "tie=WAITING", "V3"),
        ("violations", "tie=NO_PLATE&tie=WAITING", "V2 V3"),
        ("violations", "occurred_from=2022-03-31&occurred_to=2022-03-31", "V4"),
        ("violations", "occurred_from=2022-04-01&occurred_to=2022-04-30", ""),
        ("incidents", "category=1", "I1 I3"),
        ("incidents", "channel=110转警", "I2"),
        ("incidents", "state=CLOSED", "I1"),
        ("incidents", "state=DISPATCHED", "I2"),
        ("incidents", "state=RECEIVED", "I3"),
        ("incidents", "state=ARRIVED", ""),
        ("captures", "period=today", "C1 C2"),
        ("captures", "device=KK01", "C1 C3"),
        ("captures", "confidence_below=95", "C2"),
        ("captures", "tie=NO_PLATE", "C3"),
    ],
)
def test_a_filter_finds_its_rows_and_no_others(users, name, query, expected):
    assert found(users["brigade"], name, query) == expected


@pytest.mark.parametrize(
    ("reader", "accidents", "captures"),
    [
        ("brigade", EVERY, "C1 C2 C3"), ("analyst", EVERY, "C1 C2 C3"), ("squadron-1", "A1 A2", "C1 C2"), ("officer-1", "A1 A2", "C1 C2"),
        ("officer-2", "A3", "C3"), ("coordinator-1", "A1", "C1 C2"), ("admin", "", ""), ("auditor", "", ""), ("liaison-1", "", ""),
        ("nobody", "", ""),
    ],
)  # fmt: skip
def test_a_reader_finds_the_events_of_his_blocks(users, reader, accidents, captures):
    assert (found(users[reader], "accidents"), found(users[reader], "captures")) == (accidents, captures)


def test_an_area_narrows_inside_the_scope(users, city):
    first, third = city.districts[0].pk, city.districts[2].pk
    assert found(users["brigade"], "accidents", f"area={first}") == "A1 A2"
    assert found(users["brigade"], "accidents", f"area={third}") == "A3"
    assert found(users["officer-1"], "accidents", f"area={third}") == ""
    assert found(users["officer-1"], "accidents", f"area={city.grids[1].pk}") == "A2"


def test_a_road_of_the_scope_has_its_events_and_a_foreign_one_cannot_be_chosen(users):
    road = Element.objects.get(kind="ROAD")
    assert found(users["officer-1"], "accidents", f"road={road.pk}") == "A1"
    with pytest.raises(DomainError) as refusal:
        found(users["officer-2"], "accidents", f"road={road.pk}")
    assert refusal.value.message == "筛选条件无效：道路。请改正或清除该条件。"


@pytest.mark.parametrize(
    "query", ["period=fortnight", "occurred_from=2026-13-01", "procedure=BOTH", "weather=99", "area=999999999"]
)
def test_a_value_that_cannot_be_is_refused(users, query):
    with pytest.raises(DomainError) as refusal:
        found(users["brigade"], "accidents", query)
    assert refusal.value.code == "BAD_FILTER"


@pytest.mark.parametrize(
    ("text", "accidents", "violations", "captures"),
    [
        (plate(1), "A1", "V1 V4", "C1"),
        (plate(9), "A3", "V3", "C2"),
        (plate(1)[:5], "A1 A3", "V1 V3 V4", "C1 C2"),
        (citizen_id(1), "A1", "V1", ""),
        (citizen_id(2), "", "", ""),
    ],
)
def test_a_search_finds_by_plate_and_person(users, text, accidents, violations, captures):
    user = users["brigade"]
    query = f"search={save_search(text=text, user=user, now=clock.now()).token}"
    assert [found(user, name, query) for name in ("accidents", "violations", "captures")] == [
        accidents,
        violations,
        captures,
    ]


def test_who_may_not_read_plates_finds_whole_ones_only(users):
    user = users["assistant-1"]
    assert found(user, "violations") == ""
    report("VIOLATION", row("VIOLATION", "V9", grid=1, occurred_at=days_ago(1), code="1039", plate_number=plate(1)))
    by = {
        text: found(user, "violations", f"search={save_search(text=text, user=user, now=clock.now()).token}")
        for text in (plate(1), plate(1)[:6])
    }
    assert by == {plate(1): "V9", plate(1)[:6]: ""}


def test_a_search_of_somebody_else_is_gone(users):
    token = save_search(text=plate(1), user=users["officer-1"], now=clock.now()).token
    with pytest.raises(DomainError) as refusal:
        found(users["brigade"], "violations", f"search={token}")
    assert refusal.value.code == "SEARCH_GONE"


def test_captures_with_an_open_finding_are_either_of_the_two(users):
    first, second = event("CAPTURE", "C1"), event("CAPTURE", "C3")
    finding = EventFinding.objects.create(
        kind="IMPOSSIBLE_PAIR", event_kind="CAPTURE", event_id=first.pk, other_id=second.pk, block_id=first.block_id,
        occurred_at=first.occurred_at, evidence={}, opened_at=clock.now(),
    )  # fmt: skip
    user = users["brigade"]
    assert (found(user, "captures", "finding=true"), found(user, "captures", "finding=false")) == ("C1 C3", "C2")

    EventFinding.objects.filter(pk=finding.pk).update(closed_at=clock.now())
    assert (found(user, "captures", "finding=true"), found(user, "captures", "finding=false")) == ("", "C1 C2 C3")


def test_a_list_with_a_time_reads_no_part_outside_it(users):
    """Parts are months: those of the asked days and no others stand in the plan."""
    report("CAPTURE", row("CAPTURE", "C8", grid=0, occurred_at=days_ago(400)))
    day = timezone.localtime(days_ago(400)).date()
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events_capture'::regclass")
        parts = {part for (part,) in cursor.fetchall()}
    assert f"events_capture_p{day:%Y%m}01" in parts and len(parts) > 1

    events, _filters = filtered_events(
        EVENT_LISTS["captures"], QueryDict(f"occurred_from={date(day.year, day.month, 2)}&occurred_to={day.replace(day=3)}"), users["brigade"]
    )  # fmt: skip
    plan = events.order_by("-occurred_at", "-id").explain()
    assert {part for part in parts if part in plan} == {f"events_capture_p{day:%Y%m}01"}
    assert Capture.objects.filter(number="C8").count() == 1
