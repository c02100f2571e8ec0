"""Inspections: the plan, what is due when, and recording one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from duty.models import Inspection, InspectionPlan, WorkOrder
from duty.selectors.inspections import due_facilities, narrowed, read_page
from duty.services.inspections import load_inspection_plans, record_inspection
from tests.factories.claims import NOW
from tests.factories.upkeep import facility, facility_of, picture, request
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")
TODAY = date(2026, 10, 1)


@pytest.fixture(scope="module")
def module_users(module_city):
    load_inspection_plans()
    return make_users(module_city)


def inspect(element, actor, number: int = 1, *, result: str = "GOOD", days: int = 0, **values):
    now = NOW + timedelta(days=days)
    return record_inspection(
        facility_id=element.pk, result=result, request_id=request(number), actor=actor, now=now, **values
    )


def due(user, standing: str = "ALL") -> list[tuple]:
    rows = read_page(
        due_facilities(user) if standing == "ALL" else narrowed(due_facilities(user), standing, TODAY),
        size=50,
        cursor="",
        today=TODAY,
    ).rows
    return [(row["label"][-1], row["last_on"], row["due_on"], row["overdue_days"]) for row in rows]


def test_the_plan_is_loaded_once_and_what_was_edited_stays(users):
    InspectionPlan.objects.filter(facility_type="01").update(every_days=10)

    assert load_inspection_plans() == 0
    days = dict(InspectionPlan.objects.values_list("facility_type", "every_days"))
    assert days == {
        "01": 10,
        "02": 90,
        "03": 180,
        "04": 90,
        "05": 30,
        "06": 180,
        "07": 90,
        "08": 180,
        "09": 30,
        "10": 30,
    }


def test_due_counts_from_the_inspection_else_the_installation_else_the_first_claim(users):
    inspected = facility(1, installed_on=date(2020, 1, 1))
    inspect(inspected, users["officer-1"], days=-20)
    facility(2, installed_on=date(2026, 8, 1))
    facility(3, day=10)
    facility(4, facility_type="99")
    facility(5, state="4")
    facility(6, state=None)

    # The first claims are of 11 March and, of the last one, of 2 March.
    assert due(users["officer-1"]) == [
        ("6", None, date(2026, 4, 1), 183),
        ("3", None, date(2026, 4, 10), 174),
        ("2", None, date(2026, 8, 31), 31),
        ("1", date(2026, 9, 11), date(2026, 10, 11), 0),
    ]


def test_standings_narrow(users):
    inspect(facility(1), users["officer-1"], 1, days=-20)
    inspect(facility(2), users["officer-1"], 2, days=-27)
    inspect(facility(3), users["officer-1"], 3, days=-40)
    facility(4)

    def labels(standing: str) -> list[str]:
        return [row[0] for row in due(users["officer-1"], standing)]

    assert labels("SOON") == ["4", "3", "2"]
    assert labels("OVERDUE") == ["4", "3"]
    assert labels("NEVER") == ["4"]
    assert labels("ALL") == ["4", "3", "2", "1"]


def test_pages_follow_each_other_without_gaps(users):
    for number in range(1, 6):
        facility(number, installed_on=date(2026, 1, number // 2 + 1))
    seen, cursor = [], ""
    while cursor is not None:
        page = read_page(due_facilities(users["officer-1"]), size=2, cursor=cursor, today=TODAY)
        seen += [row["label"][-1] for row in page.rows]
        cursor = page.next_cursor

    assert seen == ["1", "2", "3", "4", "5"]


def test_due_facilities_are_those_of_the_scope(users):
    facility(1, grid=0)
    facility(2, grid=5)

    assert [row[0] for row in due(users["officer-1"])] == ["1"]
    assert [row[0] for row in due(users["officer-2"])] == ["2"]
    assert len(due(users["brigade"])) == 2
    assert due(users["nobody"]) == []


def test_a_fault_found_on_inspection_opens_an_order(users):
    signal = facility()

    inspection, order = inspect(signal, users["coordinator-1"], result="FAULT", note="黄灯不亮", photos=(picture(),))

    assert (inspection.result, inspection.done_on, inspection.note) == ("FAULT", TODAY, "黄灯不亮")
    assert order is not None
    assert (order.fault, order.cause, order.facility_id) == ("黄灯不亮", "FAULT", signal.pk)
    assert facility_of(1).facility.state == "2"


def test_a_fault_without_a_text_leaves_neither_inspection_nor_order(users):
    signal = facility()

    with pytest.raises(DomainError) as refused:
        inspect(signal, users["officer-1"], result="FAULT")
    assert refused.value.code == "FAULT_MISSING"
    assert (Inspection.objects.count(), WorkOrder.objects.count()) == (0, 0)


def test_the_same_inspection_again_is_the_first_one(users):
    signal = facility()
    first = inspect(signal, users["officer-1"], result="FAULT", note="黄灯不亮")

    assert inspect(signal, users["officer-1"], result="FAULT", note="黄灯不亮") == first
    with pytest.raises(Conflict) as refused:
        inspect(signal, users["officer-1"], result="GOOD")
    assert refused.value.code == "REQUEST_USED"
    assert (Inspection.objects.count(), WorkOrder.objects.count()) == (1, 1)


def test_readers_and_strangers_record_nothing(users):
    signal = facility()

    with pytest.raises(NotAllowed):
        inspect(signal, users["analyst"])
    with pytest.raises(NotVisible):
        inspect(signal, users["officer-2"])
    assert Inspection.objects.count() == 0
