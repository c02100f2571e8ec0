"""Files of blocks, open address texts, decisions, suspected duplicates and provisional addresses: the rows of their lists."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from addresses.models import StandardAddress
from addresses.services.decisions import decide
from common import jobs
from common.models import AuditRow
from elements.models import DuplicatePair, Source
from elements.services.duplicates import request_search
from tests.console.web.test_list_export import exported, sheet, signed_in
from tests.factories.address_texts import carry, spaced, unknown_house
from tests.factories.claims import NOW, claim, submit

NAMES = ("blocks", "address-texts", "address-decisions", "duplicates", "addresses-provisional")
PAGES = {
    "blocks": "console:blocks", "address-texts": "console:address-texts", "address-decisions": "console:address-decisions",
    "duplicates": "console:duplicates",
}  # fmt: skip


@pytest.fixture
def texts(users, city):
    """Three groups: two equal texts and one with a telephone of officer-1, one of officer-2; the second one is in conflict."""
    text = unknown_house(city)
    same = sorted(carry(text, spaced(text), grid=0), key=lambda row: row.pk)
    (told,) = carry("不详13800138000甲", first=5, grid=0)
    (other,) = carry(unknown_house(city, 5), first=9, grid=5)
    for name, house in (("brigade", 3), ("officer-1", 8)):
        decide(normalised=told.normalised, verdict="LINK", address=city.address(0, house), actor=users[name], now=NOW)
    return {"same": same, "told": told, "other": other}


def listed(client: Client, name: str, query: str = "") -> tuple[list, str]:
    """Rows of the page and the query of its file."""
    context = client.get(f"{reverse(PAGES[name])}?{query}").context
    base, _, asked = context["export_url"].partition("?")
    assert base == reverse("console:list-export", args=[name])
    return context["rows"] if "rows" in context else context["page"].rows, asked


@pytest.mark.parametrize(
    ("reader", "query", "number"),
    [
        ("brigade", "", 3), ("brigade", "status=review", 3), ("brigade", "town=370683001", 2), ("brigade", "status=ambiguous", 0),
        ("officer-1", "", 2), ("officer-2", "", 1),
    ],
)  # fmt: skip
def test_the_file_of_address_texts_has_the_groups_of_the_list(users, texts, monkeypatch, reader, query, number):
    monkeypatch.setattr("console.address_text_exports.CHUNK_ROWS", 1)
    client = signed_in(users[reader])
    cards, asked = listed(client, "address-texts", query)
    head, *rows = exported(client, "address-texts", asked)

    assert (head[0], head[-1], len(rows)) == ("地址文本", "导出标记", number)
    assert [row[0] for row in rows] == [card["text"].replace("13800138000", "〔电话〕") for card in cards]
    assert [row[1:3] for row in rows] == [[c["status_label"], "；".join(c["reasons"])] for c in cards]
    assert [[int(row[5]), int(row[6])] for row in rows] == [[card["texts"], card["elements"]] for card in cards]
    assert AuditRow.objects.get(verb="EXPORTED").count == number


def test_a_group_of_the_file_names_its_first_candidate_sources_and_opinions(users, city, texts):
    _head, told, same, _other = exported(signed_in(users["brigade"]), "address-texts")
    village = city.address(0).parent

    assert told[0] == "不详〔电话〕甲"
    assert told[11] == f"brigade：{city.text(0)}；officer-1：{city.text(0, 8)}"
    assert same[0] == texts["same"][0].text
    assert (same[2], same[5:9]) == ("没有登记这个门牌：99", ["2", "2", village.full_text, village.code])
    assert (same[10], same[11]) == (Source.objects.get(code="TMRI_VEHICLE").name, "")


def test_more_conflicts_than_fit_on_top_stand_where_their_number_puts_them(users, city, texts, monkeypatch):
    (late,) = carry("不详乙", first=20, grid=0)
    for name, house in (("brigade", 3), ("officer-1", 8)):
        decide(normalised=late.normalised, verdict="LINK", address=city.address(0, house), actor=users[name], now=NOW)
    monkeypatch.setattr("console.address_text_exports.TOP", 1)
    rows = exported(signed_in(users["officer-1"]), "address-texts")[1:]

    assert [row[0] for row in rows] == ["不详〔电话〕甲", texts["same"][0].text, "不详乙"]


@pytest.mark.parametrize("reader", ["brigade", "officer-1", "officer-2"])
@pytest.mark.parametrize("query", ["", "state=CONFLICT", "state=UNDONE"])
def test_the_file_of_decisions_has_the_rows_of_the_list(users, texts, reader, query):
    client = signed_in(users[reader])
    shown, asked = listed(client, "address-decisions", query)
    _head, *rows = exported(client, "address-decisions", asked)

    assert [row[0] for row in rows] == [one["text"].replace("13800138000", "〔电话〕") for one in shown]
    assert [(row[1], row[4], row[5]) for row in rows] == [(one["words"], one["state"], one["who"]) for one in shown]
    assert len(rows) == (2 if reader != "officer-2" and "UNDONE" not in query else 0)
    assert [row[2] for row in rows] == (["LZ-0-8", "LZ-0-3"] if rows else [])


def two_pairs() -> None:
    for first, grid in ((0, 1), (10, 5)):
        submit(
            "FACILITY_LEDGER", "FACILITY",
            *(claim(1, number=str(first + n), name=f"=路口{grid}信号灯", facility_type="01", grid=grid) for n in (1, 2)),
        )  # fmt: skip
    jobs.run(request_search().pk)


@pytest.mark.parametrize(("reader", "number"), [("brigade", 2), ("officer-1", 1)])
@pytest.mark.parametrize("query", ["", "sort=proposed_at", "score_from=99"])
def test_the_file_of_duplicates_has_the_pairs_of_the_list(users, reader, number, query):
    two_pairs()
    client = signed_in(users[reader])
    shown, asked = listed(client, "duplicates", query)
    _head, *rows = exported(client, "duplicates", asked)

    assert [(int(row[0]), int(row[2]), int(row[8]), int(row[13])) for row in rows] == [
        (one["pair"].pk, one["sides"][0]["id"], one["sides"][1]["id"], one["pair"].score) for one in shown
    ]
    assert len(rows) == (0 if "99" in query else number)
    assert {row[1] for row in rows} <= {"'=路口1信号灯", "'=路口5信号灯"}
    assert {row[14] for row in rows} <= {"位置重合（米） 0.0 +45；名称相同 +25；设施类型相同 +15"}
    assert exported(client, "duplicates", "state=GONE")[1:] == []


@pytest.mark.parametrize("reader", ["brigade", "officer-1"])
@pytest.mark.parametrize("query", ["", "name=G-", "name=G-2&page=1", "area=x", "district"])
def test_the_file_of_blocks_has_the_rows_of_the_list(users, city, monkeypatch, reader, query):
    monkeypatch.setattr("console.place_exports.CHUNK_ROWS", 2)
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin="LSVAA4187E2184847", grid=1))
    query = query.replace("district", f"area={city.districts[0].pk}")
    client = signed_in(users[reader])
    shown, asked = listed(client, "blocks", query)
    _head, *rows = exported(client, "blocks", asked)

    assert [(row[0], row[4], row[5]) for row in rows] == [(r.block.name, str(r.total), r.block.code) for r in shown]
    assert {row[5]: row[4] for row in rows}["G-2"] == "1"
    assert [(row[1], row[2]) for row in rows if row[5] == "G-2"] == [
        (city.villages[1].parent.name, city.villages[1].name)
    ]


def test_the_file_of_blocks_leaves_the_place_in_the_list_out(users):
    client = signed_in(users["brigade"])
    assert listed(client, "blocks", "name=G-&page=1")[1] == "name=G-"
    exported(client, "blocks", "name=G-&area=x")
    row = AuditRow.objects.get(verb="EXPORTED")
    assert (row.subject_table, row.count, row.fields) == ("addresses_area", 6, ["name"])


def test_provisional_addresses_leave_in_the_columns_of_the_bureau(users, city):
    StandardAddress.objects.filter(code__in=["LZ-0-3", "LZ-5-3"]).update(is_provisional=True)
    head, row = exported(signed_in(users["officer-1"]), "addresses-provisional")
    house = city.address(0)

    assert (head[:3], head[-3:]) == (["op", "code", "town"], ["provisional_code", "full_text", "导出标记"])
    assert (row[:3], row[-3:-1]) == (["add", "", house.town.name], ["LZ-0-3", house.full_text])
    assert len(exported(signed_in(users["brigade"]), "addresses-provisional")) == 3
    button = f'{reverse("console:list-export", args=["addresses-provisional"])}?format=csv"'
    assert button in signed_in(users["officer-1"]).get(reverse("console:addresses")).content.decode()


def test_the_workbook_has_the_same_rows(users, texts):
    two_pairs()
    client = signed_in(users["brigade"])
    for name in NAMES:
        table, book = exported(client, name), sheet(client, name)
        assert [[str(cell) for cell in row[:-1]] for row in book] == [row[:-1] for row in table], name


@pytest.mark.parametrize("reader", ["coordinator-1", "assistant-1", "auditor", "nobody"])
@pytest.mark.parametrize("name", NAMES)
def test_who_may_not_take_lists_out_gets_nothing(users, texts, reader, name):
    client = signed_in(users[reader])
    answer = client.get(reverse("console:list-export", args=[name]))

    assert answer.status_code == 403
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 0
    assert DuplicatePair.objects.count() == 0


@pytest.mark.parametrize("name", PAGES)
def test_only_who_may_take_lists_out_has_the_menu(users, texts, name):
    for reader, is_there in (("officer-1", True), ("coordinator-1", False)):
        body = signed_in(users[reader]).get(reverse(PAGES[name]), follow=True).content.decode()
        assert (f"lists/{name}/export/" in body) is is_there


@pytest.mark.parametrize(
    ("name", "query"),
    [("address-texts", "status=exact"), ("address-decisions", "state=x"), ("duplicates", "sort=note"), ("blocks", "format=pdf")],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_not_on_record(users, texts, name, query):
    answer = signed_in(users["brigade"]).get(f"{reverse('console:list-export', args=[name])}?{query}")
    assert answer.status_code == 400
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 0


def test_queries_of_the_address_texts_do_not_grow_with_the_groups(users, city, texts):
    client = signed_in(users["brigade"])

    def counted() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as captured:
            rows = exported(client, "address-texts")
        return len(captured), len(rows)

    counted()
    before = counted()
    carry(*(unknown_house(city, 0, house) for house in range(100, 108)), first=30, grid=0)
    assert counted() == (before[0], before[1] + 8)
