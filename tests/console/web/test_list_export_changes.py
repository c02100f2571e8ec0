"""Files of coverage, no-go rules, permits, changes of borders and bulk corrections: the rows of their pages."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import Role
from accounts.models import Post
from addresses.models import BorderMove
from addresses.services.borders import schedule_move
from common import clock, jobs
from common.models import AuditRow
from elements.choices import CorrectionState
from elements.models import BulkCorrection, ExpectedCount, NoGoRule, Source
from tests.console.web.test_list_export import exported, sheet, signed_in
from tests.factories.borders import NOW, box, move_piece
from tests.factories.claims import claim, submit
from tests.factories.no_go import a_lorry, a_permit, a_rule
from tests.factories.numbers import plate, vin
from tests.factories.users import SINCE, make_users

NAMES = ("coverage", "no-go-rules", "no-go-permits", "border-moves", "bulk-corrections")


@pytest.fixture
def users(city, monkeypatch):
    """The brigade configures as well, so that one of them may take changes of borders out."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made = make_users(city)
    made["chief"] = made["squadron-1"]
    Post.objects.filter(user=made["chief"]).update(role=Role.BRIGADE, area=None)
    Post.objects.create(user=made["chief"], role=Role.ADMIN, valid_from=SINCE)
    made["chief"] = type(made["chief"]).objects.get(pk=made["chief"].pk)
    return made


@pytest.fixture
def vehicles(city):
    """Two in the first village, one in that of officer-2; somebody says there are three in the first."""
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(claim(1, vin=vin(n), plate_number=plate(n), plate_type="02", parking_address=city.text(grid))
          for n, grid in ((1, 0), (2, 0), (3, 5))),
    )  # fmt: skip
    ExpectedCount.objects.create(
        village=city.villages[0], kind="vehicles", number=3, source=Source.objects.first(), as_of="2026-03-01"
    )


def plain(cell: dict) -> str:
    """What a cell of the page says, as a file writes it."""
    return "" if cell["kind"] == "none" else cell["value"].removesuffix("%").replace(",", "")


@pytest.mark.parametrize("reader", ["brigade", "officer-1"])
@pytest.mark.parametrize(
    "query",
    ["registry=vehicles", "by=grid&registry=vehicles&sort=-known", "by=district&registry=houses&sort=name", "by=district&registry=roads",
     "by=grid&registry=vehicles&borders_on=2026-01-31", "by=grid&registry=vehicles&page=7", "area=first"],
)  # fmt: skip
def test_the_file_of_coverage_has_the_rows_of_the_page_and_their_sum(users, city, vehicles, reader, query):
    query = query.replace("first", str(city.districts[0].pk))
    client = signed_in(users[reader])
    context = client.get(f"{reverse('console:coverage')}?{query}").context
    head, *rows = exported(client, "coverage", context["export_url"].partition("?")[2])
    shown, total = context["rows"], context["total"]

    assert [row[2:4] for row in rows] == [[str(one["name"]), one["above"]] for one in shown] + [["合计", ""]]
    columns = {str(column["label"]): place for place, column in enumerate(context["columns"][1:])}
    for label in ("已知", "应有", "覆盖率", "占登记门户", "新鲜率", "未落准", "冲突", "有缺项"):
        place = next(n for n, heading in enumerate(head) if heading.removesuffix("（%）") == label)
        told = (
            [plain(cells[columns[label]]) for cells in [*(one["cells"] for one in shown), total]]
            if label in columns
            else [""] * len(rows)
        )
        assert [row[place] for row in rows] == told, label
    assert {row[16] for row in rows} == {"2026-01-31" if "borders_on" in query else "现行边界"}
    assert AuditRow.objects.get(verb="EXPORTED").count == len(shown)


def test_the_share_of_the_sum_is_that_of_the_page(users, vehicles):
    rows = exported(signed_in(users["brigade"]), "coverage", "registry=vehicles")
    head, total = rows[0], rows[-1]

    assert dict(zip(head[5:11], total[5:11], strict=True)) == {
        "已知": "3", "应有": "3", "其中有应有数的村居已知": "2", "覆盖率（%）": "66.7", "已填村居": "1", "村居数": "6"
    } | {"村居数": total[10]}  # fmt: skip
    assert AuditRow.objects.get(verb="EXPORTED").fields == ["registry"]


@pytest.fixture
def rules(users):
    """One to come, two in force, one ended; a lorry of each officer's has a permit of the first, and one is over."""
    first = a_rule(users["brigade"], name="=甲规定", use_natures=["F"], is_permit_possible=True)
    a_rule(users["brigade"], name="乙规定", valid_from=date(2026, 2, 1), is_permit_possible=False)
    a_rule(users["brigade"], name="丙规定", valid_from=date(2027, 2, 1))
    a_rule(users["brigade"], name="丁规定", valid_from=date(2025, 1, 1), valid_to=date(2025, 6, 1))
    for number, grid in ((1, 0), (2, 5)):
        a_permit(
            first, a_lorry(number, grid=grid), users["brigade"], number=f"T-{number}", valid_from=date(2026, number, 1)
        )
    return first


@pytest.mark.parametrize("reader", ["brigade", "officer-1"])
def test_the_file_of_rules_has_the_cards_of_the_page_in_their_order(users, rules, reader):
    client = signed_in(users[reader])
    context = client.get(reverse("console:no-go")).context
    _head, *rows = exported(client, "no-go-rules", context["export_url"].partition("?")[2])
    cards = [*context["current"], *context["ended"]]

    assert [row[0].removeprefix("'") for row in rows] == [card.rule.name for card in cards]
    assert [row[0] for row in rows] == ["丙规定", "乙规定", "'=甲规定", "丁规定"]
    assert [row[1] for row in rows] == ["未施行", "现行", "现行", "已失效"]
    assert [row[2:5] for row in rows] == [[card.when, card.vehicles, card.uses] for card in cards]
    assert [row[9:11] for row in rows][1:3] == [["否", ""], ["是", "2"]]
    assert rows[3][6:8] == ["2025-01-01", "2025-06-01"]


def test_the_file_of_permits_is_that_of_the_rule(users, rules):
    client = signed_in(users["brigade"])
    context = client.get(reverse("console:no-go-rule", args=[rules.pk])).context
    query = context["export_url"].partition("?")[2]
    _head, *rows = exported(client, "no-go-permits", query)

    assert query == f"rule={rules.pk}"
    assert [(row[0], row[1]) for row in rows] == [(one["permit"].number, one["label"]) for one in context["permits"]]
    assert [row[0] for row in rows] == ["T-2", "T-1"] and {row[3] for row in rows} == {"有效"}
    assert rows[0][6:8] == ["'=甲规定", str(rules.pk)]
    row = AuditRow.objects.get(verb="EXPORTED")
    assert (row.subject_table, row.subject_id, row.fields, row.count) == (
        "elements_nogopermit",
        str(rules.pk),
        ["rule"],
        2,
    )
    assert exported(client, "no-go-permits")[1:] == exported(client, "no-go-permits", query)[1:]
    other = NoGoRule.objects.get(name="乙规定")
    assert exported(client, "no-go-permits", f"rule={other.pk}")[1:] == []


def test_who_writes_no_rules_has_no_permits_and_a_foreign_rule_is_a_missing_one(users, rules):
    officer, brigade = signed_in(users["officer-1"]), signed_in(users["brigade"])
    url = reverse("console:list-export", args=["no-go-permits"])

    assert officer.get(f"{url}?rule={rules.pk}").status_code == 403
    assert officer.get(reverse("console:no-go")).context["permits_export_url"] == ""
    for rule in ("999999", "0", "x", "99999999999999999999"):
        assert brigade.get(f"{url}?rule={rule}").status_code == 404
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 0


def test_the_file_of_border_moves_has_the_rows_of_the_list(users, city):
    first = move_piece(city, box(0.6, 1), 0, 1, actor=users["admin"])
    BorderMove.objects.filter(pk=first.pk).update(
        reason="=依据", counts={"addresses": 1234, "elements": {"VEHICLE": 2}}
    )
    move_piece(city, box(1.6, 2), 1, 2, actor=users["admin"], on=date(2026, 12, 1))
    client = signed_in(users["chief"])
    context = client.get(reverse("console:border-moves")).context
    _head, *rows = exported(client, "border-moves", context["export_url"].partition("?")[2])

    shown = [(one["move"].name, one["grids"], str(one["move"].pk)) for one in context["rows"]]
    assert [(row[0], row[3], row[7]) for row in rows] == shown and len(shown) == 2
    assert [row[2] for row in rows] == ["2026-12-01", "2026-11-27"]
    assert rows[1][4:7] == ["1234", "2", "'=依据"]
    # Who configures but takes nothing out sees the list without its file; who takes out but does not configure has neither.
    assert signed_in(users["admin"]).get(reverse("console:border-moves")).context["export_url"] == ""
    for name in ("admin", "brigade", "officer-1"):
        assert signed_in(users[name]).get(reverse("console:list-export", args=["border-moves"])).status_code == 403
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 1


def correction(user, number: int, **values) -> BulkCorrection:
    given = {
        "batch": submit("FIELD", "VEHICLE"), "registry": "vehicles", "kind": "VEHICLE", "element_ids": [1, 2], "values": {"brand": "甲牌", "use_nature": "A"},
        "reason": "车队统一核对", "state": CorrectionState.DROPPED, "actor_id": user.pk, "created_at": NOW,
    }  # fmt: skip
    return BulkCorrection.objects.create(**given | {"reason": f"=第 {number} 次"} | values)


def test_the_file_of_bulk_corrections_has_ones_own(users, monkeypatch):
    monkeypatch.setattr("console.change_exports.CHUNK_ROWS", 2)
    made = [correction(users["officer-1"], number) for number in range(3)]
    correction(users["officer-2"], 9)
    client = signed_in(users["officer-1"])
    context = client.get(reverse("console:bulk-list")).context
    head, *rows = exported(client, "bulk-corrections", context["export_url"].partition("?")[2])

    assert head[:7] == [str(column["label"]) for column in context["columns"]]
    assert (
        [row[0] for row in rows]
        == [str(one["correction"].pk) for one in context["rows"]]
        == [str(one.pk) for one in made[::-1]]
    )
    assert [row[1:6] for row in rows] == [
        ["实有机动车", "品牌、使用性质", "2", "已放弃", f"'=第 {n} 次"] for n in (2, 1, 0)
    ]
    assert AuditRow.objects.get(verb="EXPORTED").count == 3


def everything(users, city) -> None:
    move_piece(city, box(0.6, 1), 0, 1, actor=users["admin"])
    correction(users["chief"], 1)


def test_the_workbook_has_the_same_rows(users, city, vehicles, rules):
    everything(users, city)
    client = signed_in(users["chief"])
    for name in NAMES:
        table, book = exported(client, name), sheet(client, name)
        told = [[re.sub(r"\.0$", "", str(cell)) for cell in row[:-1]] for row in book]
        assert told == [[re.sub(r"\.0$", "", cell) for cell in row[:-1]] for row in table], name
        assert len(book) > 1, name


@pytest.mark.parametrize("reader", ["coordinator-1", "assistant-1", "admin", "auditor", "liaison-1", "nobody"])
@pytest.mark.parametrize("name", NAMES)
def test_who_may_not_take_lists_out_gets_nothing(users, rules, reader, name):
    answer = signed_in(users[reader]).get(reverse("console:list-export", args=[name]))

    assert answer.status_code == 403
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 0


def test_who_may_take_out_but_not_correct_has_no_file_of_corrections(users):
    assert signed_in(users["analyst"]).get(reverse("console:list-export", args=["bulk-corrections"])).status_code == 403
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 0


@pytest.mark.parametrize(
    ("page", "name"), [("coverage", "coverage"), ("no-go", "no-go-rules"), ("bulk-list", "bulk-corrections")]
)
def test_only_who_may_take_lists_out_has_the_menu(users, rules, vehicles, page, name):
    for reader, is_there in (("brigade", True), ("coordinator-1", False)):
        body = signed_in(users[reader]).get(reverse(f"console:{page}")).content.decode()
        assert (f"lists/{name}/export/" in body) is is_there


@pytest.mark.parametrize("query", ["by=x", "registry=x", "area=x", "borders_on=x"])
def test_what_cannot_be_is_refused_and_not_on_record(users, query):
    answer = signed_in(users["brigade"]).get(f"{reverse('console:list-export', args=['coverage'])}?{query}")
    assert answer.status_code == 400
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 0


def test_queries_do_not_grow_with_the_rows(users, city, rules):
    client = signed_in(users["chief"])
    everything(users, city)

    def counted(name: str) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as captured:
            rows = exported(client, name)
        return len(captured), len(rows)

    names = NAMES[1:]
    before = [(counted(name), counted(name))[1] for name in names]
    a_rule(users["brigade"], name="戊规定")
    for number in (3, 4):
        a_permit(rules, a_lorry(number), users["brigade"], number=f"T-{number}")
        correction(users["chief"], number)
        move_piece(city, box(number - 0.4, number), number - 1, number, actor=users["admin"])
    more = {"no-go-rules": 1}
    assert [counted(name) for name in names] == [
        (queries, rows + more.get(name, 2)) for name, (queries, rows) in zip(names, before, strict=True)
    ]


def test_the_preview_of_a_bulk_correction_is_named_like_every_file(users, vehicles):
    client = signed_in(users["officer-1"])
    form = "/registry/vehicles/bulk/"
    ids = ",".join(str(pk) for pk in exported_ids(client))
    mark = client.get(form, {"ids": ids}).context["chosen"].mark
    client.post(
        form, {"ids": ids, "mark": mark, "reason": "车队统一核对", "action_brand": "set", "value_brand": "甲牌"}
    )
    made = BulkCorrection.objects.latest("pk")
    jobs.run(made.job_id)
    answer = client.get(reverse("console:bulk-rows", args=[made.pk]))
    lines = b"".join(answer.streaming_content).decode().split("\r\n")

    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer["Content-Disposition"].startswith('attachment; filename="export.csv"; filename*=UTF-8')
    assert answer["Content-Disposition"].endswith("_officer-1.csv")
    assert lines[1].endswith(",officer-1 2026-11-27 12:00") and len(lines) == 4


def exported_ids(client) -> list[int]:
    return [row["id"] for row in client.get("/registry/vehicles/").context["rows"]]


def test_a_move_on_its_way_is_in_the_file_as_such(users, city):
    move = move_piece(city, box(0.6, 1), 0, 1, actor=users["admin"], on=date(2026, 12, 1))
    schedule_move(move_id=move.pk, actor=users["admin"], now=NOW)
    (_head, row) = exported(signed_in(users["chief"]), "border-moves")
    move.refresh_from_db()
    assert row[1] == move.get_state_display()
