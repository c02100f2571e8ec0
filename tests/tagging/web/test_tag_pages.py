"""Pages of tags: what is there, why, what may be done, and by whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from common import clock
from elements.models import Element
from tagging.models import Assignment, OutcomeEffect, Rule, Tag
from tagging.rules.schema import read_rule
from tagging.selectors.rules import names, ready_rules
from tagging.services import running, versions
from tests.factories.claims import NOW, claim, submit, vehicle_of
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
