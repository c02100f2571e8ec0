"""The page of an address: what it shows by right, its changes with preview, confirmation and undo, and their refusals."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from addresses.choices import AddressState
from addresses.models import AddressChange, StandardAddress
from common.models import AuditRow
from tests.factories.claims import claim, submit
from tests.factories.numbers import vin
from tests.factories.places import point_in
from tests.factories.users import signed_in

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def vehicle(city) -> None:
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), registered_address=city.text(0)))


def page(code: str) -> str:
    return reverse("console:address", args=[code])


def act(code: str, name: str) -> str:
    return reverse("console:address-change", args=[code, name])


def carry_out(client: Client, code: str, name: str, values: dict[str, str]) -> None:
    """Previewed, then confirmed."""
    preview = client.post(act(code, name), values)
    done = client.post(act(code, name), values | {"confirm": "1", "previewed": preview.context["previewed"]})
    assert done.status_code == 302


def new_address(city, **values: str) -> dict[str, str]:
    lon, lat = point_in(0)
    house = city.address(0)
    return {
        "town": house.town.name, "village": house.village.name, "number": "12号", "lon": f"{lon:.6f}",
        "lat": f"{lat:.6f}", "reason": "现场核实",
    } | values  # fmt: skip


@pytest.mark.parametrize(
    ("reader", "own", "foreign"),
    [
        ("brigade", 200, 200),
        ("officer-1", 200, 404),
        ("coordinator-1", 200, 404),
        ("admin", 404, 404),
        ("nobody", 404, 404),
    ],
)
def test_an_address_shows_to_who_sees_its_block(users, reader, own, foreign):
    client = signed_in(users[reader])

    assert client.get(page("LZ-0-3")).status_code == own
    assert client.get(page("LZ-4-3")).status_code == foreign
    assert client.get(page("NONE")).status_code == 404


def test_the_page_tells_texts_elements_children_and_acts_by_right(users, vehicle):
    shown = signed_in(users["brigade"]).get(page("LZ-0-3")).context
    assert (shown["carried"].texts, shown["carried"].total) == (1, 1)
    assert [one["url"] for one in shown["acts"]] == [act("LZ-0-3", n) for n in ("renumber", "merge", "split", "retire")]

    assert signed_in(users["analyst"]).get(page("LZ-0-3")).context["acts"] == []
    assert signed_in(users["analyst"]).get(act("LZ-0-3", "merge")).status_code == 403
    masked = signed_in(users["assistant-1"]).get(page("LZ-1-3"))
    assert masked.status_code == 200 and masked.context["carried"].total == 0


def test_a_merge_is_previewed_then_confirmed_then_undone(users, vehicle, city):
    client = signed_in(users["officer-1"])
    found = client.post(reverse("console:address-search", args=["LZ-0-3"]), {"typed": city.text(0, 8)})
    assert [one.code for one in found.context["found"]] == ["LZ-0-8"]

    values = {"into": "LZ-0-8", "reason": "同一处"}
    preview = client.post(act("LZ-0-3", "merge"), values)
    effects = preview.context["effects"]
    assert (effects["addresses"], effects["texts"], effects["element_total"]) == (1, 1, 1)
    assert not AddressChange.objects.exists()

    changed = values | {"reason": "另有依据", "confirm": "1", "previewed": preview.context["previewed"]}
    assert client.post(act("LZ-0-3", "merge"), changed).status_code == 200
    assert not AddressChange.objects.exists()
    done = client.post(act("LZ-0-3", "merge"), values | {"confirm": "1", "previewed": preview.context["previewed"]})
    change = AddressChange.objects.get()
    gone = StandardAddress.objects.get(code="LZ-0-3")
    assert done.status_code == 302 and done.headers["Location"] == page("LZ-0-3")
    assert (gone.state, gone.replaced_by.code) == (AddressState.MERGED, "LZ-0-8")
    assert city.text(0, 8) in client.get(page("LZ-0-3")).content.decode()

    client.post(reverse("console:address-change-undo", args=[change.pk]), {"address": gone.pk})
    assert StandardAddress.objects.get(code="LZ-0-3").state == AddressState.ACTIVE
    assert AuditRow.objects.filter(verb="ADDRESS_CHANGE_UNDONE").count() == 1


@pytest.mark.parametrize(
    ("name", "values", "status"),
    [
        ("merge", {"into": "LZ-4-3", "reason": "同一处"}, 404),
        ("merge", {"into": "", "reason": "同一处"}, 400),
        ("renumber", {"town": "文昌路街道", "number": "103", "reason": ""}, 400),
        ("retire", {"reason": "拆除"}, 400),
        ("split", {"parts": "3-1", "reason": "拆分"}, 400),
        ("certify", {"reason": "批复"}, 403),
        ("nonsense", {"reason": "批复"}, 404),
    ],
)
def test_what_may_not_be_is_refused_and_changes_nothing(users, vehicle, name, values, status):
    before = list(StandardAddress.objects.order_by("pk").values_list())
    for confirm in ({}, {"confirm": "1"}):
        assert signed_in(users["officer-1"]).post(act("LZ-0-3", name), values | confirm).status_code == status

    assert list(StandardAddress.objects.order_by("pk").values_list()) == before
    assert not AddressChange.objects.exists()


def test_renumbering_and_the_day_before(users, city):
    client = signed_in(users["brigade"])
    house = city.address(0)
    values = {"town": house.town.name, "village": house.village.name, "number": "103号", "reason": "门牌整治"}
    carry_out(client, "LZ-0-3", "renumber", values)

    assert StandardAddress.objects.get(pk=house.pk).number == "103"
    (former,) = client.get(page("LZ-0-3")).context["former"]
    assert (former.full_text, former.state) == (house.full_text, AddressState.MERGED)
    assert client.get(page("LZ-0-3") + "?on=2020-01-01").context["past"].full_text == house.full_text
    assert client.get(page("LZ-0-3") + "?on=gestern").context["day_error"]


def test_a_new_address_is_provisional_listed_exported_and_certified(users, city):
    client = signed_in(users["officer-1"])
    url = reverse("console:address-new")
    made = client.post(url, new_address(city))
    address = StandardAddress.objects.get(is_provisional=True)
    assert made.headers["Location"] == page(address.code)

    again = client.post(url, new_address(city, number="十二号"))
    assert again.status_code == 400 and address.full_text in again.content.decode()
    assert client.post(url, new_address(city, lon="10", number="14")).status_code == 400
    assert StandardAddress.objects.filter(is_provisional=True).count() == 1

    rows = client.get(reverse("console:addresses") + "?provisional=1").context["rows"]
    assert [row.pk for row in rows] == [address.pk]
    file = reverse("console:list-export", args=["addresses-provisional"])
    export = b"".join(client.get(file).streaming_content)
    (line,) = csv.DictReader(io.StringIO(export.decode("utf-8-sig")))
    assert (line["op"], line["number"], line["provisional_code"]) == ("add", "12", address.code)
    assert signed_in(users["assistant-1"]).get(file).status_code == 403

    carry_out(signed_in(users["brigade"]), address.code, "certify", {"new_code": "3706830012", "reason": "批复"})
    assert client.get(page("3706830012")).context["address"].is_provisional is False
    assert client.get(page(address.code)).context["address"].code == "3706830012"


def test_a_foreign_change_is_not_undone(users, city):
    client, officer = signed_in(users["brigade"]), signed_in(users["officer-1"])
    carry_out(client, "LZ-4-3", "retire", {"reason": "拆除"})
    change = AddressChange.objects.get()
    answers = [officer.post(reverse("console:address-change-undo", args=[pk])).status_code for pk in (change.pk, 10**9)]

    assert answers == [404, 404]
    assert StandardAddress.objects.get(code="LZ-4-3").state == AddressState.RETIRED


def test_the_page_takes_the_same_number_of_queries_whatever_hangs_on_it(users, city):
    client = signed_in(users["brigade"])
    client.get(page("LZ-0-3"))

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as taken:
            assert client.get(page("LZ-0-3")).status_code == 200
        return len(taken)

    few = queries()
    for number in range(1, 6):
        submit("TMRI_VEHICLE", "VEHICLE", claim(number, vin=vin(number), registered_address=city.text(0)))
    assert client.get(page("LZ-0-3")).context["carried"].total == 5
    assert queries() == few
