"""Operators who decide about one text at the same moment, and a text that comes while one is decided about."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from django.db import connection

from addresses.models import AddressDecision, AddressText
from addresses.services import resolution
from addresses.services.decisions import decide
from common.jobs import UnwatchedRun
from tests.factories.address_texts import carry, spaced, unknown_house
from tests.factories.claims import NOW
from tests.factories.places import SmallCity
from tests.factories.users import make_users


def at_once(*acts: Callable[[], Any]) -> None:
    """All acts begun together; a fault of one is the test's."""
    failed: list[BaseException] = []
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            act()
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_two_who_disagree_at_once_are_in_conflict_and_two_who_agree_are_one(committed_city: SmallCity) -> None:
    users = make_users(committed_city)
    here, there = carry(unknown_house(committed_city), unknown_house(committed_city, 1))
    houses = [committed_city.address(0, 3), committed_city.address(0, 8)]

    def link(text: AddressText, name: str, house: int) -> Callable[[], Any]:
        return lambda: decide(
            normalised=text.normalised, verdict="LINK", address=houses[house], actor=users[name], now=NOW
        )

    at_once(
        link(here, "brigade", 0), link(here, "officer-1", 1), link(there, "brigade", 0), link(there, "officer-1", 0)
    )

    states = AddressDecision.objects.values_list("normalised", "state")
    assert sorted(states) == sorted(
        [(here.normalised, "CONFLICT"), (here.normalised, "CONFLICT"), (there.normalised, "STANDING")]
    )
    here.refresh_from_db()
    there.refresh_from_db()
    assert (here.status, here.address_id, here.is_decided) == ("review", None, True)
    assert (there.status, there.address_id, there.is_decided) == ("exact", houses[0].pk, True)


def test_a_text_that_comes_while_its_equal_is_decided_about_takes_the_decision(committed_city: SmallCity) -> None:
    officer = make_users(committed_city)["brigade"]
    for number in range(20, 28):
        text = unknown_house(committed_city, number=number)
        (row,) = carry(text, first=number)
        at_once(
            lambda row=row: decide(normalised=row.normalised, verdict="NOT_ADDRESS", actor=officer, now=NOW),
            lambda text=text: resolution.ensure_texts([spaced(text)], UnwatchedRun()),
        )
        equals = AddressText.objects.filter(normalised=row.normalised)
        assert list(equals.values_list("status", "is_decided")) == [("none", True)] * 2
