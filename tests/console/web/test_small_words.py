"""What a reader meets at the edges: no post, a vehicle without a plate, numbers of many digits."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from elements.models import Source
from elements.services.claims import submit_claims
from exchange.selectors.sources import SourceLine
from tests.factories.numbers import vin
from tests.factories.registries import NOW, World, signed_in, vehicle_claim

pytestmark = pytest.mark.django_db

NO_POST = "您目前没有有效岗位，看不到任何数据。请联系大队管理员分配岗位。"


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/", 200), ("/search/", 200), ("/registry/vehicles/", 403), ("/registry/addresses/", 403), ("/registry/areas/", 403),
        ("/registry/address-texts/", 403), ("/exchange/import/", 403), ("/exchange/batches/", 403), ("/exchange/sources/", 403),
    ],
)  # fmt: skip
def test_who_has_no_post_is_told_once_and_whom_to_ask(world: World, url: str, status: int) -> None:
    answer = signed_in(world, "nobody").get(url)
    assert answer.status_code == status
    assert answer.content.decode().count(NO_POST) == 1
    assert NO_POST not in signed_in(world, "station-1").get(url).content.decode()


@pytest.mark.parametrize(
    ("reader", "shown"), [("officer-1", vin(200)), ("assistant-1", f"{vin(200)[:3]}{'*' * 10}{vin(200)[-4:]}")]
)
def test_a_vehicle_without_a_plate_is_said_to_have_none(world: World, reader: str, shown: str) -> None:
    claim = vehicle_claim(200, lon=119.9, plate_number=None, plate_type=None)
    submit_claims(
        source=Source.objects.get(code="TMRI_VEHICLE"), kind_code="VEHICLE", claims=[claim], actor=None, now=NOW
    )
    page = signed_in(world, reader).get(reverse("elements:list", args=["vehicles"]) + "?filter=none").content.decode()
    assert page.count("无牌") == 1
    assert f'无牌 <small class="text-secondary">{shown}</small></a>' in page


def test_large_numbers_are_grouped(world: World) -> None:
    line = SourceLine(Source.objects.get(code="TRANSPORT"), 1234567, 1000000, None)
    assert '<td class="is-numeric">1,234,567</td>' in render_to_string("exchange/sources.html", {"lines": [line]})
    rows = signed_in(world, "brigade").get(reverse("console:areas")).context["rows"]
    assert {(row["blocks_text"], row["total_text"]) for row in rows} == {
        (f"{row['blocks']}", f"{row['total']}") for row in rows
    }
    row = {"area": rows[0]["area"], "depth": 0, "blocks_text": "1,024", "total_text": "1,234,567"}
    shown = render_to_string("console/area_rows.html", {"rows": [row]})
    assert '<td data-column="total" class="is-numeric">1,234,567</td>' in shown
