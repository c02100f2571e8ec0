"""Registering a new element in a browser: by key from the list, what is there already shown beside it, a draft kept, undo."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Platform
from tests.e2e.watching import Window
from tests.factories.claims import claim, submit
from tests.factories.numbers import plate, vin
from tests.factories.places import point_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def known(platform: Platform) -> None:
    """One vehicle is there already."""
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), plate_number=plate(1), plate_type="02", grid=0))


def stand(page: Page, grid: int) -> None:
    # The script of a page puts the keyboard into its first field: not while one types.
    page.wait_for_load_state("load")
    lon, lat = point_in(grid, 0.5)
    page.locator("[name=lon]").fill(f"{lon:.6f}")
    page.locator("[name=lat]").fill(f"{lat:.6f}")


@pytest.mark.usefixtures("known")
def test_a_vehicle_is_registered_once_and_taken_back(open_window: Callable[..., Window]) -> None:
    window = open_window("officer-1")
    page = window.page
    page.goto("/registry/vehicles/")
    page.wait_for_selector('html[data-frame="ready"]')
    page.keyboard.press("n")
    page.wait_for_url("**/registry/vehicles/new/")

    # The plate of one that is there: it is shown while one types, and may be opened.
    similar = page.locator("#register-similar")
    page.locator("[name=plate_number]").fill(plate(1))
    expect(similar).to_contain_text("号牌号码相同")
    expect(similar.locator("a").first).to_have_attribute("target", "_blank")

    # Another plate is nobody's; a click on the map says where it stands, and a reload loses nothing.
    page.locator("[name=plate_number]").fill(plate(2))
    expect(similar).not_to_contain_text("号牌号码相同")
    page.locator("[data-register-map]").click()
    expect(page.locator("[name=lon]")).not_to_have_value("")
    page.wait_for_function("() => Object.keys(sessionStorage).some((key) => key.startsWith('register:'))")
    page.reload()
    expect(page.locator("[name=plate_number]")).to_have_value(plate(2))

    # A place outside the officer's district is refused in words; one inside is taken, twice pressed once registered.
    stand(page, 5)
    submit_button = page.locator("#register-form button[type=submit]")
    page.locator("[name=plate_type]").fill("02")
    submit_button.click()
    # The first address that a new server reads loads the index of names.
    expect(page.locator(".register-refused")).to_contain_text("不在您的管辖范围内", timeout=30_000)
    assert all("400" in fault for fault in window.faults) and len(window.faults) == 2
    window.faults.clear()
    stand(page, 0)
    submit_button.dblclick()
    expect(page.locator(".registered")).to_contain_text("已登记", timeout=30_000)
    receipt = page.url
    page.goto("/registry/vehicles/")
    expect(page.locator("tbody tr")).to_have_count(2)

    page.goto(receipt)
    page.wait_for_selector('html[data-frame="ready"]')
    page.get_by_role("button", name="撤销登记").click()
    page.locator("dialog[open]").get_by_role("button", name="撤销").click()
    expect(page.locator(".registered")).to_contain_text("已撤销")
    page.goto("/registry/vehicles/")
    expect(page.locator("tbody tr")).to_have_count(1)
