"""An event becomes a tag by the real worker, the tag an alert on the officer's open page, and his outcome ends it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import expect

from common.changes import start_reader
from tagging.choices import AlertLevel
from tagging.models import Alert, Assignment, Rule
from tagging.rules.schema import read_rule
from tagging.selectors.rules import names
from tagging.services import running, versions
from tests.e2e.conftest import Platform
from tests.e2e.watching import Window
from tests.factories.alerts import alerting_tag
from tests.factories.claims import NOW, claim, submit
from tests.factories.events import days_ago, report, row
from tests.factories.numbers import citizen_id

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
DRINK = {"fact": "person.violations", "args": {"days": 365, "offences": ["DRINK"]}, "op": ">=", "value": 1}
SECONDS = 15_000


@pytest.fixture
def driver(platform: Platform) -> None:
    """A driver in the first grid, a published rule that alerts of drink driving, and a reader of changes that has begun."""
    submit("TMRI_DRIVER", "PERSON", claim(citizen_id=citizen_id(1), name="张试验", grid=0))
    tag = alerting_tag("DRINK", AlertLevel.URGENT, name="酒驾人员", kind="PERSON")
    rule = Rule.objects.create(code="E2E_DRINK", title="酒驾", tag=tag)
    versions.install(
        owner=rule, body={"kind": "PERSON", "where": DRINK}, note="试验", now=NOW,
        check=lambda body: read_rule(body, names()) and None,
    )  # fmt: skip
    start_reader(running.READER)


def aside(act: Callable[[], Any]) -> Any:
    """In a thread of its own: the loop of the browser bars this one from the database."""

    def done() -> Any:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(done).result()


def test_an_event_alerts_the_officer_on_the_open_page_and_his_outcome_ends_the_tag(
    driver: None, worker: None, open_window: Callable[..., Window]
) -> None:
    window = open_window("officer-1")
    asked: list[str] = []
    window.context.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page = window.page
    expect(page.locator("[data-alert-bell]")).to_have_attribute("data-live-mode", "live")
    asked.clear()
    other = window.context.new_page()
    other.goto("/alerts/")
    for one in (page, other):
        expect(one.locator("[data-alert-bell]")).to_have_attribute("data-live-mode", "live")
        expect(one.locator("[data-alert-count]")).to_be_hidden()
    # Two tabs, one stream: that of the page that was there already.
    assert asked.count("/alerts/stream") == 0

    aside(
        lambda: report(
            "VIOLATION", row("VIOLATION", "V1", occurred_at=days_ago(1), code="1712", citizen_id=citizen_id(1))
        )
    )
    note = page.locator("[data-toast]", has_text="酒驾人员")
    expect(note).to_be_visible(timeout=SECONDS)
    expect(note).to_contain_text("张试验")
    for one in (page, other):
        expect(one.locator("[data-alert-count]")).to_have_text("1")

    # The page of the day fills in without a reload, also when a colleague takes the alert.
    today = page.locator("[data-alerts-today]")
    expect(today).to_contain_text("酒驾人员：张试验")
    expect(today).to_contain_text("待接收")
    colleague = open_window("brigade").page
    colleague.goto("/alerts/")
    colleague.get_by_role("link", name="酒驾人员").click()
    colleague.get_by_role("button", name="接收").click()
    expect(today).to_contain_text("已接收")

    note.get_by_role("link", name="查看").click()
    expect(page.get_by_role("heading", name="酒驾人员：张试验")).to_be_visible()
    ready = page.locator("html[data-alert-page=ready]")
    expect(ready).to_be_attached()
    page.keyboard.press("s")
    expect(page.locator(".element-head")).to_contain_text("处置中")
    expect(ready).to_be_attached()
    page.keyboard.press("c")
    page.get_by_label("已教育").check()
    page.get_by_label("处置情况").fill("当面教育")
    page.get_by_role("button", name="办结", exact=True).click()
    expect(page.locator(".element-head")).to_contain_text("已办结")
    expect(page.locator(".duty-steps")).to_contain_text("已教育：当面教育")
    expect(page.locator("[data-alert-count]")).to_be_hidden()

    tag = aside(lambda: Assignment.objects.get())
    assert (tag.until is not None, tag.end_cause, tag.end_note) == (True, "OUTCOME", "已教育")
    assert aside(lambda: Alert.objects.get().state) == "CLOSED"
