"""Suspected duplicates and merges for machines: scope, rights, refusals."""

from __future__ import annotations

import pytest
from django.test import Client

from common import jobs
from common.models import AuditRow
from elements.choices import PairState
from elements.models import DuplicatePair, Element, Merge
from elements.services.duplicates import request_search
from tests.factories.claims import claim, submit
from tests.factories.users import signed_in

PAIRS, JUDGE, MERGES = "/api/v1/duplicates/", "/api/v1/duplicates/judge/", "/api/v1/merges/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(users) -> DuplicatePair:
    """Two traffic lights in grid 1 that look like one."""
    submit(
        "FACILITY_LEDGER", "FACILITY",
        *(claim(1, number=str(i), name="文化路口信号灯", facility_type="01", grid=1) for i in range(2)),
    )  # fmt: skip
    jobs.run(request_search().pk)
    return DuplicatePair.objects.get()


def post(client: Client, url: str, body: dict | None = None):
    return client.post(url, body or {}, "application/json")


def test_the_list_has_the_pairs_in_scope(users, pair):
    body = signed_in(users["brigade"]).get(PAIRS).json()
    (one,) = body["results"]
    assert (one["id"], one["kind"], one["state"], one["score"]) == (pair.pk, "FACILITY", "PROPOSED", 85)
    assert (one["low"]["id"], one["high"]["label"]) == (pair.low_id, "文化路口信号灯")
    assert [ground["points"] for ground in one["reasons"]] == [15, 45, 25]
    assert (body["count"], body["more_than"], body["next"]) == (1, False, None)
    assert signed_in(users["officer-2"]).get(PAIRS).json()["results"] == []
    assert signed_in(users["nobody"]).get(PAIRS).status_code == 403


@pytest.mark.parametrize(
    ("query", "number"), [("state=PROPOSED", 1), ("state=MERGED", 0), ("kind=HOUSE", 0), ("score_from=90", 0)]
)
def test_conditions_narrow_it(users, pair, query, number):
    assert signed_in(users["brigade"]).get(f"{PAIRS}?{query}").json()["count"] == number


@pytest.mark.parametrize("query", ["state=X", "score_from=101", "sort=label", "cursor=x"])
def test_a_condition_that_cannot_be_is_refused(users, pair, query):
    answer = signed_in(users["brigade"]).get(f"{PAIRS}?{query}")
    assert (answer.status_code, set(answer.json())) == (400, {"code", "message", "extra"})


def test_pairs_are_judged(users, pair):
    client = signed_in(users["brigade"])
    answer = post(client, JUDGE, {"pairs": [pair.pk], "state": "DIFFERENT", "note": "南北各一"})
    pair.refresh_from_db()
    assert (answer.status_code, answer.json(), pair.state) == (200, {"judged": 1}, PairState.DIFFERENT)


def test_a_merge_is_made_and_taken_back(users, pair):
    client = signed_in(users["brigade"])
    made = post(client, MERGES, {"keep": pair.low_id, "drop": pair.high_id, "reason": "现场只有一处"})
    assert made.status_code == 201
    assert made.json()["moved"] == [
        {"label": "键", "count": 1}, {"label": "声明记录", "count": 1}, {"label": "来源现行取值", "count": 1},
    ]  # fmt: skip
    assert Element.objects.standing().filter(kind="FACILITY").count() == 1
    again = post(client, MERGES, {"keep": pair.low_id, "drop": pair.high_id, "reason": "现场只有一处"})
    assert (again.status_code, again.json()["code"]) == (409, "MERGE_GONE")
    undone = post(client, f"{MERGES}{made.json()['id']}/undo/")
    assert (undone.status_code, undone.json()["undone_at"] is None) == (200, False)
    assert Element.objects.standing().filter(kind="FACILITY").count() == 2
    assert post(client, f"{MERGES}{made.json()['id']}/undo/").json()["code"] == "MERGE_UNDONE"


@pytest.mark.parametrize(("name", "status"), [("analyst", 403), ("officer-2", 404), ("nobody", 403)])
def test_who_may_not_decide_or_see_changes_nothing(users, pair, name, status):
    client, audits = signed_in(users[name]), AuditRow.objects.count()
    assert post(client, JUDGE, {"pairs": [pair.pk], "state": "DIFFERENT"}).status_code == status
    body = {"keep": pair.low_id, "drop": pair.high_id, "reason": "现场只有一处"}
    assert post(client, MERGES, body).status_code == status
    assert post(client, f"{MERGES}999999/undo/").status_code == status
    pair.refresh_from_db()
    assert (pair.state, Merge.objects.count(), AuditRow.objects.count()) == (PairState.PROPOSED, 0, audits)


@pytest.mark.parametrize(
    "body",
    [{}, {"pairs": [], "state": "DIFFERENT"}, {"pairs": [1], "state": "MERGED"}, {"pairs": ["x"], "state": "DEFERRED"}],
)
def test_a_body_that_cannot_be_is_refused(users, pair, body):
    answer = post(signed_in(users["brigade"]), JUDGE, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "FIELDS_INVALID")
    pair.refresh_from_db()
    assert pair.state == PairState.PROPOSED
