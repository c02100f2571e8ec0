"""The bus dispatch's dialect, by declaration alone: POST, pages by number with a total, GBK, times without a zone."""

from __future__ import annotations

import pytest

from elements.models import Element
from events.models import Position
from exchange.models import LandingBatch
from tests.exchange.db.link_parts import declare, run_link, seed_of
from tests.standins.conftest import module_start  # noqa: F401
from tests.standins.processes import StandIn


@pytest.fixture(scope="module")
def running(module_city, module_start) -> StandIn:  # noqa: F811
    return module_start("bus", seed=seed_of(module_city))


@pytest.fixture
def bus(running: StandIn, users, settings) -> StandIn:
    running.fault("")
    settings.EXCHANGE_PEERS = [f"127.0.0.1/32:{running.port}"]
    return running


def test_vehicles_come_in_and_then_only_the_changed_one(bus):
    link = declare("bus-vehicles", BUS=bus.url)
    first = run_link(link)
    assert (first.state, first.counts["created"]) == ("DONE", first.rows)
    assert first.rows == bus.state()["counts"]["vehicles"]
    assert Element.objects.standing().filter(kind="VEHICLE").count() == first.rows
    bus.act("add")
    second = run_link(link)
    assert (second.state, second.counts["created"]) == ("DONE", 1)


def test_positions_come_in_over_several_pages(bus):
    link = declare("bus-positions", BUS=bus.url)
    first = run_link(link)
    assert (first.state, first.message, first.counts["to_review"]) == ("DONE", "", 0)
    assert first.rows > 500
    assert first.counts["created"] == first.rows
    second = run_link(link)
    assert second.state in {"DONE", "EMPTY"}
    assert Position.objects.count() == first.counts["created"] + second.counts.get("created", 0)


@pytest.mark.parametrize(
    ("mode", "code"),
    [("wrong_encoding", "REPLY_ENCODING"), ("drop_rows", "PAGES_INCOMPLETE"), ("error_page", "REPLY_NOT_JSON")],
)  # fmt: skip
def test_faults_of_this_dialect_are_refused(bus, mode, code):
    link = declare("bus-vehicles", BUS=bus.url)
    bus.fault(mode)
    run = run_link(link)
    assert (run.state, run.problem, run.batch) == ("FAILED", code, None)
    assert LandingBatch.objects.count() == 0


def test_rows_that_come_twice_land_once(bus):
    link = declare("bus-vehicles", BUS=bus.url)
    bus.fault("duplicate")
    run = run_link(link)
    assert (run.state, run.rows) == ("DONE", 2 * bus.state()["counts"]["vehicles"])
    assert (run.counts["created"], run.counts["unchanged"]) == (run.rows // 2, run.rows // 2)
