"""The name of a firm that owns a vehicle is public; a person's is masked for who may not read names: in every channel."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from elements.filters import filtered_elements
from elements.models import Element, Source
from elements.registries import REGISTRIES
from elements.selectors.lists import order_of
from elements.services.claims import StagedClaim, submit_claims
from exchange.exporters.elements_csv import export_csv
from exchange.exporters.elements_table import ElementTable
from tests.factories.numbers import plate
from tests.factories.registries import NOW, OBSERVED, World, signed_in, vehicle_claim

pytestmark = pytest.mark.django_db

FIRM, PERSON, TIED = "莱州市试验运输有限公司", "王建国", "王建国挂靠莱州市试验运输有限公司"
OWNERS = {100: FIRM, 101: PERSON, 102: TIED}
IN_FULL = {plate(number): owner for number, owner in OWNERS.items()}
MASKED = {f"鲁F***{plate(number)[-2:]}": owner for number, owner in ((100, FIRM), (101, "王*"), (102, "王*"))}
READERS = [("brigade", IN_FULL), ("officer-1", IN_FULL), ("assistant-1", MASKED)]


@pytest.fixture
def owned(world: World) -> World:
    claims = [vehicle_claim(number, lon=119.9, owner_name=owner) for number, owner in OWNERS.items()]
    submit_claims(
        source=Source.objects.get(code="TMRI_VEHICLE"), kind_code="VEHICLE", claims=claims, actor=None, now=NOW
    )
    return world


def narrowed(found: dict[str, str], expected: dict[str, str]) -> dict[str, str]:
    return {label: owner for label, owner in found.items() if label in expected}


@pytest.mark.parametrize(("reader", "expected"), READERS)
def test_list_and_interface(owned: World, reader: str, expected: dict[str, str]) -> None:
    client = signed_in(owned, reader)
    rows = client.get("/api/v1/elements/vehicles/?page_size=100").json()["results"]
    assert narrowed({row["label"]: row["owner_name"] for row in rows}, expected) == expected
    page = client.get(reverse("elements:list", args=["vehicles"]) + "?page_size=100&filter=none")
    shown = {row["row"]["label"]: row["row"]["owner_name"] for row in page.context["rows"]}
    assert narrowed(shown, expected) == expected
    assert all(owner in page.content.decode() for owner in expected.values())


@pytest.mark.parametrize(("reader", "expected"), READERS)
def test_export(owned: World, reader: str, expected: dict[str, str]) -> None:
    user, registry = owned.users[reader], REGISTRIES["vehicles"]
    queryset, _filterset = filtered_elements(registry, QueryDict(""), user)
    table = ElementTable(queryset, registry=registry, order=order_of(registry, "", user), user=user, mark="试验")
    rows = list(csv.DictReader(io.StringIO(b"".join(export_csv(table)).decode("utf-8-sig"))))
    assert narrowed({row["号牌号码"]: row["所有人"] for row in rows}, expected) == expected


@pytest.mark.parametrize("number", OWNERS)
@pytest.mark.parametrize(("reader", "expected"), READERS)
def test_page_card_and_log(owned: World, reader: str, expected: dict[str, str], number: int) -> None:
    element = Element.objects.get(kind="VEHICLE", label=plate(number))
    owner = list(expected.values())[list(OWNERS).index(number)]
    for text in pages(signed_in(owned, reader), element):
        assert owner in text
        assert owner == OWNERS[number] or OWNERS[number] not in text


def pages(client: Client, element: Element) -> list[str]:
    page = reverse("console:element", args=[element.pk])
    urls = [page, f"{page}?tab=values", f"{page}?tab=claims", reverse("console:element-card", args=[element.pk])]
    answers = [client.get(url) for url in urls]
    assert [answer.status_code for answer in answers] == [200] * 4
    return [answer.content.decode() for answer in answers]


def test_a_firm_that_represents_a_unit_is_named_and_a_person_is_not(world: World) -> None:
    client, firm = signed_in(world, "assistant-1"), "莱州市试验投资有限公司"

    def shown() -> list[str]:
        return [row["legal_person_name"] for row in client.get("/api/v1/elements/units/").json()["results"]]

    before = shown()
    claim = StagedClaim(
        60, OBSERVED + timedelta(days=1), {"uscc": "91370683MA3C000018", "name": "试验公司0", "legal_person_name": firm}
    )
    submit_claims(source=Source.objects.get(code="MARKET"), kind_code="UNIT", claims=[claim], actor=None, now=NOW)
    assert (before, shown()) == (["李*"], [firm])
