"""The tour finds its cases by asking the data; nobody is led outside his own area."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from console.selectors.tour import cases
from elements.choices import KeyScheme
from elements.models import Element
from tests.factories.claims import claim, element_with, submit, vehicle_of
from tests.factories.numbers import citizen_id, plate, uscc, vin
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")
TODAY = date(2026, 11, 1)


def owned_by_unit(number: int) -> dict:
    return {
        "type": "OWNED_BY", "kind": "UNIT", "scheme": int(KeyScheme.USCC), "value": uscc(number),
        "label": "试验客运公司",
    }  # fmt: skip


def found(user) -> dict[str, tuple[str, dict]]:
    return {case.key: (case.url, case.figures) for case in cases(user, TODAY)}


@pytest.fixture
def brigade():
    return make_user("brigade", "BRIGADE")


def test_without_such_things_there_is_no_card(brigade):
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), plate_number=plate(1), plate_type="02", grid=1))
    assert found(brigade) == {}


def test_a_reissued_plate(brigade):
    for day, number in ((1, 1), (9, 2)):
        submit("TMRI_VEHICLE", "VEHICLE", claim(day, vin=vin(number), plate_number=plate(1), plate_type="02", grid=1))

    url, figures = found(brigade)["reissued_plate"]
    assert url == reverse("console:element", args=[vehicle_of(vin(2)).pk])
    assert figures == {"since": date(2026, 3, 10)}


def test_of_several_plates_that_went_over_the_one_of_a_new_vehicle_is_shown(brigade):
    """The others, of two vehicles registered for years, may be a wrong row: they are newer in the register, and shown last."""
    registered = {1: date(2015, 1, 1), 2: date(2026, 3, 10), 3: date(2016, 1, 1), 4: date(2016, 1, 1)}
    for day, number, of in ((1, 1, 1), (9, 2, 1), (1, 3, 2), (20, 4, 2)):
        submit(
            "TMRI_VEHICLE", "VEHICLE",
            claim(
                day, vin=vin(number), plate_number=plate(of), plate_type="02", grid=1,
                first_registered_on=registered[number],
            ),
        )  # fmt: skip

    url, figures = found(brigade)["reissued_plate"]
    assert (url, figures) == (
        reverse("console:element", args=[vehicle_of(vin(2)).pk]), {"since": date(2026, 3, 10)},
    )  # fmt: skip

    submit("TMRI_VEHICLE", "VEHICLE", claim(30, vin=vin(2), first_registered_on=date(2014, 1, 1)))
    assert found(brigade)["reissued_plate"][0] == reverse("console:element", args=[vehicle_of(vin(4)).pk])


def test_three_sources_with_three_names(brigade):
    for source, name in (("TMRI_DRIVER", "张伟"), ("SECURITY_PERSON", "张玮"), ("VILLAGE_NOTEBOOK", "张纬")):
        submit(source, "PERSON", claim(1, citizen_id=citizen_id(1), name=name, grid=1))

    assert found(brigade)["three_sources"][1] == {"names": 3}


def test_a_fleet_of_which_no_bus_is_inspected(brigade):
    submit("MARKET", "UNIT", claim(1, uscc=uscc(1), name="试验客运公司", grid=1))
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(
            claim(1, vin=vin(n), use_nature="B", inspection_valid_to=date(2026, 5, n), relations=[owned_by_unit(1)])
            for n in (1, 2, 3)
        ),
    )  # fmt: skip
    url, figures = found(brigade)["overdue_bus_fleet"]
    assert figures == {"vehicles": 3}
    assert str(element_with(KeyScheme.USCC, uscc(1)).pk) in url

    submit("TMRI_VEHICLE", "VEHICLE", claim(9, vin=vin(1), inspection_valid_to=date(2027, 5, 1)))
    assert "overdue_bus_fleet" not in found(brigade)


def test_a_broken_signal_only_where_one_may_look(brigade, city):
    submit("FACILITY_LEDGER", "FACILITY", claim(1, number="1", name="信号灯", facility_type="01", state="2", grid=1))
    signal = Element.objects.get(kind="FACILITY")
    assert f"/elements/{signal.pk}/" in found(brigade)["broken_signal"][0]
    assert found(make_user("officer", "OFFICER")) == {}
    assert cases(make_user("auditor", "AUDITOR"), TODAY) == []


def test_the_page_leads_to_the_cases(brigade, client):
    submit("FACILITY_LEDGER", "FACILITY", claim(1, number="1", name="信号灯甲", facility_type="01", state="2", grid=1))
    client.force_login(brigade)
    page = client.get(reverse("console:tour")).content.decode()
    assert 'data-case="broken_signal"' in page and "信号灯甲" in page
    client.force_login(make_user("auditor", "AUDITOR"))
    assert client.get(reverse("console:tour")).status_code == 403
