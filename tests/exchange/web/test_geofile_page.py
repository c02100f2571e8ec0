"""A layer of a map through the page: taken up to its mapping, or refused beside the file."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from shapely import Point

from exchange.models import LandingBatch
from tests.factories.geofiles import geojson_file, gpkg_file, layer, shapefile
from tests.factories.places import point_in

SignIn = Callable[[str], Client]
SIGNALS = layer({"设施编号": ["S1"], "设施类型": ["信号灯"], "照片编号": ["p1"]}, [Point(*point_in(2))])


def send(client: Client, data: bytes, name: str):  # type: ignore[no-untyped-def]
    form = {"kind": "FACILITY", "source": "FACILITY_LEDGER", "observed_on": "2026-10-02", "datum": "WGS84"}
    return client.post(reverse("exchange:import"), {**form, "file": SimpleUploadedFile(name, data)})


@pytest.mark.parametrize(
    ("write", "name"), [(geojson_file, "设施.geojson"), (gpkg_file, "设施.gpkg"), (shapefile, "设施.zip")]
)
def test_the_mapping_step_suggests_the_place_and_shows_samples(signed_in: SignIn, write, name) -> None:
    client = signed_in("brigade")
    answer = send(client, write(SIGNALS), name)
    batch = LandingBatch.objects.get()
    assert answer.headers["Location"] == reverse("exchange:batch", args=[batch.pk])
    page = client.get(answer.headers["Location"])

    shown = {column["header"]: column for column in page.context["columns_to_map"]}
    assert {header: column["field"] for header, column in shown.items() if header != "fid"} == {
        "经度": "lon", "纬度": "lat", "设施编号": "source_row_id", "设施类型": "facility_type", "照片编号": "",
    }  # fmt: skip
    assert "信号灯" in page.content.decode()


def test_a_renamed_layer_is_refused_beside_the_file(signed_in: SignIn) -> None:
    answer = send(signed_in("brigade"), gpkg_file(SIGNALS), "设施.geojson")

    assert answer.status_code == 400
    assert "不要只改扩展名" in answer.content.decode()
    assert LandingBatch.objects.count() == 0


def test_the_page_offers_the_formats(signed_in: SignIn) -> None:
    text = signed_in("brigade").get(reverse("exchange:import")).content.decode()

    assert all(suffix in text for suffix in (".geojson", ".gpkg", ".zip", "Shapefile"))
