"""Pages of tags: what is there, why, what may be done, and by whom."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common import clock
from common.models import AuditRow
from elements.models import Element
from tagging.models import Assignment, OutcomeEffect, Rule, Scheme, Tag
from tagging.rules.schema import read_rule
from tagging.selectors.rules import names, ready_rules
from tagging.services import running, versions
from tests.factories.claims import NOW, claim, submit, vehicle_of
from tests.factories.grades import run, scheme_of
from tests.factories.numbers import plate, vin


def make_late(world) -> dict[str, Element]:
    """A tag for what is overdue, one vehicle of the east and one of the west that bear it."""
    tag = Tag.objects.create(
        code="LATE", name="逾期未检验", kind="VEHICLE", group="车辆", level=3, guidance="告知车主尽快检验。"
    )
    rule = Rule.objects.create(code="LATE_RULE", title="检验逾期", tag=tag)
    body = {"kind": "VEHICLE", "where": {"fact": "vehicle.overdue.inspection", "op": "is"}}
    versions.install(owner=rule, body=body, note="", check=lambda one: read_rule(one, names()) and None, now=NOW)
    late = timezone.localdate() - timedelta(days=3)
    east, west = (
        Element.objects.filter(kind="VEHICLE", block=world.blocks[name]).order_by("pk").first()
        for name in ("east", "west")
    )
    for number, element in ((101, east), (102, west)):
        centre = element.block.geom.centroid
        from exchange.importers.rows import point_hex

        submit(
            "TMRI_VEHICLE", "VEHICLE",
            claim(vin=vin(number), plate_number=plate(number), plate_type="02", inspection_valid_to=late, point=point_hex(centre.x, centre.y)),
        )  # fmt: skip
    ready, _broken = ready_rules()
    running.run_full(ready[0], kind="FULL", now=clock.now(), is_alerting=False)
    return {"east": vehicle_of(vin(101)), "west": vehicle_of(vin(102))}


def browser(world, name: str) -> Client:
    client = Client()
    client.force_login(world.users[name])
    return client


def test_a_tag_is_listed_counted_and_filtered_inside_the_scope(world):
    late = make_late(world)
    for name, seen in (("brigade", ("east", "west")), ("officer-1", ("east",))):
        client = browser(world, name)
        assert client.get("/tags/").context["groups"][0]["rows"][0]["count"] == len(seen)
        bearers = client.get("/tags/LATE/").context["rows"]
        assert {one["row"].element_id for one in bearers} == {late[area].pk for area in seen}
        assert bearers[0]["grounds"][0]["text"] == "逾期未检验"
        rows = {row["id"] for row in client.get("/registry/vehicles/?tag=LATE").context["rows"]}
        assert rows == {late[area].pk for area in seen}
    everything = browser(world, "brigade").get("/registry/vehicles/?tag_not=LATE&page_size=100").context["rows"]
    assert not {row["id"] for row in everything} & {one.pk for one in late.values()}
    assert {r["id"] for r in browser(world, "brigade").get("/registry/vehicles/?tagged=true").context["rows"]} == {
        one.pk for one in late.values()
    }
    assert browser(world, "brigade").get("/registry/vehicles/?tag=NOTHING").status_code == 400


def test_the_page_of_an_element_says_why_and_takes_the_outcome(world):
    late = make_late(world)
    OutcomeEffect.objects.create(outcome="DONE", name="已检验", effect="END", days=0)
    client = browser(world, "officer-1")
    page = client.get(f"/elements/{late['east'].pk}/?tab=tags")
    assert "告知车主尽快检验。" in page.content.decode()
    assert page.context["head_tags"][0]["tag"].name == "逾期未检验"

    row = Assignment.objects.get(element=late["east"])
    answer = client.post(f"/tags/assignments/{row.pk}/outcome/", {"outcome": "DONE", "note": "已上线检测"}, follow=True)
    assert "“逾期未检验”已登记：已检验" in answer.content.decode()
    row.refresh_from_db()
    assert (row.end_cause, row.end_note) == ("OUTCOME", "已检验")


def test_a_refusal_is_said_where_it_was_asked(world):
    late = make_late(world)
    row = Assignment.objects.get(element=late["east"])
    answer = browser(world, "officer-1").post(f"/tags/assignments/{row.pk}/outcome/", {"outcome": "NO"}, follow=True)
    assert "没有这一处置结果" in answer.content.decode()
    row.refresh_from_db()
    assert row.until is None


def test_foreign_tags_are_not_there_and_readers_write_nothing(world):
    late = make_late(world)
    foreign, own = (Assignment.objects.get(element=late[area]) for area in ("west", "east"))
    officer = browser(world, "officer-1")
    assert officer.post(f"/tags/assignments/{foreign.pk}/outcome/", {"outcome": "X"}).status_code == 404
    assert officer.post(f"/tags/elements/{late['west'].pk}/set/", {"tag": "LATE"}).status_code == 404
    assert browser(world, "analyst").post(f"/tags/assignments/{own.pk}/end/", {"note": "因"}).status_code == 403
    assert browser(world, "admin").get("/tags/").status_code == 403
    assert Assignment.objects.standing().count() == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tag": "HAND", "reason": "举报", "ends_on": ""}, "请填写到期日"),
        ({"tag": "HAND", "reason": "", "ends_on": "2099-01-01"}, "请填写标注理由"),
        ({"tag": "LATE", "reason": "举报", "ends_on": "2026-12-31"}, "请选择标签"),
        ({"tag": "HAND", "reason": "举报", "ends_on": "2099-01-01"}, "十年以内"),
    ],
)
def test_a_tag_by_hand_is_checked(world, given, said):
    late = make_late(world)
    Tag.objects.create(code="HAND", name="重点关注", kind="VEHICLE", group="车辆", is_manual=True)
    answer = browser(world, "officer-1").post(f"/tags/elements/{late['east'].pk}/set/", given, follow=True)
    assert said in answer.content.decode()
    assert Assignment.objects.filter(rule__isnull=True).count() == 0


def test_a_tag_by_hand_is_set_shown_and_taken_off(world):
    late = make_late(world)
    Tag.objects.create(code="HAND", name="重点关注", kind="VEHICLE", group="车辆", is_manual=True)
    client, until = browser(world, "officer-1"), (timezone.localdate() + timedelta(days=5)).isoformat()
    client.post(f"/tags/elements/{late['east'].pk}/set/", {"tag": "HAND", "reason": "举报", "ends_on": until})
    row = Assignment.objects.get(rule__isnull=True)
    assert (row.reason, row.ends_on.isoformat(), row.actor_id) == ("举报", until, world.users["officer-1"].pk)
    client.post(f"/tags/assignments/{row.pk}/end/", {"note": "查否"})
    row.refresh_from_db()
    assert (row.end_cause, row.end_note) == ("MANUAL", "查否")


def test_the_bearers_of_a_rule_are_counted_taken_out_and_their_filters_kept_for_the_tag_alone(world):
    late = make_late(world)
    Assignment.objects.filter(element=late["west"]).update(rule=None)
    Tag.objects.create(code="OTHER", name="其他", kind="VEHICLE", group="车辆")
    client = browser(world, "brigade")
    [rule] = client.get("/rules/").context["rows"]
    assert 'href="/tags/LATE/?by_rule=LATE_RULE" data-count="1"' in client.get("/rules/").content.decode()
    found = client.get("/tags/LATE/?by_rule=LATE_RULE")
    assert (rule["hits"], [one["row"].element_id for one in found.context["rows"]]) == (1, [late["east"].pk])

    file = client.get(found.context["export_url"])
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert (len(lines), plate(101) in lines[1], "检验逾期" in lines[1]) == (2, True, True)
    assert AuditRow.objects.get(verb="EXPORTED").subject_id == "LATE"
    masked = browser(world, "officer-1").get("/tags/LATE/").context["export_url"]
    assert (
        b"".join(browser(world, "officer-1").get(masked).streaming_content).decode("utf-8-sig").count(plate(102)) == 0
    )

    kept = found.context["kept_name"]
    client.post(reverse("console:save-filter", args=[kept]), {"name": "规则", "query": "rule=rule", "is_default": "on"})
    assert client.get("/tags/LATE/").status_code == 302
    assert client.get("/tags/OTHER/").status_code == 200
    assert ">1<" in client.get(reverse("console:saved-menu", args=[kept])).content.decode()
    assert client.get(reverse("console:saved-menu", args=["tag-999999"])).status_code == 404


def test_tags_and_grades_are_columns_of_the_registries_in_their_files_and_for_machines_at_the_same_cost(world):
    late = make_late(world)
    Assignment.objects.create(
        element=late["east"], tag=Tag.objects.create(code="OLD", name="过去的", kind="VEHICLE", group="车辆"), since=NOW,
        until=NOW,
    )  # fmt: skip
    submit(
        "TMRI_VEHICLE", "VEHICLE", *(claim(vin=vin(n), plate_number=plate(n), total_mass_kg=10_000) for n in (101, 102))
    )
    run(scheme_of())
    brigade, officer = browser(world, "brigade"), browser(world, "officer-1")

    def cells(client: Client) -> dict[int, list[str]]:
        page = client.get("/registry/vehicles/?filter=none")
        shown = {row["id"]: [cell["value"] for cell in row["cells"][-2:]] for row in page.context["rows"]}
        assert '<th scope="col" data-column="tags" data-label="标签" data-off hidden' in page.content.decode()
        return {pk: values for pk, values in shown.items() if any(values)}

    wanted = ["逾期未检验", "试验分级：中"]
    assert cells(brigade) == {late["east"].pk: wanted, late["west"].pk: wanted}
    assert cells(officer) == {late["east"].pk: wanted}
    api = officer.get("/api/v1/elements/vehicles/").json()["results"]
    assert [(row["tags"], row["grades"]) for row in api if row["id"] == late["east"].pk] == [(wanted[:1], wanted[1:])]
    for client, count in ((brigade, 2), (officer, 1)):
        file = b"".join(client.get("/registry/vehicles/export/?filter=none").streaming_content).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(file)))
        assert [row["标签"] for row in rows if row["等级"] == "试验分级：中"] == ["逾期未检验"] * count

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as found:
            brigade.get("/registry/vehicles/?filter=none")
        return [one["sql"] for one in found]

    before = asked()
    # The choices of 有任一标签 and 没有标签 are the same question.
    assert sum('FROM "tagging_tag"' in sql for sql in before) == 1
    submit(
        "TMRI_VEHICLE",
        "VEHICLE",
        *(claim(vin=vin(n), plate_number=plate(n), total_mass_kg=10_000) for n in range(200, 206)),
    )
    run(Scheme.objects.get())
    assert len(asked()) == len(before)
