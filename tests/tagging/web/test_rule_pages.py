"""Pages of rules: who sees what, drafts stay with writers, steps are refused in words, lists and back-tests are shown."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import clock, jobs
from common.models import AuditRow, Job
from elements.models import SavedFilter
from tagging.choices import VersionState
from tagging.models import Rule, RuleVersion
from tagging.services import backtesting, publishing
from tests.factories.registries import signed_in
from tests.factories.rules import a_draft, a_rule, a_tag, in_force

FEW = {"fact": "vehicle.use_nature", "op": "in", "value": ["B"]}
HALF = {"fact": "vehicle.use_nature", "op": "in", "value": ["F"]}
SENTENCE = "机动车：使用性质是货运"


def two_rules(world: Any) -> tuple[Rule, Rule]:
    """One in force, one with a draft."""
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    shown, hidden = a_rule("SHOWN", author=brigade), a_rule("HIDDEN", author=brigade)
    in_force(shown, HALF, author=brigade, second=analyst)
    a_draft(hidden, FEW, author=brigade)
    return shown, hidden


def post_json(client: Any, url: str, body: Any) -> Any:
    return client.post(url, json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("name", ["officer-1", "coordinator-1", "assistant-1"])
def test_readers_see_the_rules_in_force_with_their_sentences_and_no_draft(world, name):
    shown, hidden = two_rules(world)
    client = signed_in(world, name)

    page = client.get("/rules/")
    one = client.get(f"/rules/{shown.code}/")

    assert [row["rule"].code for row in page.context["rows"]] == [shown.code]
    assert page.context["rows"][0]["sentence"] == SENTENCE
    assert "新建规则" not in page.content.decode()
    assert (one.status_code, SENTENCE in one.content.decode()) == (200, True)
    assert "停用规则" not in one.content.decode()
    assert client.get(f"/rules/{hidden.code}/").status_code == 404
    # A newer draft of a rule in force is none of theirs either.
    a_draft(shown, FEW, author=world.users["analyst"])
    assert "第 2 版" not in client.get(f"/rules/{shown.code}/").content.decode()


@pytest.mark.parametrize("name", ["admin", "auditor", "nobody", "liaison-1"])
def test_who_does_not_read_elements_sees_no_rule(world, name):
    shown, _hidden = two_rules(world)
    client = signed_in(world, name)

    assert client.get("/rules/").status_code == 403
    assert client.get(f"/rules/{shown.code}/").status_code == 404


@pytest.mark.parametrize("name", ["officer-1", "coordinator-1", "admin"])
@pytest.mark.parametrize("end", ["laboratory/", "laboratory/read/", "laboratory/preview/", "laboratory/difference/", "laboratory/draft/",
                                 "backtests/", "versions/1/publish/", "switch/"])  # fmt: skip
def test_without_the_right_the_laboratory_is_closed(world, name, end):
    shown, hidden = two_rules(world)
    client = signed_in(world, name)
    before = list(RuleVersion.objects.order_by("pk").values()), list(Rule.objects.order_by("pk").values())

    for rule in (shown, hidden):
        ask = client.get if end == "laboratory/" else client.post
        assert ask(f"/rules/{rule.code}/{end}", {"on": "0", "reason": "x"}).status_code == 403

    assert before == (list(RuleVersion.objects.order_by("pk").values()), list(Rule.objects.order_by("pk").values()))
    assert client.get("/rules/new/").status_code == 403


def test_a_rule_is_made_drafted_and_submitted_in_the_browser_and_published_by_another(world):
    author, second = signed_in(world, "brigade"), signed_in(world, "analyst")
    tag = a_tag("A", minutes=30)
    made = author.post("/rules/new/", {"title": "货运车", "tag": tag.pk, "source": "试验"})
    rule = Rule.objects.get()
    lab = f"/rules/{rule.code}/laboratory/"
    assert made.headers["Location"] == lab

    body = {"kind": "VEHICLE", "where": HALF}
    assert post_json(author, f"{lab}read/", body).json() == {"sentence": SENTENCE}
    saved = post_json(author, f"{lab}draft/", {"body": body, "note": "第一次"})
    assert saved.json() == {"number": 1, "rule": f"/rules/{rule.code}/"}
    assert author.post(f"/rules/{rule.code}/versions/1/submit/").status_code == 302

    own = author.post(f"/rules/{rule.code}/versions/1/publish/")
    assert (own.status_code, "起草人不能审核自己的版本" in own.content.decode()) == (403, True)
    assert RuleVersion.objects.get().state == VersionState.SUBMITTED
    blank = second.post(f"/rules/{rule.code}/versions/1/return/", {"note": " "})
    assert (blank.status_code, blank.context["refusal"]) == (400, "请填写退回的理由。")
    assert second.post(f"/rules/{rule.code}/versions/1/publish/", {"note": "同意"}).status_code == 302
    rule.refresh_from_db()
    assert rule.published.number == 1
    page = author.get(f"/rules/{rule.code}/").content.decode()
    assert "同意" in page and "analyst" in page and "第一次" in page


def test_a_refused_body_names_its_place_and_is_not_saved(world):
    author = signed_in(world, "brigade")
    rule = a_rule("A", author=world.users["brigade"])
    lab = f"/rules/{rule.code}/laboratory/"
    body = {"kind": "VEHICLE", "where": {"all": [FEW, {"fact": "vehicle.use_nature", "op": "in", "value": []}]}}

    said = post_json(author, f"{lab}read/", body).json()
    saved = post_json(author, f"{lab}draft/", {"body": body})

    assert said["refusal"]["extra"] == {"at": "where.all[1].value"}
    assert (saved.status_code, saved.json()["message"]) == (400, "至少选一项（位置：where.all[1].value）")
    assert author.post(f"{lab}draft/", "{", content_type="application/json").json()["code"] == "BAD_JSON"
    assert post_json(author, f"{lab}draft/", [1]).status_code == 400
    assert RuleVersion.objects.count() == 0


def test_the_preview_counts_by_town_and_shows_grounds_and_the_difference_both_sides(world):
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    rule = a_rule("A", author=brigade)
    in_force(rule, {"fact": "vehicle.use_nature", "op": "in", "value": ["A"]}, author=brigade, second=analyst)
    client, lab = signed_in(world, "brigade"), f"/rules/{rule.code}/laboratory/"
    body = {"kind": "VEHICLE", "where": HALF}

    preview = post_json(client, f"{lab}preview/", body)
    picture = preview.context["picture"]
    assert (picture.count, preview.context["total"], sum(count for _town, count in picture.towns)) == (6, 12, 6)
    assert preview.context["share"] == "50.0%"
    assert [(part.text, part.is_met, part.actual) for part in picture.first[0].parts] == [
        ("使用性质是货运", True, "货运")
    ]
    difference = post_json(client, f"{lab}difference/", body).context
    assert (difference["came"].count, difference["went"].count, difference["same"]) == (6, 6, 0)
    assert difference["went"].first[0].parts[0].is_met is False


def test_a_back_test_is_started_left_found_again_and_taken_out(world):
    brigade = world.users["brigade"]
    rule = a_rule("A", author=brigade, minutes=30)
    a_draft(rule, HALF, author=brigade)
    client = signed_in(world, "brigade")

    started = client.post(f"/rules/{rule.code}/backtests/", {"number": "1", "days": "7"})
    job = Job.objects.get(kind=backtesting.BACKTEST)
    assert started.headers["Location"] == f"/rules/{rule.code}/backtests/{job.pk}/"
    assert "停止" in client.get(f"/rules/{rule.code}/laboratory/").content.decode()
    jobs.run(job.pk)
    page = client.get(started.headers["Location"])
    assert (len(page.context["rows"]), page.context["inferred"], page.context["minutes"]) == (7, 7, 0)
    assert "推算" in page.content.decode()
    file = client.get(f"{started.headers['Location']}?file=days").content.decode()
    assert file.startswith("\ufeff日期,推算,新命中,退出,在标") and len(file.strip().splitlines()) == 8
    assert f"/backtests/{job.pk}/" in client.get(f"/rules/{rule.code}/").content.decode()

    other = a_rule("B", author=brigade)
    assert client.get(f"/rules/{other.code}/backtests/{job.pk}/").status_code == 404
    assert client.post(f"/rules/{rule.code}/backtests/", {"number": "1", "days": "400"}).status_code == 400
    assert client.post(f"/rules/{rule.code}/backtests/", {"number": "²", "days": "7"}).status_code == 404


def test_rules_are_found_sorted_and_filtered(world):
    shown, hidden = two_rules(world)
    publishing.switch_off(rule=shown, reason="试验", actor=world.users["brigade"], now=clock.now())
    client = signed_in(world, "brigade")

    def codes(query: str) -> list[str]:
        return [row["rule"].code for row in client.get(f"/rules/{query}").context["rows"]]

    assert codes("") == [shown.code, hidden.code]
    assert codes("?sort=-code") == [hidden.code, shown.code]
    assert codes("?q=HIDDEN") == [hidden.code]
    assert codes("?state=off") == [shown.code]
    assert codes("?state=new&kind=VEHICLE") == [hidden.code]
    assert codes("?kind=PERSON") == []
    assert client.get("/rules/?state=strange").status_code == 400
    # Off is not in force any more: readers do not find it.
    assert list(signed_in(world, "officer-1").get("/rules/").context["rows"]) == []


def test_rules_are_taken_out_as_they_are_shown_and_their_filters_kept(world):
    shown, hidden = two_rules(world)
    brigade, analyst = signed_in(world, "brigade"), signed_in(world, "analyst")

    def taken(client: Any, query: str, form: str = "csv") -> bytes:
        file = client.get(client.get(f"/rules/{query}").context["export_url"] + f"&format={form}")
        assert file.status_code == 200
        return b"".join(file.streaming_content)

    every = list(csv.DictReader(io.StringIO(taken(brigade, "").decode("utf-8-sig"))))
    assert [row["代码"] for row in every] == [shown.code, hidden.code]
    [row] = brigade.get(f"/rules/?q={shown.code}").context["rows"]
    assert [every[0][name] for name in ("条件", "状态", "现行版本", "在标")] == [
        row["sentence"],
        "启用",
        "1",
        str(row["hits"]),
    ]
    assert taken(brigade, "", "xlsx").startswith(b"PK")
    assert shown.code not in taken(brigade, "?state=new").decode("utf-8-sig")
    assert AuditRow.objects.filter(verb="EXPORTED", subject_table="tagging_rule", count=1).exists()
    # Who does not write rules takes out those in force only.
    assert hidden.code not in taken(signed_in(world, "officer-1"), "").decode("utf-8-sig")

    keep = reverse("console:save-filter", args=["rules"])
    brigade.post(keep, {"name": "未发布", "query": "state=new", "is_shared": "on", "is_default": "on"})
    saved = SavedFilter.objects.get()
    assert brigade.get("/rules/")["Location"] == f"?filter={saved.pk}"
    kept = analyst.get(f"/rules/?filter={saved.pk}")
    assert [row["rule"].code for row in kept.context["rows"]] == [hidden.code]
    assert [chip["value"] for chip in kept.context["chips"]] == ["未发布"]
    assert ">1<" in analyst.get(reverse("console:saved-menu", args=["rules"])).content.decode()


def test_the_list_and_a_page_cost_the_same_however_many_there_are(world):
    shown, _hidden = two_rules(world)
    client = signed_in(world, "brigade")
    client.get("/rules/")

    def cost(url: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        return len(asked)

    before = cost("/rules/"), cost(f"/rules/{shown.code}/")
    for code in "CDEF":
        in_force(
            a_rule(code, author=world.users["brigade"]),
            FEW,
            author=world.users["brigade"],
            second=world.users["analyst"],
        )
    for where in (FEW, HALF):
        in_force(shown, where, author=world.users["brigade"], second=world.users["analyst"])
    assert (cost("/rules/"), cost(f"/rules/{shown.code}/")) == before
