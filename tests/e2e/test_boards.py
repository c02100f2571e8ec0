"""The wall shows a new alert by itself and nothing once the session has ended; a bar of the board opens exactly its rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from addresses.choices import AreaKind
from addresses.models import Area
from analytics.models import IndicatorTarget
from analytics.services.snapshots import take_snapshots
from common import clock
from elements.models import Element
from tagging.choices import AlertLevel
from tagging.services.alerts import Seed, raise_alerts
from tests.e2e.conftest import Platform
from tests.e2e.test_alerts import aside
from tests.e2e.watching import Window
from tests.factories.alerts import vehicle_at
from tests.factories.events import report, row
from tests.factories.indicators import inspected

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
# Well below the quarter of a minute after which the wall asks by itself.
BY_STREAM_MS = 8_000
BY_TURN_MS = 30_000
SIZES = ({"width": 1920, "height": 1080}, {"width": 3840, "height": 2160})
# What does not fit, as it is or with every tile marked as old.
SPILLS = """(isOld) => {
  if (isOld) document.querySelectorAll("[data-as-of]").forEach((one) => one.classList.add("is-old"));
  return [document.documentElement, ...document.querySelectorAll(".wall-main, .wall-left, .wall-right, .wall-kpis, .wall-tile")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1).map((one) => one.className);
}"""
BAR = """([key, day]) => {
  const box = document.querySelector(`[data-chart=${key}]`);
  const [x, y] = echarts.getInstanceByDom(box).convertToPixel({ seriesIndex: 0 }, [day, 0.5]);
  const { left, top } = box.getBoundingClientRect();
  return [left + x, top + y];
}"""


@pytest.fixture
def vehicle(platform: Platform) -> Element:
    """A vehicle to alert about, two accidents of today, and a share that misses its target."""
    _accident("B1")
    _accident("B2")
    inspected(3, 1, grid=0)
    IndicatorTarget.objects.create(
        indicator="VEHICLE_INSPECTION",
        area=Area.objects.get(kind=AreaKind.BRIGADE),
        year=clock.today().year,
        percent=90,
    )
    take_snapshots()
    return vehicle_at(1, grid=0)


def _accident(number: str) -> None:
    report(
        "ACCIDENT", row("ACCIDENT", number, grid=0, occurred_at=clock.now(), accident_type="2", form="11", injured=1)
    )


def test_the_wall_lives_and_ends_with_the_session(vehicle: Element, open_window: Callable[..., Window]) -> None:
    window = open_window("brigade")
    page = window.page
    for size in SIZES:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.goto("/wall/")
        expect(page.locator("[data-ground=ready]")).to_be_attached()
        expect(page.locator(".wall-chart svg")).to_be_visible()
        assert [page.evaluate(SPILLS, is_old) for is_old in (False, True)] == [[], []]
    expect(page.locator("[data-wall-state]")).to_have_text("实时")
    expect(page.locator(".wall-accidents tbody td").first).to_have_text("2")
    expect(page.locator(".wall-left")).to_contain_text("▼ -15.00")

    seed = Seed(f"live:{vehicle.pk}", vehicle.pk, vehicle.block_id, AlertLevel.URGENT, "驶入禁行区", "")
    aside(lambda: raise_alerts([seed], now=clock.now()))
    expect(page.locator(".wall-ticker li.is-fresh")).to_contain_text("驶入禁行区", timeout=BY_STREAM_MS)
    aside(lambda: _accident("B3"))
    expect(page.locator(".wall-accidents tbody td").first).to_have_text("3", timeout=BY_TURN_MS)
    assert page.evaluate(SPILLS, False) == []

    aside(Session.objects.all().delete)
    expect(page.get_by_text("登录已过期，请重新登录")).to_be_visible(timeout=BY_TURN_MS)
    expect(page.locator("[data-count]")).to_have_count(0)
    # That the browser tells of the refusal is no fault of the page.
    window.faults[:] = [one for one in window.faults if "401" not in one]


def test_a_bar_opens_its_rows(vehicle: Element, open_window: Callable[..., Window]) -> None:
    page: Page = open_window("brigade").page
    page.goto("/dashboard/")
    expect(page.locator("html[data-board=ready]")).to_be_attached()
    chart = page.locator("[data-chart=chart-accident-days-data]")
    expect(chart.locator("svg")).to_be_visible()
    chart.scroll_into_view_if_needed()
    # The drawing grows for a moment, unless motion is unwanted.
    page.wait_for_timeout(500)
    page.mouse.click(*page.evaluate(BAR, ["chart-accident-days-data", 29]))
    page.wait_for_url("**/events/accidents/**")
    expect(page.get_by_text("共 2 条").first).to_be_visible()
