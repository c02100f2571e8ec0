"""Areas in the settings: a new one is drawn there, the border of one that is in use only changes by a border move."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from addresses.models import Area
from common.models import AuditRow
from tests.factories.borders import box, square
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def admin(city) -> Client:
    client = Client()
    client.force_login(make_users(city)["admin"])
    return client


def drawn(geom) -> str:
    return json.dumps(json.loads(square(geom).geojson))


def page_of(area: Area) -> str:
    return reverse("admin:addresses_area_change", args=[area.pk])


def test_an_overlapping_new_area_is_refused_and_a_fitting_one_kept(city, admin):
    form = {
        "code": "G-90", "name": "新网格", "kind": "GRID", "parent": city.grids[0].parent_id, "valid_from": "2020-01-01",
        "geom": drawn(box(0, 1.1)),
    }  # fmt: skip
    answer = admin.post(reverse("admin:addresses_area_add"), form)

    assert answer.status_code == 200
    assert "与“G-1”重叠" in answer.content.decode()
    assert not Area.objects.filter(code="G-90").exists()

    form |= {"valid_from": "2019-01-01", "valid_to": "2020-01-01"}
    assert admin.post(reverse("admin:addresses_area_add"), form).status_code == 302
    assert Area.objects.get(code="G-90").geom == square(box(0, 1.1))


@pytest.mark.parametrize("which", ["grids", "districts", "squadrons"])
def test_border_and_period_of_an_existing_area_stay_as_they_are_whatever_is_sent(city, admin, which):
    area = getattr(city, which)[0]
    before = Area.objects.values("geom", "valid_from", "valid_to", "code", "kind").get(pk=area.pk)
    form = {
        "name": "改名", "parent": area.parent_id, "town": area.town_id or "", "village": area.village_id or "",
        "is_urban": "on", "valid_from": "2021-01-01", "valid_to": "2022-01-01", "geom": drawn(box(0, 0.5)),
    }  # fmt: skip

    assert admin.post(page_of(area), form).status_code == 302

    assert Area.objects.values("geom", "valid_from", "valid_to", "code", "kind").get(pk=area.pk) == before
    assert Area.objects.get(pk=area.pk).name == "改名"
    row = AuditRow.objects.get(verb="ADMIN_CHANGED", subject_table="addresses_area", subject_id=area.pk)
    assert row.fields == ["name"]


def test_a_grid_leads_to_its_border_move_and_what_lies_above_it_to_the_list(city, admin):
    grid, district = city.grids[1], city.districts[0]
    link = f'<a href="{reverse("console:border-new")}?area=G-2">边界调整</a>'

    page = admin.get(page_of(grid)).content.decode()
    assert link in page
    assert 'name="geom"' not in page
    assert admin.get(f"{reverse('console:border-new')}?area=G-2").context["chosen"]["code"] == "G-2"

    page = admin.get(page_of(district)).content.decode()
    assert f'<a href="{reverse("console:border-moves")}">边界调整</a>' in page
    assert 'name="geom"' not in page


def test_the_ground_of_the_brigade_is_still_drawn_here(city, admin):
    page = admin.get(page_of(city.brigade)).content.decode()

    assert 'name="geom"' in page
    assert 'name="valid_to"' in page
