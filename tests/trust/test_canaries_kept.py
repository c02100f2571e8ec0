"""Trust 22: what a day's work leaves behind in the browser, the queue and the log of the web server names nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from redis import Redis

from exchange.services import landing
from tests.e2e.conftest import browser, open_window, platform  # noqa: F401  # fixtures
from tests.factories.claims import person_of
from tests.factories.files import VEHICLE_HEADERS, csv_file, receive
from tests.factories.numbers import citizen_id, phone, plate, vin
from tests.factories.users import PASSWORD
from tests.trust.canaries import FEW, FOREIGN_GRID, name_of, needles, place_persons
from tests.trust.sinks import browser_storage, redis_content

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def element_id(platform, committed_city) -> Iterator[int]:  # noqa: F811
    """A foreign person's id; a file with all of them waits in the queue, which nobody works off."""
    server = Redis.from_url(settings.REDIS_URL)
    server.flushdb()
    place_persons(committed_city, FEW)
    rows = [
        [vin(n), plate(n), "02", "试验牌", "A", committed_city.text(FOREIGN_GRID), name_of(n), citizen_id(n), phone(n)]
        for n in FEW
    ]
    batch = receive(csv_file([VEHICLE_HEADERS, *rows]), name=f"名册{citizen_id(FEW[0])}.csv")
    landing.start_planning(batch=batch, columns=batch.columns, datum="WGS84", actor=None)
    yield person_of(FEW[0]).pk
    server.flushdb()


def test_browser_queue_and_server_log_keep_nothing(platform, element_id, open_window):  # noqa: F811
    window = open_window("brigade")
    wrong = {"username": citizen_id(FEW[1]), "password": phone(FEW[1])}
    assert window.context.request.post("/api/v1/auth/token", data=wrong).status == 401
    shown = ""
    for path in ("/registry/drivers/?page_size=100", f"/elements/{element_id}/", "/map/", "/"):
        window.page.goto(path, wait_until="load")
        shown += window.page.content()
    for text in (name_of(FEW[2]), citizen_id(FEW[2]), phone(FEW[2])):
        window.page.get_by_label("全局搜索").fill(text)
        window.page.get_by_label("全局搜索").press("Enter")
        window.page.locator(".search-said").wait_for()
    kept = browser_storage(window)
    queue, log = redis_content(), (platform.logs / "web.log").read_bytes()
    secrets = [*(needle for n in FEW for needle in needles(n)), PASSWORD.encode()]

    assert {place: [s for s in secrets if s in held] for place, held in (("browser", kept), ("queue", queue), ("log", log))} == {
        "browser": [], "queue": [], "log": [],
    }  # fmt: skip
    # Positive control: the names were shown, and each place holds what it should.
    assert [n for n in FEW if name_of(n) not in shown] == []
    assert b"csrftoken" in kept
    assert b"common.tasks.run_job" in queue and b"lockout:" in queue
    assert b"Unauthorized: /api/v1/auth/token" in log
