"""Rules for machines: the same rights, refusals and second person as the pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tagging.choices import VersionState
from tagging.models import Rule, RuleVersion
from tests.factories.registries import signed_in
from tests.factories.rules import a_draft, a_rule, in_force

FEW = {"fact": "vehicle.use_nature", "op": "in", "value": ["B"]}
HALF = {"fact": "vehicle.use_nature", "op": "in", "value": ["F"]}
API = "/api/v1/rules/"


def two_rules(world: Any) -> tuple[Rule, Rule]:
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    shown, hidden = a_rule("SHOWN", author=brigade), a_rule("HIDDEN", author=brigade)
    in_force(shown, HALF, author=brigade, second=analyst)
    a_draft(hidden, FEW, author=brigade)
    return shown, hidden


def post(client: Any, url: str, body: Any) -> Any:
    return client.post(url, json.dumps(body), content_type="application/json")


def test_writers_get_every_rule_and_readers_those_in_force(world):
    shown, hidden = two_rules(world)

    for name, codes in (("analyst", [shown.code, hidden.code]), ("officer-1", [shown.code])):
        answer = signed_in(world, name).get(API).json()
        assert [row["code"] for row in answer["results"]] == codes
    one = signed_in(world, "officer-1").get(f"{API}{shown.code}/").json()
    assert one["sentence"] == "机动车：使用性质是货运"
    assert [(row["number"], row["state"], row["body"]["where"]) for row in one["versions"]] == [(1, "PUBLISHED", HALF)]
    assert signed_in(world, "officer-1").get(f"{API}{hidden.code}/").status_code == 404
    assert signed_in(world, "admin").get(API).status_code == 403


@pytest.mark.parametrize("name", ["officer-1", "coordinator-1", "admin"])
def test_reading_previewing_and_stepping_are_for_writers(world, name):
    _shown, hidden = two_rules(world)
    client, body = signed_in(world, name), {"body": {"kind": "VEHICLE", "where": HALF}}
    before = list(RuleVersion.objects.order_by("pk").values())

    assert post(client, f"{API}read/", body).status_code == 403
    assert post(client, f"{API}preview/", body).status_code == 403
    for action in ("submit", "publish", "return", "drop", "restore"):
        assert post(client, f"{API}{hidden.code}/versions/1/{action}/", {}).status_code == 403

    assert list(RuleVersion.objects.order_by("pk").values()) == before


def test_a_body_is_read_and_previewed_or_refused_with_its_place(world):
    client = signed_in(world, "analyst")
    good, bad = ({"body": {"kind": "VEHICLE", "where": one}} for one in (HALF, {**HALF, "op": ">"}))

    assert post(client, f"{API}read/", good).json() == {"sentence": "机动车：使用性质是货运"}
    preview = post(client, f"{API}preview/", good).json()
    assert (preview["count"], preview["total"], len(preview["first"])) == (6, 12, 6)
    assert preview["first"][0]["parts"] == [{"text": "使用性质是货运", "is_met": True, "actual": "货运"}]
    refused = post(client, f"{API}preview/", bad)
    assert (refused.status_code, refused.json()["code"], refused.json()["extra"]) == (
        400,
        "BAD_RULE",
        {"at": "where.op"},
    )
    assert post(client, f"{API}read/", {}).json()["code"] == "FIELDS_INVALID"


def test_the_author_does_not_publish_through_the_api_either(world):
    _shown, hidden = two_rules(world)
    author, second = signed_in(world, "brigade"), signed_in(world, "analyst")
    steps = f"{API}{hidden.code}/versions/1/"
    assert post(author, f"{steps}submit/", {}).status_code == 200

    refused = post(author, f"{steps}publish/", {"note": "自己"})
    assert (refused.status_code, refused.json()["message"]) == (403, "起草人不能审核自己的版本，请由另一人发布。")
    assert RuleVersion.objects.get(rule=hidden).state == VersionState.SUBMITTED
    assert post(second, f"{steps}nonsense/", {}).status_code == 404
    answer = post(second, f"{steps}publish/", {"note": "同意"})
    assert [(row["number"], row["state"]) for row in answer.json()] == [(1, "PUBLISHED")]
    assert post(second, f"{steps}publish/", {}).status_code == 409
