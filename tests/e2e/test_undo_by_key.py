"""Ctrl+Z in a browser: the last own act of this page is taken back, at once beside its note and after a question without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Platform
from tests.e2e.watching import Window
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.numbers import vin

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def vehicle(platform: Platform) -> str:
    """Address of the page of a vehicle in two versions."""
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), brand="甲牌", grid=0))
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=vin(1), brand="乙牌", grid=0))
    return reverse("console:element", args=[vehicle_of(vin(1)).pk])


def correct(page: Page, text: str) -> None:
    page.locator("#field-brand .edit-open").click()
    form = page.locator("[data-edit-form]")
    form.locator("[name=text]").fill(text)
    # In an input the key means the text.
    page.keyboard.press("Control+z")
    expect(page.locator("dialog[open]")).to_have_count(0)
    form.locator("[name=text]").fill(text)
    form.locator("[name=reason]").fill("现场核对")
    form.locator("button[type=submit]").click()
    expect(page.locator("#field-brand .field-value")).to_contain_text(text)


def test_the_last_own_act_is_undone_by_key(vehicle: str, open_window: Callable[..., Window]) -> None:
    page = open_window("officer-1").page
    dialog, brand = page.locator("dialog[open]"), page.locator("#field-brand .field-value")

    # A version comes back; its note stands: no question.
    page.goto(f"{vehicle}?tab=history")
    page.get_by_role("link", name="恢复此版本").click()
    page.get_by_role("button", name="恢复所选字段").click()
    expect(page.locator("#toasts")).to_contain_text("已恢复所选字段。")
    assert "saved" not in page.url
    expect(page.locator(".history-change").first).to_contain_text("officer-1")
    page.keyboard.press("Control+z")
    expect(page.locator("#toasts")).to_contain_text("已撤销这次更正，取值恢复如前。")
    page.goto(vehicle)
    expect(brand).to_contain_text("乙牌")
    # Nothing is left to undo.
    page.keyboard.press("Control+z")
    expect(dialog).to_have_count(0)

    # Loaded anew the note is gone: it asks, and does nothing without a yes.
    correct(page, "丁牌")
    page.reload()
    page.wait_for_selector('html[data-frame="ready"]')
    page.keyboard.press("Control+z")
    expect(dialog).to_contain_text("撤销自己在本页刚做的这一步吗？")
    dialog.get_by_role("button", name="取消").click()
    expect(brand).to_contain_text("丁牌")
    page.keyboard.press("Control+z")
    dialog.get_by_role("button", name="撤销").click()
    expect(page.locator("#toasts")).to_contain_text("已撤销这次更正，取值恢复如前。")
    expect(brand).to_contain_text("乙牌")

    page.wait_for_selector('html[data-frame="ready"]')
    page.keyboard.press("?")
    expect(dialog).to_contain_text("撤销本页上自己刚做的更正、判断或合并（10 分钟内）")


def test_another_tab_does_not_undo_what_was_done_elsewhere(vehicle: str, open_window: Callable[..., Window]) -> None:
    page = open_window("officer-1").page
    page.goto(vehicle)
    correct(page, "丁牌")
    other = page.context.new_page()
    other.goto(vehicle)
    other.wait_for_selector('html[data-frame="ready"]')
    other.keyboard.press("Control+z")
    expect(other.locator("dialog[open]")).to_have_count(0)
    expect(other.locator("#field-brand .field-value")).to_contain_text("丁牌")
