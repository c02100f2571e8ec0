"""An address asked for an earlier day answers as it answered on that day."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from addresses.models import AddressChange, AddressChangeItem, StandardAddress
from addresses.parsing.components import Components
from addresses.selectors.address_detail import address_row, successors
from addresses.selectors.address_then import NotYet, address_at, address_then
from addresses.services.borders import schedule_move
from addresses.services.registry_changes import create_address, merge_addresses, renumber_address
from addresses.services.registry_changes_undo import undo_change
from common import clock, jobs
from tests.factories.borders import box, move_piece
from tests.factories.places import point_in
from tests.factories.registry_changes import load_estates, random_change
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")
FIRST_DAY = datetime(2026, 11, 28, 2, tzinfo=UTC)
ASIDE = {"at", "then", "not_known"}


@pytest.fixture
def brigade(city):
    return make_users(city)["brigade"]


def answers_now() -> dict[int, dict[str, Any]]:
    """What every address answers without a day."""
    found = {}
    for address in StandardAddress.objects.select_related("town", "village", "block__parent", "parent", "twin_of"):
        found[address.pk] = address_row(address) | {"replaced_by": successors(address.pk)}
    return found


def answers_then(day: date, user, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    found = {}
    for pk, code in StandardAddress.objects.filter(pk__in=ids).values_list("pk", "code"):
        past = address_at(code, day, user)
        if past is not None:
            found[pk] = {name: value for name, value in asdict(past).items() if name not in ASIDE}
    return found


@pytest.mark.parametrize("seed", range(2))
def test_each_earlier_day_answers_as_that_day_did(city, brigade, tmp_path, seed):
    """One change or undo a day; then every day is asked again."""
    load_estates(city, tmp_path / "e.csv")
    dice = random.Random(seed)
    days, answers, undone = [FIRST_DAY.date() - timedelta(days=1)], [answers_now()], 0
    while len(days) < 8:
        now = FIRST_DAY + timedelta(days=len(days))
        done = list(AddressChange.objects.filter(state="DONE").order_by("pk"))
        if len(days) in (3, 6):
            undo_change(change_id=done[-1].pk, actor=brigade, now=now)
            undone += 1
        elif random_change(dice, city, brigade, now) is None:
            continue
        days.append(now.date())
        answers.append(answers_now())

    # What an undo took away is gone with its history; what no change touched answers alike on every day.
    there = set(answers[-1])
    touched = there & set(AddressChangeItem.objects.values_list("address", flat=True))
    assert undone == 2 and any(answers[0].get(pk) != answers[-1][pk] for pk in touched)
    for day, then in zip(days, answers, strict=True):
        asked = set(dice.sample(sorted(touched), min(15, len(touched))))
        assert answers_then(day, brigade, asked) == {pk: answer for pk, answer in then.items() if pk in asked}
    still = set(dice.sample(sorted(there - touched), 5))
    assert answers_then(days[0], brigade, still) == {pk: answers[-1][pk] for pk in still}


def test_a_day_before_the_address_was_made_is_refused_with_the_day_it_was_made(city, brigade):
    house = city.address(0)
    components = Components(house.town.name, house.village.name, number="50")
    create_address(components=components, point=Point(*point_in(0)), reason="现场", actor=brigade, now=FIRST_DAY)
    made = StandardAddress.objects.get(is_provisional=True)

    with pytest.raises(NotYet) as refused:
        address_then(made.code, FIRST_DAY.date() - timedelta(days=1), brigade)
    assert (refused.value.status, refused.value.code) == (404, "ADDRESS_NOT_YET")
    assert refused.value.message == (
        f"2026-11-27 还没有“{made.full_text}”这个地址，它在 2026-11-28 才登记。请改查这一天或以后的日期。"
    )
    assert address_then(made.code, FIRST_DAY.date(), brigade).components["number"] == "50"


def test_what_was_overwritten_by_a_file_is_said_and_what_was_never_changed_too(city, brigade):
    changed, kept = city.address(0), city.address(1)
    StandardAddress.objects.filter(pk=changed.pk).update(road="新路")
    long_ago = date(2025, 1, 1)

    (said,) = address_then(changed.code, long_ago, brigade).not_known
    assert (
        said
        == "那一天以后，成批装载或边界调整改写过这一条，改写前的样子没有留下：块按当日边界推算，其余是改写后的样子。"
    )
    (first,) = address_then(kept.code, long_ago, brigade).not_known
    assert first.startswith("这个地址是成批装载的，何时开始登记没有记载")
    assert address_then(kept.code, date.today(), brigade).not_known == []
    (ahead,) = address_then(kept.code, date.today() + timedelta(days=9), brigade).not_known
    assert ahead == "这一天还没有到，这里是现在的登记。"


def test_before_the_first_borders_the_block_is_not_recorded(city, brigade):
    past = address_then("LZ-0-3", date(1999, 1, 1), brigade)

    assert (past.block, past.district) == (None, None)
    assert past.not_known[-1] == "那一天它属于哪个责任块，没有记载。"
    assert past.components == address_row(city.address(0))["components"]


def test_the_block_of_a_day_is_that_of_its_borders(city, brigade):
    """House 8 of the second grid stands in the piece that goes to the third today."""
    admin = User.objects.get(username="admin")
    asked = StandardAddress.objects.filter(code__in=["LZ-1-3", "LZ-1-8", "LZ-2-3"]).values_list("pk", flat=True)
    before = answers_now()
    move = move_piece(city, box(1.6, 2), 1, 2, actor=admin, on=clock.today(), now=clock.now())
    schedule_move(move_id=move.pk, actor=admin, now=clock.now())
    move.refresh_from_db()
    jobs.run(move.job_id)
    yesterday = clock.today() - timedelta(days=1)

    assert answers_then(yesterday, brigade, asked) == {pk: before[pk] for pk in asked}
    after = answers_now()
    assert answers_then(clock.today(), brigade, asked) == {pk: after[pk] for pk in asked}
    then, now = (address_then("LZ-1-8", day, brigade) for day in (yesterday, clock.today()))
    assert [one.block["code"] for one in (then, now)] == ["G-2", "G-3"]
    assert [one.district["code"] for one in (then, now)] == ["JQ-1", "JQ-2"]


def test_the_number_of_queries_does_not_grow_with_the_changes(city, brigade):
    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            address_then("LZ-0-3", FIRST_DAY.date(), brigade)
        return len(taken)

    queries()
    few = queries()
    for number in range(2):
        now = FIRST_DAY + timedelta(days=number)
        renumber_address(code="LZ-0-3", changes={"number": f"10{number}"}, reason="整治", actor=brigade, now=now)
    merge_addresses(codes=["LZ-0-3"], into="LZ-0-8", reason="同一处", actor=brigade, now=FIRST_DAY + timedelta(days=6))
    assert queries() == few
