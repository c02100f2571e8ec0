"""The card in the drawer beside a list: what it tells, to whom, what its links carry, and what the list ignores of it."""

from __future__ import annotations

import json
import os
import re
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.models import AuditRow
from elements.models import Element, Photo
from elements.models import Vehicle as VehiclePart
from tests.factories.numbers import citizen_id, plate
from tests.factories.pictures import two_halves
from tests.factories.registries import World, signed_in

pytestmark = pytest.mark.django_db
BASELINE = Path(__file__).resolve().parents[2] / "query_counts.json"
LIST = "/registry/vehicles/"
REGISTRIES = ("vehicles", "drivers", "units", "houses", "roads", "sections", "facilities", "dangers", "persons")


def vehicle(number: int) -> Element:
    return Element.objects.get(kind="VEHICLE", label=plate(number))


def card(client: Client, element: Element, query: str = ""):
    return client.get(reverse("console:element-card", args=[element.pk]) + query)


def send_photo(client: Client, element: Element) -> Photo:
    file = SimpleUploadedFile("x.jpg", two_halves(), "image/jpeg")
    answer = client.post(reverse("elements-api:photos", args=[element.pk]), {"photos": [file]})
    assert answer.status_code == 201
    return Photo.objects.get(element=element)


def test_the_card_tells_state_with_its_reason_conflicts_address_and_pictures(world: World) -> None:
    client, element = signed_in(world, "officer-1"), vehicle(0)
    VehiclePart.objects.filter(pk=element.pk).update(inspection_valid_to=date(2020, 1, 2))
    photo = send_photo(client, element)

    page = card(client, element).content.decode()

    assert "逾期未检验" in page and "《道路交通安全法实施条例》第十六条" in page and "2020-01-02" in page
    assert f'href="{reverse("console:element", args=[element.pk])}?tab=values">使用性质</a>' in page
    assert "东中队 › 东警务区 › 东网格" in page and "试验街道东试村" in page
    assert reverse("console:photo-thumb", args=[photo.token]) in page and "查看全部 1 张照片" in page


def test_links_of_the_card_carry_the_list_it_was_opened_from(world: World) -> None:
    client, element = signed_in(world, "officer-1"), vehicle(0)
    url = reverse("console:element", args=[element.pk])

    listed = card(client, element, "?use_nature=F&list=vehicles")
    alone = card(client, element, "?use_nature=F")

    assert listed.context["page_url"] == f"{url}?use_nature=F&list=vehicles"
    assert listed.context["values_url"] == f"{url}?use_nature=F&list=vehicles&tab=values"
    assert alone.context["page_url"] == url
    assert client.get(listed.context["page_url"]).context["neighbours_url"].endswith("use_nature=F&list=vehicles")


@pytest.mark.parametrize(("role", "edits"), [("officer-1", True), ("brigade", True), ("analyst", False)])
def test_only_who_may_correct_or_propose_is_offered_to(world: World, role: str, edits: bool) -> None:
    element = vehicle(0)

    answer = card(signed_in(world, role), element)

    assert ("修改" in answer.content.decode(), bool(answer.context["edit_url"])) == (edits, edits)


def test_what_was_withdrawn_is_not_offered_for_change(world: World) -> None:
    element = vehicle(0)
    Element.objects.filter(pk=element.pk).update(is_withdrawn=True)

    answer = card(signed_in(world, "officer-1"), element)

    assert (answer.status_code, answer.context["edit_url"]) == (200, "")


def test_a_foreign_card_answers_like_a_missing_one(world: World) -> None:
    west = vehicle(1)
    client = signed_in(world, "officer-1")
    rows = AuditRow.objects.count()

    foreign = card(client, west, "?list=vehicles")
    missing = client.get(reverse("console:element-card", args=[999_999_999]) + "?list=vehicles")

    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert plate(1) not in foreign.content.decode() and AuditRow.objects.count() == rows
    assert card(signed_in(world, "officer-2"), west).status_code == 200
    assert card(Client(), west).status_code == 302


def test_the_mask_holds_on_the_card_and_for_its_pictures(world: World) -> None:
    element = vehicle(0)
    photo = send_photo(signed_in(world, "officer-1"), element)

    masked = card(signed_in(world, "assistant-1"), element).content.decode()
    full = card(signed_in(world, "officer-1"), element).content.decode()

    assert plate(0) not in masked and "张试验" not in masked and str(photo.token) not in masked
    assert plate(0) in full and "张试验" in full and str(photo.token) in full


def test_sealed_numbers_stay_masked_so_that_nothing_is_to_be_audited(world: World) -> None:
    driver = Element.objects.standing().filter(licence__isnull=False).order_by("pk")[0]
    rows = AuditRow.objects.count()

    page = card(signed_in(world, "brigade"), driver).content.decode()

    numbers = [text for n in range(6) for text in (citizen_id(n), f"1380000{n:04d}")]
    assert not any(text in page for text in numbers) and "138****" in page and "********" in page
    assert AuditRow.objects.count() == rows


@pytest.mark.parametrize("name", REGISTRIES)
def test_every_registry_has_its_drawer_with_rows_and_none_without(world: World, name: str) -> None:
    answer = signed_in(world, "brigade").get(reverse("elements:list", args=[name]))

    page = answer.content.decode()
    rows = answer.context["rows"]
    assert ("data-drawer " in page) is bool(rows)
    assert all(f'data-preview="{row["id"]}"' in page for row in rows)
    if rows:
        assert f'data-card-url="{reverse("console:element-card", args=[0])}?list={name}"' in page


def test_what_is_open_beside_the_list_is_no_part_of_the_list(world: World) -> None:
    client = signed_in(world, "brigade")
    plain = client.get(f"{LIST}?page_size=20&use_nature=F").context
    opened = client.get(f"{LIST}?page_size=20&use_nature=F&open={vehicle(0).pk}").context

    assert [row["id"] for row in opened["rows"]] == [row["id"] for row in plain["rows"]]
    for name in ("element_query", "query", "map_url", "export_url", "pager", "chips", "columns"):
        assert opened[name] == plain[name] and "open=" not in str(opened[name]), name
    assert client.get(f"{LIST}?open=nonsense").status_code == 200


def test_no_link_of_the_page_carries_what_is_open(world: World) -> None:
    client, element = signed_in(world, "brigade"), vehicle(0)

    page = client.get(f"{LIST}?page_size=20&sort=label&open={element.pk}").content.decode()

    # The switch of the area keeps the rest of the query; a change of language comes back to the page as it is.
    links = re.findall(r'href="([^"]*)"', page)
    assert any("page_size=20&amp;sort=label&amp;area=" in link for link in links)
    assert not any("open=" in link for link in links)


@pytest.mark.parametrize("role", ["brigade", "officer-1"])
def test_the_number_of_queries_is_the_recorded_one_with_pictures_or_without(world: World, role: str) -> None:
    client, element = signed_in(world, role), vehicle(0)
    counted = []
    for _round in range(2):
        card(client, element, "?list=vehicles")
        with CaptureQueriesContext(connection) as captured:
            card(client, element, "?list=vehicles")
        counted.append(len(captured))
        if not Photo.objects.exists():
            send_photo(signed_in(world, "officer-1"), element)

    name = f"{role}: element card of a list"
    baseline = json.loads(BASELINE.read_text())
    if os.environ.get("WRITE_QUERY_COUNTS"):
        changed = dict(sorted((baseline | {name: counted[0]}).items()))
        BASELINE.write_text(json.dumps(changed, ensure_ascii=False, indent=2) + "\n")
        return
    assert counted == [baseline[name], baseline[name]]
