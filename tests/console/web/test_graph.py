"""The tab 关系 and its twin: what one sees the other says; foreign elements answer like missing ones."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from elements.selectors.detail import relation_label
from tests.factories.claims import claim, owned_by, person_of, submit, vehicle_of
from tests.factories.numbers import citizen_id, file_number, plate, vin
from tests.factories.places import SmallCity
from tests.factories.users import make_users, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def module_users(module_city: SmallCity) -> dict[str, Any]:
    """Person 1 owns two cars, one of them in the other squadron."""
    submit(
        "TMRI_DRIVER", "PERSON",
        claim(1, citizen_id=citizen_id(1), file_no=file_number(1), name="张试验", grid=0),
        claim(1, citizen_id=citizen_id(2), file_no=file_number(2), name="李试验", grid=0),
    )  # fmt: skip
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(claim(1, vin=vin(n), plate_number=plate(n), plate_type="02", grid=grid, relations=[owned_by(1)])
          for n, grid in ((1, 0), (2, 5))),
    )  # fmt: skip
    return make_users(module_city)


def data(client: Client, element: Any, query: str = "") -> Any:
    return client.get(reverse("console:element-graph-api", args=[element.pk]) + f"?{query}")


def test_tab_fragment_and_twin_say_the_same(users):
    client, element = signed_in(users["officer-1"]), person_of(1)
    body = data(client, element, "hops=2").json()
    assert [(node["label"], node["hop"]) for node in body["nodes"]] == [("张试验", 0), (plate(1), 1)]
    assert [(edge["type"], edge["subject"], edge["object"]) for edge in body["edges"]] == [
        ("OWNED_BY", vehicle_of(vin(1)).pk, element.pk)
    ]
    assert (body["hidden"], body["more"], body["limit"]) == (1, 0, 60)
    for answer in (
        client.get(reverse("console:element", args=[element.pk]) + "?tab=relations"),
        client.get(reverse("console:element-graph", args=[element.pk])),
        client.get(reverse("console:element-graph", args=[element.pk]), headers={"HX-Request": "true"}),
    ):
        text = answer.content.decode()
        assert answer.status_code == 200
        assert (plate(1) in text, plate(2) in text) == (True, False)
        assert "辖区外 1 个" in text
        assert f"/elements/{vehicle_of(vin(2)).pk}/" not in text


def test_a_filter_stands_in_the_url_of_the_drawing(users):
    client, element = signed_in(users["brigade"]), person_of(1)
    url = reverse("console:element-graph", args=[element.pk]) + "?type=DRIVEN_BY&current=1"
    answer = client.get(url, headers={"HX-Request": "true"})
    assert answer.context["graph_data_url"].endswith("?type=DRIVEN_BY&current=1")
    assert "没有符合条件的关系" in answer.content.decode()
    assert data(client, element, "type=DRIVEN_BY").json()["edges"] == []


@pytest.mark.parametrize("query", ["hops=3", "hops=x", "type=LOVES"])
def test_what_there_is_not_is_refused(users, query):
    assert data(signed_in(users["brigade"]), person_of(1), query).status_code == 400


def test_an_element_without_relations_says_what_would_bring_them(users):
    client = signed_in(users["brigade"])
    answer = client.get(reverse("console:element", args=[person_of(2).pk]) + "?tab=relations")
    assert "没有已知的关系" in answer.content.decode()


@pytest.mark.parametrize("reader", ["officer-2", "admin", "auditor", "nobody"])
def test_a_foreign_element_answers_404(users, reader):
    client = signed_in(users[reader])
    for name in ("console:element-graph", "console:element-graph-api"):
        assert client.get(reverse(name, args=[person_of(1).pk])).status_code in {403, 404}
        assert "张试验" not in client.get(reverse(name, args=[person_of(1).pk])).content.decode()
    if reader == "officer-2":
        assert data(client, person_of(1)).status_code == data(client, _Missing()).status_code == 404


class _Missing:
    pk = 999_999_999


def test_relations_read_from_the_object_are_translated_when_they_are_read():
    with translation.override("zh-hans"):
        assert relation_label("OWNED_BY", is_subject=False) == "名下"
        assert relation_label("OWNED_BY", is_subject=True) == "所有人"
