"""Pages of address texts: groups, what a decision would touch, deciding, undo, many at once, decisions, examples, API."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from addresses.models import AddressDecision, AddressText, StandardAddress
from addresses.services.decisions import decide
from addresses.services.relinking import PREVIEW_RELINK, RELINK
from common import jobs
from common.models import AuditRow, Job
from elements.models import Source
from elements.selectors.address_texts import group_heads, grouped, open_texts
from tests.factories.address_texts import carry, carry_bare_roads, spaced, unknown_house
from tests.factories.claims import NOW, vehicle_of
from tests.factories.numbers import vin
from tests.factories.query_counts import recorded_counts
from tests.factories.users import signed_in

pytestmark = pytest.mark.django_db
LIST, DECISIONS, RELINK_PAGE = (
    "/registry/address-texts/",
    "/registry/address-decisions/",
    "/registry/address-texts/relink/",
)
API = "/api/v1/address-texts/"


@pytest.fixture
def open_two(city) -> list[AddressText]:
    """Two equal open texts, the older first, surveyed in grid 1 (officer-1): the village is the only candidate."""
    text = unknown_house(city)
    return sorted(carry(text, spaced(text), grid=0), key=lambda row: row.pk)


def url(name: str, *args: object) -> str:
    return reverse(f"console:{name}", args=args)


def cards(client: Client, query: str = "") -> list[dict]:
    return client.get(f"{LIST}{query}").context["rows"]


def decided(client: Client, text: AddressText, **values: object):
    shown = {"verdict": "LINK", "code": "LZ-0-3", "texts": 2, "elements": 2}
    return client.post(url("address-text-decide", text.pk), shown | values)


def said(text: AddressText) -> tuple:
    text.refresh_from_db()
    return text.status, text.address_id, text.is_decided


def village(city) -> StandardAddress:
    return city.address(0).parent


def test_equal_texts_are_one_card_with_reasons_and_candidates(users, city, open_two):
    answer = signed_in(users["officer-1"]).get(LIST)

    (card,) = answer.context["rows"]
    assert (card["id"], card["texts"], card["elements"]) == (open_two[0].pk, 2, 2)
    assert card["sources"] == [Source.objects.get(code="TMRI_VEHICLE").name]
    assert (card["status"], card["reasons"]) == ("review", ["没有登记这个门牌：99"])
    (candidate,) = card["candidates"]
    assert (candidate["number"], candidate["code"]) == (1, village(city).code)
    # The house is not in the registry: its village is to be chosen by a person, not with many others.
    assert card["proposal"] == ""
    body = answer.content.decode()
    assert "就是它" in body
    assert "今天已裁定 0 组" in body


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("?status=review", 1), ("?status=ambiguous", 0), ("?town=370683001", 1), ("?town=370683101", 0),
    ],
)  # fmt: skip
def test_conditions_narrow_the_list(users, open_two, query, number):
    assert len(cards(signed_in(users["brigade"]), query)) == number


def test_area_and_source_narrow_the_list(users, city, open_two):
    client = signed_in(users["brigade"])
    sources = dict(Source.objects.values_list("code", "pk"))
    inside, outside = (len(cards(client, f"?area={city.districts[n].pk}")) for n in (0, 2))
    mine, other = (len(cards(client, f"?source={sources[code]}")) for code in ("TMRI_VEHICLE", "TMRI_DRIVER"))
    assert (inside, outside, mine, other) == (1, 0, 1, 0)


def test_who_may_not_decide_sees_no_buttons_and_a_stranger_no_card(users, open_two):
    assert "就是它" not in signed_in(users["analyst"]).get(LIST).content.decode()
    assert cards(signed_in(users["officer-2"])) == []


def test_the_effect_is_shown_before_and_nothing_is_done(users, open_two):
    client = signed_in(users["officer-1"])
    body = client.get(
        url("address-text-effect", open_two[0].pk), {"verdict": "LINK", "code": "LZ-0-3"}
    ).content.decode()
    assert "将改动相同文本 2 条、您辖区内的要素 2 个" in body
    assert "应用到全部相同的（2 条）" in body
    assert open_two[1].text in body
    assert (said(open_two[0]), AddressDecision.objects.count()) == (("review", None, False), 0)


def test_a_decision_settles_all_equals_and_is_undone_from_its_card(users, city, open_two):
    client = signed_in(users["officer-1"])
    answer = decided(client, open_two[0], note="现场核对")

    decision = AddressDecision.objects.get()
    assert "data-done" in answer.content.decode()
    assert [said(text) for text in open_two] == [("exact", city.address(0).pk, True)] * 2
    assert (decision.note, cards(client)) == ("现场核对", [])
    assert AuditRow.objects.get(verb="ADDRESS_DECIDED").count == 2

    undone = client.post(
        url("address-decision-undo", decision.pk), {"text": open_two[0].pk}, headers={"HX-Request": "true"}
    )
    assert "data-candidate" in undone.content.decode()
    assert [said(text) for text in open_two] == [("review", None, False)] * 2


def test_a_count_that_changed_is_refused(users, city, open_two):
    client = signed_in(users["officer-1"])
    answer = decided(client, open_two[0], texts=1)
    assert answer.headers["HX-Retarget"] == f"#effect-{open_two[0].pk}"
    assert "打开后有变化" in answer.content.decode()
    assert (said(open_two[0]), AddressDecision.objects.count()) == (("review", None, False), 0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"verdict": "OUTSIDE", "county": " "}, "请填写这个地址所在的县"),
        ({"texts": ""}, "没有说明将改动多少条"),
    ],
)
def test_what_is_missing_is_named(users, open_two, values, words):
    assert words in decided(signed_in(users["officer-1"]), open_two[0], **values).content.decode()
    assert (said(open_two[0]), AddressDecision.objects.count()) == (("review", None, False), 0)


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("officer-2", "LZ-0-3", 404), ("analyst", "LZ-0-3", 403), ("coordinator-1", "LZ-0-3", 403),
        ("officer-1", "LZ-5-3", 404), ("officer-1", "no-such", 404),
    ],
)  # fmt: skip
def test_foreign_texts_and_foreign_addresses_are_not_there(users, open_two, name, code, status):
    client = signed_in(users[name])
    assert decided(client, open_two[0], code=code).status_code == status
    assert (said(open_two[0]), AddressDecision.objects.count()) == (("review", None, False), 0)


def test_a_provisional_address_is_made_and_linked_or_nothing_is(users, city, open_two):
    client = signed_in(users["officer-1"])
    page = url("address-text-provisional", open_two[0].pk)
    form = client.get(page).context
    values = {field["name"]: field["value"] for field in form["fields"]}
    assert (values["town"], values["number"]) == (city.villages[0].parent.name, "99")
    before = StandardAddress.objects.count()
    shown = values | {"lon": form["values"]["lon"], "lat": form["values"]["lat"], "texts": 2, "elements": 2}

    assert "data-apply" in client.post(page, shown | {"reason": "现场有此门牌", "texts": 7}).content.decode()
    assert (StandardAddress.objects.count(), said(open_two[0])) == (before, ("review", None, False))

    client.post(page, shown | {"reason": "现场有此门牌"})
    made = StandardAddress.objects.get(is_provisional=True)
    assert (made.number, made.block_id) == ("99", city.grids[0].pk)
    assert [said(text) for text in open_two] == [("exact", made.pk, True)] * 2


def test_conflicts_come_first_with_both_opinions(users, city):
    first, second = carry(unknown_house(city, 1), unknown_house(city), grid=0)
    for name, house in (("brigade", 3), ("officer-1", 8)):
        decide(normalised=second.normalised, verdict="LINK", address=city.address(0, house), actor=users[name], now=NOW)
    rows = cards(signed_in(users["officer-1"]))
    assert [row["id"] for row in rows] == [second.pk, first.pk]
    assert [(one["who"], one["words"]) for one in rows[0]["opinions"]] == [
        ("brigade", city.text(0)), ("officer-1", city.text(0, 8)),
    ]  # fmt: skip
    assert rows[0]["proposal"] == ""
    page = signed_in(users["officer-1"]).get(DECISIONS)
    assert [row["who"] for row in page.context["conflicts"]] == ["brigade", "officer-1"]


@pytest.fixture
def bare_roads(city, tmp_path) -> list[AddressText]:
    return carry_bare_roads(city, tmp_path)


def test_many_proposals_are_shown_then_accepted_and_refused_when_they_changed(users, open_two, bare_roads):
    client = signed_in(users["officer-1"])
    chosen = [f"{card['id']}:{card['proposal']}" for card in cards(client) if card["proposal"]]
    assert sorted(chosen) == sorted(f"{text.pk}:R-{n}" for n, text in enumerate(bare_roads))
    accept = url("address-texts-accept")
    page = client.post(accept, {"proposal": chosen})
    assert (page.context["effect"].texts, page.context["effect"].elements) == (2, 2)
    assert AddressDecision.objects.count() == 0

    other = [f"{bare_roads[0].pk}:LZ-0-3", chosen[1]]
    for wrong in ({"texts": 3}, {"elements": 1}, {"proposal": other}, {"proposal": []}):
        client.post(accept, {"proposal": chosen, "texts": 2, "elements": 2} | wrong)
        assert AddressDecision.objects.count() == 0
    assert signed_in(users["analyst"]).post(accept, {"proposal": chosen}).status_code == 403
    assert signed_in(users["officer-2"]).post(accept, {"proposal": chosen}).status_code == 404

    client.post(accept, {"proposal": chosen, "texts": 2, "elements": 2})
    assert AddressDecision.objects.filter(state="STANDING").count() == 2
    assert [said(text)[0] for text in (*bare_roads, *open_two)] == ["exact", "exact", "review", "review"]
    assert AuditRow.objects.filter(verb="ADDRESS_DECIDED").count() == 1
    assert Job.objects.filter(kind="PLACE_ELEMENTS").count() == 1


def test_decisions_are_listed_undone_and_out_of_scope_not_there(users, city, open_two):
    decided(signed_in(users["officer-1"]), open_two[0])
    decision = AddressDecision.objects.get()
    client = signed_in(users["brigade"])
    (row,) = client.get(DECISIONS).context["rows"]
    assert (row["words"], row["who"], row["engine"]) == (city.text(0), "officer-1", "待核")

    stranger = signed_in(users["officer-2"])
    assert stranger.get(DECISIONS).context["rows"] == []
    assert stranger.post(url("address-decision-undo", decision.pk)).status_code == 404
    assert signed_in(users["analyst"]).post(url("address-decision-undo", decision.pk)).status_code == 403
    assert said(open_two[0])[2] is True

    assert client.post(url("address-decision-undo", decision.pk)).status_code == 302
    assert said(open_two[0]) == ("review", None, False)
    again = client.post(url("address-decision-undo", decision.pk), follow=True)
    assert "已经撤销" in again.content.decode()
    assert client.get(f"{DECISIONS}?state=UNDONE").context["rows"][0]["is_undone"] is True
    assert client.get(f"{DECISIONS}?state=x").status_code == 400


def test_examples_are_taken_out_scrubbed_audited_and_by_right_only(users, city, open_two):
    (other,) = carry("不详13800138000甲", first=7, grid=0)
    decided(signed_in(users["officer-1"]), open_two[0])
    decide(normalised=other.normalised, verdict="NOT_ADDRESS", actor=users["brigade"], now=NOW)

    answer = signed_in(users["officer-1"]).get(url("address-decisions-export"))
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert lines == [
        {"text": open_two[0].text, "code": "LZ-0-3", "status": "exact"},
        {"text": "不详〔电话〕甲", "code": None, "status": "none"},
    ]
    row = AuditRow.objects.get(verb="EXPORTED")
    assert (row.subject_table, row.subject_id, row.count) == ("addresses_addressdecision", "examples", 2)
    assert signed_in(users["coordinator-1"]).get(url("address-decisions-export")).status_code == 403
    foreign = signed_in(users["officer-2"]).get(url("address-decisions-export"))
    assert b"".join(foreign.streaming_content) == b""


def test_the_relink_page_previews_starts_and_is_for_the_brigade(users, city, open_two):
    AddressText.objects.update(index_version=0)
    client = signed_in(users["brigade"])
    assert [one["count"] for one in client.get(RELINK_PAGE).context["sets"]] == [2, 0]
    client.post(RELINK_PAGE, {"set": "OPEN"})
    job = Job.objects.get(kind=PREVIEW_RELINK)
    jobs.run(job.pk)
    shown = client.get(url("address-relink-progress", job.pk))
    assert (shown.context["counts"]["checked"], shown.context["may_start"]) == (2, False)
    assert "没有要改动的" in shown.content.decode()

    assert signed_in(users["officer-1"]).get(RELINK_PAGE).status_code == 403
    assert signed_in(users["officer-1"]).post(url("address-relink-step", job.pk, "start")).status_code == 403
    assert client.post(url("address-relink-step", job.pk, "burn")).status_code == 404
    assert client.post(RELINK_PAGE, {"set": "ALL"}).status_code == 400
    assert not Job.objects.filter(kind=RELINK).exists()


def test_the_api_lists_and_decides_like_the_pages(users, city, open_two):
    client = signed_in(users["officer-1"])
    listed = client.get(API, {"status": "review"}).json()
    (group,) = listed["results"]
    assert (group["id"], group["texts"], group["elements"], group["status"]) == (open_two[0].pk, 2, 2, "review")
    assert (listed["next"], listed["count"]) == (None, 2)
    assert client.get(API, {"status": "exact"}).status_code == 400
    assert signed_in(users["officer-2"]).get(API).json()["results"] == []

    ruling = {"id": open_two[0].pk, "verdict": "LINK", "code": "LZ-0-3"}

    def post(body: dict, name: str = "officer-1"):
        return signed_in(users[name]).post(f"{API}decide", json.dumps(body), content_type="application/json")

    assert post({"rulings": [ruling], "texts": 9, "elements": 2}).status_code == 409
    assert post({"rulings": [ruling]}, "officer-2").status_code == 404
    assert post({"rulings": [ruling]}, "analyst").status_code == 403
    assert post({"rulings": []}).status_code == 400
    assert AddressDecision.objects.count() == 0
    done = post({"rulings": [ruling], "texts": 2, "elements": 2}).json()
    assert (done["texts"], [one["state"] for one in done["decisions"]]) == (2, ["STANDING"])
    assert said(open_two[0])[1] == city.address(0).pk
    assert vehicle_of(vin(1)).block_id == city.grids[0].pk


def test_ten_groups_take_as_many_queries_as_one(users, city, open_two):
    client = signed_in(users["brigade"])
    urls = {
        "brigade: address worklist": LIST,
        "brigade: address decisions": DECISIONS,
        "brigade: address texts api": API,
    }

    def counts() -> dict[str, int]:
        found = {}
        for name, page in urls.items():
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            found[name] = len(queries)
        return found

    decide(normalised=open_two[0].normalised, verdict="NOT_ADDRESS", actor=users["brigade"], now=NOW)
    carry(unknown_house(city, 1), first=10, grid=0)
    client.get(LIST)
    few = counts()
    texts = carry(*(unknown_house(city, number=n) for n in range(50, 60)), first=20, grid=0)
    for text in texts[:5]:
        decide(normalised=text.normalised, verdict="NOT_ADDRESS", actor=users["brigade"], now=NOW)
    measured = counts()
    assert few == measured
    assert measured == recorded_counts(measured)


def test_heads_of_groups_are_those_that_grouping_gives(users, city, open_two) -> None:
    carry(unknown_house(city, number=98), first=9, grid=0)
    texts = open_texts(users["brigade"])
    by_grouping = [(row["normalised"], row["first"]) for row in grouped(texts)]
    assert [(row["normalised"], row["first"]) for row in group_heads(texts)] == by_grouping
    assert (len(by_grouping), texts.count()) == (2, 3)
