"""Selections: every one is a query that runs; who leaves or enters one is told, also when something else decides that."""

from __future__ import annotations

import pytest

from common import clock
from common.encryption import value_index
from elements.choices import KeyScheme
from exchange.contracts import SUBJECTS
from exchange.models import OutboxMessage
from exchange.selectors.partners_values import as_sent, as_shown, read_values
from exchange.services.delivery_claim import claim
from exchange.services.delivery_results import Delivered, note_delivered
from tests.factories.claims import claim as said
from tests.factories.claims import submit
from tests.factories.events import days_ago, event, report, row
from tests.factories.numbers import citizen_id, plate, vin
from tests.factories.partners import fan_out, make_contract, make_partner

USCC = "91370683MA3C000018"


def vehicle(use: str, day: int = 1, relations: list[dict] = (), **values: str) -> None:  # type: ignore[assignment]
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        said(day, vin=vin(1), plate_number=plate(1), plate_type="02", use_nature=use, grid=0, relations=relations, **values),
    )  # fmt: skip


def violation(number: str = "V1", **values) -> None:
    words = {
        "occurred_at": days_ago(2),
        "plate_number": plate(1),
        "plate_type": "02",
        "code": "1101",
        "fine_yuan": 200,
        "grid": 0,
    }
    report("VIOLATION", row("VIOLATION", number, **(words | values)))


def told(partner) -> list[tuple[str, dict]]:
    """What waits, sent without a network: (verb, fields)."""
    rendered, _ = claim(partner, now=clock.now(), limit=99)
    note_delivered([(one, Delivered("HZ")) for one in rendered], clock.now())
    return [(str(one.verb), one.fields) for one in rendered]


@pytest.mark.parametrize(
    ("subject", "selection"), [(subject, name) for subject, spec in SUBJECTS.items() for name in spec.selections]
)
def test_every_selection_runs_and_none_is_empty_by_mistake(city, subject, selection):
    vehicle("O")
    violation()
    spec = SUBJECTS[subject]

    assert spec.selected(spec.everything(), "NO_SUCH").count() == 0
    found = spec.selected(spec.everything(), selection).count()
    assert found == {("VIOLATION", "SCHOOL_BUS"): 1, ("VEHICLE", "SCHOOL_BUS"): 1}.get(
        (subject, selection), 1 if selection == "ALL" and subject in {"VIOLATION", "VEHICLE"} else 0
    )


def test_a_violation_leaves_and_enters_as_its_vehicle_does(city):
    partner = make_partner("education")
    make_contract(partner, "VIOLATION", "occurred_at", "fine_yuan", "vehicle_use", selection="SCHOOL_BUS")
    vehicle("O")
    violation()
    violation("V2", plate_number=plate(2))
    fan_out()
    ((verb, fields),) = told(partner)
    assert (verb, fields["fine_yuan"], fields["vehicle_use"]) == ("CREATE", 200, {"code": "O", "name": "幼儿校车"})
    assert fields["occurred_at"] == f"{days_ago(2):%Y-%m-%dT%H:%M:%S}+08:00"

    vehicle("A", day=2)
    fan_out()
    assert told(partner) == [("DELETE", {})]
    vehicle("P", day=3)
    fan_out()
    assert [verb for verb, _ in told(partner)] == ["CREATE"]
    # What the source takes back is deleted.
    report("VIOLATION", row("VIOLATION", "V1", is_void=True))
    fan_out()
    assert told(partner) == [("DELETE", {})]


def test_the_unit_that_owned_a_working_vehicle_leaves_with_it(city):
    partner = make_partner("transport")
    make_contract(partner, "UNIT", "name", selection="TRANSPORT")
    submit("MARKET", "UNIT", said(1, uscc=USCC, name="试验运输公司", grid=0))
    owner = {"type": "OWNED_BY", "kind": "UNIT", "scheme": int(KeyScheme.USCC), "value": USCC, "label": "试验运输公司"}
    vehicle("F", relations=[owner], owner_name="试验运输公司")
    fan_out()
    assert [verb for verb, _ in told(partner)] == ["CREATE"]
    person = {"type": "OWNED_BY", "kind": "PERSON", "scheme": int(KeyScheme.CITIZEN_ID), "label": "张试验",
              "value": value_index("citizen_id", citizen_id(1)).hex()}  # fmt: skip
    vehicle("F", day=2, relations=[person], owner_name="张试验")
    fan_out()

    assert told(partner) == [("DELETE", {})]


def test_a_driver_enters_and_leaves_with_the_dump_truck_that_he_drives(city):
    partner = make_partner("housing")
    make_contract(partner, "DRIVER", "phone", selection="DUMP_TRUCK")
    submit(
        "TMRI_DRIVER", "PERSON", said(1, citizen_id=citizen_id(1), phone="13800000001", licence_classes="B2", grid=0)
    )
    driver = {"type": "DRIVEN_BY", "kind": "PERSON", "scheme": int(KeyScheme.CITIZEN_ID), "label": "张试验",
              "value": value_index("citizen_id", citizen_id(1)).hex()}  # fmt: skip
    vehicle("F", relations=[driver], vehicle_type="K33")
    fan_out()
    assert told(partner) == []

    vehicle("F", day=2, relations=[driver], vehicle_type="H17")
    fan_out()
    assert told(partner) == [("CREATE", {"phone": "13800000001"})]
    vehicle("F", day=3, relations=[driver], vehicle_type="H11")
    fan_out()
    assert told(partner) == [("DELETE", {})]


def test_an_accident_of_a_school_bus_and_one_on_a_highway_go_to_whom_they_concern(city):
    education, highway = make_partner("education"), make_partner("highway")
    make_contract(education, "ACCIDENT", "number", selection="SCHOOL")
    make_contract(highway, "ACCIDENT", "number", selection="ON_HIGHWAY")
    vehicle("O")
    for number, values in {"A1": {}, "A2": {"road_name": "G206"}, "A3": {"place_text": "试验小学门口"}}.items():
        report("ACCIDENT", row("ACCIDENT", number, grid=0, occurred_at=days_ago(3), accident_type="4", **values))
    fan_out()
    assert [fields["number"] for _verb, fields in told(education)] == ["A3"]
    assert [fields["number"] for _verb, fields in told(highway)] == ["A2"]
    report("PARTY", row("PARTY", "P1", accident_number="A1", plate_number=plate(1), plate_type="02"))
    fan_out()

    assert [fields["number"] for _verb, fields in told(education)] == ["A1"]
    assert OutboxMessage.objects.filter(partner=highway).count() == 1


def test_values_leave_in_clear_by_contract_and_stand_masked_on_pages(city, django_assert_num_queries):
    submit(
        "TMRI_DRIVER", "PERSON",
        *(said(1, row=n, citizen_id=citizen_id(n), name=f"张试验{n}", phone=f"1380000000{n}", licence_classes="C1", grid=0) for n in (1, 2)),
    )  # fmt: skip
    spec = SUBJECTS["DRIVER"]
    ids = list(spec.everything().order_by("pk").values_list("pk", flat=True))
    with django_assert_num_queries(1):
        values = read_values(spec, ids, ["name", "citizen_id", "phone", "no_such_field"])

    # Numbers are given in the order of sealed keys, which is another one wherever the secret is.
    first = min(values.values(), key=lambda one: str(as_sent(spec.fields["name"], one["name"])))
    assert len(values) == 2 and "no_such_field" not in first
    sent = {name: as_sent(spec.fields[name], value) for name, value in first.items()}
    shown = {name: as_shown(spec, spec.fields[name], value) for name, value in first.items()}
    assert sent == {"name": "张试验1", "citizen_id": citizen_id(1), "phone": "13800000001"}
    assert shown == {
        "name": "张*",
        "citizen_id": f"{citizen_id(1)[:6]}********{citizen_id(1)[-4:]}",
        "phone": "138****0001",
    }
    violation()
    assert read_values(SUBJECTS["VIOLATION"], [event("VIOLATION", "V1").pk], ["fine_yuan"]) == {
        event("VIOLATION", "V1").pk: {"fine_yuan": 200}
    }
