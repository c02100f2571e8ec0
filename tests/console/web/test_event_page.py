"""The page of one event: every field, place, ties, parties, time line, versions, the rows beside it; scope and masks."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import clock
from common.masking import mask_citizen_id, mask_phone, mask_plate
from console.event_fields import GROUPS, PARTY_FIELDS, PLACE_FIELDS, STEP_FIELDS
from elements.models import Element
from events.choices import EventKind
from events.kinds import EVENT_TABLES
from events.models import EventFinding
from tests.factories.events import days_ago, event, make_events, report, row, take_back
from tests.factories.numbers import citizen_id, phone, plate
from tests.factories.query_counts import recorded_counts
from tests.factories.users import make_users, signed_in

NAMES = {"ACCIDENT": "accidents", "VIOLATION": "violations", "INCIDENT": "incidents", "CAPTURE": "captures"}
# One of each kind in the first grid, one in the last.
OWN = {"ACCIDENT": "A1", "VIOLATION": "V1", "INCIDENT": "I1", "CAPTURE": "C1"}
MISSING = 999_999_999
FOREIGN = {"ACCIDENT": "A3", "VIOLATION": "V3", "INCIDENT": "I3", "CAPTURE": "C3"}


@pytest.fixture(scope="module")
def module_users(module_city):
    make_events()
    return make_users(module_city)


def url_of(kind: str, number: str) -> str:
    return reverse("console:event", args=[NAMES[kind], event(kind, number).pk])


def shown(client: Client, kind: str, number: str, query: str = ""):
    answer = client.get(url_of(kind, number) + query)
    assert answer.status_code == 200
    return answer


def values(fields: list[dict[str, Any]]) -> dict[str, str]:
    return {str(one["label"]): str(one["value"]) for one in fields}


def grouped(answer) -> dict[str, dict[str, str]]:
    return {str(group["label"]): values(group["fields"]) for group in answer.context["groups"]}


@pytest.mark.parametrize("kind", [EventKind.ACCIDENT, EventKind.VIOLATION, EventKind.INCIDENT, EventKind.CAPTURE])
def test_every_field_of_a_kind_has_its_place_on_the_page(kind):
    grouped = [name for _label, names in GROUPS[kind] for name in names]
    elsewhere = {*PLACE_FIELDS, *PARTY_FIELDS, *(STEP_FIELDS if kind == EventKind.INCIDENT else ())}
    assert len(grouped) == len(set(grouped))
    assert set(EVENT_TABLES[kind].fields) <= {*grouped, *elsewhere}


@pytest.mark.parametrize("reader", ["officer-1", "officer-2", "assistant-1", "brigade", "admin", "nobody"])
def test_a_foreign_event_answers_like_a_missing_one(users, reader):
    client = signed_in(users[reader])
    sees = {"officer-1": "own", "officer-2": "foreign", "brigade": "own foreign"}.get(reader, "")
    for kind, name in NAMES.items():
        for which, numbers in (("own", OWN), ("foreign", FOREIGN)):
            pk = event(kind, numbers[kind]).pk
            urls = [
                reverse(url, args=[name, pk]) for url in ("console:event", "console:event-card", "console:event-places")
            ]
            urls.append(f"/api/v1/events/{name}/{pk}/")
            if which in sees:
                assert [client.get(url).status_code for url in urls] == [200, 200, 200, 200]
                continue
            for url in urls:
                foreign, missing = (
                    comparable(client, url, pk),
                    comparable(client, url.replace(f"/{pk}/", f"/{MISSING}/"), MISSING),
                )
                assert foreign == missing
                assert foreign[0] == (403 if reader in {"admin", "nobody"} and "/api/" in url else 404)


def comparable(client: Client, url: str, pk: int) -> tuple[int, str]:
    """What a reader can tell apart: tokens and nonces differ on every page, the path is what was asked."""
    answer = client.get(url)
    text = re.sub(r'(nonce|csrfmiddlewaretoken|value|content)="[^"]*"', "", answer.content.decode())
    return answer.status_code, re.sub(r"X-CSRFToken[^}]*}", "", text).replace(f"/{pk}/", "/ID/")


def test_the_number_of_one_kind_opens_no_other(users):
    client = signed_in(users["brigade"])
    pk = event("ACCIDENT", "A1").pk
    assert client.get(reverse("console:event", args=["violations", pk])).status_code == 404
    assert client.get(reverse("console:event", args=["parties", pk])).status_code == 404


def test_an_accident_says_everything_and_leaves_out_what_nobody_said(users):
    answer = shown(signed_in(users["officer-1"]), "ACCIDENT", "A1")
    road = Element.objects.get(kind="ROAD")
    assert grouped(answer) == {
        "后果": {"死亡人数": "1", "受伤人数": "0", "直接财产损失（元）": "9000"},
        "经过": {
            "发生时间": f"{days_ago(1):%Y-%m-%d %H:%M}", "事故类型": "死亡事故（1）", "事故形态": "碰撞运动车辆（11）",
            "认定原因": "超速行驶（12）", "简要案情": "张试验驾车",
        },
        "道路与环境": {"天气": "晴（1）", "照明条件": "白天（1）", "道路类型": "三级公路（13）"},
    }  # fmt: skip
    place = {str(one["label"]): one for one in answer.context["place_fields"]}
    assert {name: one["value"] for name, one in place.items() if name != "位置"} == {
        "地点": "试验路口", "道路": road.label, "位置精度": "坐标", "责任块": "G-1",
    }  # fmt: skip
    assert place["道路"]["url"] == reverse("console:element", args=[road.pk])
    assert place["责任块"]["url"] == reverse("console:block", args=["G-1"])


def test_parties_are_a_table_with_masked_numbers(users):
    answer = shown(signed_in(users["officer-1"]), "ACCIDENT", "A1")
    driver, walker = answer.context["parties"]
    assert [driver["cells"][name] for name in ("person_name", "citizen_id", "age", "responsibility", "plate_number")] == [
        "张试验", mask_citizen_id(citizen_id(1)), "40", "全部责任（1）", plate(1),
    ]  # fmt: skip
    assert (driver["person"]["is_visible"], driver["vehicle"]["is_visible"]) == (True, True)
    assert (walker["cells"]["person_name"], walker["cells"]["injury"], walker["person"]) == (
        "李行人",
        "死亡（1）",
        None,
    )
    text = answer.content.decode()
    assert citizen_id(1) not in text and reverse("console:element", args=[driver["vehicle"]["id"]]) in text


def test_a_violation_tells_seen_from_processed_and_stated_points_from_those_of_the_rule(users):
    client = signed_in(users["officer-1"])
    new, old = (grouped(shown(client, "VIOLATION", number)) for number in ("V1", "V4"))
    assert new["发现"]["违法时间"] == f"{days_ago(1, 9):%Y-%m-%d %H:%M}"
    assert (new["处理"]["处理时间"], new["处理"]["记分"], new["处理"]["按当日规则应记分"]) == (
        f"{days_ago(0, 1):%Y-%m-%d %H:%M}", "3", "1 分",
    )  # fmt: skip
    assert (old["处理"]["处理时间"], old["处理"]["记分"], old["处理"]["按当日规则应记分"]) == ("未处理", "3", "3 分")
    rules = {}
    for number in ("V1", "V4"):
        (group,) = [one for one in shown(client, "VIOLATION", number).context["groups"] if one["label"] == "处理"]
        rules[number] = (group["fields"][-1]["source"], group["fields"][-1].get("conflict"))
    assert rules == {
        "V1": ("公安部令第163号（2022年4月1日起）", "与来源记分不一致"), "V4": ("公安部令第139号（2022年3月31日止）", None),
    }  # fmt: skip


def test_ties_are_links_or_say_why_there_are_none(users):
    client = signed_in(users["brigade"])
    tied = {str(one["label"]): one for one in shown(client, "VIOLATION", "V1").context["concerned"]}
    assert (tied["机动车"]["value"], tied["人员"]["value"]) == (plate(1), "张试验")
    assert tied["机动车"]["url"] == reverse("console:element", args=[event("VIOLATION", "V1").vehicle_id])
    waits = {str(one["label"]): one for one in shown(client, "VIOLATION", "V3").context["concerned"]}
    assert (waits["机动车"]["value"], waits["机动车"]["source"]) == (
        "等待关联",
        "登记中还没有这个号牌的机动车；登记后自动关联",
    )
    none = {str(one["label"]): one for one in shown(client, "VIOLATION", "V2").context["concerned"]}
    assert (none["机动车"]["value"], none["机动车"]["source"], none["人员"]["source"]) == (
        "未关联", "来源没有给出号牌", "来源没有给出证件号",
    )  # fmt: skip


def test_a_vehicle_outside_the_scope_is_told_but_not_linked(users):
    report("CAPTURE", row("CAPTURE", "C7", grid=5, occurred_at=days_ago(1), plate_number=plate(1), plate_type="02"))
    answer = shown(signed_in(users["officer-2"]), "CAPTURE", "C7")
    (vehicle,) = [one for one in answer.context["concerned"] if one["label"] == "机动车"]
    assert (vehicle["value"], vehicle["source"], vehicle.get("url")) == ("已关联", "不在您的管辖范围", None)


def test_an_incident_has_a_time_line_with_minutes(users):
    client = signed_in(users["officer-1"])
    closed, sent = (shown(client, "INCIDENT", number).context["steps"] for number in ("I1", "I2"))
    assert [(str(step["label"]), step["minutes"]) for step in closed] == [
        ("接警", None),
        ("派警", 2),
        ("到场", 12),
        ("处结", 46),
    ]
    assert [(step["at"] is None, step["minutes"]) for step in sent] == [
        (False, None),
        (False, 3),
        (True, None),
        (True, None),
    ]
    assert grouped(shown(client, "INCIDENT", "I1"))["警情"]["报警电话"] == mask_phone(phone(1))


def test_a_capture_shows_reading_beside_plate_and_its_findings(users):
    first, second = event("CAPTURE", "C1"), event("CAPTURE", "C3")
    EventFinding.objects.create(
        kind="IMPOSSIBLE_PAIR", event_kind="CAPTURE", event_id=second.pk, other_id=first.pk, block_id=first.block_id,
        occurred_at=first.occurred_at, evidence={}, opened_at=clock.now(),
    )  # fmt: skip
    told = {}
    for reader in ("brigade", "officer-1"):
        answer = shown(signed_in(users[reader]), "CAPTURE", "C1")
        concerned = values(answer.context["concerned"])
        told[reader] = [(str(one["label"]), one["other_id"], one["is_open"]) for one in answer.context["findings"]]
    assert (concerned["识别结果"], concerned["号牌号码"], grouped(answer)["过车"]["置信度（%）"]) == (
        "鲁f-" + plate(1)[2:],
        plate(1),
        "95",
    )
    assert told == {
        "brigade": [("同号牌异地同时出现", second.pk, True)],
        "officer-1": [("同号牌异地同时出现", None, True)],
    }


def test_names_plates_and_free_texts_are_kept_from_who_may_not_read_them(users):
    report(
        "INCIDENT", row("INCIDENT", "I8", grid=1, occurred_at=days_ago(1), plate_number=plate(7), description="赵试验求助", result="已劝赵试验")
    )  # fmt: skip
    report(
        "CAPTURE", row("CAPTURE", "C8", grid=1, occurred_at=days_ago(1), plate_read=plate(8), plate_number=plate(8), picture_ref="p/x8.jpg")
    )  # fmt: skip
    secrets = ("赵试验", plate(7), plate(8), "p/x8.jpg")
    for reader, is_open in (("officer-1", True), ("assistant-1", False)):
        client = signed_in(users[reader])
        text = shown(client, "INCIDENT", "I8").content.decode() + shown(client, "CAPTURE", "C8").content.decode()
        assert [secret in text for secret in secrets] == [is_open] * 4
        assert (mask_plate(plate(7)) in text) is not is_open


def test_versions_tell_who_changed_what_and_what_was_undone(users):
    later = clock.now() + timedelta(hours=1)
    changed = report("ACCIDENT", row("ACCIDENT", "A2", observed_at=later, weather="2", injured=0))
    report("ACCIDENT", row("ACCIDENT", "A2", observed_at=later + timedelta(hours=1), weather="4"))
    take_back(changed)
    answer = shown(signed_in(users["brigade"]), "ACCIDENT", "A2")
    last, undone, first = (one["said"] for one in answer.context["versions"])
    assert last.changes == [("天气", "雨（3）", "雪（4）")]
    assert (undone.changes, undone.version.withdrawn_at is not None) == (
        [("受伤人数", "", "0"), ("天气", "", "阴（2）")],
        True,
    )
    assert (first.is_first, last.is_first, undone.is_first) == (True, False, False)
    assert "导入已撤销" in answer.content.decode()

    gone = shown(signed_in(users["brigade"]), "ACCIDENT", "A5")
    assert gone.content.decode().count("来源撤回了事件") == 1 and gone.context["event"].is_withdrawn


def test_the_rows_beside_it_are_those_of_the_list_it_was_opened_from(users):
    client = signed_in(users["brigade"])
    listed = client.get("/events/accidents/?filter=none&place=EXACT")
    page = client.get(listed.context["rows"][1]["url"] + listed.context["event_query"])
    bar = page.context["bar"]
    ids = {number: event("ACCIDENT", number).pk for number in ("A1", "A2", "A3")}
    assert bar["previous_url"].startswith(f"/events/accidents/{ids['A1']}/?filter=none&place=EXACT")
    assert bar["next_url"].startswith(f"/events/accidents/{ids['A3']}/?filter=none&place=EXACT")
    assert bar["back_url"] == f"/events/accidents/?filter=none&place=EXACT#event-{ids['A2']}"
    assert client.get(bar["next_url"]).context["bar"]["next_url"] == ""
    assert client.get(url_of("ACCIDENT", "A1")).context["bar"] == {}
    broken = client.get(url_of("ACCIDENT", "A1") + "?from_list=1&search=gone").context["bar"]
    assert "已失效" in broken["message"] and broken["back_url"] == "/events/accidents/?filter=none"


def test_the_card_beside_the_list_leads_to_the_page_with_the_list(users):
    client = signed_in(users["brigade"])
    listed = client.get("/events/violations/?period=last30")
    assert listed.context["card_url"] == "/events/violations/0/card/"
    first = listed.context["rows"][0]
    card = client.get(listed.context["card_url"].replace("/0/", f"/{first['id']}/") + listed.context["event_query"])
    assert card.context["page_url"] == f"/events/violations/{first['id']}/?period=last30&from_list=1"
    text = card.content.decode()
    assert text.lstrip().startswith('<article class="element-card"') and plate(1) in text and citizen_id(1) not in text
    assert f'data-preview="{first["id"]}"' in listed.content.decode()


def test_the_map_gets_point_and_block(users):
    client = signed_in(users["officer-1"])
    places = client.get(reverse("console:event-places", args=["accidents", event("ACCIDENT", "A1").pk])).json()
    assert [(one["geometry"]["type"], one["properties"]["role"], one["properties"]["label"]) for one in places["features"]] == [
        ("MultiPolygon", "block", "G-1"), ("Point", "element", "试验路口"),
    ]  # fmt: skip
    empty = signed_in(users["brigade"]).get(
        reverse("console:event-places", args=["accidents", event("ACCIDENT", "A4").pk])
    )
    assert empty.json()["features"] == []


def counted(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_number_of_queries_is_known(users):
    client = signed_in(users["officer-1"])
    client.get(reverse("console:today"))
    urls = {f"event {name}": url_of(kind, OWN[kind]) for kind, name in NAMES.items()}
    urls["event card"] = reverse("console:event-card", args=["violations", event("VIOLATION", "V1").pk])
    measured = {f"officer-1: {name}": counted(client, url) for name, url in urls.items()}
    assert measured == recorded_counts(measured)

    report("PARTY", *(row("PARTY", f"A1/{n}", accident_number="A1", person_name="孙试验") for n in range(3, 9)))
    assert counted(client, urls["event accidents"]) == measured["officer-1: event accidents"]
