"""No-go rules without a database: hours over midnight, work days of the calendar, words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.errors import DomainError
from elements.forms_no_go import RuleForm
from elements.models import NoGoPermit, NoGoRule
from elements.no_go_calendar import is_announced, is_work_day
from elements.no_go_rules import Passage, begun_on, judge
from elements.no_go_words import days_in_words, hours_in_words, uses_in_words, vehicles_in_words
from elements.services.no_go import MAX_POINTS, read_area

LOCAL = ZoneInfo("Asia/Shanghai")
FRIDAY, SATURDAY = date(2026, 11, 27), date(2026, 11, 28)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL)


def rule(**values) -> NoGoRule:
    return NoGoRule(**{"name": "试验", "valid_from": date(2026, 1, 1)} | values)


def verdict(one: NoGoRule, when: datetime, permits: tuple[NoGoPermit, ...] = (), **passage):
    return judge(one, Passage(at=when, **passage), place="位于禁行区域内", permits=permits)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 27), True),
        (date(2026, 11, 28), False),
        (date(2026, 10, 1), False),
        (date(2026, 10, 5), False),  # a Monday in the week of the national day
        (date(2026, 2, 14), True),  # a Saturday worked for the spring festival
        (date(2026, 2, 28), True),
        (date(2026, 1, 4), True),  # a Sunday worked for the new year
    ],
)
def test_work_days_follow_the_announced_calendar(day, works):
    assert (is_work_day(day), is_announced(day)) == (works, True)


def test_beyond_the_calendar_monday_to_friday_stand_and_the_reason_says_so():
    day = date(2040, 10, 1)  # a Monday

    assert (is_announced(day), is_work_day(day), is_work_day(date(2040, 10, 6))) == (False, True, False)
    reason = verdict(rule(days="WORK"), at(day, 8)).reasons[2]
    assert reason.is_met
    assert "2040 年放假安排未收录" in str(reason.text)


@pytest.mark.parametrize(
    ("start", "end", "when", "begun"),
    [
        (None, None, at(FRIDAY, 3), FRIDAY),
        (420, 1140, at(FRIDAY, 7), FRIDAY),
        (420, 1140, at(FRIDAY, 6, 59), None),
        (420, 1140, at(FRIDAY, 18, 59), FRIDAY),
        (420, 1140, at(FRIDAY, 19), None),
        (1320, 360, at(FRIDAY, 22), FRIDAY),
        (1320, 360, at(SATURDAY, 2), FRIDAY),
        (1320, 360, at(SATURDAY, 5, 59), FRIDAY),
        (1320, 360, at(SATURDAY, 6), None),
        (1320, 1440, at(FRIDAY, 23, 59), FRIDAY),
        (1320, 1440, at(SATURDAY, 0), None),
    ],
)
def test_hours_begin_are_over_at_their_end_and_belong_to_the_day_they_began(start, end, when, begun):
    assert begun_on(rule(from_minute=start, to_minute=end), when) == begun


def test_a_rule_of_work_days_over_midnight_holds_on_saturday_morning_and_not_on_monday_morning():
    night = rule(days="WORK", from_minute=1320, to_minute=360)

    assert verdict(night, at(SATURDAY, 2)).is_forbidden
    assert not verdict(night, at(date(2026, 11, 30), 2)).is_forbidden
    assert "属于前一日 2026-11-27" in str(verdict(night, at(SATURDAY, 2)).reasons[1].text)


def test_the_period_is_that_of_the_day_on_which_the_hours_began():
    night = rule(from_minute=1320, to_minute=360, valid_from=FRIDAY, valid_to=SATURDAY)

    assert not verdict(night, at(FRIDAY, 2)).is_forbidden
    assert verdict(night, at(FRIDAY, 22)).is_forbidden
    assert verdict(night, at(SATURDAY, 2)).is_forbidden
    assert not verdict(night, at(SATURDAY, 22)).is_forbidden


@pytest.mark.parametrize(
    ("types", "uses", "vehicle", "forbidden"),
    [
        ([], [], {}, True),
        (["H1"], [], {"vehicle_type": "H11"}, True),
        (["H1"], [], {"vehicle_type": "H21"}, False),
        (["H1", "H2"], [], {"vehicle_type": "H21"}, True),
        (["H11"], [], {"vehicle_type": "H1"}, False),
        (["H1"], [], {}, False),
        ([], ["F"], {"use_nature": "F"}, True),
        ([], ["F"], {"use_nature": "A"}, False),
        ([], ["F"], {}, False),
        (["H1"], ["R"], {"vehicle_type": "H11", "use_nature": "F"}, False),
    ],
)
def test_kinds_and_uses_of_vehicles(types, uses, vehicle, forbidden):
    assert verdict(rule(vehicle_types=types, use_natures=uses), at(FRIDAY, 8), **vehicle).is_forbidden is forbidden


def test_an_unknown_type_is_said_to_be_unknown():
    reason = verdict(rule(vehicle_types=["H1"]), at(FRIDAY, 8)).reasons[4]

    assert str(reason.text) == "限重型货车；这辆车的车辆类型未登记，无法认定"


def test_a_permit_holds_on_its_days_and_only_where_permits_are_known():
    permit = NoGoPermit(number="T-1", valid_from=FRIDAY, valid_to=SATURDAY)
    open_rule, closed_rule = rule(), rule(is_permit_possible=False)

    assert not verdict(open_rule, at(FRIDAY, 8), (permit,)).is_forbidden
    assert verdict(open_rule, at(FRIDAY, 8), (permit,)).permit is permit
    assert verdict(open_rule, at(SATURDAY, 0), (permit,)).is_forbidden
    assert verdict(open_rule, at(FRIDAY - timedelta(days=1), 8), (permit,)).is_forbidden
    assert verdict(closed_rule, at(FRIDAY, 8), (permit,)).is_forbidden


def test_rules_in_words():
    assert hours_in_words(rule(from_minute=420, to_minute=1140)) == "7:00—19:00"
    assert hours_in_words(rule(from_minute=1320, to_minute=365)) == "22:00—次日6:05"
    assert hours_in_words(rule()) == hours_in_words(rule(from_minute=0, to_minute=1440)) == "全天"
    assert days_in_words(rule(days="WORK")) == "工作日"
    assert vehicles_in_words(["H1", "K33"]) == "重型货车、小型轿车"
    assert (vehicles_in_words([]), uses_in_words(["F", "R"]), uses_in_words([])) == (
        "所有机动车",
        "货运、危险化学品运输",
        "",
    )


SQUARE = "[[119.90,37.10],[119.94,37.10],[119.94,37.14],[119.90,37.14],[119.90,37.10]]"
HOLE = "[[119.91,37.11],[119.92,37.11],[119.92,37.12],[119.91,37.12],[119.91,37.11]]"
BOW = "[[119.90,37.10],[119.94,37.14],[119.94,37.10],[119.90,37.14],[119.90,37.10]]"


def test_an_area_with_a_hole_is_good():
    area = read_area(f'{{"type":"Polygon","coordinates":[{SQUARE},{HOLE}]}}')

    assert (area.geom_type, area.num_geom, area[0].num_interior_rings) == ("MultiPolygon", 1, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kein JSON", "NO_GO_AREA"),
        ("null", "NO_GO_AREA"),
        ("[1,2]", "NO_GO_AREA"),
        ('{"type":"Point","coordinates":[119.9,37.1]}', "NO_GO_AREA"),
        ('{"type":"Polygon","coordinates":[]}', "NO_GO_AREA"),
        ('{"type":"Polygon","coordinates":[[["x",1]]]}', "NO_GO_AREA"),
        ("[" * 5000, "NO_GO_AREA"),
        (f'{{"type":"Polygon","coordinates":[{BOW}]}}', "NO_GO_CROSSED"),
        ('{"type":"Polygon","coordinates":[[[37.1,119.9],[37.2,119.9],[37.2,120.0],[37.1,119.9]]]}', "NO_GO_OUTSIDE"),
        ('{"type":"Polygon","coordinates":[[[116,39],[117,39],[117,40],[116,39]]]}', "NO_GO_OUTSIDE"),
    ],
)
def test_a_bad_area_is_refused(text, code):
    with pytest.raises(DomainError) as refused:
        read_area(text)

    assert refused.value.code == code


def test_an_area_of_too_many_corners_is_refused():
    ring = [[119.9 + n * 1e-6, 37.1] for n in range(MAX_POINTS)] + [[119.95, 37.2], [119.9, 37.1]]
    with pytest.raises(DomainError) as refused:
        read_area(f'{{"type":"Polygon","coordinates":[{ring}]}}')

    assert refused.value.code == "NO_GO_AREA_FINE"


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("7:00", "19:00", (420, 1140)),
        ("22：00", "24:00", (1320, 1440)),
        ("22", "0:00", (1320, 1440)),
        ("", "", (None, None)),
    ],
)
def test_times_of_the_form(start, end, minutes):
    form = RuleForm(
        {"name": "试", "days": "EVERY", "from_time": start, "to_time": end, "valid_from": "2026-01-01"}, roads=[]
    )

    assert form.is_valid(), form.errors
    assert (form.draft().from_minute, form.draft().to_minute) == minutes


@pytest.mark.parametrize("text", ["25:00", "7:60", "abc", "-1:00", "24:01", "7:0x"])
def test_a_time_that_is_none_is_refused(text):
    form = RuleForm({"name": "试", "days": "EVERY", "from_time": text, "valid_from": "2026-01-01"}, roads=[])

    assert list(form.errors) == ["from_time"]
