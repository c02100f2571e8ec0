"""The story of the platform in a browser: a messy file becomes vehicles with addresses on the map, is mended and undone."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Platform
from tests.e2e.watching import DESKTOP, PHONE, Window
from tests.factories.files import VEHICLE_HEADERS, bring_in, csv_file
from tests.factories.numbers import citizen_id, phone, plate, vin
from tests.factories.places import point_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
OpenWindow = Callable[..., Window]
Texts = dict[tuple[int, int], str]
HEADERS = [*VEHICLE_HEADERS, "内部编码"]
JOB_MS = 30_000
SOURCE = "公安交管综合应用平台·机动车登记"
SECRET_PHONE = phone(12_345_678)
# Vehicle 8 stands at the second house of the second grid, in the sight of officer-1.
SOUGHT, ITS_POINT = plate(8), point_in(1, 0.7)


def row(number: int, address: str, **changes: str) -> list[str]:
    """A row about invented vehicle `number`."""
    cells = {
        "车架号": vin(number), "号牌号码": plate(number), "号牌种类": "02", "品牌": "试验牌", "使用性质": "A", "登记地址": address,
        "所有人": "张试验", "所有人证件号": citizen_id(number), "备注": "", "内部编码": f"N{number}",
    } | changes  # fmt: skip
    return [cells[header] for header in HEADERS]


def wrong_vin(number: int) -> str:
    """A VIN whose check digit is wrong by one."""
    good = vin(number)
    return good[:8] + ("0" if good[8] != "0" else "1") + good[9:]


def messy_file(texts: Texts) -> bytes:
    """Ten rows, one for each fate, as an old system would send them."""
    rows = [
        row(1, texts[0, 3]),
        row(2, texts[0, 8]),
        row(3, texts[1, 3]),
        row(4, texts[1, 3], 车架号=wrong_vin(4)),  # held back: check digit
        row(5, texts[1, 3], 车架号="", 号牌号码="无"),  # held back: no key at all
        row(6, texts[0, 3]),
        row(7, texts[0, 3], 号牌号码=plate(6)),  # the plate of row 6 with another VIN: two vehicles, never one
        row(8, f"{texts[1, 8]} 电话{SECRET_PHONE}"),
        row(9, texts[5, 3]),  # in another officer's district
        [*row(10, texts[0, 3]), "多出来的"],  # unreadable: a cell too many
    ]
    return csv_file([HEADERS, *rows], encoding="gb18030", delimiter=";")


def upload(page: Page, data: bytes) -> None:
    """Chooses file, kind and source on the import page, and decides the one column that is open."""
    page.goto("/exchange/import/")
    page.locator("#id_file").set_input_files({"name": "机动车.csv", "mimeType": "text/csv", "buffer": data})
    page.locator("#id_kind").select_option("VEHICLE")
    page.locator("#id_source").select_option("TMRI_VEHICLE")
    page.locator("#id_observed_on").fill("2026-03-02")
    page.get_by_role("button", name="下一步：对应列").click()
    expect(page.locator(".detected")).to_contain_text("GB18030")
    expect(page.get_by_text("还有 1 列没有决定")).to_be_visible()
    assert citizen_id(1) not in page.content()
    page.get_by_role("row", name="内部编码").get_by_role("combobox").select_option("忽略此列")
    expect(page.get_by_text("全部列都已决定")).to_be_visible()


def confirm(page: Page, button: str, act: str) -> None:
    """Presses a button of the page and the same act in the question that follows."""
    page.get_by_role("button", name=button, exact=True).click()
    page.locator("#confirm-dialog").get_by_role("button", name=act, exact=True).click()


def expect_state(page: Page, state: str) -> None:
    """Waits until the batch's page, which follows its job by itself, says so."""
    expect(page.locator(".batch-head .mark-status").first).to_have_text(re.compile(state), timeout=JOB_MS)


def balance(page: Page) -> dict[str, int]:
    """Label → figure of the tiles: those that are not zero."""
    figures = {
        tile.locator(".tile-label").inner_text(): int(tile.locator(".tile-value").inner_text())
        for tile in page.locator(".balance .tile").all()
    }
    return {label: figure for label, figure in figures.items() if figure}


def plan_and_import(page: Page, expected: dict[str, int]) -> None:
    """Dry run, a look at its figures, import; both must say the same."""
    page.get_by_role("button", name="试算", exact=True).click()
    expect_state(page, "待确认")
    assert balance(page) == expected
    confirm(page, "入库", "入库")
    expect_state(page, "已入库")
    assert balance(page) == expected


def mend(page: Page) -> None:
    """Downloads the rows that did not go in, cures the VIN of row 4 and sends that row alone."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载待修补的行").click()
    head, *rows = csv.reader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig")))
    assert [cells[0] for cells in rows] == ["4", "5", "10"]
    assert "校验位" in rows[0][1]
    rows[0][head.index("车架号")] = vin(4)
    page.locator(".mend-form input[type=file]").set_input_files(
        {"name": "修补.csv", "mimeType": "text/csv", "buffer": csv_file([head, rows[0]], encoding="utf-8-sig")}
    )
    page.get_by_role("button", name="上传修补后的文件").click()
    expect(page.get_by_text("全部列都已决定")).to_be_visible()
    plan_and_import(page, {"收到": 1, "新增": 1})


def search(page: Page, text: str) -> None:
    """The box in the head of every page."""
    page.get_by_label("全局搜索").fill(text)
    page.get_by_label("全局搜索").press("Enter")
    expect(page.locator(".search-said")).to_contain_text(text)
    assert text not in page.url


def look_at_element(page: Page, address: str) -> None:
    """The page of the vehicle that was sought: fields with source, address with block, small map, every tab."""
    search(page, SOUGHT)
    page.get_by_role("link", name=SOUGHT).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SOUGHT)
    expect(page.locator(".element-head")).to_contain_text("ZD-1 › JQ-1 › G-2")
    expect(page.get_by_text(vin(8))).to_be_visible()
    expect(page.get_by_text(f"{SOURCE} · 2026-03-02").first).to_be_visible()
    expect(page.locator("article.address")).to_contain_text(f"{address} LZ-1-8")
    expect(page.locator("article.address")).to_contain_text("JQ-1 › G-2")
    expect(page.locator(".small-map.leaflet-container")).to_be_visible()
    for tab in ("取值与来源", "声明", "变更历史"):
        page.get_by_role("navigation").or_(page.locator("main")).get_by_role("link", name=tab).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(SOUGHT)
        assert SECRET_PHONE not in page.content()


def list_plates(page: Page) -> list[str]:
    """Plates of the list of vehicles, in alphabetical order; its count must be theirs."""
    page.goto("/registry/vehicles/")
    plates = sorted(text.strip() for text in page.locator("td[data-column=label]").all_inner_texts())
    expect(page.locator(".list-count")).to_have_text(f"共 {len(plates)} 条")
    return plates


def exported_plates(page: Page) -> list[str]:
    """Plates of the file that the export button of the list gives."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name="导出").click()
        page.get_by_role("link", name="CSV").click()
    lines = csv.reader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig")))
    return sorted(cell for line in lines for cell in line if re.fullmatch(r"鲁F[A-Z0-9]\d{4}", cell))


def expect_on_map(page: Page, plates: list[str]) -> None:
    """From the list to the map: legend, side list and list say the same."""
    page.get_by_role("link", name="在图上看").click()
    expect(page.locator(".map-shell[data-started='1'][data-map-state='ready']")).to_be_visible()
    expect(page.locator("[data-map-legend] tr")).to_have_text([f"实有机动车{len(plates)}0"])
    expect(page.locator("[data-map-list] strong")).to_have_count(len(plates))
    assert sorted(page.locator("[data-map-list] strong").all_inner_texts()) == plates


def open_dot(page: Page) -> None:
    """Goes to where the sought vehicle stands and opens what is drawn in the middle of the map."""
    lon, lat = ITS_POINT
    page.goto(f"/map/?registry=vehicles&z=17&lat={lat}&lon={lon}")
    expect(page.locator(".map-shell[data-started='1'][data-map-state='ready']")).to_be_visible()
    expect(page.locator("[data-map-list] strong")).to_have_text([SOUGHT])
    page.locator("#map").press("Enter")
    expect(page.locator("[data-map-drawer]")).to_contain_text(SOUGHT)


def background(page: Page) -> int:
    """Brightness of the page's ground, 0 to 255."""
    text = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = (int(part) for part in re.findall(r"\d+", text)[:3])
    return round(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def look_in_every_dress(page: Page) -> None:
    """The first page in light and dark, on a desk and on a phone: nothing stands out of the window."""
    brightness = {}
    for theme in ("dark", "light"):
        page.set_viewport_size(DESKTOP)
        page.goto("/")
        page.get_by_role("button", name="外观").click()
        page.locator(f".topbar-theme [data-theme-choice={theme}]").click()
        for size in (DESKTOP, PHONE):
            page.set_viewport_size(size)
            page.goto("/")
            expect(page.locator(f"html[data-bs-theme={theme}][data-frame=ready]")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            brightness[theme] = background(page)
    page.set_viewport_size(DESKTOP)
    assert brightness["dark"] < 80 < 200 < brightness["light"]


@pytest.mark.usefixtures("worker")
def test_a_messy_file_is_imported_found_mapped_mended_and_undone(platform: Platform, open_window: OpenWindow) -> None:
    window = open_window("officer-1")
    page = window.page
    look_in_every_dress(page)

    upload(page, messy_file(platform.texts))
    plan_and_import(page, {"收到": 10, "新增": 7, "待核对": 2, "无法读取": 1})
    assert SECRET_PHONE not in page.content()
    batch_url = page.url
    mend(page)
    page.goto(batch_url)
    expect(page.get_by_role("row", name=re.compile("^4 "))).to_contain_text("修补")

    look_at_element(page, platform.texts[1, 8])
    # Vehicle 9 belongs to another district; 6 and 7 share their plate.
    before = sorted(plate(number) for number in (1, 2, 3, 4, 6, 6, 8))
    assert list_plates(page) == before
    expect_on_map(page, before)
    open_dot(page)

    page.goto(batch_url)
    confirm(page, "撤销这批数据", "撤销")
    expect_state(page, "已撤销")
    assert list_plates(page) == [plate(4)]
    expect_on_map(page, [plate(4)])
    search(page, SOUGHT)
    expect(page.get_by_text("没有找到")).to_be_visible()


@pytest.fixture
def vehicles_of_two(platform: Platform) -> dict[str, list[str]]:
    """Vehicles in the districts of both officers and in a third; officer → plates. Made before the browser starts."""
    numbers = {"officer-1": (1, 2, 3), "officer-2": (4, 5), "nobody": (6,)}
    grids = {1: 0, 2: 0, 3: 1, 4: 4, 5: 5, 6: 2}
    bring_in(csv_file([HEADERS, *(row(number, platform.texts[grid, 3]) for number, grid in grids.items())]))
    return {user: [plate(number) for number in theirs] for user, theirs in numbers.items()}


def test_officers_of_two_districts_see_and_take_out_their_own_only(
    vehicles_of_two: dict[str, list[str]], open_window: OpenWindow
) -> None:
    for user in ("officer-1", "officer-2"):
        page = open_window(user).page
        assert list_plates(page) == vehicles_of_two[user]
        assert exported_plates(page) == vehicles_of_two[user]
        expect_on_map(page, vehicles_of_two[user])
        foreign = vehicles_of_two["officer-2" if user == "officer-1" else "officer-1"][0]
        search(page, foreign)
        expect(page.get_by_text("没有找到")).to_be_visible()
