"""One thing entered by many hands at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from common.errors import Conflict
from common.models import AuditRow
from elements.models import ClaimLog, Element
from elements.services.registering import Registration, register_element
from exchange.importers.rows import point_hex
from tests.factories.claims import NOW, vehicle_of
from tests.factories.numbers import vin
from tests.factories.places import point_in
from tests.factories.users import make_users

HANDS = 4


def enter(user: Any, registry: str, token: str, **values: Any) -> Registration:
    entered = {"point": point_hex(*point_in(0)), **values}
    return register_element(registry=registry, values=entered, token=token, actor=user, now=NOW)


def unless_there(user: Any, **values: Any) -> Registration | None:
    """The registration of a vehicle, or None when the writer is told that it is there already."""
    try:
        return enter(user, "vehicles", str(uuid4()), **values)
    except Conflict as error:
        assert error.code == "REGISTER_EXISTS"
        return None


def at_once(*acts: Callable[[], Registration | None]) -> list[Any]:
    """What the acts gave, all begun together; a fault of one is the test's."""
    got: list[Any] = []
    failed: list[BaseException] = []
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Registration]) -> None:
        try:
            barrier.wait()
            got.append(act())
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    return got


@pytest.mark.django_db(transaction=True)
def test_one_form_is_one_thing_and_one_vin_of_many_forms_is_one_vehicle(committed_city):
    users = make_users(committed_city)
    officer, token = users["officer-1"], str(uuid4())

    got = at_once(*[lambda: enter(officer, "houses", token, name="张家老屋")] * HANDS)

    assert Element.objects.filter(kind="HOUSE").count() == 1
    assert {one.element_id for one in got} == {Element.objects.get(kind="HOUSE").pk}
    assert len({one.batch.pk for one in got}) == 1
    assert sorted(one.is_repeated for one in got) == [False, *[True] * (HANDS - 1)]
    assert AuditRow.objects.filter(verb="REGISTERED").count() == 1

    writers = [users["officer-1"], users["squadron-1"], users["coordinator-1"], users["brigade"]]
    got = at_once(
        *[
            lambda user=user, brand=f"{number}牌": unless_there(user, vin=vin(3), brand=brand)
            for number, user in enumerate(writers)
        ]
    )

    # Who came so late that the vehicle was there is sent to it; nobody makes a second one.
    assert Element.objects.filter(kind="VEHICLE").count() == 1
    entered = [one for one in got if one is not None]
    assert {one.element_id for one in entered} == {vehicle_of(vin(3)).pk}
    assert ClaimLog.objects.filter(element=vehicle_of(vin(3))).count() == len(entered)
