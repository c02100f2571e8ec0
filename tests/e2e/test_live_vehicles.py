"""Vehicles move on the maps of two tabs by one stream: what a file brings in is there without asking."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, expect

from common import clock
from tests.e2e.conftest import Platform
from tests.e2e.watching import Window
from tests.factories.claims import claim, submit
from tests.factories.numbers import plate, vin
from tests.factories.places import point_in
from tests.factories.positions import fix, land_positions

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def started_at(platform: Platform) -> datetime:
    """Vehicle 1 is registered and was in the middle of grid 0 two minutes ago."""
    submit("TMRI_VEHICLE", "VEHICLE", claim(vin=vin(1), plate_number=plate(1), plate_type="01", grid=0))
    start = clock.now().replace(microsecond=0) - timedelta(minutes=2)
    land_positions([fix(1, start)])
    return start


def land_beside(row: list[str]) -> None:
    """Brings a fix in from a thread of its own: the loop of the browser bars this one from the database."""

    def land() -> None:
        try:
            land_positions([row])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(land).result()


def newest(moment: datetime) -> str:
    return f"最新位置 {timezone.localtime(moment):%H:%M:%S}"


def open_card_in_the_middle(page: Page) -> None:
    page.locator("#map").focus()
    page.keyboard.press("Enter")


def test_two_tabs_follow_a_vehicle_by_one_stream(started_at: datetime, open_window: Callable[..., Window]) -> None:
    window = open_window("brigade")
    asked: list[str] = []
    window.context.on("request", lambda request: asked.append(urlsplit(request.url).path))
    # The middle of the map is where the vehicle will come to.
    lon, lat = point_in(0, 0.6)
    tabs = [window.page, window.context.new_page()]
    for page in tabs:
        page.goto(f"/map/?layers=vehicles&z=15&lat={lat}&lon={lon}")
        shell = page.locator("[data-map]")
        expect(shell).to_have_attribute("data-live-mode", "live")
        expect(page.locator("[data-live-newest]")).to_have_text(newest(started_at))
        open_card_in_the_middle(page)
        expect(page.locator("[data-tracker-id]")).to_have_count(0)
    assert asked.count("/map/vehicles/stream") == 1

    for page in tabs:
        page.wait_for_load_state("networkidle")
    looks = asked.count("/map/vehicles/")
    moved_at = started_at + timedelta(minutes=1)
    land_beside(fix(1, moved_at, east=0.6))
    for page in tabs:
        expect(page.locator("[data-live-newest]")).to_have_text(newest(moved_at))
    assert (asked.count("/map/vehicles/stream"), asked.count("/map/vehicles/")) == (1, looks)

    for page in tabs:
        open_card_in_the_middle(page)
        expect(page.locator("[data-tracker-id] h2")).to_have_text(plate(1))
        expect(page.get_by_role("link", name="打开机动车")).to_be_visible()
