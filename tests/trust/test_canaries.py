"""Trust 22, small: twenty persons of a foreign district never show up anywhere in what another reader gets."""

from __future__ import annotations

import gzip
import math
import re

import pytest
from django.test import Client
from django.urls import reverse

from addresses.services.map_features import fold_tile_deltas
from common import clock
from common.masking import mask_citizen_id, mask_phone
from elements.models import Element
from elements.selectors.searches import save_search
from tests.factories.claims import claim, person_of, submit
from tests.factories.numbers import citizen_id, file_number, phone
from tests.factories.places import point_in
from tests.factories.users import make_users
from tests.trust.crawl import body, routes

FOREIGN, OWN = range(100, 120), range(1, 5)
BLIND = ("admin", "station-1", "liaison-1", "auditor", "nobody")
SCOPED_READERS = ("squadron-1", "officer-1", "coordinator-1", "assistant-1")
FOREIGN_GRID = 5


def name_of(number: int) -> str:
    return f"欧阳{chr(0x4E00 + number)}{chr(0x5200 + number)}"


@pytest.fixture
def users(city):
    for numbers, grid in ((OWN, 0), (FOREIGN, FOREIGN_GRID)):
        rows = [
            claim(1, citizen_id=citizen_id(n), name=name_of(n), phone=phone(n), file_no=file_number(n), licence_classes="C1",
                  household_address=city.text(grid), grid=grid)
            for n in numbers
        ]  # fmt: skip
        submit("TMRI_DRIVER", "PERSON", *rows)
    fold_tile_deltas()
    return make_users(city)


def pages(element_ids: list[int]) -> list[str]:
    """Everything that can be read with GET: every route, every list by filter and order, tiles of every zoom."""
    found = []
    for route in routes():
        if route.name.startswith("admin:") and route.parameters:
            continue
        choices = element_ids if "element_id" in route.parameters else element_ids[:1]
        found += [route.path({"element_id": pk, "batch_id": 1, "filter_id": 1}) for pk in choices]
    for name in ("drivers", "persons"):
        for query in ("sort=name", "sort=-name", "page_size=100", "place=SURVEYED", "conflict=false"):
            found.append(reverse("elements:list", args=[name]) + f"?{query}")
            found.append(reverse("elements-api:list", args=[name]) + f"?{query}")
    found += [foreign_tile(zoom) for zoom in (8, 10, 12, 14, 16)]
    return found


def foreign_tile(zoom: int) -> str:
    """The tile over the middle of the foreign grid, where the foreign persons' dots lie."""
    lon, lat = point_in(FOREIGN_GRID)
    row = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom
    return reverse("map:tile", args=["elements", zoom, int((lon + 180) / 360 * 2**zoom), int(row)])


def needles(number: int) -> list[bytes]:
    return [text.encode() for text in (name_of(number), citizen_id(number), phone(number), file_number(number))]


def masks(numbers: range) -> set[str]:
    """What the masked numbers of these persons look like; some look alike."""
    return {mask for n in numbers for mask in (mask_citizen_id(citizen_id(n)), mask_phone(phone(n)))}


def read_everything(user) -> bytes:
    client = Client()
    client.force_login(user)
    element_ids = list(Element.objects.order_by("-pk").values_list("pk", flat=True)[:3])
    content = []
    for path in pages(element_ids):
        status, got = body(client, path)
        assert status < 500, path
        content.append(gzip.decompress(got) if got[:2] == b"\x1f\x8b" else got)
    for number in (FOREIGN[0], FOREIGN[-1]):
        for text in (name_of(number), citizen_id(number), phone(number), phone(number)[-4:]):
            token = save_search(text=text, user=user, now=clock.now()).token
            # What the reader typed stands on the page; what the search found must not.
            paths = (
                reverse("console:search-results", args=[token]),
                reverse("elements:list", args=["drivers"]) + f"?search={token}",
            )
            content += [body(client, path)[1].replace(text.encode(), b"") for path in paths]
            content.append(body(client, reverse("map:features") + f"?search={token}&extent=1")[1])
    return b"\n".join(content)


@pytest.mark.parametrize("reader", [*SCOPED_READERS, *BLIND])
def test_foreign_persons_are_nowhere(users, reader):
    content = read_everything(users[reader])
    hits = [needle.decode() for n in FOREIGN for needle in needles(n) if needle in content]
    masked = [m for m in masks(FOREIGN) - masks(OWN) if m.encode() in content]
    foreign_ids = [person_of(n).pk for n in FOREIGN]
    linked = [pk for pk in foreign_ids if re.search(rf'href="/elements/{pk}/'.encode(), content)]

    assert (hits, masked, linked) == ([], [], [])


def test_the_control_reader_finds_them_all_but_no_number_in_full(users):
    content = read_everything(users["brigade"])

    assert [n for n in FOREIGN if name_of(n).encode() not in content] == []
    assert [n for n in [*FOREIGN, *OWN] if any(needle in content for needle in needles(n)[1:])] == []


def test_dots_of_a_foreign_block_are_in_no_tile(users):
    for zoom in (8, 10, 12, 14, 16):
        sizes = {
            name: len(body(_client(users[name]), foreign_tile(zoom))[1])
            for name in ("brigade", "officer-2", "officer-1")
        }
        assert sizes["brigade"] > 0 and sizes["officer-2"] > 0, zoom
        # At low zooms the tile holds the reader's own district as well.
        assert zoom < 14 or sizes["officer-1"] == 0, zoom


def _client(user) -> Client:
    client = Client()
    client.force_login(user)
    return client
