"""An administrator moves a border in a browser: drags a corner, snaps it, undoes, redoes, exports, imports, saves, sees the preview."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.watching import PHONE, Window
from tests.factories.places import SIDE_DEG, SOUTH_DEG, WEST_DEG, point_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
CORNER = ".vertex-handle:not(.is-middle)"


def open_page(page: Page, grid: str = "G-2") -> None:
    page.goto(f"/areas/moves/new/?area={grid}")
    expect(page.locator('[data-borders][data-ready="true"]')).to_be_visible()
    expect(page.locator(CORNER)).to_have_count(4)
    expect(page.locator(".vertex-handle.is-middle")).to_have_count(4)


def middle_of(thing: Locator) -> tuple[float, float]:
    box = thing.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, handle: Locator, to: tuple[float, float]) -> None:
    page.mouse.move(*middle_of(handle))
    page.mouse.down()
    page.mouse.move(*to, steps=8)
    page.mouse.up()


def east_most(page: Page, css: str) -> Locator:
    """The handle that lies farthest in the east; of those the northern one."""
    handles = page.locator(css).all()
    return max(handles, key=lambda one: (round(middle_of(one)[0]), -middle_of(one)[1]))


def ring(page: Page) -> list[tuple[float, float]]:
    """What would be sent, in shares of the side of a grid, without the closing corner."""
    text = page.locator('[name="outline"]').input_value()
    corners = json.loads(text)["coordinates"][0][0][:-1] if text else []
    return [(round((lon - WEST_DEG) / SIDE_DEG, 4), round((lat - SOUTH_DEG) / SIDE_DEG, 4)) for lon, lat in corners]


def steps(page: Page) -> tuple[str, str]:
    return tuple(page.locator(f'[data-vertex-count="{name}"]').inner_text() for name in ("undo", "redo"))  # type: ignore[return-value]


def test_a_corner_is_dragged_snapped_undone_redone_and_saved(
    open_window: Callable[..., Window], tmp_path: Path
) -> None:
    page = open_window("admin").page
    open_page(page)
    status = page.locator('[data-border-tool="outline"] [data-border-status]')
    expect(status).to_have_text("还没有改动边线。")
    before = page.locator("[data-vertex-area]").inner_text()

    # A middle point of the east border becomes a corner farther west: some ground is given up.
    handle = east_most(page, ".vertex-handle.is-middle")
    x, y = middle_of(handle)
    drag(page, handle, (x - 60, y))
    first = ring(page)
    assert len(first) == 5
    assert steps(page) == ("1", "0")
    assert page.locator("[data-vertex-area]").inner_text() != before
    expect(page.locator("[data-vertex-change]")).to_have_text(re.compile("^−"))

    # Undone and done again, by keys and by buttons.
    page.keyboard.press("Control+z")
    assert (ring(page), steps(page)) == ([], ("0", "1"))
    expect(page.locator(CORNER)).to_have_count(4)
    page.keyboard.press("Control+Shift+z")
    assert (ring(page), steps(page)) == (first, ("1", "0"))
    page.get_by_role("button", name="撤销", exact=False).first.click()
    page.get_by_role("button", name="重做", exact=False).click()
    assert ring(page) == first

    # Dropped six pixels beside a corner of the neighbour, it lies on it exactly.
    corner = east_most(page, CORNER)
    x, y = middle_of(corner)
    moved = min(page.locator(CORNER).all(), key=lambda one: abs(middle_of(one)[0] - (x - 60)))
    drag(page, moved, (x - 90, y + 100))
    second = ring(page)
    drag(page, corner, (x - 40, y + 30))
    away = ring(page)
    assert (2, 1) not in away
    drag(page, next(one for one in page.locator(CORNER).all() if abs(middle_of(one)[0] - (x - 40)) < 2), (x + 4, y + 4))
    expect(status).to_contain_text("已吸附到“G-")
    expect(status).to_contain_text("的角点")
    assert ring(page) == second

    # With the snapping off it stays where it was dropped.
    page.get_by_label("吸附到相邻网格和道路").uncheck()
    drag(page, east_most(page, CORNER), (x + 4, y + 4))
    assert ring(page) != second
    page.keyboard.press("Control+z")
    assert ring(page) == second
    assert steps(page) == ("4", "1")

    fill_and_save(page, "东部改边线")
    expect(page.get_by_text("影响（预览）")).to_be_visible()
    expect(page.get_by_text("调整前")).to_be_visible()
    expect(page.locator("path.border-before")).to_have_count(2)
    expect(page.locator("path.border-after")).to_have_count(2)
    expect(page.locator("#border-progress .border-state")).to_contain_text("草案")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出新边界").click()
    exported = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert [one["properties"]["code"] for one in exported["features"]] == ["G-2", "G-3"]


def fill_and_save(page: Page, name: str) -> None:
    page.locator("#id_name").fill(name)
    page.locator("#id_reason").fill("大队会议")
    page.get_by_role("button", name="下一步：预览影响").click()
    page.wait_for_url(re.compile(r"/areas/moves/\d+/$"))
    expect(page.locator('[data-borders][data-ready="true"]')).to_be_visible()


def test_keys_nudge_and_delete_and_a_crossing_is_told_while_it_is_drawn(open_window: Callable[..., Window]) -> None:
    page = open_window("admin").page
    open_page(page)
    chosen = east_most(page, CORNER)
    chosen.click()
    expect(page.locator(".vertex-handle.is-chosen")).to_have_count(1)
    at = middle_of(page.locator(".vertex-handle.is-chosen"))
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowDown")
    now = middle_of(page.locator(".vertex-handle.is-chosen"))
    assert (round(at[0] - now[0]), round(now[1] - at[1])) == (10, 1)
    assert steps(page) == ("2", "0")

    # Three corners are left: the next one may not go.
    page.keyboard.press("Delete")
    expect(page.locator(CORNER)).to_have_count(3)
    page.locator(CORNER).first.click(button="right")
    expect(page.locator('[data-border-tool="outline"] [data-border-status]')).to_contain_text("至少要留三个角点")
    expect(page.locator(CORNER)).to_have_count(3)
    page.get_by_role("button", name="还原").click()
    expect(page.locator(CORNER)).to_have_count(4)
    assert ring(page) == []

    # A corner pulled over the opposite border crosses it.
    warning = page.locator("[data-vertex-crossing]")
    expect(warning).to_be_hidden()
    corner = east_most(page, CORNER)
    y = middle_of(corner)[1]
    west = min(middle_of(one)[0] for one in page.locator(CORNER).all())
    drag(page, corner, (west - 40, y + 60))
    expect(warning).to_contain_text("边线自相交（1 处")
    expect(page.locator("path.vertex-crossing")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(warning).to_be_hidden()


def test_a_file_is_loaded_on_a_phone_and_the_draft_comes_out_again(open_window: Callable[..., Window]) -> None:
    page = open_window("admin", size=PHONE).page
    open_page(page)
    corners = [point_in(1, east, north) for east, north in ((0, 0), (0.6, 0), (0.6, 1), (0, 1), (0, 0))]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [corners]}}
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()

    page.get_by_text("从文件导入新边界").click()
    load = page.get_by_role("button", name="载入到图上")
    expect(load).to_be_disabled()
    page.locator("#id_file").set_input_files({"name": "b.geojson", "mimeType": "application/json", "buffer": content})
    load.click()
    expect(page.locator("[data-border-load-status]")).to_contain_text("已载入到图上")
    loaded = ring(page)
    assert sorted(loaded) == [(1, 0), (1, 1), (1.6, 0), (1.6, 1)]
    assert page.locator("#id_file").input_value() == ""
    with page.expect_download() as download:
        page.get_by_role("button", name="导出草图").click()
    assert download.value.suggested_filename == "边界草图-G-2.geojson"
    (drawn,) = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["features"]
    assert drawn["properties"] == {"code": "G-2", "name": "G-2"}
    assert len(drawn["geometry"]["coordinates"][0][0]) == 5

    fill_and_save(page, "导入的边界")
    expect(page.locator("path.border-after")).to_have_count(2)
