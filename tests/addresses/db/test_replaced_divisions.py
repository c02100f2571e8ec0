"""Renamed and merged divisions: a text with the old name or code resolves under the successor, or goes to review."""

from __future__ import annotations

from datetime import date

import pytest

from addresses.choices import DivisionLevel
from addresses.matching.result import Resolution
from addresses.models import Division
from addresses.services import resolution
from addresses.services.index_version import raise_index_version
from addresses.services.registry import load_addresses
from tests.factories.places import write_registry

TOWN, TOWN_CODE, NEW_CODE = "沙河镇", "370683101", "370683101990"
NEW = "新合村委会"
ENDED = date(2021, 1, 1)


@pytest.fixture
def successor(city, tmp_path) -> Division:
    """A village that took the place of others on the day they ended; it has the houses 3 and 7."""
    made = Division.objects.create(
        code=NEW_CODE, name=NEW, level=DivisionLevel.VILLAGE, parent_id=TOWN_CODE, valid_from=ENDED
    )
    rows = [{"code": f"N-{n}", "town": TOWN, "village": NEW, "number": f"{n}号"} for n in (3, 7)]
    assert load_addresses(write_registry(tmp_path / "new.csv", iter(rows))).created == 2
    return made


def replace_division(division: Division, successor: Division, ended: date | None = ENDED) -> None:
    Division.objects.filter(pk=division.pk).update(replaced_by=successor, valid_to=ended)
    raise_index_version()


def resolve(text: str) -> Resolution:
    return resolution.resolve_texts([text])[0]


def outcome(text: str) -> tuple[str, str, set[str]]:
    """Status, code of the accepted node or else of the first candidate, faults."""
    result = resolve(text)
    node = result.node or (result.candidates[0].node if result.candidates else None)
    return str(result.status), node.code if node else "", {fault.code for fault in result.faults}


def new_village_code() -> str:
    return resolve(f"莱州市{TOWN}{NEW}").node.code


def test_the_name_and_the_code_of_a_renamed_village_mean_its_successor(city, successor):
    old = city.villages[4]
    replace_division(old, successor)

    village = ("exact", new_village_code(), set())
    assert outcome(f"莱州市{TOWN}{old.name}") == village
    assert outcome(f"莱州市{old.name.removesuffix('委会')}") == village
    assert outcome(f"莱州市{old.code}") == village
    assert outcome(f"莱州市{TOWN}{old.name}7号") == ("exact", "N-7", set())
    assert outcome(f"{old.code} 7号") == ("exact", "N-7", set())
    assert [(s.level, s.stated, s.held) for s in resolve(f"{TOWN}{old.name}7号").steps][1] == ("village", old.name, NEW)


def test_a_house_number_of_a_merged_village_is_not_taken_for_that_of_its_successor(city, successor):
    for old in city.villages[4:]:
        replace_division(old, successor)
    old = city.villages[4]

    assert outcome(f"莱州市{TOWN}{old.name}") == ("exact", new_village_code(), set())
    assert outcome(f"莱州市{TOWN}{old.name}7号") == ("review", "N-7", {"merged_division"})
    # The registry still has house 3 under the old path: that house is meant, not the 3 of the successor.
    assert outcome(f"莱州市{TOWN}{old.name}3号") == ("exact", "LZ-4-3", set())
    assert outcome(f"莱州市{TOWN}{NEW}3号") == ("exact", "N-3", set())


def test_a_village_that_stood_before_the_other_ended_was_no_renaming(city, successor):
    Division.objects.filter(pk=successor.pk).update(valid_from=None)
    old = city.villages[4]
    replace_division(old, successor)

    assert outcome(f"莱州市{TOWN}{old.name}7号") == ("review", "N-7", {"merged_division"})


def test_a_replacement_of_next_year_changes_nothing_today(city, successor):
    old = city.villages[4]
    replace_division(old, successor, date(2999, 1, 1))

    assert resolve(f"莱州市{TOWN}{old.name}").node.components.village == old.name
    assert outcome(f"莱州市{TOWN}{old.name}7号") == (
        "review",
        resolve(f"莱州市{TOWN}{old.name}").node.code,
        {"number_not_found"},
    )


def test_villages_agree_with_the_old_and_the_new_name_of_their_town(city):
    made = Division.objects.create(
        code="370683990", name="新河街道", level=DivisionLevel.TOWN, parent_id="370683", valid_from=ENDED
    )
    replace_division(Division.objects.get(code=TOWN_CODE), made)

    name = city.villages[4].name
    assert outcome(f"莱州市新河街道{name}3号") == ("exact", "LZ-4-3", set())
    assert outcome(f"莱州市{TOWN}{name}3号") == ("exact", "LZ-4-3", set())


def test_divisions_that_replace_each_other_in_a_circle_stay_what_they_are(city):
    first, second = city.villages[4:]
    replace_division(first, second)
    replace_division(second, first)

    assert outcome(f"莱州市{TOWN}{first.name}3号") == ("exact", "LZ-4-3", set())
