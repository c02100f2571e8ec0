"""From a file to events: what later rows say, what sources take back, undo, the same file again."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.models import ChangeRow
from events.models import Accident, AccidentParty, Capture, EventKey, EventVersion, Incident, Violation
from exchange.problems import sentence
from tests.factories.event_files import land
from tests.factories.files import take_back

pytestmark = pytest.mark.usefixtures("city")
ACCIDENT = {"事故编号": "SG1", "事故时间": "2026-03-05 14:20", "事故类型": "2", "受伤人数": "1"}


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Asia/Shanghai"))  # type: ignore[arg-type]


def accident(number: str = "SG1") -> Accident:
    return Accident.objects.get(number=number)


def test_an_accident_comes_in_with_its_codes_and_its_procedure():
    batch = land(
        "ACCIDENT",
        ACCIDENT | {"天气": "雨", "事故形态": "11", "简要案情": "追尾，报警人13812345678"},
        {"事故编号": "SG2", "事故时间": "2026年3月6日8时5分", "事故类型": "简易程序事故"},
    )

    assert batch.counts == {"received": 2, "created": 2, "updated": 0, "unchanged": 0, "to_review": 0, "rejected": 0}
    one, two = accident("SG1"), accident("SG2")
    assert (one.occurred_at, one.weather, one.form, one.injured) == (local(2026, 3, 5, 14, 20), "3", "11", 1)
    assert "138" not in (one.description or "")
    assert (one.procedure, two.procedure) == ("GENERAL", "SUMMARY")
    assert (
        list(ChangeRow.objects.filter(subject_table="events_accident").values_list("verb", flat=True))
        == ["CREATED"] * 2
    )


def test_a_later_row_wins_where_it_speaks_and_leaves_the_rest():
    land("ACCIDENT", ACCIDENT, day=200)
    batch = land("ACCIDENT", {"事故编号": "SG1", "事故时间": "2025-12-31 23:59", "死亡人数": "1"}, day=201)

    assert batch.counts["updated"] == 1
    # The event has moved into another part of the table and is there once.
    assert (accident().occurred_at, accident().deaths, accident().injured) == (local(2025, 12, 31, 23, 59), 1, 1)
    assert EventKey.objects.get(number="SG1").occurred_at == accident().occurred_at


def test_an_older_row_that_comes_late_fills_gaps_and_changes_nothing_else():
    land("ACCIDENT", ACCIDENT, day=200)
    batch = land("ACCIDENT", ACCIDENT | {"受伤人数": "5", "天气": "1"}, day=100)

    assert batch.counts["updated"] == 1
    assert (accident().injured, accident().weather) == (1, "1")


def test_the_same_file_again_is_unchanged_and_silent():
    land("ACCIDENT", ACCIDENT)
    changes = ChangeRow.objects.count()
    batch = land("ACCIDENT", ACCIDENT)

    assert (batch.counts["unchanged"], batch.counts["received"]) == (1, 1)
    assert ChangeRow.objects.count() == changes


def test_two_rows_of_one_file_about_one_event_are_one_event():
    batch = land("ACCIDENT", ACCIDENT, {"事故编号": "SG1", "死亡人数": "2", "事故时间": "2026-03-05 14:20"})

    assert (batch.counts["created"], batch.counts["unchanged"]) == (1, 1)
    assert (accident().deaths, accident().injured) == (2, 1)
    assert sentence(batch.rows.get(row_number=1).problems) == "同一文件中后面还有该对象的行，以后出现的为准"


def test_what_the_source_takes_back_is_withdrawn_and_comes_again_when_it_says_so():
    land("ACCIDENT", ACCIDENT, day=200)
    land("ACCIDENT", {"事故编号": "SG1", "记录状态": "作废"}, day=201)
    assert (accident().is_withdrawn, Accident.objects.standing().count()) == (True, 0)
    assert accident().injured == 1

    land("ACCIDENT", ACCIDENT | {"记录状态": ""}, day=202)
    assert not accident().is_withdrawn


def test_an_event_that_was_void_before_it_came_is_no_event():
    batch = land("ACCIDENT", {"事故编号": "SG9", "记录状态": "作废", "事故时间": ""})

    assert batch.counts["created"] == 1
    assert (Accident.objects.count(), EventVersion.objects.count()) == (0, 1)


def test_undo_gives_back_what_was_said_before_and_keeps_what_still_stands():
    first = land("ACCIDENT", ACCIDENT, day=200)
    second = land(
        "ACCIDENT", ACCIDENT | {"受伤人数": "3"}, {"事故编号": "SG2", "事故时间": "2026-03-06 08:05"}, day=201
    )
    third = land("ACCIDENT", ACCIDENT | {"受伤人数": "3"}, day=202)

    take_back(second)
    assert (accident().injured, accident("SG2").is_withdrawn) == (3, True)
    take_back(third)
    assert (accident().injured, accident().is_withdrawn) == (1, False)
    take_back(first)
    assert (accident().is_withdrawn, Accident.objects.standing().count()) == (True, 0)
    assert ChangeRow.objects.filter(subject_table="events_accident", verb="WITHDRAWN").count() == 2


SAYS = st.tuples(
    st.integers(200, 205),
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(["", "1", "3"]),
    st.sampled_from(["", "作废"]),
)


@settings(max_examples=25, deadline=None)
@given(files=st.lists(SAYS, min_size=2, max_size=4), data=st.data())
def test_undo_of_any_file_equals_never_having_had_it(django_db_blocker, files, data):
    """Files about one event in any order, one of them undone: the event is as without it."""
    from django.db import transaction

    def run(skip: int | None, undo: int | None) -> tuple:
        with transaction.atomic():
            batches = []
            for i, (day, injured, weather, void) in enumerate(files):
                if i != skip:
                    row = {
                        "事故编号": "P",
                        "事故时间": "2026-03-05 14:20",
                        "受伤人数": injured,
                        "天气": weather,
                        "记录状态": void,
                    }
                    batches.append(land("ACCIDENT", row, day=day))
            if undo is not None:
                take_back(batches[undo])
            found = list(Accident.objects.filter(number="P").values_list("injured", "weather", "is_withdrawn"))
            transaction.set_rollback(True)
        return tuple(found)

    chosen = data.draw(st.integers(0, len(files) - 1))
    assert run(None, chosen) == run(chosen, None)


def test_times_that_cannot_be_keep_a_row_back_and_say_why():
    batch = land(
        "ACCIDENT",
        {"事故编号": "A", "事故时间": "2030-01-01 10:00"},
        {"事故编号": "B", "事故时间": "1985-01-01 10:00"},
        {"事故编号": "C", "事故时间": ""},
        {"事故编号": "D", "事故时间": "昨天"},
        {"事故编号": "E", "事故时间": "2026-03-05"},
        {"事故编号": "", "事故时间": "2026-03-05 10:00"},
    )
    said = {row.row_number: sentence(row.problems) for row in batch.rows.all()}

    assert (batch.counts["created"], batch.counts["to_review"]) == (1, 5)
    assert "晚于数据时间一天以上" in said[1] and "早于 1990 年" in said[2]
    assert said[3] == "“事故时间”为空，不知道何时发生，请补填日期和时间"
    assert said[4] == "“事故时间”不是时间，请按 2026-03-01 14:20 的样子填写"
    assert said[5].startswith("“事故时间”只有日期没有时分")
    assert said[6].startswith("“事故编号”为空")
    assert Accident.objects.count() == 1


def test_day_and_time_of_day_in_two_columns():
    land("ACCIDENT", {"事故编号": "A", "日期": "2026/3/5", "时分": "8:05"})
    assert accident("A").occurred_at == local(2026, 3, 5, 8, 5)


def test_points_that_are_not_those_of_the_day_are_said_and_kept():
    batch = land(
        "VIOLATION",
        {"违法编号": "V1", "违法时间": "2022-03-31 10:00", "违法代码": "1344", "记分": "3"},
        {"违法编号": "V2", "违法时间": "2022-04-01 10:00", "违法代码": "1344", "记分": "3"},
        {"违法编号": "V3", "违法时间": "2022-04-01 10:00", "违法代码": "1340", "记分": "3"},
        {"违法编号": "V4", "违法时间": "2026-04-01 10:00", "违法代码": "77777", "记分": "1"},
    )
    said = [sentence(row.problems)[:12] for row in batch.rows.order_by("row_number")]

    assert said == ["", "“记分”与违法当日的记分", "", ""]
    points = Violation.objects.order_by("number").values_list("points", "points_by_rule")
    assert list(points) == [(3, 3), (3, 1), (3, None), (1, None)]


def test_a_party_waits_for_its_accident_and_takes_time_and_block_from_it(city):
    land("PARTY", {"事故编号": "SG1", "人员编号": "1", "姓名": "张试验", "责任": "主要责任", "伤害程度": "轻伤"})
    waiting = AccidentParty.objects.get()
    assert (waiting.accident_id, waiting.occurred_at, waiting.block) == (None, None, city.unplaced)

    land("ACCIDENT", ACCIDENT | {"事故地点": city.text(3)})
    party = AccidentParty.objects.get()
    assert (party.accident_id, party.occurred_at, party.block) == (accident().pk, accident().occurred_at, city.grids[3])

    land("ACCIDENT", ACCIDENT | {"事故地点": city.text(1), "事故时间": "2026-03-06 01:00"}, day=201)
    party.refresh_from_db()
    assert (party.occurred_at, party.block) == (local(2026, 3, 6, 1), city.grids[1])


def test_a_party_without_accident_number_is_held_back():
    batch = land("PARTY", {"事故编号": "", "人员编号": "1", "姓名": "张试验"})
    assert (batch.counts["to_review"], AccidentParty.objects.count()) == (1, 0)


def test_captures_are_kept_once_raw_reading_beside_the_plate():
    rows = [
        {
            "过车编号": "K1",
            "过车时间": "2026-03-05 14:20:01",
            "号牌号码": "鲁F-12345",
            "号牌颜色": "蓝",
            "置信度": "92",
        },
        {"过车编号": "K2", "过车时间": "2026-03-05 14:20:02", "号牌号码": "鲁FO1234", "号牌颜色": "蓝"},
        {"过车编号": "K1", "过车时间": "2026-03-05 14:20:01", "号牌号码": "鲁F12345"},
    ]
    batch = land("CAPTURE", *rows)

    assert batch.counts["created"] == 2 and batch.counts["unchanged"] == 1
    found = Capture.objects.order_by("number").values_list("plate_read", "plate_number", "plate_type", "confidence_pct")
    assert list(found) == [("鲁F-12345", "鲁F12345", "02", 92), ("鲁FO1234", None, None, None)]

    assert land("CAPTURE", *rows).counts["unchanged"] == 3
    assert Capture.objects.count() == 2
    take_back(batch)
    assert Capture.objects.count() == 0


def test_an_incident_keeps_its_times_and_hides_the_caller():
    land(
        "INCIDENT",
        {
            "警情编号": "J1", "接警时间": "2026-03-05 08:00", "派警时间": "2026-03-05 08:03", "到场时间": "2026-03-05 08:21",
            "处结时间": "x", "警情类别": "交通事故", "报警电话": "13812345678", "警情内容": "两车相撞，联系13812345678",
        },
    )  # fmt: skip
    incident = Incident.objects.get()

    assert (incident.category, incident.dispatched_at, incident.closed_at) == ("1", local(2026, 3, 5, 8, 3), None)
    assert "138" not in incident.description and b"138" not in bytes(incident.caller_phone)
    assert Incident.objects.filter(caller_phone__is="13812345678").exists()
