"""Many decisions taken back at once: exactly as before, twice without harm, beside others who decide."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from addresses.models import AddressDecision, AddressText
from addresses.services.decisions import Ruling, decide, decide_many, undo_decision, undo_many
from common.errors import NotAllowed, NotVisible
from common.models import AuditRow
from tests.addresses.db.test_decisions_at_once import at_once
from tests.factories.address_texts import carry, spaced, unknown_house
from tests.factories.claims import NOW
from tests.factories.places import SmallCity
from tests.factories.users import make_users


def rows() -> list[dict]:
    """All columns of all texts but the moment at which the engine spoke."""
    found = AddressText.objects.order_by("pk").values()
    return [{name: value for name, value in row.items() if name != "resolved_at"} for row in found]


def states() -> dict[int, str]:
    return dict(AddressDecision.objects.values_list("pk", "state"))


def batch(city: SmallCity, actor, texts: list[AddressText]) -> list[int]:
    rulings = [Ruling(text.normalised, "LINK", city.address(0, 3).pk) for text in texts]
    return [row.pk for row in decide_many(rulings=rulings, actor=actor, now=NOW).decisions]


@pytest.mark.django_db
def test_a_batch_is_taken_back_exactly_and_twice_is_harmless(city, users) -> None:
    first = unknown_house(city)
    one, _equal, two = carry(first, spaced(first), unknown_house(city, number=98))
    before = rows()
    ids = batch(city, users["brigade"], [one, two])
    assert rows() != before

    undone = undo_many(decision_ids=ids, actor=users["officer-1"], now=NOW)
    assert (sorted(row.pk for row in undone.undone.decisions), len(undone.undone.text_ids), undone.left) == (ids, 3, 0)
    assert rows() == before
    assert set(states().values()) == {"UNDONE"}
    assert set(AddressDecision.objects.values_list("undone_by", "undone_at")) == {(users["officer-1"].pk, NOW)}
    (row,) = AuditRow.objects.filter(verb="ADDRESS_DECISION_UNDONE")
    assert (row.count, row.subject_id) == (3, ",".join(map(str, ids)))

    again = undo_many(decision_ids=ids, actor=users["brigade"], now=NOW)
    assert (again.undone.decisions, again.undone.is_changed, again.left) == ([], False, 2)
    assert AuditRow.objects.filter(verb="ADDRESS_DECISION_UNDONE").count() == 1
    assert rows() == before


@pytest.mark.django_db
def test_what_was_contradicted_or_taken_back_stays(city, users) -> None:
    texts = carry(*(unknown_house(city, number=n) for n in (96, 97, 98)))
    before = {row["id"]: row for row in rows()}
    ids = batch(city, users["brigade"], texts)
    undo_decision(decision_id=ids[0], actor=users["brigade"], now=NOW)
    decide(normalised=texts[1].normalised, verdict="NOT_ADDRESS", actor=users["officer-1"], now=NOW)

    undone = undo_many(decision_ids=ids, actor=users["brigade"], now=NOW)

    assert ([row.pk for row in undone.undone.decisions], undone.undone.text_ids, undone.left) == (
        [ids[2]], [texts[2].pk], 2,
    )  # fmt: skip
    assert [states()[pk] for pk in ids] == ["UNDONE", "CONFLICT", "UNDONE"]
    after = {row["id"]: row for row in rows()}
    assert [after[text.pk] == before[text.pk] for text in texts] == [True, False, True]


@pytest.mark.django_db
def test_without_the_right_or_with_one_that_is_none_nothing_changes(city, users) -> None:
    ids = batch(city, users["brigade"], carry(unknown_house(city)))
    held = rows()
    with pytest.raises(NotAllowed):
        undo_many(decision_ids=ids, actor=users["analyst"], now=NOW)
    for wrong in ([], [ids[0], 999_999_999]):
        with pytest.raises(NotVisible):
            undo_many(decision_ids=wrong, actor=users["brigade"], now=NOW)
    assert (rows(), set(states().values())) == (held, {"STANDING"})


@pytest.mark.django_db
def test_ten_are_taken_back_in_as_many_queries_as_two(city, users) -> None:
    texts = carry(*(unknown_house(city, number=n) for n in range(50, 62)))
    few, many = batch(city, users["brigade"], texts[:2]), batch(city, users["brigade"], texts[2:])
    counts = []
    for ids in (few, many):
        with CaptureQueriesContext(connection) as queries:
            undo_many(decision_ids=ids, actor=users["brigade"], now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_two_who_take_the_same_batch_back_at_once_do_it_once(committed_city: SmallCity) -> None:
    users = make_users(committed_city)
    texts = carry(*(unknown_house(committed_city, number=n) for n in (97, 98)))
    before = rows()
    ids = batch(committed_city, users["brigade"], texts)
    taken: list[tuple[int, int]] = []

    def undo(name: str) -> None:
        found = undo_many(decision_ids=ids, actor=users[name], now=NOW)
        taken.append((len(found.undone.decisions), found.left))

    at_once(lambda: undo("brigade"), lambda: undo("officer-1"))

    assert sorted(taken) == [(0, 2), (2, 0)]
    assert rows() == before
    assert AuditRow.objects.filter(verb="ADDRESS_DECISION_UNDONE").count() == 1
