"""Trust 29, browser: every page under the enforced policy, with a payload in every text that a source can bring."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import User
from tests.e2e.conftest import browser, open_window, platform  # noqa: F401  # fixtures
from tests.e2e.watching import Window
from tests.trust.payloads import admin_pages, pages, plant

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
# Marks of the payloads as a page shows them: text, never markup.
SHOWN = ("ran=1", "ran=2", "window.ran=3", "{{7|add:35}}", "javascript:ran=5")
# A part of a page is put into the one that stands there, as the platform does it.
_SWAP_IN = "text => htmx.swap('main', text, {swapStyle: 'innerHTML'})"
OpenWindow = Callable[..., Window]


@pytest.fixture
def paths(platform, committed_city) -> dict[str, list[str]]:  # noqa: F811
    """Pages by reader, read before the browser starts: its event loop bars this thread from the ORM."""
    plant(committed_city.text(0))
    return {"brigade": pages(User.objects.get(username="brigade")), "admin": admin_pages()}


def visit(window: Window, paths: list[str], every: bool) -> tuple[int, str, list]:
    """Asks for every path; opens those that are a page or a part of one and hold a payload, or all of these.

    Returns:
        How many were opened, all that they showed, and what was wrong.
    """
    pages, parts, shown, wrong = [], [], [], []
    for path in paths:
        # Asked apart first: a step that only takes POST is refused and is no page.
        asked = window.context.request.get(path)
        if asked.status >= 500:
            wrong.append((path, asked.status))
        if asked.status != 200 or "html" not in asked.headers.get("content-type", ""):
            continue
        policy = asked.headers.get("content-security-policy", "")
        if "script-src 'self'" not in policy or "unsafe" in policy:
            wrong.append((path, policy))
        text = asked.text()
        if not every and "ran=" not in text:
            continue
        pages.append(path) if "<html" in text else parts.append((path, text))

    def look(path: str, show: Callable[[], object]) -> None:
        faults = len(window.faults)
        show()
        ran, content = window.page.evaluate("[window.ran, document.documentElement.outerHTML]")
        wrong.extend((path, fault) for fault in window.faults[faults:])
        if ran is not None:
            wrong.append((path, "a payload ran"))
        shown.append(content)

    for path in pages:
        # Asked for again: an answer put in by hand would keep the browser from its cache, which costs more than the page.
        look(path, lambda path=path: window.page.goto(path, wait_until="load"))
    window.page.goto("/admin/" if "/admin/" in pages else "/", wait_until="load")
    for path, text in parts:
        look(path, lambda text=text: window.page.evaluate(_SWAP_IN, text))
    return len(shown), "\n".join(shown), wrong


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.deep)], ids=["planted", "every"])
def test_no_payload_runs_on_any_page(paths, open_window: OpenWindow, every: bool) -> None:  # noqa: F811
    for reader, least, marks in (("brigade", 40, SHOWN), ("admin", 8, SHOWN[:1])):
        window = open_window(reader)

        opened, shown, wrong = visit(window, paths[reader], every)

        assert (reader, wrong) == (reader, [])
        assert opened >= least, reader
        # Positive control: the payloads stood on the pages.
        assert [mark for mark in marks if mark not in shown] == []
    # And the watch sees one that stands there as markup.
    window.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"ran=2\">')")
    window.page.wait_for_timeout(500)
    assert window.page.evaluate("window.ran") is None
    assert [fault for fault in window.faults if fault.startswith("policy: script-src-attr")]
    window.faults.clear()
