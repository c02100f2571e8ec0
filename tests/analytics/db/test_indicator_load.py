"""Earlier indicators from files: read, looked at, refused by row and column, taken in once."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from openpyxl import Workbook

from analytics.models import IndicatorSnapshot
from analytics.services.snapshot_file import read_cells
from analytics.services.snapshot_import import LoadPlan, apply_load, plan_load
from analytics.services.snapshots import snapshot_day
from common import clock
from common.errors import DomainError, NotAllowed
from common.models import AuditRow, Job
from tests.factories.indicators import inspected

HEAD = "指标,日期,责任区代码,分子,分母"
GOOD = f"{HEAD}\n机动车检审率,2025-11-28,ZD-1,90,100\nDRIVER_REVIEW,2025-11-28,DD,7,10\n"


def stored() -> list[tuple[str, date, int, int]]:
    rows = IndicatorSnapshot.objects.order_by("indicator", "day", "block_id")
    return list(rows.values_list("indicator", "day", "numerator", "denominator"))


def plan(users, text: str, name: str = "brigade") -> LoadPlan:
    return plan_load(rows=read_cells(text.encode()), actor=users[name], now=clock.now())


def load(users, text: str) -> LoadPlan:
    return apply_load(rows=read_cells(text.encode()), actor=users["brigade"], now=clock.now())


def test_looking_writes_nothing_loading_writes_and_twice_changes_nothing(users):
    seen = plan(users, GOOD)
    assert (len(seen.created), len(seen.changed), seen.unchanged, seen.problems, stored()) == (2, 0, 0, [], [])
    load(users, GOOD)
    day = date(2025, 11, 28)
    assert stored() == [("DRIVER_REVIEW", day, 7, 10), ("VEHICLE_INSPECTION", day, 90, 100)]
    job = Job.objects.get(kind="INDICATOR_IMPORT")
    assert set(IndicatorSnapshot.objects.values_list("batch_id", flat=True)) == {job.pk}
    again = load(users, GOOD)
    assert (again.created, again.changed, again.unchanged) == ([], [], 2)
    assert (
        Job.objects.filter(kind="INDICATOR_IMPORT").count(),
        AuditRow.objects.filter(verb="INDICATORS_LOADED").count(),
    ) == (1, 1)


def test_another_number_replaces_the_first(users):
    load(users, GOOD)
    changed = load(users, GOOD.replace("90,100", "91,100"))
    assert (len(changed.created), len(changed.changed), changed.unchanged) == (0, 1, 1)
    assert [numerator for _key, _day, numerator, _all in stored()] == [7, 91]


@pytest.mark.parametrize(
    ("line", "column", "cure"),
    [
        ("检审率,2025-11-28,ZD-1,1,2", "指标", "应为 驾驶人审验率"),
        ("一般程序事故,2025-11-28,ZD-1,1,2", "指标", "不需要载入"),
        ("机动车检审率,2025-02-30,ZD-1,1,2", "日期", "2025-11-28 的形式"),
        (f"机动车检审率,{clock.today()},ZD-1,1,2", "日期", "今天以前"),
        ("机动车检审率,2025-11-28,NONE,1,2", "责任区代码", "没有这个现行的责任区"),
        ("机动车检审率,2025-11-28,ZD-1,3,2", "分子", "不能大于分母"),
        ("机动车检审率,2025-11-28,ZD-1,-1,2", "分子", "不小于 0 的整数"),
        ("机动车检审率,2025-11-28,ZD-1,1,", "分母", "不小于 0 的整数"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named_with_its_cure_and_nothing_is_taken(users, line, column, cure):
    text = f"{GOOD}{line}\n"
    found = plan(users, text)
    assert found.rejected == 1
    assert found.problems[0].startswith(f"第 4 行“{column}”列：") and cure in found.problems[0]
    with pytest.raises(DomainError) as refused:
        load(users, text)
    assert (refused.value.code, stored(), Job.objects.filter(kind="INDICATOR_IMPORT").exists()) == (
        "BAD_ROWS",
        [],
        False,
    )


def test_the_same_place_twice_in_a_file_is_refused(users):
    found = plan(users, f"{GOOD}VEHICLE_INSPECTION,2025-11-28,ZD-1,1,2\n")
    assert found.problems == ["第 4 行“责任区代码”列：同一指标、日期、责任区在第 2 行已有，请删去其中一行。"]


def test_a_day_that_the_platform_counted_stays(users):
    inspected(1, 1, grid=0)
    snapshot_day(day=clock.today(), now=clock.now())
    yesterday = clock.today() - timedelta(1)
    IndicatorSnapshot.objects.update(day=yesterday)
    before = stored()
    found = plan(users, f"{HEAD}\n机动车检审率,{yesterday},ZD-1,1,2\n")
    assert found.problems == ["第 2 行“日期”列：这一天平台已自己统计，请删去该行。"]
    assert stored() == before


@pytest.mark.parametrize("name", ["squadron-1", "analyst", "liaison-1", "nobody"])
def test_others_may_not_load(users, name):
    with pytest.raises(NotAllowed):
        plan(users, GOOD, name)
    with pytest.raises(NotAllowed):
        apply_load(rows=read_cells(GOOD.encode()), actor=users[name], now=clock.now())
    assert stored() == []


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(), GOOD.encode("utf-8-sig"), GOOD.encode("gb18030"), GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("指标,", "指标，").encode("gb18030"), GOOD.replace("\n", ",\n").encode(), f"{GOOD}\n,,,,\n".encode(),
    ],
)  # fmt: skip
def test_files_are_read_as_spreadsheets_write_them(content):
    assert read_cells(content) == [
        (2, ("机动车检审率", "2025-11-28", "ZD-1", "90", "100")), (3, ("DRIVER_REVIEW", "2025-11-28", "DD", "7", "10")),
    ]  # fmt: skip


def test_a_workbook_has_the_same_cells():
    book, stream = Workbook(), io.BytesIO()
    sheet = book.active
    sheet.append(["分母", "指标", "日期", "责任区代码", "分子"])
    sheet.append([100, "机动车检审率", date(2025, 11, 28), "ZD-1", 90])
    book.save(stream)
    assert read_cells(stream.getvalue()) == [(2, ("机动车检审率", "2025-11-28", "ZD-1", "90", "100"))]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "COLUMNS_MISSING"), (b"\x00\x01", "NOT_A_TABLE"), (b"PK\x03\x04nonsense", "NOT_A_TABLE"), (HEAD.encode(), "NO_ROWS"),
        (f"{HEAD},单位\n1,2,3,4,5,6\n".encode(), "COLUMNS_UNKNOWN"), (b"a" * (2 * 1024 * 1024 + 1), "FILE_TOO_LARGE"),
        ("指标,日期,分子,分母\n".encode(), "COLUMNS_MISSING"),
    ],
)  # fmt: skip
def test_what_is_no_such_table_is_refused_in_words(content, code):
    with pytest.raises(DomainError) as refused:
        read_cells(content)
    assert refused.value.code == code
