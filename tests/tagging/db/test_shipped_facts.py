"""What the shipped rules rest on: facts of a past moment, what is overdue, and that whatever changes a fact is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import connection, transaction

from addresses.choices import Verdict
from addresses.models import AddressText
from addresses.services.decisions import decide, undo_many
from common import clock
from common.models import ChangeRow
from elements.models import Element
from elements.selectors.dues import DueRule, due_rules
from events.models import EventFinding
from events.services.capture_findings import settle_finding
from tagging.models import Rule, Tag
from tagging.rules.compile import for_all, for_some
from tagging.rules.schema import read_rule
from tagging.selectors.rules import moment_at, names
from tagging.services import running
from tagging.services.shipping import load_shipped
from tagging.services.versions import install
from tests.factories.address_texts import unknown_house
from tests.factories.claims import claim, owned_by, person_of, submit, vehicle_of
from tests.factories.events import days_ago, report, row, take_back
from tests.factories.numbers import citizen_id, plate, vin
from tests.factories.tagging import answers, hits, take_changes
from tests.factories.upkeep import danger_spot
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")


def ago(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


def written(days: int) -> None:
    """What this test wrote and has not yet dated is said to have been written so many days ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT table_name FROM information_schema.columns
               WHERE column_name = 'pgh_created_at' AND table_name LIKE 'elements%%'"""
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"UPDATE {table} SET pgh_created_at = %s WHERE pgh_created_at = now()", [ago(days)])


def value_at(days: int, element: Element, condition: dict[str, Any]) -> tuple[Any, bool]:
    """(value, whether the condition holds) of a thing so many days ago; 0: now. Both ways to ask agree."""
    rule = read_rule({"kind": element.kind, "where": condition}, names())
    now = clock.now()
    moment = moment_at(ago(days) if days else now, now=now)
    fused, statement = for_some([rule], moment, [element.pk]), for_all(rule, moment)
    with connection.cursor() as cursor:
        cursor.execute(fused.sql, fused.parameters)
        ((_pk, value, _records, _until, is_hit),) = cursor.fetchall()
        cursor.execute(statement.sql, statement.parameters)
        assert (element.pk in {found for (found,) in cursor.fetchall()}) == is_hit
    return value, is_hit


def test_a_registered_value_of_a_past_moment_is_what_was_held_then():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), use_nature="A", grid=1))
    written(200)
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=vin(1), use_nature="B", grid=1))
    written(50)

    asked = {"fact": "vehicle.use_nature", "op": "in", "value": ["B"]}
    assert [value_at(days, vehicle_of(vin(1)), asked) for days in (100, 51, 49, 0)] == [
        ("A", False), ("A", False), ("B", True), ("B", True),
    ]  # fmt: skip


def test_an_event_counts_from_when_it_was_known_and_while_it_is_in_the_window():
    submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(1), name="张试验", grid=1))
    written(400)
    report("VIOLATION", row("VIOLATION", "V1", occurred_at=days_ago(100), code="1712", citizen_id=citizen_id(1)))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_eventkey SET known_at = %s", [ago(40)])

    asked = {"fact": "person.violations", "args": {"days": 90, "offences": ["DRINK"]}, "op": ">=", "value": 1}
    assert [value_at(days, person_of(1), asked) for days in (120, 60, 30, 0)] == [
        (None, False), (None, False), (1, True), (None, False),
    ]  # fmt: skip


def test_a_relation_of_a_past_moment_is_that_of_then():
    for number in (1, 2):
        submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(number), name=f"张试验{number}", grid=1))
    driven = [{**owned_by(number), "type": "DRIVEN_BY"} for number in (1, 2)]
    submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(1), grid=1, relations=[owned_by(1), driven[0]]))
    written(200)
    submit("TRANSPORT", "VEHICLE", claim(2, vin=vin(1), grid=1, relations=[owned_by(1), driven[1]]))
    written(50)

    second = {"fact": "person.name", "op": "contains", "value": "2"}
    asked = {"related": "vehicle.drivers", "where": second, "op": ">=", "value": 1}
    car = vehicle_of(vin(1))
    assert [value_at(days, car, asked)[1] for days in (100, 49, 0)] == [False, True, True]
    other = {"fact": "vehicle.driver_not_owner", "op": "is"}
    assert [value_at(days, car, other) for days in (100, 49, 0)] == [(None, False), (True, True), (True, True)]


def test_a_doubt_that_was_settled_since_was_open_then():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), plate_number=plate(1), plate_type="02", grid=1))
    written(200)
    seen = {"plate_number": plate(1), "plate_read": plate(1), "plate_type": "02", "confidence_pct": 95}
    for number, grid in ((1, 0), (2, 5)):
        report("CAPTURE", row("CAPTURE", f"K{number}", grid=grid, occurred_at=days_ago(60, 12, number), **seen))
    EventFinding.objects.update(opened_at=ago(50), closed_at=ago(20), state="MISREAD")

    asked = {"fact": "vehicle.plate_doubts", "args": {"days": 365}, "op": ">=", "value": 1}
    assert [value_at(days, vehicle_of(vin(1)), asked)[1] for days in (55, 30, 10, 0)] == [False, True, False, False]


@pytest.mark.parametrize("rule", due_rules().values(), ids=list(due_rules()))
def test_the_fact_overdue_is_what_the_list_calls_overdue(rule):
    made = _every_case(rule)
    standing = Element.objects.standing().filter(kind=rule.kind)
    listed = set(standing.filter(rule.overdue(clock.today())).values_list("pk", flat=True))
    key = f"{rule.kind.lower()}.overdue.{rule.code.lower()}"

    assert hits({"kind": rule.kind, "where": {"fact": key, "op": "is"}}) == listed
    assert (
        hits({"kind": rule.kind, "where": {"fact": key, "op": "is_not"}})
        == set(standing.values_list("pk", flat=True)) - listed
    )
    # Neither none nor all of them.
    assert 0 < len(listed) < made == standing.count()


def _every_case(rule: DueRule) -> int:
    """Things of the rule's kind with every combination of date and state, unknown ones too; returns how many."""
    last = clock.today() - timedelta(days=rule.grace_days)
    dates = [None, last, last - timedelta(days=1), last - timedelta(days=400), last + timedelta(days=400)]
    letters = {*rule.overdue_states, *rule.exempt_states}
    states: list[str | None] = [None]
    if rule.kind == "FACILITY":
        states += ["1", "2"] if rule.state_field else []
    elif rule.state_field:
        states += ["A", *sorted(letters), *("".join(pair) for pair in product(rule.overdue_states, rule.exempt_states))]
    more: list[dict[str, Any]] = [{}]
    if rule.classes:
        more = [
            {"licence_classes": classes, "points": points}
            for classes in (None, "C1", "C1B2")
            for points in (None, rule.min_points - 1, rule.min_points)
        ]
    cases = [
        {rule.field: day} | ({rule.state_field: state} if rule.state_field else {}) | extra
        for day, state, extra in product(dates, states, more)
    ]
    for number, values in enumerate(cases, start=1):
        cases[number - 1] = {name: value for name, value in values.items() if value is not None}
    _submit_all(rule, cases)
    return len(cases)


def _submit_all(rule: DueRule, cases: list[dict[str, Any]]) -> None:
    if rule.kind == "VEHICLE":
        source, keys = "TRANSPORT" if "permit" in rule.field else "TMRI_VEHICLE", lambda n: {"vin": vin(n)}
        if source == "TRANSPORT":
            submit("TMRI_VEHICLE", "VEHICLE", *(claim(1, vin=vin(n), **_state(v)) for n, v in enumerate(cases, 1)))
    elif rule.kind == "PERSON":
        source, keys = "TMRI_DRIVER", lambda n: {"citizen_id": citizen_id(n), "name": "张试验"}
    else:
        source = "DANGER_LEDGER" if rule.field == "treat_by_on" else "FACILITY_LEDGER"
        keys = lambda n: {"number": f"F{n}", "name": f"设施{n}", "facility_type": "10"}  # noqa: E731
    submit(source, rule.kind, *(claim(1, **keys(n), **values) for n, values in enumerate(cases, 1)))


def _state(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name == "state"}


def told(table: str) -> list[str]:
    return list(ChangeRow.objects.filter(subject_table=table).order_by("pk").values_list("verb", flat=True))


def test_a_plate_that_is_claimed_twice_is_told():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(1), plate_number=plate(1), plate_type="02"))
    assert told("elements_finding") == []

    submit("TRANSPORT", "VEHICLE", claim(2, vin=vin(2), plate_number=plate(1), plate_type="02"))
    assert told("elements_finding") == ["OPENED"]


def test_a_doubt_is_told_when_it_opens_is_settled_and_goes():
    brigade = make_user("brigade", "BRIGADE")
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), plate_number=plate(1), plate_type="02"))
    seen = {"plate_number": plate(1), "plate_read": plate(1), "plate_type": "02", "confidence_pct": 95}
    report("CAPTURE", row("CAPTURE", "K1", grid=0, occurred_at=days_ago(1), **seen))
    assert told("events_eventfinding") == []

    batch = report("CAPTURE", row("CAPTURE", "K2", grid=5, occurred_at=days_ago(1, 12, 1), **seen))
    assert told("events_eventfinding") == ["OPENED"]
    finding = EventFinding.objects.get()
    settle_finding(finding_id=finding.pk, state="CLONED", note="试验", actor=brigade, now=clock.now())
    assert told("events_eventfinding") == ["OPENED", "FINDING_SETTLED"]
    take_back(batch)
    assert told("events_eventfinding") == ["OPENED", "FINDING_SETTLED", "WITHDRAWN"]
    subjects = ChangeRow.objects.filter(subject_table="events_eventfinding").values_list("subject_id", flat=True)
    assert set(subjects) == {finding.pk}


@pytest.fixture
def shipped(city) -> Iterator[Any]:
    with transaction.atomic():
        load_shipped(now=clock.now())
        yield city


def test_what_is_decided_about_an_address_text_reaches_the_person_who_stays_where_they_are(shipped):
    brigade = make_user("brigade", "BRIGADE")
    household = unknown_house(shipped)
    home = {"household_address": household, "residence_address": shipped.text(0)}
    submit("SECURITY_PERSON", "PERSON", claim(1, citizen_id=citizen_id(1), name="张试验", **home))
    person = person_of(1)
    take_changes()
    assert not answers("LIVES_ELSEWHERE", person).stored

    text = AddressText.objects.get(text=household)
    said = {"normalised": text.normalised, "verdict": Verdict.LINK, "address": shipped.address(0, 8)}
    made = decide(**said, actor=brigade, now=clock.now())
    take_changes()
    assert answers("LIVES_ELSEWHERE", person).stored and answers("LIVES_ELSEWHERE", person).agree
    assert person_of(1).block_id == person.block_id

    undo_many(decision_ids=[one.pk for one in made.decisions], actor=brigade, now=clock.now())
    take_changes()
    assert not answers("LIVES_ELSEWHERE", person).stored and answers("LIVES_ELSEWHERE", person).agree


def test_a_driver_whose_time_is_over_is_no_driver_the_day_after(shipped):
    for number in (1, 2):
        submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(number), name="张试验", grid=1))
    ends = {"valid_from": None, "valid_to": (clock.today() + timedelta(days=1)).isoformat()}
    driven = {**owned_by(2), "type": "DRIVEN_BY", **ends}
    submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(1), grid=1, relations=[owned_by(1), driven]))
    take_changes()
    running.run_clock(now=clock.now())
    car = vehicle_of(vin(1))
    assert answers("DRIVER_NOT_OWNER", car).stored and answers("DRIVER_NOT_OWNER", car).agree

    running.run_clock(now=clock.now() + timedelta(days=1))
    assert not answers("DRIVER_NOT_OWNER", car).stored


def test_a_date_that_passes_and_an_accident_that_grows_old_move_a_tag_by_the_clock(shipped):
    spot = danger_spot(treat_by_on=clock.today(), review_result="2")
    for number in range(5):
        said = {"accident_type": "2", "injured": 1, "grid": 0}
        report("ACCIDENT", row("ACCIDENT", f"A{number}", occurred_at=days_ago(1_000 + number), **said))
    take_changes()
    running.run_clock(now=clock.now())
    assert [answers(code, spot).stored for code in ("DANGER_OVERDUE", "ACCIDENT_SPOT")] == [False, True]

    running.run_clock(now=clock.now() + timedelta(days=1))
    assert [answers(code, spot).stored for code in ("DANGER_OVERDUE", "ACCIDENT_SPOT")] == [True, True]
    running.run_clock(now=clock.now() + timedelta(days=92))
    assert [answers(code, spot).stored for code in ("DANGER_OVERDUE", "ACCIDENT_SPOT")] == [True, False]


def test_a_party_that_came_before_its_accident_counts_once_that_comes(city):
    tag = Tag.objects.create(code="S_PARTY", name="事故当事人", kind="PERSON", group="试验")
    rule = Rule.objects.create(code="S_PARTY", title="事故当事人", tag=tag)
    asked = {"fact": "person.party_accidents", "args": {"days": 30}, "op": ">=", "value": 1}
    body = {"kind": "PERSON", "where": asked}
    install(owner=rule, body=body, note="试验", check=lambda said: read_rule(said, names()) and None, now=clock.now())
    submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(1), name="张试验", grid=1))
    said = {"accident_number": "A1", "citizen_id": citizen_id(1), "responsibility": "4"}
    report("PARTY", row("PARTY", "A1/1", person_name="张试验", **said))
    take_changes()
    assert not answers("S_PARTY", person_of(1)).stored and answers("S_PARTY", person_of(1)).agree

    report("ACCIDENT", row("ACCIDENT", "A1", occurred_at=days_ago(3), accident_type="4", grid=0))
    take_changes()
    assert answers("S_PARTY", person_of(1)).stored and answers("S_PARTY", person_of(1)).agree
