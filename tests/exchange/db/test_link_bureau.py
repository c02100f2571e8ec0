"""The bureau's HTTP interface to elements: by declaration alone; overlap, changes, and each fault refused with its reason."""

from __future__ import annotations

import pytest

from common import clock
from elements.choices import KeyScheme
from elements.models import Element, ElementKey, House, PersonClaim
from exchange.models import Connector, LandingBatch
from exchange.services import connecting, link_admin
from tests.exchange.db.link_parts import balance, bureau_link, make_due, run_link, seed_of, work
from tests.standins.conftest import module_start  # noqa: F401
from tests.standins.processes import StandIn


@pytest.fixture(scope="module")
def running(module_city, module_start) -> StandIn:  # noqa: F811
    return module_start("bureau", seed=seed_of(module_city))


@pytest.fixture
def bureau(running: StandIn, users, settings) -> StandIn:
    running.fault("")
    settings.EXCHANGE_PEERS = [f"127.0.0.1/32:{running.port}"]
    return running


def watermark(link: Connector) -> str:
    link.refresh_from_db()
    return link.watermark


def test_everybody_comes_in_once_and_the_overlap_is_no_news(bureau):
    link = bureau_link(bureau)
    first = run_link(link)
    known = Element.objects.standing().filter(kind="PERSON").count()
    held = bureau.state()["counts"]["persons"]

    assert (first.state, first.rows, first.watermark_from) == ("DONE", held, "")
    assert balance(first) == {
        "received": held, "created": held, "updated": 0, "unchanged": 0, "to_review": 0, "rejected": 0,
    }  # fmt: skip
    assert watermark(link) == first.watermark_to != ""
    assert (link.failures, link.headers[:3]) == (0, ["XM", "XB", "SFZMHM"])

    again = run_link(link)
    assert (again.state, again.counts["unchanged"], again.counts["created"]) == ("DONE", again.rows, 0)
    assert (run_link(link).state, Element.objects.standing().filter(kind="PERSON").count()) == ("EMPTY", known)
    assert LandingBatch.objects.count() == 2


def test_a_change_comes_alone_and_what_was_struck_off_is_marked_absent(bureau):
    link = bureau_link(bureau)
    run_link(link)
    bureau.act("correct_phone")
    changed = run_link(link)
    assert (changed.state, changed.counts["updated"], changed.counts["created"]) == ("DONE", 1, 0)

    bureau.act("delete_person")
    gone = run_link(link)
    assert (gone.state, gone.counts["absent"], gone.counts["returned"]) == ("DONE", 1, 0)
    assert PersonClaim.objects.filter(absent_since__isnull=False).count() == 1
    assert run_link(link).state == "EMPTY"


def test_rows_held_back_come_late_with_their_old_time(bureau):
    link = bureau_link(bureau)
    run_link(link)
    bureau.fault("late")
    for _ in range(8):
        bureau.act("add_person")
    during = run_link(link)
    bureau.fault("")
    after = run_link(link)

    assert 0 < during.counts["created"] < 8
    assert during.counts["created"] + after.counts["created"] == 8


@pytest.mark.parametrize(
    ("mode", "options", "code"),
    [
        ("error_page", {}, "REPLY_NOT_JSON"), ("truncate", {}, "PEER_UNREACHABLE"), ("wrong_encoding", {}, "REPLY_ENCODING"),
        ("redirect", {"to": "http://127.0.0.1:9/"}, "PEER_REDIRECTS"), ("outage", {}, "PEER_UNREACHABLE"),
        ("duplicate", {}, "PAGE_TWICE"), ("bad_types", {}, "JSON_NESTED"),
    ],
)  # fmt: skip
def test_a_faulty_answer_fails_with_its_reason_and_lands_nothing(bureau, mode, options, code):
    link = bureau_link(bureau)
    bureau.fault(mode, **options)
    run = run_link(link)

    assert (run.state, run.problem, run.batch) == ("FAILED", code, None)
    assert run.message != ""
    assert (run.upload is not None) == (mode in {"error_page", "wrong_encoding", "bad_types"})
    assert (watermark(link), link.failures, link.next_run_at > clock.now()) == ("", 1, True)
    assert (LandingBatch.objects.count(), Element.objects.count()) == (0, 0)

    bureau.fault("")
    assert run_link(link).state == "DONE"
    link.refresh_from_db()
    assert link.failures == 0


@pytest.mark.deep
def test_an_answer_without_end_is_cut_off(bureau):
    link = bureau_link(bureau)
    bureau.fault("huge")
    run = run_link(link)

    assert (run.state, run.problem) == ("FAILED", "PEER_TOO_LARGE")
    assert LandingBatch.objects.count() == 0


def test_rows_turned_round_are_the_same_rows(bureau):
    link = bureau_link(bureau)
    bureau.fault("reorder")
    run = run_link(link)
    latest = run.watermark_to
    bureau.fault("")

    assert (run.state, run.counts["created"]) == ("DONE", run.rows)
    assert (run_link(link).state, watermark(link)) == ("DONE", latest)


def test_a_clock_that_is_years_ahead_waits_and_never_carries_the_watermark_away(bureau, users):
    link = bureau_link(bureau)
    bureau.fault("clock_years", years=3)
    run = run_link(link)
    assert (run.state, run.problem, " 年" in run.message) == ("HELD", "CLOCK_AHEAD", True)
    assert connecting.start_run(connector_id=link.pk, now=clock.now()) is None

    accepted = work(link_admin.accept_run(run=run, actor=users["admin"], now=clock.now()))
    assert (accepted.state, accepted.counts["created"]) == ("DONE", accepted.rows)
    assert watermark(link)[:4] <= f"{clock.now():%Y}"


def test_coordinates_from_elsewhere_are_left_out_and_the_rest_comes_in(bureau):
    link = bureau_link(bureau, "bureau-houses")
    bureau.fault("zero_coordinates")
    run = run_link(link)

    assert (run.state, run.counts["created"]) == ("DONE", run.rows)
    told = [row for row in run.batch.rows.all() if "COORDINATES_OUTSIDE" in {p["code"] for p in row.problems}]
    assert (len(told), House.objects.filter(point__isnull=False).count()) == (run.rows, 0)


def test_units_come_in_by_declaration_alone(bureau):
    run = run_link(bureau_link(bureau, "bureau-units"))
    assert (run.state, run.counts["created"], run.counts["to_review"]) == ("DONE", run.rows, 0)
    assert ElementKey.objects.filter(scheme=KeyScheme.USCC).count() == run.rows


def test_what_is_due_is_started_once(bureau):
    link = bureau_link(bureau)
    make_due(link)
    assert connecting.start_due_runs(now=clock.now()) == 1
    assert connecting.start_due_runs(now=clock.now()) == 0
    link.refresh_from_db()
    assert link.next_run_at > clock.now()
    assert link.runs.get().state == "RUNNING"


def test_a_peer_that_is_not_allowed_is_not_talked_to(bureau, settings):
    link = bureau_link(bureau)
    settings.EXCHANGE_PEERS = []
    run = run_link(link)
    assert (run.state, run.problem) == ("FAILED", "PEER_NOT_ALLOWED")


def test_more_pages_than_one_reading_takes_are_gone_on_with(bureau):
    link = bureau_link(bureau)
    link.options = link.options | {"limit": 25, "most_pages": 3}
    link.save(update_fields=["options"])
    everybody = bureau.state()["counts"]["persons"]
    first = run_link(link)
    assert (first.state, first.rows, first.counts["has_more"]) == ("DONE", 75, True)
    while "has_more" in (last := run_link(link)).counts:
        assert last.watermark_to > last.watermark_from
    assert Element.objects.standing().filter(kind="PERSON").count() == everybody


def test_an_overlap_that_fills_every_reading_is_said(bureau):
    link = bureau_link(bureau)
    link.options = link.options | {"limit": 25, "most_pages": 1}
    link.overlap_s = 40 * 86_400
    link.save(update_fields=["options", "overlap_s"])
    assert run_link(link).state == "DONE"
    stuck = run_link(link)
    assert (stuck.state, stuck.problem) == ("FAILED", "NO_PROGRESS")
