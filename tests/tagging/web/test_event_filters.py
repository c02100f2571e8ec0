"""Events by what the things in them bear now: tags and grades of vehicles, drivers, owners and roads."""

from __future__ import annotations

import pytest
from django.urls import reverse

from elements.choices import KeyScheme
from elements.models import Element
from tagging.models import Assignment
from tests.factories.alerts import tagged
from tests.factories.claims import claim, person_of, submit, vehicle_of
from tests.factories.events import make_events
from tests.factories.grades import graded_vehicles, run, scheme_of
from tests.factories.numbers import plate, uscc, vin
from tests.factories.rules import a_tag
from tests.factories.users import make_users, signed_in


@pytest.fixture(scope="module")
def module_users(module_city):
    make_events()
    submit("MARKET", "UNIT", claim(1, uscc=uscc(1), name="试验物流", state="存续", grid=0))
    owner = {"type": "OWNED_BY", "kind": "UNIT", "scheme": int(KeyScheme.USCC), "value": uscc(1), "label": "试验物流"}
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=vin(1), plate_number=plate(1), plate_type="02", grid=0, relations=[owner]))  # fmt: skip
    road = Element.objects.get(road__is_section=False)
    unit = Element.objects.get(kind="UNIT")
    for kind, element in (("VEHICLE", vehicle_of(vin(1))), ("PERSON", person_of(1)), ("UNIT", unit), ("ROAD", road)):
        tagged(a_tag(f"E_{kind}", kind), element)
    return make_users(module_city)


def numbers(client, name: str, query: str) -> int:
    answer = client.get(reverse(f"console:events-{name}"), dict([query.split("=")]) | {"occurred_from": "2020-01-01"})
    assert answer.status_code == 200
    return len(answer.context["rows"])


@pytest.mark.parametrize(
    ("tag", "found"),
    [("E_VEHICLE", (1, 2, 0, 1)), ("E_PERSON", (1, 1, 0, 0)), ("E_UNIT", (1, 2, 0, 1)), ("E_ROAD", (1, 3, 2, 0))],
)
def test_events_are_found_by_the_tags_of_what_they_name(users, tag, found):
    client = signed_in(users["brigade"])
    lists = ("accidents", "violations", "incidents", "captures")
    assert tuple(numbers(client, name, f"tag={tag}") for name in lists) == found
    Assignment.objects.all().delete()
    assert [numbers(client, name, f"tag={tag}") for name in lists] == [0] * 4


def test_tags_of_several_kinds_add_up_and_show_as_chips(users):
    client = signed_in(users["brigade"])
    answer = client.get(reverse("console:events-violations"), {"tag": ["E_VEHICLE", "E_PERSON"], "occurred_from": "2020-01-01"})  # fmt: skip
    assert len(answer.context["rows"]) == 2
    assert {str(chip["value"]) for chip in answer.context["chips"]} >= {"机动车：标签E_VEHICLE", "人员：标签E_PERSON"}
    assert client.get(reverse("console:events-violations"), {"tag": "NONE"}).status_code == 400


def test_events_are_found_by_the_grade_of_what_they_name(users):
    graded_vehicles()
    run(scheme_of())
    client = signed_in(users["brigade"])
    by_level = {level: numbers(client, "violations", f"grade=TRIAL:{level}") for level in ("LOW", "MID", "HIGH")}
    # Vehicle 2 has four violations and 3 one; 1 has two of `make_events`.
    assert sum(by_level.values()) == 7
    assert by_level["HIGH"] >= 1
