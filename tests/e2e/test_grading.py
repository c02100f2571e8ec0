"""A weight is changed, tried, submitted by one and published by another in browsers; the level of a vehicle follows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from playwright.sync_api import expect

from tests.e2e.conftest import Platform
from tests.e2e.watching import Window
from tests.factories.grades import element_of, graded_vehicles, run, scheme_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def graded(platform: Platform) -> int:
    """Three graded vehicles; the id of the first. A second person with the right to publish can sign in."""
    graded_vehicles()
    run(scheme_of())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_user SET password = (SELECT password FROM accounts_user WHERE username = 'brigade') "
            "WHERE username = 'analyst'"
        )
    return element_of(1).pk


@pytest.mark.usefixtures("worker")
def test_a_weight_is_changed_tried_published_and_a_level_moves(graded: int, open_window: Callable[..., Window]) -> None:
    page = open_window("analyst").page
    page.goto("/grades/")
    page.get_by_role("link", name="试验分级").click()
    page.get_by_role("link", name="调整分值与门槛").click()
    # What the slider does is there once the page's script has run.
    page.locator("#w-late").wait_for()
    page.wait_for_load_state("load")

    # The slider writes its number, the number moves the slider.
    weight, slider = page.locator("#w-late"), page.locator('[data-slides="w-late"]')
    slider.evaluate("slider => { slider.value = 30; slider.dispatchEvent(new Event('input')); }")
    expect(weight).to_have_value("30")
    weight.fill("40")
    expect(slider).to_have_value("40")
    weight.fill("60")
    page.locator("[data-simulate]").click()
    expect(page.locator(".simulation-sum")).to_contain_text("1 个对象变级（升 1，降 0；共分级 3 个）", timeout=30_000)
    page.get_by_label("改了什么、为什么").fill("未检验车辆加重")
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator("body")).to_contain_text("这一版由您提交，须由另一人审核发布。")

    page = open_window("brigade").page
    page.goto("/grades/schemes/TRIAL/?version=2")
    page.get_by_role("button", name="试算这一版").click()
    expect(page.locator(".simulation-sum")).to_contain_text("1 个对象变级", timeout=30_000)
    page.get_by_label("审核意见").fill("同意")
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator("body")).to_contain_text("已发布，正在后台重新分级。")

    head = page.locator("#element-head")
    for _ in range(60):
        page.goto(f"/elements/{graded}/?tab=grades")
        if "试验分级：高" in head.inner_text():
            break
        page.wait_for_timeout(500)
    expect(head).to_contain_text("试验分级：高")
    expect(page.locator(".grade-section")).to_contain_text("64.4")
