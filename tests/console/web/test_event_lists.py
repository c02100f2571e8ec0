"""Pages of the lists of events: chips, heads, links, masks, files, counts of queries."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.masking import mask_name, mask_plate
from common.models import AuditRow
from elements.models import SavedFilter, SavedSearch
from tests.factories.events import days_ago, make_events, report, row
from tests.factories.numbers import citizen_id, plate
from tests.factories.query_counts import recorded_counts
from tests.factories.users import make_users, signed_in

LISTS = ("accidents", "violations", "incidents", "captures")


@pytest.fixture(scope="module")
def module_users(module_city):
    make_events()
    return make_users(module_city)


def listed(client: Client, name: str, query: str = ""):
    answer = client.get(f"/events/{name}/{query}")
    assert answer.status_code == 200
    return answer


def numbers(answer) -> list[str]:
    return [one["row"]["number"] for one in answer.context["rows"]]


def chips(answer) -> dict[str, str]:
    return {str(chip["label"]): str(chip["value"]) for chip in answer.context["chips"]}


def exported(client: Client, name: str, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{reverse('console:list-export', args=[f'events-{name}'])}{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode().removeprefix("\ufeff"))))


def test_a_list_opens_with_its_usual_time_which_a_chip_takes_away(users):
    client = signed_in(users["brigade"])
    usual = listed(client, "accidents")
    assert (numbers(usual), chips(usual)) == (["A1", "A2", "A3"], {"时间": "近 30 天", "已撤回的事件": "不显示"})
    every = listed(client, "accidents", usual.context["chips"][0]["remove_url"])
    assert (numbers(every), chips(every)) == (["A1", "A2", "A3", "A4"], {"已撤回的事件": "不显示"})
    withdrawn = listed(client, "accidents", every.context["chips"][0]["remove_url"])
    assert numbers(withdrawn) == ["A1", "A2", "A3", "A5", "A4"]
    assert withdrawn.content.decode().count("已撤回</span>") == 1

    captures = listed(client, "captures")
    assert (numbers(captures), chips(captures)) == (["C2", "C1"], {"时间": "今日"})


def test_an_area_alone_keeps_the_usual_time(users, city):
    answer = listed(signed_in(users["brigade"]), "accidents", f"?area={city.districts[0].pk}")
    assert (numbers(answer), chips(answer)["时间"]) == (["A1", "A2"], "近 30 天")


def test_quick_periods_replace_each_other(users):
    answer = listed(
        signed_in(users["brigade"]), "accidents", "?occurred_from=2022-01-01&occurred_to=2022-02-01&weather=1"
    )
    links = {str(link["label"]): link for link in answer.context["time_links"]}
    assert [name for name, link in links.items() if link["active"]] == ["自定义"]
    assert links["今年"]["url"] == "?weather=1&period=year"
    assert list(links) == ["今日", "本周", "近 30 天", "本月", "今年", "自定义"]


def test_procedures_stand_apart_with_their_counts(users):
    client = signed_in(users["brigade"])
    for query, active in (("?filter=none", []), ("?filter=none&procedure=GENERAL", ["一般程序"])):
        links = listed(client, "accidents", query).context["procedure_links"]
        assert [(str(link["label"]), str(link["count"])) for link in links] == [("一般程序", "2"), ("简易程序", "2")]
        assert [str(link["label"]) for link in links if link["active"]] == active
    assert numbers(listed(client, "accidents", links[1]["url"])) == ["A2", "A4"]
    assert listed(client, "violations").context["procedure_links"] == []


def test_pages_follow_each_other_by_time_and_id(users):
    report("INCIDENT", *(row("INCIDENT", f"P{n:02}", grid=0, occurred_at=days_ago(5), category="1") for n in range(43)))
    client, query, seen = signed_in(users["officer-1"]), "?page_size=20", []
    while query:
        answer = listed(client, "incidents", query)
        seen.append(numbers(answer))
        query = answer.context["pager"].get("next_url", "")
    assert [len(page) for page in seen] == [20, 20, 5]
    assert [number for page in seen for number in page] == ["I1", "I2", *(f"P{n:02}" for n in range(42, -1, -1))]
    assert answer.context["count_text"] == "共 45 条"
    back = listed(client, "incidents", answer.context["pager"]["previous_url"])
    assert numbers(back) == seen[1]
    upwards = listed(client, "incidents", "?sort=occurred_at")
    assert numbers(upwards)[-1] == "I1" and upwards.context["columns"][0]["sorted"] == "ascending"


@pytest.mark.parametrize(
    ("query", "code"), [("?sort=deaths", "BAD_SORT"), ("?weather=99", "BAD_FILTER"), ("?cursor=x", "BAD_CURSOR")]
)
def test_a_refusal_says_the_cure(users, query, code):
    answer = signed_in(users["brigade"]).get(f"/events/accidents/{query}")
    assert (answer.status_code, answer.context["error"]["code"]) == (400, code)
    assert "清空条件" in answer.content.decode()


@pytest.mark.parametrize("reader", ["admin", "auditor", "liaison-1", "nobody"])
@pytest.mark.parametrize("name", LISTS)
def test_who_may_not_read_gets_no_list_and_no_file(users, reader, name):
    client = signed_in(users[reader])
    page, file = client.get(f"/events/{name}/"), client.get(reverse("console:list-export", args=[f"events-{name}"]))
    assert (page.status_code, file.status_code) == (403, 403)
    assert not AuditRow.objects.filter(verb="EXPORTED").exists()


def test_names_and_plates_are_masked_for_who_may_not_read_them(users):
    report(
        "VIOLATION",
        row(
            "VIOLATION", "V8", grid=1, occurred_at=days_ago(1), code="1344", person_name="赵试验", plate_number=plate(7)
        ),
    )
    shown = {}
    for reader in ("officer-1", "assistant-1"):
        answer = listed(signed_in(users[reader]), "violations")
        (one,) = [one["row"] for one in answer.context["rows"] if one["row"]["number"] == "V8"]
        shown[reader] = (
            one["plate_number"],
            one["person_name"],
            plate(7) in answer.content.decode(),
            "赵试验" in answer.content.decode(),
        )
    assert shown == {
        "officer-1": (plate(7), "赵试验", True, True),
        "assistant-1": (mask_plate(plate(7)), mask_name("赵试验"), False, False),
    }


def test_a_search_is_kept_out_of_the_url_and_goes_on_record(users):
    client = signed_in(users["officer-1"])
    answer = client.post("/events/accidents/search/", {"q": citizen_id(1), "query": "period=year&weather=1"})
    token = SavedSearch.objects.get().token
    assert answer["Location"] == f"/events/accidents/?period=year&weather=1&search={token}"
    assert AuditRow.objects.filter(verb="SEARCHED", actor_id=users["officer-1"].pk).count() == 1
    assert numbers(client.get(answer["Location"].replace("period=year", "period=last30"))) == ["A1"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("accidents", "张三", "号牌（至少开头 4 位）或 18 位"), ("captures", citizen_id(1), "只能按号牌")],
)
def test_what_cannot_be_searched_is_refused_in_words(users, name, text, words):
    answer = signed_in(users["officer-1"]).post(
        f"/events/{name}/search/", {"q": text, "query": "period=year"}, follow=True
    )
    assert answer.redirect_chain == [(f"/events/{name}/?period=year", 302)]
    assert words in answer.content.decode() and text not in answer.content.decode()
    assert not SavedSearch.objects.exists()


def test_who_may_not_read_may_not_search(users):
    assert signed_in(users["admin"]).post("/events/accidents/search/", {"q": plate(1)}).status_code == 403
    assert not SavedSearch.objects.exists()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("reader", ["brigade", "officer-1", "officer-2"])
def test_the_file_has_the_rows_of_the_list_in_its_order(users, name, reader):
    client = signed_in(users[reader])
    page = listed(client, name, "?filter=none")
    rows = exported(client, name, "?" + page.context["export_url"].partition("?")[2])
    assert [(one["编号"], one["责任块"]) for one in rows] == [
        (one["row"]["number"], one["row"]["block"]) for one in page.context["rows"]
    ]
    assert AuditRow.objects.get(verb="EXPORTED").count == len(rows)


def test_a_file_is_worded_and_marks_what_was_taken_back(users):
    client = signed_in(users["brigade"])
    rows = {one["编号"]: one for one in exported(client, "accidents", "?withdrawn=with")}
    assert {number: one["已撤回"] for number, one in rows.items()} == {
        "A1": "",
        "A2": "",
        "A3": "",
        "A4": "",
        "A5": "是",
    }
    first = rows["A1"]
    assert [first[name] for name in ("发生时间", "处理程序", "事故类型", "天气", "道路类型", "死亡", "位置精度", "地点")] == [
        f"{days_ago(1):%Y-%m-%d %H:%M:%S}", "一般程序", "死亡事故", "晴", "三级公路", "1", "坐标", "试验路口",
    ]  # fmt: skip


def test_the_navigation_leads_to_the_lists(users):
    answer = listed(signed_in(users["officer-1"]), "incidents")
    (group,) = [group for group in answer.context["navigation"] if group["label"] == "事件"]
    assert [(item["label"], item["url"], item["active"]) for item in group["items"]] == [
        ("交通事故", "/events/accidents/", False), ("交通违法", "/events/violations/", False), ("警情", "/events/incidents/", True),
        ("过车记录", "/events/captures/", False), ("事件疑点", "/events/findings/", False),
    ]  # fmt: skip


def counted(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize("role", ["brigade", "officer-1"])
def test_the_number_of_queries_is_known_and_does_not_grow(users, role):
    client = signed_in(users[role])
    client.get(reverse("console:today"))
    urls = {f"events {name}": f"/events/{name}/?filter=none" for name in LISTS}
    measured = {f"{role}: {name}": counted(client, url) for name, url in urls.items()}
    assert measured == recorded_counts(measured)

    for kind, name in (("ACCIDENT", "accidents"), ("CAPTURE", "captures")):
        report(kind, *(row(kind, f"Q{n}", grid=0, occurred_at=days_ago(6)) for n in range(12)))
        assert counted(client, urls[f"events {name}"]) == measured[f"{role}: events {name}"]


def test_a_kept_filter_opens_the_list_is_counted_and_shared_with_ones_own_rows_only(users):
    mine, other = signed_in(users["brigade"]), signed_in(users["officer-2"])
    usual = listed(mine, "accidents")
    mine.post(
        reverse("console:save-filter", args=["events-accidents"]),
        {
            "name": "伤亡",
            "query": f"{usual.context['query']}&severity=FATAL&severity=INJURY&search=x",
            "is_shared": "on",
        },
    )
    saved = SavedFilter.objects.get()
    assert (saved.list_name, saved.query) == ("events-accidents", "period=last30&severity=FATAL&severity=INJURY")
    kept = listed(mine, "accidents", f"?filter={saved.pk}")
    assert (numbers(kept), kept.context["saved"]) == (["A1", "A3"], saved)
    assert numbers(listed(other, "accidents", f"?filter={saved.pk}")) == ["A3"]
    menu = mine.get(reverse("console:saved-menu", args=["events-accidents"])).content.decode()
    assert "伤亡" in menu and ">2<" in menu and f"/events/accidents/?filter={saved.pk}" in menu

    SavedFilter.objects.update(is_default=True)
    assert mine.get("/events/accidents/")["Location"] == f"?filter={saved.pk}"
    SavedFilter.objects.update(is_shared=False)
    assert other.get(f"/events/accidents/?filter={saved.pk}").status_code == 404
    assert other.get(reverse("console:saved-menu", args=["events-nothing"])).status_code == 404
