"""What was accepted at once is taken back at once: the offer on the worklist, the list of decisions, the API."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from django.test import Client
from django.urls import reverse

from addresses.models import AddressDecision, AddressText
from common.models import AuditRow
from tests.factories.address_texts import carry_bare_roads
from tests.factories.users import signed_in

pytestmark = pytest.mark.django_db
LIST, DECISIONS = "/registry/address-texts/", "/registry/address-decisions/"
UNDO = "/registry/address-decisions/undo/"
API = "/api/v1/address-texts/undo"


@pytest.fixture(scope="module")
def _module_proposals(module_city, tmp_path_factory) -> list[AddressText]:
    return carry_bare_roads(module_city, tmp_path_factory.mktemp("roads"))


@pytest.fixture
def proposals(_module_proposals, city) -> list[AddressText]:
    return deepcopy(_module_proposals)


def rows(texts: list[AddressText]) -> list[dict]:
    """All columns but the moment at which the engine spoke."""
    found = AddressText.objects.filter(pk__in=[text.pk for text in texts]).order_by("pk").values()
    return [{name: value for name, value in row.items() if name != "resolved_at"} for row in found]


def accepted(client: Client) -> list[int]:
    cards = client.get(LIST).context["rows"]
    chosen = [f"{card['id']}:{card['proposal']}" for card in cards if card["proposal"]]
    answer = client.post(
        reverse("console:address-texts-accept"),
        {"proposal": chosen, "texts": 2, "elements": 2, "query": "page_size=20"},
    )
    assert answer.headers["Location"] == f"{LIST}?page_size=20"
    return list(AddressDecision.objects.order_by("pk").values_list("pk", flat=True))


def states() -> list[str]:
    return list(AddressDecision.objects.order_by("pk").values_list("state", flat=True))


def test_the_offer_stands_once_and_takes_all_back(users, proposals) -> None:
    client = signed_in(users["officer-1"])
    before = rows(proposals)
    ids = accepted(client)
    assert rows(proposals) != before

    shown = client.get(f"{LIST}?page_size=20")
    assert shown.context["accepted"] == {"decision": ids[0], "groups": 2}
    assert "撤销这一批（2 组）" in shown.content.decode()
    assert client.get(LIST).context["accepted"] is None

    undone = client.post(UNDO, {"batch_of": ids[0], "query": "page_size=20"})
    assert undone.headers["Location"] == f"{LIST}?page_size=20"
    assert "已撤销 2 组，2 条地址文本恢复。" in client.get(LIST).content.decode()
    assert (states(), rows(proposals)) == (["UNDONE", "UNDONE"], before)
    assert AuditRow.objects.filter(verb="ADDRESS_DECISION_UNDONE").count() == 1

    again = client.post(UNDO, {"batch_of": ids[1]}, follow=True)
    assert "已撤销 0 组，0 条地址文本恢复。另有 2 组" in again.content.decode()
    assert AuditRow.objects.filter(verb="ADDRESS_DECISION_UNDONE").count() == 1


def test_the_list_of_decisions_offers_the_batch_on_its_first_row(users, proposals) -> None:
    client = signed_in(users["officer-1"])
    ids = accepted(client)
    page = client.get(DECISIONS)
    assert [(row["id"], row["is_batch"], row["leads_batch"]) for row in page.context["rows"]] == [
        (ids[1], True, True), (ids[0], True, False),
    ]  # fmt: skip
    assert page.content.decode().count("撤销这一批</button>") == 1
    assert "批量接受" in page.content.decode()
    assert client.post(UNDO, {"batch_of": ids[1]}).headers["Location"] == DECISIONS
    assert states() == ["UNDONE", "UNDONE"]


@pytest.mark.parametrize(
    ("name", "status"), [("officer-2", 404), ("analyst", 403), ("coordinator-1", 403), ("auditor", 403)]
)
def test_who_may_not_or_sees_none_of_it_changes_nothing(users, proposals, name, status) -> None:
    ids = accepted(signed_in(users["officer-1"]))
    before = rows(proposals)
    client = signed_in(users[name])
    assert client.post(UNDO, {"batch_of": ids[0]}).status_code == status
    answer = client.post(API, json.dumps({"decisions": ids}), content_type="application/json")
    assert answer.status_code == status
    assert (states(), rows(proposals)) == (["STANDING", "STANDING"], before)


@pytest.mark.parametrize("batch", ["", "x", "0", "999999999", "9" * 30])
def test_a_batch_that_is_none_is_not_there(users, proposals, batch) -> None:
    client = signed_in(users["officer-1"])
    accepted(client)
    assert client.post(UNDO, {"batch_of": batch}).status_code == 404
    assert states() == ["STANDING", "STANDING"]


def test_the_api_takes_back_what_stands_and_counts_the_rest(users, proposals) -> None:
    client = signed_in(users["officer-1"])
    before = rows(proposals)
    ids = accepted(client)

    def post(decisions: list) -> tuple[int, dict]:
        answer = client.post(API, json.dumps({"decisions": decisions}), content_type="application/json")
        return answer.status_code, answer.json()

    assert post([])[0] == post(["x"])[0] == post(list(range(1, 102)))[0] == 400
    assert post([999_999_999])[0] == 404
    assert states() == ["STANDING", "STANDING"]
    assert post([ids[0], 999_999_999]) == (200, {"undone": [ids[0]], "texts": 1, "left": 1})
    assert post([*ids, ids[1]]) == (200, {"undone": [ids[1]], "texts": 1, "left": 1})
    assert rows(proposals) == before
    assert post(ids) == (200, {"undone": [], "texts": 0, "left": 2})
