"""The import pages for events: template, mapping, preview, import, repetition, mend file, undo, and what a reader may see."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from accounts.models import User
from common.masking import mask_plate
from events.kinds import EVENT_TABLES
from events.models import Accident, AccidentParty, Capture, Violation
from exchange.importers.mapping import target_fields
from exchange.kinds import LANDED_KINDS
from exchange.models import LandingBatch
from exchange.selectors.batch_rows import row_page
from exchange.views.mapping_page import sample
from tests.exchange.web.conftest import decided
from tests.exchange.web.import_files import run_job
from tests.factories.numbers import citizen_id, plate

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]
# The square of the block in the east begins at 119.9, that in the west at 120.0.
EAST, WEST = ("119.905", "37.105"), ("120.005", "37.105")
HEADERS = [
    "违法编号",
    "违法时间",
    "违法代码",
    "查处方式",
    "号牌号码",
    "号牌种类",
    "当事人",
    "身份证号",
    "违法地点",
    "记分",
    "经度",
    "纬度",
]


def violation_row(number: int, place: tuple[str, str] = EAST, **changes: str) -> list[str]:
    """A row about violation `number`, by vehicle and person of that number of the small world."""
    cells = {
        "违法编号": f"V{number}", "违法时间": f"2026-09-0{number} 08:05", "违法代码": "1625", "查处方式": "电子监控",
        "号牌号码": plate(number), "号牌种类": "02", "当事人": "赵试验", "身份证号": citizen_id(number), "违法地点": "试验街道东试村",
        "记分": "6", "经度": place[0], "纬度": place[1],
    } | changes  # fmt: skip
    return [cells[header] for header in HEADERS]


def file_of(rows: list[list[str]], headers: list[str] = HEADERS, encoding: str = "gb18030") -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter="\t").writerows([headers, *rows])
    return stream.getvalue().encode(encoding)


def workbook_of(rows: list[list[str]], headers: list[str]) -> bytes:
    book = Workbook()
    for row in (headers, *rows):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def send(
    client: Client, kind: str, source: str, data: bytes, name: str = "违法.csv", day: str = "2026-10-02"
) -> LandingBatch:
    """Uploads a file and gives its batch."""
    form = {
        "file": SimpleUploadedFile(name, data),
        "kind": kind,
        "source": source,
        "observed_on": day,
        "datum": "WGS84",
    }
    answer = client.post(reverse("exchange:import"), form)
    assert answer.status_code == 302, answer.context["form"].errors
    return LandingBatch.objects.latest("pk")


def plan(client: Client, batch: LandingBatch) -> LandingBatch:
    answer = client.post(reverse("exchange:plan", args=[batch.pk]), decided(batch))
    assert answer.status_code == 302, answer.content.decode()
    return run_job(batch)


def take_in(client: Client, batch: LandingBatch) -> LandingBatch:
    assert client.post(reverse("exchange:apply", args=[batch.pk])).status_code == 302
    return run_job(batch)


def rows_of(client: Client, batch: LandingBatch, query: str = "") -> dict[int, dict]:
    answer = client.get(reverse("exchange:batch", args=[batch.pk]) + query)
    assert answer.status_code == 200
    return {item["row"].row_number: item for item in answer.context["rows"]}


@pytest.mark.parametrize("kind", list(EVENT_TABLES))
def test_the_example_row_of_each_template_is_read_without_a_fault(signed_in: SignIn, kind: str) -> None:
    client = signed_in("brigade")
    answer = client.get(reverse("exchange:template", args=[kind.lower(), "csv"]))
    batch = plan(client, send(client, kind, "TMRI_ACCIDENT", answer.content, f"{kind}.csv", "2026-10-31"))
    assert batch.counts["created"] == 1, rows_of(client, batch)[1]["row"].problems
    assert [p["code"] for p in rows_of(client, batch)[1]["row"].problems] == []
    assert len(rows_of(client, batch)[1]["row"].changes) > 8


@pytest.mark.parametrize("kind", list(LANDED_KINDS))
def test_every_kind_of_the_import_page_has_templates(signed_in: SignIn, kind: str) -> None:
    client = signed_in("brigade")
    page = client.get(reverse("exchange:import"))
    assert kind in dict(page.context["form"].fields["kind"].choices)
    answer = client.get(reverse("exchange:template", args=[kind.lower(), "csv"]))
    header, example = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert header == list(target_fields(LANDED_KINDS[kind]).values())
    assert sum(bool(cell) for cell in example) > 5
    assert client.get(reverse("exchange:template", args=[kind.lower(), "xlsx"])).status_code == 200


def test_the_page_of_a_file_of_positions_masks_its_samples_and_shows_its_rows(signed_in: SignIn) -> None:
    client = signed_in("brigade")
    data = file_of([[plate(0), "2026-09-30 08:00", "0", "0"]], ["号牌号码", "定位时间", "经度", "纬度"])
    batch = send(client, "POSITION", "TRANSPORT", data, "位置.csv")
    assert client.get(reverse("exchange:batch", args=[batch.pk])).status_code == 200
    assert sample("POSITION", "plate_number", plate(0), in_full=False) == mask_plate(plate(0))
    assert sample("POSITION", "plate_number", plate(0), in_full=True) == plate(0)
    row = rows_of(client, plan(client, batch))[1]
    assert (row["row"].outcome, row["url"], row["row"].changes) == ("TO_REVIEW", "", None)


def test_samples_of_the_mapping_step_show_no_personal_number(signed_in: SignIn) -> None:
    client = signed_in("brigade")
    batch = send(client, "VIOLATION", "TMRI_VIOLATION", file_of([violation_row(1)]))
    page = client.get(reverse("exchange:batch", args=[batch.pk]))
    samples = {column["header"]: column["samples"] for column in page.context["columns_to_map"]}
    assert samples["身份证号"] == [f"{citizen_id(1)[:6]}********{citizen_id(1)[-4:]}"]
    assert samples["号牌号码"] == [plate(1)]
    assert citizen_id(1) not in page.content.decode()


def test_a_file_with_wrong_rows_is_previewed_taken_in_repeated_mended_and_undone(signed_in: SignIn) -> None:
    client = signed_in("brigade")
    mixed = [
        violation_row(1), violation_row(2, WEST), violation_row(3, 违法时间=""), violation_row(4, 违法时间="2027-01-01 08:00"),
        violation_row(5, 号牌号码="看不清", 记分="3"), violation_row(6, 违法编号=""),
    ]  # fmt: skip
    batch = plan(client, send(client, "VIOLATION", "TMRI_VIOLATION", file_of(mixed)))
    assert (batch.encoding, batch.counts["created"], batch.counts["to_review"]) == ("gb18030", 3, 3)
    preview = rows_of(client, batch)
    assert [p["code"] for p in preview[3]["row"].problems] == ["TIME_BLANK"]
    assert [p["code"] for p in preview[4]["row"].problems] == ["TIME_IMPLAUSIBLE"]
    assert {p["code"] for p in preview[5]["row"].problems} == {"PLATE_UNREADABLE", "POINTS_DIFFER"}
    changes = {change.label: change.after for change in preview[1]["row"].changes}
    assert changes["违法行为"] == "违反道路交通信号灯通行(闯红灯)（1625）"
    assert changes["公民身份号码"] == f"{citizen_id(1)[:6]}********{citizen_id(1)[-4:]}"
    assert Violation.objects.count() == 0

    take_in(client, batch)
    first = Violation.objects.get(number="V1")
    shown = rows_of(client, batch)
    assert shown[1]["row"].element_label == "2026-09-01 08:05 违反道路交通信号灯通行(闯红灯)"
    assert shown[1]["url"] == reverse("console:event", args=["violations", first.pk])
    assert client.get(shown[1]["url"]).status_code == 200
    assert shown[3]["url"] == ""

    again = send(client, "VIOLATION", "TMRI_VIOLATION", file_of([violation_row(1), violation_row(2, WEST, 记分="3")]))
    again = plan(client, again)
    assert (again.counts["unchanged"], again.counts["updated"], again.counts["created"]) == (1, 1, 0)
    changed = rows_of(client, again)[2]["row"]
    assert [(c.label, c.before, c.after) for c in changed.changes] == [("记分", "6", "3")]

    mend = client.get(reverse("exchange:mend-file", args=[batch.pk])).content.decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(mend))][1:] == ["3", "4", "6"]

    assert client.post(reverse("exchange:undo", args=[batch.pk])).status_code == 302
    run_job(batch)
    assert batch.state == "UNDONE"
    assert list(Violation.objects.standing()) == []
    assert rows_of(client, batch)[1]["url"] == reverse("console:event", args=["violations", first.pk])


def test_a_row_that_takes_an_event_back_says_so_before_the_import(signed_in: SignIn) -> None:
    client, headers = signed_in("brigade"), [*HEADERS, "是否作废"]
    take_in(client, plan(client, send(client, "VIOLATION", "TMRI_VIOLATION", file_of([violation_row(1)]))))
    void = file_of([[*violation_row(1), "作废"]], headers)
    batch = plan(client, send(client, "VIOLATION", "TMRI_VIOLATION", void, day="2026-10-03"))
    changes = rows_of(client, batch)[1]["row"].changes
    assert [(c.label, c.before, c.after) for c in changes] == [("撤销或作废", "否", "是")]
    assert Violation.objects.standing().count() == 1


def test_parties_lead_to_the_page_of_their_accident(signed_in: SignIn) -> None:
    client = signed_in("brigade")
    accident = [["A1", "2026-09-05 14:20", "2", "11", "1", *EAST]]
    data = workbook_of(accident, ["事故编号", "事故时间", "事故类型", "事故形态", "碰撞形态", "经度", "纬度"])
    batch = take_in(client, plan(client, send(client, "ACCIDENT", "TMRI_ACCIDENT", data, "事故.xlsx")))
    assert rows_of(client, batch)[1]["row"].element_label == "2026-09-05 14:20 追尾碰撞"

    parties = file_of([["A1", "1", "赵试验", "A1", "1"]], ["事故编号", "人员编号", "姓名", "交通方式", "责任"])
    batch = take_in(client, plan(client, send(client, "PARTY", "TMRI_ACCIDENT", parties, "当事人.csv")))
    row, party = rows_of(client, batch)[1], AccidentParty.objects.get()
    assert (row["row"].element_id, row["row"].element_label) == (party.pk, "2026-09-05 14:20 步行")
    assert row["url"] == reverse("console:event", args=["accidents", Accident.objects.get().pk])


def test_captures_are_written_once_and_shown(signed_in: SignIn) -> None:
    client, headers = signed_in("brigade"), ["过车序号", "过车时间", "号牌号码", "号牌种类", "卡口编号", "经度", "纬度"]
    data = file_of([["C1", "2026-09-05 14:20:10", plate(0), "02", "KK1", *EAST]], headers, "utf-8-sig")
    batch = take_in(client, plan(client, send(client, "CAPTURE", "CHECKPOINT", data, "过车.csv")))
    capture = Capture.objects.get()
    row = rows_of(client, batch)[1]
    assert (row["row"].element_label, row["url"]) == (
        "2026-09-05 14:20 卡口 KK1", reverse("console:event", args=["captures", capture.pk])
    )  # fmt: skip
    again = plan(client, send(client, "CAPTURE", "CHECKPOINT", data + b"\r\n", "过车2.csv"))
    assert rows_of(client, again)[1]["row"].outcome == "UNCHANGED"


def test_who_does_not_see_an_event_is_shown_neither_label_nor_changes(signed_in: SignIn) -> None:
    client = signed_in("brigade")
    rows = [violation_row(1, EAST), violation_row(2, WEST)]
    take_in(client, plan(client, send(client, "VIOLATION", "TMRI_VIOLATION", file_of(rows))))
    changed = file_of([violation_row(1, EAST, 记分="3"), violation_row(2, WEST, 记分="3")])
    batch = plan(client, send(client, "VIOLATION", "TMRI_VIOLATION", changed))
    page = row_page(batch, User.objects.get(username="officer-1"), with_changes=True)
    east, west = page.rows
    assert (east.element_label[:16], [c.after for c in east.changes]) == ("2026-09-01 08:05", ["3"])
    assert (west.element_id, west.element_label, west.changes) == (None, "", None)
    assert west.note == "该事件不在您的辖区内，不显示其内容"


def test_a_page_of_rows_takes_as_many_queries_for_one_event_as_for_many(
    signed_in: SignIn, django_assert_num_queries
) -> None:
    client, brigade = signed_in("brigade"), User.objects.get(username="brigade")
    assert brigade.scope.all_blocks
    rows = [violation_row(n) for n in range(1, 9)]
    take_in(client, plan(client, send(client, "VIOLATION", "TMRI_VIOLATION", file_of(rows))))
    for many in (1, 8):
        data = file_of([violation_row(n, 记分="3") for n in range(1, many + 1)])
        batch = plan(client, send(client, "VIOLATION", "TMRI_VIOLATION", data))
        # The rows, the keys of their events, the visible events; the plan, the keys again, the events as they are.
        with django_assert_num_queries(6):
            assert len(row_page(batch, brigade, with_changes=True).rows) == many
