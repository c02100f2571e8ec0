"""Pages of suspected duplicates: scope, rows, judgements in sets, undo, keys of the list, the search."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import jobs
from common.models import AuditRow, Job
from elements.choices import ElementKind, PairState
from elements.models import DuplicatePair, Element, Merge
from elements.services.duplicates import request_search
from elements.tasks import search_duplicates
from tests.factories.claims import NOW, claim, submit
from tests.factories.files import bring_in, csv_file, take_back
from tests.factories.numbers import citizen_id, phone, plate, vin
from tests.factories.query_counts import recorded_counts
from tests.factories.users import signed_in

pytestmark = pytest.mark.django_db
LIST = "/duplicates/"


def lights(*names: str, grid: int = 1, first: int = 0) -> list[Element]:
    submit(
        "FACILITY_LEDGER", "FACILITY",
        *(claim(1, number=str(first + i), name=n, facility_type="01", grid=grid) for i, n in enumerate(names)),
    )  # fmt: skip
    return list(Element.objects.filter(kind="FACILITY").order_by("pk"))


def search() -> None:
    job = request_search()
    jobs.run(job.pk)


@pytest.fixture
def two(users) -> DuplicatePair:
    """Two traffic lights in grid 1 (officer-1) that look like one."""
    lights("文化路口信号灯", "文化路口信号灯")
    search()
    return DuplicatePair.objects.get()


def judge(client: Client, **values):
    return client.post(reverse("console:duplicate-judge"), values)


def shown_result(client: Client, url: str = LIST):
    return client.get(url).context["result"]


def test_the_list_shows_both_with_grounds_in_words_and_figures(users, two):
    answer = signed_in(users["brigade"]).get(LIST)

    (row,) = answer.context["rows"]
    assert [side["label"] for side in row["sides"]] == ["文化路口信号灯", "文化路口信号灯"]
    assert [(side["block"], side["sources"]) for side in row["sides"]] == [("G-2", ["交通设施台账"])] * 2
    assert [(str(g["label"]), g["detail"], g["points"]) for g in row["grounds"]] == [
        ("位置重合（米）", "0.0", 45), ("名称相同", "", 25), ("设施类型相同", "", 15),
    ]  # fmt: skip
    assert [(tab["key"], tab["count"], tab["active"]) for tab in answer.context["tabs"]] == [
        ("PROPOSED", 1, True), ("DEFERRED", 0, False), ("DIFFERENT", 0, False), ("MERGED", 0, False), ("GONE", 0, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "number"),
    [("kind=FACILITY", 1), ("kind=PERSON", 0), ("score_from=85", 1), ("score_from=86", 0), ("state=GONE", 0)],
)
def test_conditions_narrow_the_list(users, two, query, number):
    answer = signed_in(users["brigade"]).get(f"{LIST}?{query}")
    assert (answer.status_code, len(answer.context["rows"])) == (200, number)


def test_the_area_switch_narrows_the_list(users, city, two):
    client = signed_in(users["brigade"])
    inside, outside = (client.get(f"{LIST}?area={city.districts[n].pk}") for n in (0, 2))
    assert [len(answer.context["rows"]) for answer in (inside, outside)] == [1, 0]


@pytest.mark.parametrize("query", ["state=NONSENSE", "kind=9", "score_from=abc", "area=x", "sort=label", "cursor=x"])
def test_a_condition_that_cannot_be_is_refused_in_words(users, two, query):
    answer = signed_in(users["brigade"]).get(f"{LIST}?{query}")
    assert answer.status_code == 400
    assert "重试" in answer.content.decode()


def test_pages_follow_each_other(users):
    lights(*["信号灯甲"] * 8)
    search()
    client = signed_in(users["brigade"])
    first = client.get(f"{LIST}?page_size=20")
    second = client.get(LIST + first.context["pager"]["next_url"])
    ids = [row["pair"].pk for answer in (first, second) for row in answer.context["rows"]]
    assert (len(ids), len(set(ids))) == (28, 28)
    assert ids == list(DuplicatePair.objects.order_by("-score", "-pk").values_list("pk", flat=True))


def test_a_pair_is_there_only_where_both_are(users, two):
    far = signed_in(users["officer-2"])
    pair_url = reverse("console:duplicate", args=[two.pk])
    assert far.get(LIST).context["rows"] == []
    assert [client.get(pair_url).status_code for client in (far, signed_in(users["officer-1"]))] == [404, 200]
    assert far.get(pair_url).content.count("信号灯".encode()) == 0
    assert signed_in(users["nobody"]).get(LIST).status_code == 403


def test_names_and_plates_are_masked_for_who_may_not_read_them(users):
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), engine_number="E1", brand="甲", vehicle_type="H11", plate_number=plate(1),
                                            plate_type="02", grid=1))  # fmt: skip
    submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(2), engine_number="E1", brand="甲", vehicle_type="H11", grid=1))
    search()
    pair = DuplicatePair.objects.get()
    seen = {}
    for name in ("brigade", "assistant-1"):
        client = signed_in(users[name])
        shown = client.get(reverse("console:duplicate", args=[pair.pk]))
        assert (shown.status_code, len(client.get(LIST).context["rows"])) == (200, 1)
        pages = client.get(LIST).content + shown.content
        seen[name] = (plate(1).encode() in pages, vin(2).encode() in pages)
    assert seen == {"brigade": (True, True), "assistant-1": (False, False)}


def test_several_are_judged_at_once_and_put_back(users):
    lights(*["信号灯甲"] * 3)
    search()
    client, ids = signed_in(users["brigade"]), list(DuplicatePair.objects.values_list("pk", flat=True))

    answer = judge(client, act="DIFFERENT", pair=ids, note="路口南北各一", query="state=PROPOSED")
    assert answer["Location"] == f"{LIST}?state=PROPOSED"
    assert set(DuplicatePair.objects.values_list("state", "note")) == {(PairState.DIFFERENT, "路口南北各一")}
    result = shown_result(client)
    assert (result["level"], result["text"]) == ("success", "已把 3 对标为“不是同一个”。")
    client.post(reverse("console:duplicate-undo"), result["undo"])
    assert set(DuplicatePair.objects.values_list("state", flat=True)) == {PairState.PROPOSED}
    assert shown_result(client)["text"] == "已撤销 3 对的处理。"


def test_all_that_match_are_judged_and_a_changed_list_is_refused(users):
    lights(*["信号灯甲"] * 3)
    lights("停车场乙", "停车场乙", grid=3, first=10)
    search()
    client = signed_in(users["brigade"])
    before = set(DuplicatePair.objects.values_list("pk", "state"))

    judge(client, act="DEFERRED", all="1", count="3", query="state=PROPOSED")
    assert "有了变化" in shown_result(client)["text"]
    assert set(DuplicatePair.objects.values_list("pk", "state")) == before
    judge(client, act="DEFERRED", all="1", count="4", query="state=PROPOSED&score_from=60")
    assert DuplicatePair.objects.filter(state=PairState.DEFERRED).count() == 4


def test_several_are_merged_the_refused_are_named_and_undo_takes_back_what_was_made(users):
    lights(*["信号灯甲"] * 3)
    search()
    client, ids = signed_in(users["brigade"]), list(DuplicatePair.objects.order_by("pk").values_list("pk", flat=True))

    judge(client, act="merge", pair=ids, reason="现场只有一处", query="state=PROPOSED")
    result = shown_result(client)
    assert result["level"] == "warning"
    assert "已合并 2 对。1 对没有合并：" in result["text"]
    assert f"（#{ids[2]}）" in result["text"]
    assert Element.objects.standing().filter(kind="FACILITY").count() == 1
    client.post(reverse("console:duplicate-undo"), result["undo"])
    assert Element.objects.standing().filter(kind="FACILITY").count() == 3
    assert Merge.objects.filter(undone_at__isnull=True).count() == 0


def test_a_merge_needs_a_reason(users, two):
    client = signed_in(users["brigade"])
    judge(client, act="merge", pair=[two.pk], reason=" ")
    assert "请写明理由" in shown_result(client)["text"]
    assert Merge.objects.count() == 0


@pytest.mark.parametrize(("name", "status"), [("analyst", 403), ("officer-2", 404), ("nobody", 403)])
@pytest.mark.parametrize("act", ["merge", "DIFFERENT"])
def test_who_may_not_decide_or_see_changes_nothing(users, two, name, status, act):
    audits = AuditRow.objects.count()
    assert judge(signed_in(users[name]), act=act, pair=[two.pk], reason="现场只有一处").status_code == status
    assert signed_in(users[name]).post(reverse("console:duplicate-undo"), {"pairs": two.pk, "state": "DEFERRED"}).status_code == status  # fmt: skip
    two.refresh_from_db()
    assert (two.state, Merge.objects.count(), AuditRow.objects.count()) == (PairState.PROPOSED, 0, audits)


@pytest.mark.parametrize(
    "values", [{"act": "GONE"}, {"act": "nonsense"}, {"act": ""}, {"act": "DIFFERENT", "pair": ["x"]}]
)
def test_an_act_that_is_none_is_refused_in_words(users, two, values):
    client = signed_in(users["brigade"])
    assert judge(client, **({"pair": [two.pk]} | values)).status_code == 302
    assert shown_result(client)["level"] == "error"
    two.refresh_from_db()
    assert two.state == PairState.PROPOSED


def test_the_page_of_a_pair_has_every_field_and_leads_on(users):
    lights("文化路口信号灯", "文化路口信号灯", "文化路口信号灯二")
    search()
    client = signed_in(users["brigade"])
    first, second, third = DuplicatePair.objects.order_by("-score", "-pk")
    answer = client.get(reverse("console:duplicate", args=[second.pk]))

    context = answer.context
    assert (context["previous"], context["next"]) == (first.pk, third.pk)
    rows = {str(row["label"]): row for row in context["fields"]}
    assert (rows["设施类型"]["is_same"], rows["设施名称"]["is_same"]) == (True, False)
    assert rows["设施名称"]["cells"][0]["source"] == "交通设施台账"
    assert (context["distance_m"], context["keep_id"], context["may_merge"]) == (0.0, second.low_id, True)
    moved_on = judge(
        client, act="DEFERRED", pair=[second.pk], here=second.pk, following=third.pk, query="state=PROPOSED"
    )
    assert moved_on["Location"] == f"/duplicates/{third.pk}/?state=PROPOSED"


def test_sealed_numbers_are_compared_without_being_shown(users):
    said = {"name": "张试验", "birth_on": "1980-01-01"}
    submit("SECURITY_PERSON", "PERSON", claim(1, citizen_id=citizen_id(1), phone=phone(1), grid=1, **said))
    submit("SECURITY_PERSON", "PERSON", claim(1, citizen_id=citizen_id(2), phone=phone(1), grid=1, **said))
    low, high = Element.objects.filter(kind="PERSON").order_by("pk")
    pair = DuplicatePair.objects.create(low=low, high=high, score=85, proposed_at=NOW, seen_at=NOW)
    answer = signed_in(users["brigade"]).get(reverse("console:duplicate", args=[pair.pk]))

    rows = {str(row["label"]): row["is_same"] for row in answer.context["fields"]}
    assert (rows["联系电话"], rows["公民身份号码"]) == (True, False)
    assert not [n for n in (citizen_id(1), citizen_id(2), phone(1)) if n in answer.content.decode()]


def test_search_again_is_asked_once_and_shows_how_far_it_is(users, two):
    client = signed_in(users["brigade"])
    answer = client.post(reverse("console:duplicate-search"), {"kind": "FACILITY"})
    job = Job.objects.latest("pk")
    assert (job.params, answer["Location"]) == ({"kind": "FACILITY"}, f"{LIST}?kind=FACILITY&job={job.pk}")
    assert client.post(reverse("console:duplicate-search"), {"kind": "FACILITY"})["Location"] == answer["Location"]
    assert client.get(LIST).context["job"]["is_finished"] is False
    jobs.run(job.pk)
    progress = client.get(f"{reverse('console:duplicate-progress')}?job={job.pk}")
    assert [count["value"] for count in progress.context["job"]["counts"]] == [0, 1, 0]
    assert client.get(LIST).context["job"] is None
    for name in ("analyst", "nobody"):
        assert signed_in(users[name]).post(reverse("console:duplicate-search")).status_code == 403
    assert Job.objects.latest("pk") == job


def test_every_night_and_after_an_import_or_its_undo_a_search_is_asked_for(users):
    search_duplicates()
    assert Job.objects.get(kind="FIND_DUPLICATES").params == {"kind": ""}
    batch = bring_in(
        csv_file([["编号", "设施类型", "名称"], ["S1", "信号灯", "某信号灯"]]),
        source="FACILITY_LEDGER",
        kind="FACILITY",
    )
    asked = Job.objects.filter(kind="FIND_DUPLICATES", params={"kind": ElementKind.FACILITY.value})
    assert asked.count() == 1
    jobs.run(asked.get().pk)
    take_back(batch)
    assert asked.count() == 2


def counted(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len([q for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))])


def test_queries_are_the_recorded_number_whatever_the_rows(users):
    client = signed_in(users["brigade"])
    lights(*["信号灯甲"] * 3)
    search()
    client.get(LIST)
    few = counted(client, LIST)
    lights(*["信号灯乙"] * 6, grid=2, first=20)
    search()
    pair = DuplicatePair.objects.order_by("-score", "-pk")[1]
    measured = {
        "brigade: duplicates": counted(client, LIST),
        "brigade: duplicate": counted(client, reverse("console:duplicate", args=[pair.pk])),
        "brigade: duplicates api": counted(client, "/api/v1/duplicates/"),
    }
    assert few == measured["brigade: duplicates"]
    assert measured == recorded_counts(measured)


def test_decided_pairs_say_when_and_cannot_be_judged_where_nothing_is_open(users, two):
    DuplicatePair.objects.filter(pk=two.pk).update(state=PairState.GONE, decided_at=NOW + timedelta(days=1))
    client = signed_in(users["brigade"])
    answer = client.get(f"{LIST}?state=GONE")
    assert (len(answer.context["rows"]), answer.context["may_judge"]) == (1, False)
    assert "judge-form" not in answer.content.decode()
    assert client.get(reverse("console:duplicate", args=[two.pk])).context["may_merge"] is False
