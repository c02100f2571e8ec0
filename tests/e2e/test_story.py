"""The story of the platform in a browser: a messy file becomes vehicles with addresses on the map, is mended and undone."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Download, Locator, Page, expect

from tests.e2e.conftest import Platform
from tests.e2e.watching import PHONE, Window
from tests.factories.claims import claim, submit
from tests.factories.files import VEHICLE_HEADERS, csv_file
from tests.factories.numbers import citizen_id, phone, plate, vin
from tests.factories.places import SmallCity

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
OpenWindow = Callable[..., Window]
HEADERS = [*VEHICLE_HEADERS, "内部编码"]
JOB_MS = 30_000
SECRET_PHONE = phone(12_345_678)


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


def messy_rows(city: SmallCity) -> list[list[str]]:
    """Ten rows, one for each fate."""
    return [
        row(1, city.text(0)),
        row(2, city.text(0, 8)),
        row(3, city.text(1)),
        row(4, city.text(1), 车架号=wrong_vin(4)),  # held back: check digit
        row(5, city.text(1), 车架号="", 号牌号码="无"),  # held back: no key at all
        row(6, city.text(0)),
        row(7, city.text(0), 号牌号码=plate(6)),  # the plate of row 6 with another VIN: two vehicles, never one
        row(8, f"{city.text(1, 8)} 电话{SECRET_PHONE}"),
        row(9, city.text(5)),  # in another officer's district
        [*row(10, city.text(0)), "多出来的"],  # unreadable: a cell too many
    ]


def upload(page: Page, name: str, data: bytes) -> None:
    """Chooses file, kind and source on the import page, up to the columns."""
    page.goto("/exchange/import/")
    page.locator("#id_file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})
    page.locator("#id_kind").select_option("VEHICLE")
    page.locator("#id_source").select_option("TMRI_VEHICLE")
    page.locator("#id_observed_on").fill("2026-03-02")
    page.get_by_role("button", name="下一步：对应列").click()


def confirm(page: Page, button: str, act: str) -> None:
    """Presses a button of the page and the same act in the question that follows."""
    page.get_by_role("button", name=button, exact=True).click()
    page.locator("#confirm-dialog").get_by_role("button", name=act, exact=True).click()


def expect_state(page: Page, state: str) -> None:
    """Waits until the batch's page, which follows its job by itself, says so."""
    expect(page.locator(".batch-head .badge").first).to_contain_text(state, timeout=JOB_MS)


def balance(page: Page) -> dict[str, str]:
    """Label → figure of the tiles."""
    tiles = page.locator(".balance .tile")
    return {t.locator(".tile-label").inner_text(): t.locator(".tile-value").inner_text() for t in tiles.all()}
