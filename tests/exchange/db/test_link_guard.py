"""Readings that a person has to judge: what is said, what each button does, who may press it, and that nothing else moves."""

from __future__ import annotations

import pytest

from common import clock
from common.errors import Conflict, DomainError, NotAllowed
from common.models import AuditRow
from elements.models import Element, Person
from exchange.models import ConnectorRun, LandingBatch
from exchange.services import connecting, link_admin
from tests.exchange.db.link_parts import bureau_link, declare, run_link, seed_of, work
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


@pytest.fixture
def link(bureau):
    """A link that has read everybody once."""
    found = bureau_link(bureau)
    assert run_link(found).state == "DONE"
    found.refresh_from_db()
    return found


@pytest.fixture
def renamed(bureau, link) -> ConnectorRun:
    """A reading that is held: the phone came under another name, and one person is new."""
    bureau.fault("rename_column", column="LXDH", to="SJHM")
    bureau.act("add_person")
    return run_link(link)


def judge(user) -> dict:
    return {"actor": user, "now": clock.now()}


def verbs() -> list[str]:
    return list(AuditRow.objects.filter(verb__startswith="LINK_").order_by("pk").values_list("verb", flat=True))


def test_a_renamed_column_stops_the_link_and_is_recognised(renamed, link):
    assert (renamed.state, renamed.problem, renamed.batch) == ("HELD", "COLUMNS_MISSING", None)
    assert renamed.counts["finding"]["drift"] == [{"column": "LXDH", "likely": "SJHM"}]
    assert "“LXDH”可能改名为“SJHM”" in renamed.message
    assert connecting.start_run(connector_id=link.pk, now=clock.now()) is None
    assert LandingBatch.objects.count() == 1


def test_from_now_on_the_new_column_speaks(bureau, renamed, link, users):
    accepted = work(link_admin.accept_run(run=renamed, remap={"LXDH": "SJHM"}, **judge(users["admin"])))
    link.refresh_from_db()

    assert (accepted.state, accepted.accepted_by) == ("DONE", users["admin"].pk)
    assert accepted.counts["created"] == 1
    assert accepted.batch.columns["SJHM"] == "phone"
    assert (link.columns["SJHM"], "LXDH" in link.columns, "SJHM" in link.headers) == ("phone", False, True)
    assert verbs()[-1] == "LINK_COLUMNS_ACCEPTED"
    bureau.act("correct_phone")
    following = run_link(link)
    assert (following.state, following.counts["updated"]) == ("DONE", 1)


def test_once_only_the_missing_column_says_nothing(bureau, renamed, link, users):
    phones = Person.objects.filter(phone__isnull=False).count()
    accepted = work(link_admin.accept_run(run=renamed, **judge(users["brigade"])))

    assert (accepted.state, accepted.counts["created"]) == ("DONE", 1)
    assert Person.objects.filter(phone__isnull=False).count() == phones
    assert accepted.batch.columns["SJHM"] == "-"
    bureau.act("add_person")
    assert run_link(link).problem == "COLUMNS_MISSING"


def test_refused_it_is_read_again_from_where_it_was(bureau, renamed, link, users):
    people, before = Element.objects.count(), link.watermark
    link_admin.refuse_run(run=renamed, **judge(users["admin"]))
    renamed.refresh_from_db()
    link.refresh_from_db()
    assert (renamed.state, link.watermark, Element.objects.count()) == ("REFUSED", before, people)
    with pytest.raises(Conflict):
        link_admin.refuse_run(run=renamed, **judge(users["admin"]))

    bureau.fault("")
    again = run_link(link)
    assert (again.state, again.counts["created"]) == ("DONE", 1)


def test_only_who_configures_or_owns_it_judges(renamed, users):
    for name in ("officer-1", "squadron-1", "liaison-1"):
        with pytest.raises(NotAllowed):
            link_admin.accept_run(run=renamed, **judge(users[name]))
    renamed.refresh_from_db()
    assert (renamed.state, verbs()) == ("HELD", ["LINK_SAVED"])


def test_a_new_column_must_be_one_that_came(renamed, users):
    with pytest.raises(DomainError) as refused:
        link_admin.accept_run(run=renamed, remap={"LXDH": "NICHT"}, **judge(users["admin"]))
    renamed.refresh_from_db()
    assert (refused.value.code, renamed.state) == ("COLUMN_UNKNOWN", "HELD")


def test_a_new_column_is_left_out_and_named(bureau, link):
    link.headers = [header for header in link.headers if header != "XB"]
    link.save(update_fields=["headers"])
    run = run_link(link)
    assert (run.state, run.counts["new_columns"]) == ("DONE", ["XB"])


def test_too_many_rows_to_review_wait_between_preview_and_import(bureau, users):
    link = bureau_link(bureau)
    link.columns = {"SFZMHM": "name", "XM": "citizen_id"}
    link.save(update_fields=["columns"])
    run = run_link(link)

    assert (run.state, run.problem, run.batch.state) == ("HELD", "TOO_MANY_HELD", "PLANNED")
    assert run.counts["finding"]["pct"] == 100
    assert Element.objects.count() == 0
    accepted = work(link_admin.accept_run(run=run, **judge(users["admin"])))
    assert (accepted.state, accepted.counts["to_review"], Element.objects.count()) == ("DONE", accepted.rows, 0)


def test_declaring_again_leaves_what_was_decided_about_columns(city, users, settings, tmp_path):
    settings.EXCHANGE_FERRY_ROOT = tmp_path
    link = declare("keyvehicle-permits")
    declared = dict(link.columns)
    decided = {header: field for header, field in declared.items() if field != "transport_permit"} | {
        "运输证编号": "transport_permit"
    }
    link.columns = decided | {"备注": "-"}
    link.save(update_fields=["columns"])
    again = declare("keyvehicle-permits")
    assert again.columns == decided | {"备注": "-"}
    assert "许可证号" in declared and "许可证号" not in again.columns
