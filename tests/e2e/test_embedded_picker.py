"""The example of another system, on an origin of its own: an address is chosen by keyboard there and its code arrives.

A page on an origin that is not on the list gets no frame, whatever it knows.
"""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from addresses.models import PickerSite
from tests.e2e.conftest import Platform
from tests.e2e.processes import ROOT, free_port, running

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
EXAMPLE = "example_other_system.html"
START_SECONDS = 20
TOWNS = 17


@contextmanager
def other_system(port: int, log: Path) -> Iterator[str]:
    """The folder of the example, served by a plain web server of its own; its origin."""
    command = ["http.server", str(port), "--bind", "127.0.0.1", "--directory", str(ROOT / "docs")]
    with running("other system", command, dict(os.environ), log):
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                    connection.request("GET", f"/{EXAMPLE}")
                    assert connection.getresponse().status == 200
                break
            except OSError:
                assert time.monotonic() < end, "the other system did not start"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def listed(platform: Platform) -> Iterator[str]:
    """Origin of a system that may embed."""
    port = free_port()
    PickerSite.objects.create(key="housing", name="房屋登记", origins=[f"http://127.0.0.1:{port}"])
    with other_system(port, platform.logs / "listed.log") as origin:
        yield origin


@pytest.fixture
def unlisted(platform: Platform, listed: str) -> Iterator[str]:
    """Origin of a system that is not on the list."""
    with other_system(free_port(), platform.logs / "unlisted.log") as origin:
        yield origin


def open_example(browser: Browser, origin: str, platform: Platform, **options: object) -> tuple[Page, list[str]]:
    """The example's page and what its console says."""
    said: list[str] = []
    page = browser.new_context(locale="zh-CN", **options).new_page()  # type: ignore[arg-type]
    # A browser asks each site for its icon, which the example does not have.
    page.on("console", lambda message: "Failed to load" in message.text or said.append(message.text))
    page.on("response", lambda answer: said.append(answer.url) if answer.status >= 400 else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{origin}/{EXAMPLE}?platform={platform.address}&key=housing")
    return page, said


def test_an_address_is_chosen_by_keyboard_and_its_code_arrives(
    listed: str, platform: Platform, browser: Browser
) -> None:
    page, said = open_example(browser, listed, platform)
    frame = page.frame_locator("#picker")
    box, rows = frame.locator("#picker-input"), frame.locator("[role=option]")
    code, text = page.locator("[name=address_code]"), page.locator("[name=address]")
    expect(frame.locator("html[data-picker=ready]")).to_have_count(1)
    expect(rows).to_have_count(TOWNS)

    # By typing.
    box.focus()
    page.keyboard.type(platform.texts[(2, 8)], delay=5)
    expect(rows.first).to_contain_text(platform.texts[(2, 8)])
    page.keyboard.press("Enter")
    expect(code).to_have_value("LZ-2-8")
    expect(text).to_have_value(platform.texts[(2, 8)])
    expect(frame.locator("[data-chosen-note]")).to_have_text("已选用，并已填入业务系统。")

    # The tree: down into the second town and up again.
    page.keyboard.press("Escape")
    expect(rows).to_have_count(TOWNS)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(frame.locator("[data-path] li")).to_have_count(2)
    page.keyboard.press("ArrowLeft")
    expect(frame.locator("[data-path] li")).to_have_count(1)
    expect(rows).to_have_count(TOWNS)

    # A village by typing, what is in it by the tree.
    page.keyboard.type(platform.texts[(4, 8)].removesuffix("8号"), delay=5)
    expect(rows.first).to_contain_text(platform.texts[(4, 8)].removesuffix("8号"))
    page.keyboard.press("ArrowRight")
    expect(rows).to_have_text(["3号门牌选用", "8号门牌选用"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(code).to_have_value("LZ-4-8")
    expect(text).to_have_value(platform.texts[(4, 8)])

    # No cookie was set for it, and nothing was refused or failed on the way.
    assert page.context.cookies() == []
    assert [line for line in said if line != f"{listed}/favicon.ico"] == []


def test_an_early_enter_does_not_choose_what_an_older_text_had_found(
    listed: str, platform: Platform, browser: Browser
) -> None:
    page, _said = open_example(browser, listed, platform)
    frame = page.frame_locator("#picker")
    expect(frame.locator("[role=option]")).to_have_count(TOWNS)
    frame.locator("#picker-input").focus()
    page.keyboard.insert_text(platform.texts[(0, 3)])
    page.keyboard.press("Enter")
    expect(frame.locator("[role=option]").first).to_contain_text(platform.texts[(0, 3)])
    expect(page.locator("[name=address_code]")).to_have_value("")


def test_a_system_that_is_not_on_the_list_gets_no_frame(unlisted: str, platform: Platform, browser: Browser) -> None:
    page, said = open_example(browser, unlisted, platform)
    page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    expect(page.frame_locator("#picker").locator("#picker-input")).to_have_count(0)

    assert any("frame-ancestors" in line for line in said)
    assert page.frames[1].url.startswith("chrome-error:")
    expect(page.locator("[name=address_code]")).to_have_value("")
