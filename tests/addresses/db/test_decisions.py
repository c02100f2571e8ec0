"""Decisions about address texts: learned for all equals, in conflict when two disagree, undone; elements follow."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from addresses.choices import DecisionState, Verdict
from addresses.models import AddressDecision, AddressText
from addresses.parsing.normalise import cache_key
from addresses.services import resolution
from addresses.services.decisions import Ruling, decide, decide_many, undo_decision
from addresses.services.index_version import raise_index_version
from common import clock, jobs
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.jobs import UnwatchedRun
from common.models import AuditRow, Job
from elements.models import Element
from elements.services.placing import PLACE_ELEMENTS
from tests.factories.address_texts import carry, spaced, unknown_house
from tests.factories.claims import NOW, vehicle_of
from tests.factories.numbers import vin

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def said(text: AddressText) -> tuple:
    text.refresh_from_db()
    return text.status, text.address_id, text.is_decided


def faults(text: AddressText) -> list[str]:
    text.refresh_from_db()
    return [fault["code"] for fault in text.explanation["faults"]]


def state(decision: AddressDecision) -> str:
    decision.refresh_from_db()
    return decision.state


def link(city, text: AddressText, actor, house: int = 3):
    return decide(
        normalised=text.normalised, verdict=Verdict.LINK, address=city.address(0, house), actor=actor, now=NOW
    )


def place_all() -> None:
    for job in Job.objects.filter(kind=PLACE_ELEMENTS, state=Job.State.QUEUED).order_by("pk"):
        jobs.run(job.pk)
        job.refresh_from_db()
        assert job.state == Job.State.DONE


def test_a_link_holds_for_all_equal_texts_and_their_elements_move(city, users):
    text = unknown_house(city)
    one, two = carry(text, spaced(text))
    assert (said(one), faults(one)) == (("review", None, False), ["number_not_found"])
    before = vehicle_of(vin(1)).block_id

    decided = link(city, one, users["brigade"])

    (decision,) = decided.decisions
    assert (decision.state, decision.engine_status, decision.engine_address_id, decision.actor_id) == (
        "STANDING", "review", None, users["brigade"].pk,
    )  # fmt: skip
    assert decided.text_ids == sorted([one.pk, two.pk])
    assert said(one) == said(two) == ("exact", city.address(0).pk, True)
    assert (one.confidence, faults(one), one.explanation["decision"]["id"]) == (1, ["number_not_found"], decision.pk)
    (row,) = AuditRow.objects.filter(verb="ADDRESS_DECIDED")
    assert (row.subject_id, row.count, row.actor_id) == (str(decision.pk), 2, users["brigade"].pk)
    assert vehicle_of(vin(1)).block_id == before != city.grids[0].pk
    place_all()
    for number in (1, 2):
        vehicle = vehicle_of(vin(number))
        assert (vehicle.block_id, vehicle.place_quality) == (city.grids[0].pk, "ADDRESS")


def test_a_link_above_what_the_text_says_is_partial(city, users):
    (text,) = carry(unknown_house(city))
    village = city.address(0).parent
    decide(normalised=text.normalised, verdict=Verdict.LINK, address=village, actor=users["brigade"], now=NOW)
    assert said(text) == ("partial", village.pk, True)


@pytest.mark.parametrize(
    ("verdict", "county", "status"), [("NOT_ADDRESS", "", "none"), ("OUTSIDE", "招远市", "outside")]
)
def test_what_is_no_address_or_lies_elsewhere(city, users, verdict, county, status):
    (text,) = carry(unknown_house(city))
    decide(normalised=text.normalised, verdict=verdict, county=county, actor=users["brigade"], now=NOW)
    assert said(text) == (status, None, True)
    assert text.explanation["outside"] == county


def test_the_same_decision_again_changes_nothing(city, users):
    (text,) = carry(unknown_house(city))
    first = link(city, text, users["brigade"]).decisions[0]
    audit, queued = AuditRow.objects.count(), Job.objects.count()

    for actor in ("brigade", "officer-1"):
        again = link(city, text, users[actor])
        assert (again.decisions, again.text_ids, again.is_changed) == ([first], [], False)

    assert (AddressDecision.objects.count(), AuditRow.objects.count(), Job.objects.count()) == (1, audit, queued)


def test_the_same_operator_replaces_what_he_said(city, users):
    (text,) = carry(unknown_house(city))
    old = link(city, text, users["brigade"]).decisions[0]
    new = link(city, text, users["brigade"], house=8).decisions[0]

    assert (state(old), state(new)) == ("UNDONE", "STANDING")
    assert (old.undone_by, old.undone_at) == (users["brigade"].pk, NOW)
    assert said(text) == ("exact", city.address(0, 8).pk, True)
    # Examples for the confidence say what the engine had said, not what the first decision made of it.
    assert (new.engine_status, new.engine_address_id) == ("review", None)


def test_two_operators_who_disagree_send_the_text_back_until_one_is_undone(city, users):
    (text,) = carry(unknown_house(city))
    mine = link(city, text, users["brigade"]).decisions[0]
    yours = link(city, text, users["officer-1"], house=8).decisions[0]

    assert (state(mine), state(yours)) == ("CONFLICT", "CONFLICT")
    assert said(text) == ("review", None, True)
    assert faults(text) == ["number_not_found", "operators_disagree"]

    undone = undo_decision(decision_id=mine.pk, actor=users["squadron-1"], now=NOW)
    assert undone.text_ids == [text.pk]
    assert (state(mine), state(yours)) == ("UNDONE", "STANDING")
    assert said(text) == ("exact", city.address(0, 8).pk, True)
    assert faults(text) == ["number_not_found"]


def test_who_comes_round_to_the_other_opinion_ends_the_conflict(city, users):
    (text,) = carry(unknown_house(city))
    mine = link(city, text, users["brigade"]).decisions[0]
    yours = link(city, text, users["officer-1"], house=8).decisions[0]
    again = link(city, text, users["brigade"], house=8)

    assert again.decisions == [yours]
    assert (state(mine), state(yours)) == ("UNDONE", "STANDING")
    assert said(text) == ("exact", city.address(0, 8).pk, True)


def test_of_three_opinions_two_remain_in_conflict(city, users):
    (text,) = carry(unknown_house(city))
    first = link(city, text, users["brigade"]).decisions[0]
    link(city, text, users["officer-1"], house=8)
    decide(normalised=text.normalised, verdict="NOT_ADDRESS", actor=users["squadron-1"], now=NOW)
    undo_decision(decision_id=first.pk, actor=users["brigade"], now=NOW)

    assert sorted(AddressDecision.objects.values_list("state", flat=True)) == ["CONFLICT", "CONFLICT", "UNDONE"]
    assert said(text) == ("review", None, True)


def test_undone_the_engine_speaks_again_and_elements_go_back(city, users):
    text = unknown_house(city)
    one, two = carry(text, spaced(text))
    engine = AddressText.objects.filter(pk=one.pk).values(
        "explanation", "status", "confidence", "town", "level_reached"
    )
    before, block = engine.get(), vehicle_of(vin(1)).block_id
    decision = link(city, one, users["brigade"]).decisions[0]
    place_all()
    assert vehicle_of(vin(1)).block_id != block

    undone = undo_decision(decision_id=decision.pk, actor=users["brigade"], now=NOW)
    place_all()

    assert undone.text_ids == sorted([one.pk, two.pk])
    assert said(one) == said(two) == ("review", None, False)
    assert engine.get() == before
    assert vehicle_of(vin(1)).block_id == block
    assert AuditRow.objects.filter(verb="ADDRESS_DECISION_UNDONE", count=2).count() == 1
    with pytest.raises(Conflict):
        undo_decision(decision_id=decision.pk, actor=users["brigade"], now=NOW)
    assert AuditRow.objects.filter(verb="ADDRESS_DECISION_UNDONE").count() == 1


def test_new_texts_take_the_decision_and_a_newer_index_does_not_move_it(city, users):
    text = unknown_house(city)
    (one,) = carry(text)
    link(city, one, users["brigade"])
    raise_index_version()
    (two,) = carry(spaced(text), first=2)
    resolution.ensure_texts([text, two.text], UnwatchedRun())

    assert said(one) == said(two) == ("exact", city.address(0).pk, True)
    # The fold of the new element placed it by the decision at once.
    assert vehicle_of(vin(2)).block_id == city.grids[0].pk


def test_a_new_text_takes_the_conflict_too(city, users):
    text = unknown_house(city)
    (one,) = carry(text)
    link(city, one, users["brigade"])
    link(city, one, users["officer-1"], house=8)
    (two,) = carry(spaced(text), first=2)
    assert (said(two), faults(two)[-1]) == (("review", None, True), "operators_disagree")


@pytest.mark.parametrize("name", ["analyst", "coordinator-1", "admin", "auditor", "nobody"])
def test_who_may_not_correct_decides_nothing(city, users, name):
    (text,) = carry(unknown_house(city))
    with pytest.raises(NotAllowed):
        link(city, text, users[name])
    assert (said(text), AddressDecision.objects.count()) == (("review", None, False), 0)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"verdict": "OUTSIDE"}, DomainError),
        ({"verdict": "LINK", "address_id": None}, DomainError),
        ({"verdict": "LINK", "address_id": 999_999_999}, NotVisible),
        ({"verdict": "NOT_ADDRESS", "normalised": "没有这样的文本"}, NotVisible),
    ],
)
def test_what_cannot_be_is_refused_whole(city, users, change, error):
    good, bad = carry(unknown_house(city), unknown_house(city, 1))
    other = Ruling(**{"normalised": bad.normalised, **change, "verdict": Verdict(change["verdict"])})
    with pytest.raises(error):
        decide_many(
            rulings=[Ruling(good.normalised, Verdict.NOT_ADDRESS), other], actor=users["brigade"], now=NOW
        )  # fmt: skip
    assert said(good) == said(bad) == ("review", None, False)
    assert (AddressDecision.objects.count(), AuditRow.objects.filter(verb="ADDRESS_DECIDED").count()) == (0, 0)


def test_a_retired_address_is_not_to_be_chosen(city, users):
    (text,) = carry(unknown_house(city))
    address = city.address(0)
    type(address).objects.filter(pk=address.pk).update(state="RETIRED")
    with pytest.raises(NotVisible):
        link(city, text, users["brigade"])
    assert said(text) == ("review", None, False)


def test_personal_numbers_in_a_note_are_cut(city, users):
    (text,) = carry(unknown_house(city))
    decided = decide(
        normalised=text.normalised, verdict="NOT_ADDRESS", note="户主电话13800138000", actor=users["brigade"], now=NOW
    )
    assert decided.decisions[0].note == "户主电话〔电话〕"
    assert AuditRow.objects.get(verb="ADDRESS_DECIDED").reason == "户主电话〔电话〕"


def test_ten_thousand_equal_texts_take_as_many_statements_as_three(city, users):
    def statements(grid: int, number: int) -> int:
        text = unknown_house(city, grid)
        (row,) = carry(text, first=grid + 1)
        fields = {
            f.attname: getattr(row, f.attname)
            for f in AddressText._meta.concrete_fields
            if f.attname not in ("id", "text")
        }
        AddressText.objects.bulk_create(
            [AddressText(text=f"{text}#{n}", **fields) for n in range(number - 1)], batch_size=5_000
        )
        with CaptureQueriesContext(connection) as queries:
            decided = decide(normalised=cache_key(text), verdict="NOT_ADDRESS", actor=users["brigade"], now=NOW)
        assert len(decided.text_ids) == number
        return len(queries)

    assert users["brigade"].scope.all_blocks  # asked once for each user
    assert statements(0, 3) == statements(1, 10_000)
    assert AddressText.objects.filter(status="none", is_decided=True).count() == 10_003
    assert DecisionState(AddressDecision.objects.first().state) == DecisionState.STANDING
    assert Element.objects.count() == 2
