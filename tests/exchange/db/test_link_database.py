"""A view in a second PostgreSQL, read by a role that may do nothing else: to elements, and each fault refused."""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg
import pytest

from common import clock
from elements.models import Element
from exchange.connectors import reader_of
from exchange.connectors.base import LinkError
from exchange.models import LandingBatch
from exchange.services import link_admin
from tests.exchange.db.link_parts import declare, run_link, seed_of, work
from tests.standins.conftest import module_start  # noqa: F401
from tests.standins.processes import StandIn
from tests.standins.test_business import cluster  # noqa: F401


@pytest.fixture(scope="module")
def running(module_city, cluster, module_start) -> StandIn:  # noqa: F811
    return module_start("business", "--dsn", cluster[0], seed=seed_of(module_city))


@pytest.fixture
def link(running, cluster, users, settings):  # noqa: F811
    fault(running, "")
    port = dict(part.split("=") for part in cluster[1].split())["port"]
    settings.EXCHANGE_PEERS = [f"127.0.0.1/32:{port}"]
    return declare("market-units", MARKET=f"postgres://reader@127.0.0.1:{port}/postgres", MARKET_DATA=running.folder)


def fault(running: StandIn, mode: str, **options) -> None:
    running.fault(mode, **options)
    running.act("show")


def test_units_come_in_page_by_page_and_then_only_what_changed(running, link):
    link.options = link.options | {"page_rows": 7}
    link.save(update_fields=["options"])
    first = run_link(link)
    assert (first.state, first.message) == ("DONE", "")
    assert (first.counts["created"], first.rows) == (first.rows, sum(running.state()["counts"].values()))
    link.refresh_from_db()
    assert link.watermark == first.watermark_to != ""

    running.act("correct_phone")
    changed = run_link(link)
    assert (changed.state, changed.counts["updated"], changed.counts["created"]) == ("DONE", 1, 0)
    assert [run_link(link).state for _ in range(2)] == ["DONE", "EMPTY"]


@pytest.mark.parametrize(("mode", "code"), [("outage", "VIEW_PASSWORD"), ("duplicate", "KEY_TWICE")])
def test_a_fault_lands_nothing_and_says_why(running, link, mode, code):
    fault(running, mode)
    run = run_link(link)
    assert (run.state, run.problem, run.batch) == ("FAILED", code, None)
    assert (LandingBatch.objects.count(), Element.objects.count()) == (0, 0)
    fault(running, "")
    assert run_link(link).state == "DONE"


def test_names_that_the_view_misreads_are_held_and_land_nothing(running, link, users):
    fault(running, "wrong_encoding")
    run = run_link(link)
    assert (run.state, run.problem, run.batch) == ("HELD", "TEXT_GARBLED", None)
    assert run.counts["finding"]["count"] == run.rows > 5
    assert len(run.counts["finding"]["problems"]) == 2
    assert (LandingBatch.objects.count(), Element.objects.count()) == (0, 0)

    fault(running, "")
    link_admin.refuse_run(run=run, actor=users["admin"], now=clock.now())
    assert run_link(link).state == "DONE"


def test_a_slow_view_is_given_up(running, link):
    link.options = link.options | {"timeout_s": 1}
    link.save(update_fields=["options"])
    fault(running, "slow", seconds=20)
    run = run_link(link)
    assert (run.state, run.problem) == ("FAILED", "VIEW_TIMEOUT")


def test_a_renamed_column_is_held_recognised_and_read_from_then_on(running, link, users):
    assert run_link(link).state == "DONE"
    fault(running, "rename_column", column="lxdh", to="dianhua")
    running.act("add")
    held = run_link(link)
    assert (held.state, held.problem) == ("HELD", "COLUMNS_MISSING")
    assert held.counts["finding"]["drift"] == [{"column": "lxdh", "likely": "dianhua"}]

    remap = {"lxdh": "dianhua"}
    accepted = work(link_admin.accept_run(run=held, remap=remap, actor=users["admin"], now=clock.now()))
    link.refresh_from_db()
    assert (accepted.state, accepted.counts["created"]) == ("DONE", 1)
    assert ("dianhua" in link.options["columns"], "lxdh" in link.options["columns"]) == (True, False)
    assert run_link(link).state in {"DONE", "EMPTY"}


def test_the_reader_may_only_read_and_only_inside_a_read_only_transaction(running, link, cluster):  # noqa: F811
    password = (running.folder / "reader_password.txt").read_text().strip()
    with (
        psycopg.connect(cluster[1], user="reader", password=password) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM qyxx")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgres://reader:open@127.0.0.1:1/x", "LINK_OPTIONS"), ("sqlite:////etc/passwd", "LINK_OPTIONS"),
        ("postgres://reader@/x", "LINK_OPTIONS"), ("postgres://u@%2Fvar%2Frun:5432/x", "LINK_OPTIONS"),
        ("postgres://u@127.0.0.1:1/x", "PEER_NOT_ALLOWED"), ("postgres://u@127.0.0.1:5432/x", "PEER_NOT_ALLOWED"),
    ],
)  # fmt: skip
def test_where_it_may_not_go_it_does_not(link, settings, url, code):
    settings.EXCHANGE_PEERS = ["127.0.0.1/32:5432"]
    settings.DATABASES["default"] = settings.DATABASES["default"] | {"PORT": "5432"}
    assert urlsplit(url).scheme
    link.options = link.options | {"url": url}
    link.save(update_fields=["options"])
    run = run_link(link)
    assert (run.state, run.problem) == ("FAILED", code)


def test_an_option_that_is_missing_is_named():
    with pytest.raises(LinkError) as refused:
        reader_of("DATABASE", {"url": "postgres://a@b:1/c"}, "")
    assert "“view”" in refused.value.message
