"""A rule from the first click to the tag: built by mouse, previewed, tried on the past, published by another, given with evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from elements.models import Element
from tagging.models import Tag
from tests.e2e.conftest import Platform
from tests.e2e.watching import Window
from tests.factories.claims import claim, owned_by, person_of, submit
from tests.factories.events import days_ago, report, row
from tests.factories.numbers import citizen_id, plate, vin

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SENTENCE = (
    "人员：近 12 个月的交通违法起数（酒驾（含醉驾））不少于 1 起，并且（名下机动车中（使用性质是公路客运）不少于 1 个，"
    "或者经常驾驶的机动车中（使用性质是公路客运）不少于 1 个）"
)


@pytest.fixture
def driver(platform: Platform) -> Element:
    """Two drivers: one was drunk and owns a coach, the other was drunk and owns a car of his own. And a tag to give."""
    for number, use in ((1, "B"), (2, "A")):
        submit("TMRI_DRIVER", "PERSON", claim(number, citizen_id=citizen_id(number), name="张试验", grid=0))
        submit(
            "TMRI_VEHICLE", "VEHICLE",
            claim(number, vin=vin(number), plate_number=plate(number), plate_type="02", use_nature=use, grid=0,
                  relations=[owned_by(number)]),
        )  # fmt: skip
        drunk = row("VIOLATION", f"V{number}", occurred_at=days_ago(3), code="1712", citizen_id=citizen_id(number))
        report("VIOLATION", drunk)
    Tag.objects.create(code="DRUNK_COACH", name="酒驾人员驾驶营运车", kind="PERSON", group="驾驶人", minutes=30)
    User.objects.filter(username="analyst").update(password=User.objects.get(username="brigade").password)
    return person_of(1)


def pick(page: Page, words: str) -> None:
    """Finds a choice in the menu that is open and takes it."""
    menu = page.locator("dialog.lab-menu")
    menu.locator("input[type=search]").fill(words)
    menu.locator(".lab-menu-choice").first.click()


def choose(page: Page, opener: Locator, label: str) -> None:
    """Ticks one code in the menu behind a button."""
    opener.click()
    menu = page.locator("dialog.lab-menu")
    menu.locator("label", has_text=label).first.click()
    menu.get_by_role("button", name="完成").click()


def add(page: Page, place: str, words: str) -> None:
    page.locator(f'[data-add="{place}"]').click()
    pick(page, words)


def build(page: Page) -> None:
    """近 12 个月酒驾不少于 1 起，并且名下或者经常驾驶的有营运车."""
    add(page, "where", "交通违法起数")
    choose(page, page.locator('[data-at="where.all[0]"] .lab-chip-more'), "酒驾（含醉驾）")
    add(page, "where", "条件组（至少一项）")
    for number, words in enumerate(("名下机动车", "经常驾驶的机动车")):
        place = f"where.all[1].any[{number}]"
        add(page, "where.all[1]", words)
        page.locator(f'[data-at="{place}"]').get_by_role("button", name="限定条件").click()
        add(page, f"{place}.where", "使用性质")
        choose(page, page.locator(f'[data-at="{place}.where.all[0]"] .lab-chip-more'), "公路客运")


@pytest.mark.usefixtures("worker")
def test_a_rule_is_built_tried_published_and_tags_whom_it_means(
    driver: Element, open_window: Callable[..., Window], platform: Platform
) -> None:
    author = open_window("brigade")
    page = author.page
    page.goto("/rules/new/")
    page.locator("[name=title]").fill("酒驾人员驾驶营运车")
    page.locator("[name=tag]").select_option(label="酒驾人员驾驶营运车（人员）")
    page.get_by_role("button", name="建立，去搭建条件").click()
    page.wait_for_url("**/laboratory/")
    build(page)
    sentence = page.locator("[data-lab-sentence]")
    expect(sentence).to_have_text(SENTENCE)

    # Undo and redo go over whole steps; a negated condition is read back as such.
    page.locator("[data-lab-undo]").click()
    expect(page.locator("[data-lab-refusal]")).to_contain_text("至少选一项")
    expect(page.locator(".is-refused")).to_have_attribute("data-at", "where.all[1].any[1].where.all[0]")
    page.locator("[data-lab-redo]").click()
    expect(sentence).to_have_text(SENTENCE)
    page.locator('[data-at="where.all[0]"]').get_by_role("button", name="取反").click()
    expect(sentence).to_contain_text("不符合（近 12 个月的交通违法起数（酒驾（含醉驾））不少于 1 起）")
    page.locator("[data-lab-state]").click()
    page.keyboard.press("Control+z")
    expect(sentence).to_have_text(SENTENCE)

    page.locator("[data-lab-preview]").click()
    hits = page.locator('[data-lab-result="preview"]')
    expect(hits.locator(".lab-count strong")).to_have_text("1")
    expect(hits.locator(".lab-hit a")).to_have_attribute("href", f"/elements/{driver.pk}/")
    expect(hits).to_contain_text("名下机动车中（使用性质是公路客运）不少于 1 个：1 个")

    page.locator("[data-lab-save]").click()
    expect(page.locator("[data-lab-state]")).to_have_text("已保存")
    page.locator('[data-lab-days="7"]').click()
    page.get_by_role("button", name="开始试算").click()
    page.wait_for_url("**/backtests/*/")
    page.get_by_role("link", name="查看结果").click(timeout=60_000)
    expect(page.locator(".lab-figures")).to_contain_text("新命中1")
    expect(page.locator(".lab-bars rect")).to_have_count(14)

    page.goto(page.url.split("/backtests/")[0] + "/")
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".rule-open")).to_contain_text("须由另一位有规则权限的人发布")
    rule_url = page.url

    second = open_window("analyst").page
    second.goto(rule_url)
    second.get_by_role("button", name="发布", exact=True).click()
    second.locator("dialog[open]").get_by_role("button", name="发布").click()
    expect(second.locator(".element-head")).to_contain_text("启用")
    for _try in range(30):
        second.goto(rule_url)
        if "现在 1 个要素" in second.locator(".element-head").inner_text():
            break
        second.wait_for_timeout(1_000)
    expect(second.locator(".element-head")).to_contain_text("现在 1 个要素因它带有标签")
    assert tagged() == [(driver.pk, ["V1"])]


def tagged() -> list[tuple[int, list[str]]]:
    """Who bears a tag, with the numbers of the violations behind it; asked on a thread of its own, as the browser bars this one."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_tagged).result()


def _tagged() -> list[tuple[int, list[str]]]:
    from django.db import connection

    from tagging.models import Assignment

    try:
        return [(one.element_id, _violations(one.evidence)) for one in Assignment.objects.standing()]
    finally:
        connection.close()


def _violations(evidence: list[dict[str, Any]]) -> list[str]:
    from events.models import Violation

    ids = [pk for one in evidence if one["table"] == Violation._meta.db_table for pk in one["records"]]
    return sorted(Violation.objects.filter(pk__in=ids).values_list("number", flat=True))
