"""What is overdue: by date, by state, by licence class; the page says what the list says."""

from __future__ import annotations

from datetime import date

import pytest
from django.http import QueryDict

from elements.filters import filtered_elements
from elements.models import Element
from elements.registries import REGISTRIES
from elements.selectors.detail import folded_values
from elements.selectors.dues import due_rules, dues_of
from tests.factories.claims import claim, person_of, submit, vehicle_of
from tests.factories.numbers import citizen_id, file_number, vin
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")
TODAY = date(2026, 10, 1)


def hit(code: str) -> set[int]:
    return set(Element.objects.filter(due_rules()[code].overdue(TODAY)).values_list("pk", flat=True))


def vehicles(**states: dict) -> dict[str, int]:
    named = {name: vin(n) for n, name in enumerate(states, start=1)}
    submit("TMRI_VEHICLE", "VEHICLE", *(claim(vin=named[name], **values) for name, values in states.items()))
    return {name: vehicle_of(number).pk for name, number in named.items()}


def test_inspection_is_overdue_by_date_or_by_state_unless_the_vehicle_is_gone():
    made = vehicles(
        past={"inspection_valid_to": date(2026, 9, 30), "state": "A"},
        last_day={"inspection_valid_to": TODAY, "state": "A"},
        stated={"inspection_valid_to": date(2027, 1, 1), "state": "GQ"},
        stateless={"inspection_valid_to": date(2020, 1, 1)},
        cancelled={"inspection_valid_to": date(2020, 1, 1), "state": "E"},
        undated={"state": "A"},
    )
    assert hit("INSPECTION") == {made["past"], made["stated"], made["stateless"]}


def test_scrap_counts_where_the_plates_are_void_but_the_vehicle_was_not_handed_in():
    made = vehicles(
        void={"scrap_due_on": date(2026, 1, 1), "state": "P"},
        forced={"scrap_due_on": date(2026, 1, 1), "state": "M"},
        ahead={"scrap_due_on": date(2030, 1, 1), "state": "A"},
    )
    assert hit("SCRAP") == {made["void"]}


@pytest.mark.parametrize(
    ("values", "is_overdue"),
    [
        ({"licence_classes": "A2D", "points": 3, "review_due_on": date(2026, 8, 1)}, True),
        ({"licence_classes": "C1", "points": 3, "review_due_on": date(2026, 8, 1)}, False),
        ({"licence_classes": "A2D", "points": 0, "review_due_on": date(2026, 8, 1)}, False),
        ({"licence_classes": "A2D", "points": 3, "review_due_on": date(2026, 9, 10)}, False),
        ({"licence_classes": "B2", "points": 3, "review_due_on": date(2026, 8, 1), "licence_state": "T"}, False),
        ({"licence_classes": "C1", "points": 0, "licence_state": "AS"}, True),
    ],
)
def test_review_is_for_heavy_classes_with_points_after_thirty_days(values, is_overdue):
    submit("TMRI_DRIVER", "PERSON", claim(citizen_id=citizen_id(1), file_no=file_number(1), name="张试验", **values))
    person = person_of(1)

    assert (person.pk in hit("REVIEW")) is is_overdue
    dues = {due.rule.code: due.is_overdue for due in dues_of(person, folded_values(person), TODAY)}
    assert dues.get("REVIEW") is is_overdue


def test_list_and_page_agree_and_name_days_and_paragraph(city):
    made = vehicles(
        late={"inspection_valid_to": date(2026, 9, 21), "scrap_due_on": date(2026, 10, 20), "state": "A"},
        fine={"inspection_valid_to": date(2028, 1, 1), "state": "A"},
    )
    late = Element.objects.get(pk=made["late"])
    first, second = dues_of(late, folded_values(late), TODAY)
    assert (first.rule.code, first.is_overdue, first.days_past) == ("INSPECTION", True, 10)
    assert (second.rule.code, second.is_overdue, second.is_soon, second.days) == ("SCRAP", False, True, 19)
    assert "第十六条" in first.rule.basis
    found, _ = filtered_elements(
        REGISTRIES["vehicles"], QueryDict("overdue=INSPECTION&overdue=SCRAP"), make_users(city)["brigade"]
    )
    assert made["late"] in set(found.values_list("pk", flat=True))


def test_a_danger_is_overdue_until_it_is_treated():
    submit(
        "DANGER_LEDGER", "FACILITY",
        *(claim(number=str(n), name=f"弯道{n}", danger="视距不足", treat_by_on=date(2026, 9, 1), review_result=result)
          for n, result in enumerate(("1", "2", None))),
    )  # fmt: skip
    assert set(Element.objects.filter(pk__in=hit("TREATMENT")).values_list("label", flat=True)) == {"弯道1", "弯道2"}
