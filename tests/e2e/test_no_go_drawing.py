"""The brigade draws a banned quarter in a browser: corners near a road land on it, also when they are dragged."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.contrib.gis.geos import LineString
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Platform
from tests.e2e.test_border_editing import CORNER, drag, middle_of
from tests.e2e.watching import Window
from tests.factories.claims import claim, submit
from tests.factories.places import point_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
WEST, LATITUDE = point_in(0, 0, 0.5)
EAST = point_in(2, 1, 0.5)[0]
# Pixels between a corner and the road that it snaps to, and does not.
NEAR, FAR = 6, 40


@pytest.fixture
def road(platform: Platform) -> None:
    """One straight road from west to east through three grids."""
    line = LineString((WEST, LATITUDE), (EAST, LATITUDE), srid=4326).hexewkb.decode()
    submit("HIGHWAY", "ROAD", claim(number="R1", name="试验路", route_code="X901", line=line, grid=0))


def on_screen(page: Page, lon: float) -> tuple[float, float]:
    """Where the road is at a longitude."""
    box = page.locator(".leaflet-overlay-pane svg path").first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * (lon - WEST) / (EAST - WEST), box["y"] + box["height"] / 2


def ring(page: Page) -> list[list[float]]:
    text = page.locator('textarea[name="area"]').input_value()
    return json.loads(text)["coordinates"][0][0][:-1] if text else []


def draw(page: Page, places: list[tuple[float, float]]) -> None:
    page.locator(".leaflet-draw-draw-polygon").click()
    for count, (x, y) in enumerate((*places, places[0])):
        # After a corner the tool takes no other for 50 ms; no person is that fast.
        page.wait_for_timeout(100)
        page.mouse.move(x, y)
        page.mouse.click(x, y)
        closed = count == len(places)
        expect(page.locator(".leaflet-marker-pane .leaflet-editing-icon")).to_have_count(0 if closed else count + 1)


def on_the_road(corners: list[list[float]]) -> list[bool]:
    return [abs(lat - LATITUDE) < 1e-6 for _lon, lat in corners]


@pytest.mark.usefixtures("road")
def test_corners_near_a_road_land_on_it(open_window: Callable[..., Window]) -> None:
    page = open_window("brigade").page
    page.goto("/registry/no-go/new/")
    chart = page.locator("[data-no-go-draw]")
    chart.scroll_into_view_if_needed()
    (west, y), (east, _) = (on_screen(page, WEST + share * (EAST - WEST)) for share in (0.3, 0.7))
    draw(page, [(west, y + NEAR), (west, y - FAR), (east, y - FAR), (east, y - NEAR)])
    assert on_the_road(ring(page)) == [True, False, False, True]

    # A corner that lies off the road is dragged near it, and undone.
    handles = page.locator(CORNER)
    expect(handles).to_have_count(4)
    upper = min(handles.all(), key=lambda one: middle_of(one)[::-1])
    x = middle_of(upper)[0]
    drag(page, upper, (x + 30, y - NEAR))
    assert on_the_road(ring(page)).count(True) == 3
    page.locator('[data-no-go-step="undo"]').click()
    assert on_the_road(ring(page)) == [True, False, False, True]

    # Without snapping it stays where it was put.
    page.locator("[data-no-go-snap]").uncheck()
    upper = min(page.locator(CORNER).all(), key=lambda one: middle_of(one)[::-1])
    drag(page, upper, (x + 30, y - NEAR))
    assert on_the_road(ring(page)).count(True) == 2
