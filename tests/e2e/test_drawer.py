"""The drawer beside a list in a browser: opened by click and key, walked over pages, closed, shared by URL, on the phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Platform
from tests.e2e.watching import PHONE, Window
from tests.factories.address_texts import carry, spaced
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.numbers import plate, vin

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
ROWS = 23
LIST = "/registry/vehicles/?page_size=20&sort=label"


@pytest.fixture
def ids(platform: Platform) -> list[str]:
    """Vehicles in the order of the list, three more than a page holds."""
    claims = [claim(1, vin=vin(n), plate_number=plate(n), plate_type="02", brand="甲牌", grid=0) for n in range(ROWS)]
    submit("TMRI_VEHICLE", "VEHICLE", *claims)
    vehicles = sorted((vehicle_of(vin(n)) for n in range(ROWS)), key=lambda one: one.label)
    return [str(one.pk) for one in vehicles]


def visit(page: Page, url: str = LIST) -> None:
    page.goto(url)
    page.wait_for_selector("[data-drawer][data-ready]", state="attached")


def link(page: Page, element_id: str):
    return page.locator(f'a[data-preview="{element_id}"]')


def expect_open(page: Page, element_id: str) -> None:
    expect(page.locator("[data-drawer] .element-card")).to_have_attribute("data-element-id", element_id)
    expect(page).to_have_url(re.compile(rf"[?&]open={element_id}$"))


def scrolled(page: Page) -> int:
    return page.locator(".list-scroll").evaluate("(box) => box.scrollTop")


def test_a_click_opens_the_card_and_the_list_stays(ids: list[str], open_window: Callable[..., Window]) -> None:
    page = open_window("officer-1").page
    visit(page)
    page.locator(".list-scroll").evaluate("(box) => { box.scrollTop = 200; }")
    page.locator(f'input[data-row-check][value="{ids[8]}"]').check()

    link(page, ids[8]).click()

    expect_open(page, ids[8])
    assert scrolled(page) == 200
    expect(page.locator(f'input[data-row-check][value="{ids[8]}"]')).to_be_checked()
    expect(page.locator(f"#element-{ids[8]}")).to_have_class(re.compile("is-current"))

    # Esc gives the keys back to the row; the URL is the list's again.
    page.keyboard.press("Escape")
    expect(page.locator("[data-drawer]")).to_be_hidden()
    expect(link(page, ids[8])).to_be_focused()
    assert page.url.endswith(LIST)
    assert scrolled(page) == 200


def test_one_walks_over_the_rows_and_the_edge_of_the_page(ids: list[str], open_window: Callable[..., Window]) -> None:
    page = open_window("officer-1").page
    visit(page)
    link(page, ids[0]).click()
    expect_open(page, ids[0])
    before = page.get_by_role("button", name="上一条")
    expect(before).to_have_attribute("aria-disabled", "true")

    for key, at in (("ArrowDown", 1), ("j", 2), ("k", 1), ("ArrowUp", 0), ("ArrowUp", 0)):
        page.keyboard.press(key)
        expect_open(page, ids[at])
    expect(page.locator("[data-drawer-place]")).to_have_text("本页第 1 条，共 20 条")

    link(page, ids[19]).click()
    expect_open(page, ids[19])
    page.get_by_role("button", name="下一条").click()
    expect_open(page, ids[20])
    expect(page.locator("tr[data-row-url]")).to_have_count(3)
    for at in (21, 22, 22):
        page.keyboard.press("j")
        expect_open(page, ids[at])
    expect(page.get_by_role("button", name="下一条")).to_have_attribute("aria-disabled", "true")
    for at in (21, 20, 19):
        page.keyboard.press("k")
        expect_open(page, ids[at])
    expect(page.locator("tr[data-row-url]")).to_have_count(20)


def test_other_clicks_and_enter_go_to_the_page(ids: list[str], open_window: Callable[..., Window]) -> None:
    page = open_window("officer-1").page
    visit(page)
    target = re.compile(rf"/elements/{ids[3]}/\?.*list=vehicles")
    for act in ({"modifiers": ["Control"]}, {"button": "middle"}):
        with page.context.expect_page() as opened:
            link(page, ids[3]).click(**act)
        expect(opened.value).to_have_url(target)
        opened.value.close()
        expect(page.locator("[data-drawer]")).to_be_hidden()
        assert "open=" not in page.url

    # From the card: a new tab as well, the list stays.
    link(page, ids[3]).click()
    expect_open(page, ids[3])
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="在新标签页打开").click()
    expect(opened.value).to_have_url(target)
    opened.value.close()
    expect_open(page, ids[3])
    page.keyboard.press("Escape")

    link(page, ids[3]).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(target)


def test_the_key_previews_the_chosen_row(ids: list[str], open_window: Callable[..., Window]) -> None:
    page = open_window("officer-1").page
    visit(page)
    page.keyboard.press("p")
    expect(page.locator("[data-drawer]")).to_be_hidden()
    for key in ("j", "j", "p"):
        page.keyboard.press(key)
    expect_open(page, ids[1])
    page.keyboard.press("p")
    expect(page.locator("[data-drawer]")).to_be_hidden()
    expect(link(page, ids[1])).to_be_focused()

    # In a field the letters are text; the help tells of the key; `g` `p` is a way to a page.
    page.locator("#list-search").fill("")
    page.locator("#list-search").press("p")
    expect(page.locator("#list-search")).to_have_value("p")
    expect(page.locator("[data-drawer]")).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keyboard-dialog")).to_contain_text("在旁边速览所选行")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/registry/persons/**")


def test_the_url_opens_it_again(ids: list[str], open_window: Callable[..., Window]) -> None:
    page = open_window("officer-1").page
    visit(page)
    link(page, ids[5]).click()
    expect_open(page, ids[5])
    page.reload()
    expect_open(page, ids[5])
    page.get_by_role("link", name="打开详情").click()
    page.wait_for_url(f"**/elements/{ids[5]}/**")
    page.go_back()
    expect_open(page, ids[5])

    # Of another page of the list: the card shows, and the arrows begin with the rows that are here.
    visit(page, f"{LIST}&open={ids[22]}")
    expect_open(page, ids[22])
    expect(page.locator("[data-drawer-place]")).to_have_text("不在本页")
    page.keyboard.press("ArrowDown")
    expect_open(page, ids[0])


def test_on_the_phone_it_comes_from_below_over_the_full_width(
    ids: list[str], open_window: Callable[..., Window]
) -> None:
    page = open_window("officer-1", size=PHONE).page
    visit(page)
    link(page, ids[1]).click()
    expect_open(page, ids[1])

    box = page.locator("[data-drawer]").bounding_box()
    assert box is not None
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, PHONE["width"], PHONE["height"])
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    sizes = page.locator("[data-drawer] :is(button, a.btn)").evaluate_all(
        "(ones) => ones.map((one) => one.getBoundingClientRect()).map((box) => [box.width, box.height])"
    )
    assert len(sizes) == 7 and all(width >= 48 and height >= 48 for width, height in sizes)
    page.get_by_role("button", name="下一条").click()
    expect_open(page, ids[2])
    page.get_by_role("button", name="关闭", exact=True).click()
    expect(page.locator("[data-drawer]")).to_be_hidden()
    expect(link(page, ids[2])).to_be_focused()


@pytest.fixture
def carried(platform: Platform) -> None:
    """Two equal texts that nobody could read, of elements of the officer's district."""
    text = platform.texts[0, 3].replace("3号", "99号")
    carry(text, spaced(text), grid=0)


@pytest.mark.usefixtures("carried")
def test_the_worklist_shows_the_element_it_names(open_window: Callable[..., Window]) -> None:
    page = open_window("officer-1").page
    visit(page, "/registry/address-texts/")
    named = page.locator("a[data-preview]").first
    element_id = named.get_attribute("data-preview")
    assert element_id
    named.click()
    expect_open(page, element_id)
    page.keyboard.press("Escape")
    expect(named).to_be_focused()
