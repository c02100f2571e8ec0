"""An administrator draws a responsibility area in a browser; it is saved with its period and stands there again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.watching import Window

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
# Corners on the map, in pixels from its middle.
CORNERS = ((-120, -60), (110, -70), (90, 80), (-100, 60))


def draw(page: Page) -> None:
    """Draws a polygon with the tool of the map and closes it at its first corner."""
    chart = page.locator(".leaflet-container")
    chart.scroll_into_view_if_needed()
    page.get_by_role("link", name="画多边形").click()
    box = chart.bounding_box()
    assert box is not None
    for count, (east, south) in enumerate((*CORNERS, CORNERS[0])):
        x, y = box["x"] + box["width"] / 2 + east, box["y"] + box["height"] / 2 + south
        # After a corner the tool takes no other for 50 ms; no person is that fast.
        page.wait_for_timeout(100)
        page.mouse.move(x, y)
        page.mouse.click(x, y)
        closed = count == len(CORNERS)
        expect(page.locator(".leaflet-marker-pane .leaflet-editing-icon")).to_have_count(0 if closed else count + 1)


def fill(page: Page) -> None:
    """Fills in everything but the polygon; the period is over before that of the areas it would overlap."""
    page.locator("#id_code").fill("G-90")
    page.locator("#id_name").fill("试画网格")
    page.locator("#id_kind").select_option("GRID")
    page.locator("#id_valid_from").fill("2019-01-01")
    page.locator("#id_valid_to").fill("2020-01-01")


def test_a_drawn_area_is_saved_with_its_period(open_window: Callable[..., Window]) -> None:
    page = open_window("admin").page
    page.goto("/admin/addresses/area/add/")
    # Two squadrons and three districts to draw against.
    expect(page.locator(".leaflet-overlay-pane path.area-outline")).to_have_count(5)
    fill(page)
    page.locator("[name=_continue]").click()
    expect(page.locator(".field-geom .errorlist")).to_be_visible()
    draw(page)
    drawn = json.loads(page.locator("[name=geom]").input_value())
    assert drawn["type"] == "MultiPolygon"
    assert len(drawn["coordinates"][0][0]) == len(CORNERS) + 1
    page.locator("[name=_continue]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    # From now on border and period only change by a border move.
    expect(page.locator("#id_valid_from, #id_valid_to, [name=geom]")).to_have_count(0)
    expect(page.locator(".field-valid_from .readonly")).to_have_text(re.compile("2019"))
    expect(page.locator(".field-valid_to .readonly")).to_have_text(re.compile("2020"))
    expect(page.get_by_role("link", name="边界调整")).to_have_attribute("href", "/areas/moves/new/?area=G-90")
