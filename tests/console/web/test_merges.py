"""Pages of merges: what the preview names is what the merge does; ledger, undo, file, scope."""

from __future__ import annotations

import csv
import io
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.models import AuditRow, Job
from elements.choices import FindingKind, KeyScheme
from elements.models import Element, ElementKey, Finding, House, Merge, Photo, Relation, Vehicle
from elements.selectors.merges import MOVED_WORDS, moved_text
from elements.services.merges import hanging_columns, merge_elements, undo_merge
from tests.factories.claims import NOW, claim, submit, vehicle_of
from tests.factories.everything import dump_everything
from tests.factories.files import bring_in, csv_file
from tests.factories.numbers import citizen_id, plate, vin
from tests.factories.query_counts import recorded_counts
from tests.factories.users import signed_in

pytestmark = pytest.mark.django_db
PREVIEW, NEW, LEDGER = "/merges/preview/", "/merges/new/", "/merges/"
REASON = "现场核对，实为同一处"
A, B = vin(1), vin(2)
# Forty names of those who live in one house.
NAMES = [f"住{direction}{stem}" for direction in "东西南北" for stem in "甲乙丙丁戊己庚辛壬癸"]


@pytest.fixture
def houses(city, users) -> tuple[Element, Element]:
    """Two houses in grid 0; forty persons live in the second, and nobody in the first."""
    headers = ["房屋编号", "用途", "建筑面积", "房主", "坐落"]
    rows = [["H1", "自住", "89.5", "", city.text(0)], ["H2", "自住", "90", "张试验", city.text(0)]]
    bring_in(csv_file([headers, *rows]), source="SECURITY_HOUSE", kind="HOUSE")
    people = [[citizen_id(n), NAMES[n - 1], "H2", city.text(0)] for n in range(1, 41)]
    bring_in(csv_file([["身份证号", "姓名", "房屋编号", "现住址"], *people]), source="SECURITY_PERSON", kind="PERSON")
    keep, drop = (Element.objects.get(house__area_m2=area) for area in ("89.5", "90"))
    assert Relation.objects.filter(object=drop, type="LIVES_IN").count() == 40
    return keep, drop


@pytest.fixture
def two(users) -> tuple[Element, Element]:
    """Two vehicles in grid 1."""
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=A, brand="甲牌", plate_number=plate(1), plate_type="02", grid=1))
    submit("TRANSPORT", "VEHICLE", claim(2, vin=B, brand="乙牌", colour="B", grid=1))
    return vehicle_of(A), vehicle_of(B)


def both(keep: Element, drop: Element) -> dict[str, int]:
    return {"keep": keep.pk, "drop": drop.pk}


def merged(keep: Element, drop: Element, actor=None) -> Merge:
    return merge_elements(keep_id=keep.pk, drop_id=drop.pk, reason=REASON, actor=actor, now=NOW)


def test_the_preview_names_each_of_forty_who_live_there_and_leaves_nothing(users, houses):
    keep, drop = houses
    client = signed_in(users["brigade"])
    before, merges = dump_everything(), Merge.objects.count()
    answer = client.get(PREVIEW, both(keep, drop))

    (group,) = answer.context["relations"]
    assert str(group["label"]) == "居住人员"
    assert {one["label"] for one in group["others"]} == set(NAMES)
    assert (group["hidden"], group["ended"]) == (0, 0)
    assert all(name in answer.content.decode() for name in NAMES)
    assert dump_everything() == before
    assert (Merge.objects.count(), AuditRow.objects.filter(verb="MERGED").count()) == (merges, 0)


def test_the_merge_does_what_the_preview_said_and_undo_restores(users, houses):
    keep, drop = houses
    client = signed_in(users["brigade"])
    said = client.get(PREVIEW, both(keep, drop)).context
    before = dump_everything()
    answer = client.post(NEW, both(keep, drop) | {"reason": REASON})

    merge = Merge.objects.get()
    assert answer["Location"] == reverse("console:merge", args=[merge.pk])
    lives = Relation.objects.filter(object=keep, type="LIVES_IN").values_list("subject_id", flat=True)
    assert set(lives) == {one["id"] for one in said["relations"][0]["others"]}
    changes = [(change["label"], change["before"], change["after"]) for change in said["changes"]]
    assert changes == [("产权人", "", "张试验")]
    assert House.objects.get(element=keep).owner_name == "张试验"
    assert sum(one["count"] for one in said["claims"]) == len(merge.lineage.get(table="elements_claimlog").row_ids)
    client.post(reverse("console:merge-undo", args=[merge.pk]))
    assert dump_everything() == before
    merge.refresh_from_db()
    assert merge.undone_by_id == users["brigade"].pk


def test_who_lives_outside_the_scope_is_counted_and_not_named(city, users, houses):
    keep, drop = houses
    far = [[citizen_id(n), f"外住{NAMES[n % 10][-1]}", "H2", city.text(4)] for n in range(50, 53)]
    bring_in(csv_file([["身份证号", "姓名", "房屋编号", "现住址"], *far]), source="SECURITY_PERSON", kind="PERSON")
    answer = signed_in(users["officer-1"]).get(PREVIEW, both(keep, drop))

    (group,) = answer.context["relations"]
    assert (len(group["others"]), group["hidden"]) == (40, 3)
    assert "外住" not in answer.content.decode()


def test_what_hangs_on_it_is_named_and_what_both_have_stays(users, two):
    keep, drop = two
    same = bytes(16)
    for element, received in ((keep, same), (drop, same), (drop, bytes([1] * 16))):
        Photo.objects.create(
            element=element, received_hash=received, content_hash=received, width_px=1, height_px=1, size_bytes=1, uploaded_at=NOW
        )  # fmt: skip
    Finding.objects.create(
        kind=FindingKind.PLATE_ANOMALY, element=keep, other=drop, scheme=KeyScheme.PLATE, opened_at=NOW
    )
    context = signed_in(users["brigade"]).get(PREVIEW, both(keep, drop)).context

    moves = {str(move["label"]): (move["count"], len(move["names"])) for move in context["moves"]}
    assert moves["照片"] == (1, 1)
    assert moves["因合并了结的疑点"] == (1, 1)
    assert [(str(one["label"]), one["count"]) for one in context["stays"]] == [("照片", 1)]
    assert [key["scheme"] for key in context["keys"]] == ["车辆识别代号"]
    assert [claim["count"] for claim in context["claims"]] == [1]
    changes = {str(one["label"]): (one["before"], one["after"]) for one in context["changes"]}
    assert "车身颜色" in changes
    assert changes["车身颜色"][0] == ""


def test_work_orders_are_named_by_their_numbers(users):
    from duty.models import WorkOrder

    for number in ("1", "2"):
        submit("FACILITY_LEDGER", "FACILITY", claim(1, number=number, name="信号灯", facility_type="01", grid=1))
    keep, drop = Element.objects.filter(kind="FACILITY").order_by("pk")
    WorkOrder.objects.create(
        number="WX1", facility=drop, cause="FAULT", fault="不亮", reported_at=NOW, request_id=uuid.uuid4()
    )
    moves = signed_in(users["brigade"]).get(PREVIEW, both(keep, drop)).context["moves"]
    assert [(str(m["label"]), m["names"]) for m in moves if m["names"]] == [("工单", ["WX1"])]


def test_every_hanging_table_has_words():
    places = {(place.table, place.column) for place in hanging_columns()}
    assert places | {("elements_finding", "closed_at")} == set(MOVED_WORDS)


@pytest.mark.parametrize(("name", "status"), [("officer-2", 404), ("analyst", 403), ("nobody", 404)])
def test_who_may_not_see_or_decide_gets_no_preview_and_merges_nothing(users, two, name, status):
    client = signed_in(users[name])
    before = dump_everything()
    assert client.get(PREVIEW, both(*two)).status_code == status
    assert client.post(NEW, both(*two) | {"reason": REASON}).status_code in {403, 404}
    assert client.get(reverse("console:merge-places"), both(*two)).status_code == (200 if name == "analyst" else 404)
    assert dump_everything() == before


@pytest.mark.parametrize("query", [{}, {"keep": "x"}, {"keep": "9" * 30, "drop": "1"}, {"keep": "-1", "drop": "²"}])
def test_numbers_that_are_none_are_missing(users, two, query):
    client = signed_in(users["brigade"])
    assert [client.get(url, query).status_code for url in (PREVIEW, NEW, "/merges/places/")] == [404] * 3


def test_no_reason_and_two_kinds_are_refused_in_words(users, two):
    submit("SECURITY_PERSON", "PERSON", claim(1, citizen_id=citizen_id(1), name="张一", grid=1))
    person = Element.objects.get(kind="PERSON")
    client, (keep, drop) = signed_in(users["brigade"]), two
    before = dump_everything()
    assert client.get(NEW, both(keep, person)).status_code == 400
    assert "种类不同" in client.get(PREVIEW, both(keep, person)).content.decode()
    answer = client.post(NEW, both(keep, drop) | {"reason": "是"})
    assert "请写明理由" in client.get(answer["Location"]).context["result"]["text"]
    assert dump_everything() == before


def test_from_an_element_the_other_is_found_without_the_text_in_the_url(users, two):
    keep, drop = two
    client = signed_in(users["brigade"])
    assert f"/merges/new/?keep={keep.pk}" in client.get(reverse("console:element", args=[keep.pk])).content.decode()
    answer = client.post(reverse("console:merge-search"), {"keep": keep.pk, "q": B})
    assert B not in answer["Location"]
    page = client.get(answer["Location"])
    assert [row["element"].pk for row in page.context["candidates"]] == [drop.pk]
    compared = client.get(NEW, both(keep, drop)).context
    rows = {str(row["label"]): row["is_same"] for row in compared["fields"]}
    assert (rows["车辆识别代号"], compared["keep_id"]) == (False, keep.pk)
    assert AuditRow.objects.filter(verb="SEARCHED").count() == 1
    short = client.post(reverse("console:merge-search"), {"keep": keep.pk, "q": "甲"})
    assert "请输入 2 至 100 个字" in client.get(short["Location"]).context["result"]["text"]
    assert signed_in(users["analyst"]).get(NEW, {"keep": keep.pk}).status_code == 403


def test_the_map_has_both(users, two):
    places = signed_in(users["brigade"]).get(reverse("console:merge-places"), both(*two)).json()
    roles = [
        (one["properties"]["role"], one["properties"]["label"][:2])
        for one in places["features"]
        if one["properties"]["role"] != "block"
    ]
    assert roles == [("element", "甲："), ("other", "乙：")]


def test_the_page_of_one_that_went_leads_to_the_one_that_stayed(users, two):
    keep, drop = two
    merge = merged(keep, drop, users["brigade"])
    client = signed_in(users["brigade"])
    gone = client.get(reverse("console:element", args=[drop.pk])).content.decode()
    assert "已并入" in gone
    assert reverse("console:element", args=[keep.pk]) in gone
    assert reverse("console:merge", args=[merge.pk]) in gone
    kept = client.get(reverse("console:element", args=[keep.pk]) + "?tab=merges")
    assert [row["merge"].pk for row in kept.context["merge_rows"]] == [merge.pk]
    assert REASON in kept.content.decode()


def test_the_ledger_says_who_when_why_and_what_moved(users, two):
    merge = merged(*two, users["brigade"])
    row = signed_in(users["brigade"]).get(LEDGER).context["rows"][0]
    assert (row["merge"].pk, row["actor"], row["keep_label"]) == (merge.pk, "brigade", plate(1))
    assert row["moved"] == "键 1、声明记录 1、来源现行取值 1"
    assert moved_text(merge.lineage.all()) == row["moved"]
    (own,) = signed_in(users["officer-1"]).get(LEDGER).context["rows"]
    assert (own["drop_label"], own["is_drop_visible"]) == (B, True)
    assert signed_in(users["officer-2"]).get(LEDGER).context["rows"] == []
    assert signed_in(users["officer-2"]).get(reverse("console:merge", args=[merge.pk])).status_code == 404
    assert signed_in(users["nobody"]).get(LEDGER).status_code == 403


@pytest.mark.parametrize(
    ("query", "number"), [("standing=in_force", 1), ("standing=undone", 1), ("kind=PERSON", 0), ("", 2)]
)
def test_conditions_narrow_the_ledger(users, two, query, number):
    undo_merge(merge=merged(*two), actor=None, now=NOW)
    merged(*two)
    assert len(signed_in(users["brigade"]).get(f"{LEDGER}?{query}").context["rows"]) == number


def test_undo_that_a_later_merge_forbids_names_it(users, two):
    keep, drop = two
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(3), brand="丙牌", grid=1))
    first = merged(keep, drop)
    second = merged(vehicle_of(vin(3)), keep)
    client = signed_in(users["brigade"])
    before = dump_everything()
    answer = client.post(reverse("console:merge-undo", args=[first.pk]))

    assert answer.status_code == 409
    assert dump_everything() == before
    assert answer.context["later"] == second
    assert "请先撤销那一次合并" in answer.content.decode()
    assert reverse("console:merge", args=[second.pk]) in answer.content.decode()


@pytest.mark.parametrize(("name", "status"), [("analyst", 403), ("officer-2", 404)])
def test_who_may_not_decide_undoes_nothing(users, two, name, status):
    merge, client = merged(*two), signed_in(users[name])
    before = dump_everything()
    assert client.post(reverse("console:merge-undo", args=[merge.pk])).status_code == status
    assert dump_everything() == before
    merge.refresh_from_db()
    assert merge.undone_at is None


def exported(client: Client) -> list[list[str]]:
    answer = client.get(reverse("console:list-export", args=["merges"]))
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_the_file_has_the_visible_ones_safe_and_audited(users, two):
    merge = merge_elements(
        keep_id=two[0].pk, drop_id=two[1].pk, reason="=1+1 同一辆车", actor=users["brigade"], now=NOW
    )  # fmt: skip
    head, row = exported(signed_in(users["brigade"]))
    assert (head[0], row[0], row[2], row[6], row[8]) == (
        "合并编号",
        str(merge.pk),
        plate(1),
        "'=1+1 同一辆车",
        "brigade",
    )
    audit = AuditRow.objects.get(verb="EXPORTED")
    assert (audit.subject_table, audit.count, audit.actor_id) == ("elements_merge", 1, users["brigade"].pk)
    assert len(exported(signed_in(users["officer-2"]))) == 1
    assert signed_in(users["assistant-1"]).get(reverse("console:list-export", args=["merges"])).status_code == 403


def test_the_ledger_masks_for_who_may_not_read_plates(users, two):
    merge = merged(*two)
    client = signed_in(users["assistant-1"])
    pages = [client.get(url) for url in (LEDGER, reverse("console:merge", args=[merge.pk]))]
    assert [page.status_code for page in pages] == [200, 200]
    assert not [text for text in (plate(1), A, B) for page in pages if text in page.content.decode()]


def test_a_plain_element_page_asks_nothing_about_merges(users, two):
    client = signed_in(users["brigade"])
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("console:element", args=[two[0].pk]))
    assert not [q for q in captured if "elements_merge" in q["sql"]]


def test_queries_are_the_recorded_number_whatever_the_rows(users, two):
    client = signed_in(users["brigade"])
    client.get(LEDGER)
    undo_merge(merge=merged(*two), actor=users["brigade"], now=NOW)
    few = counted(client, LEDGER)
    for _ in range(3):
        undo_merge(merge=merged(*two), actor=users["brigade"], now=NOW)
    measured = {"brigade: merges": counted(client, LEDGER)}
    assert few == measured["brigade: merges"]
    assert measured == recorded_counts(measured)
    assert (ElementKey.objects.filter(element=two[1]).count(), Vehicle.objects.get(element=two[1]).colour) == (1, "B")
    assert Job.objects.count() == 0


def counted(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len([q for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))])
