"""Trust 2: two processes bring overlapping files at the same time; the unique constraint holds, one thing a key."""

from __future__ import annotations

import multiprocessing
import traceback

import django
import pytest
from django.db import connection

from elements.choices import KeyScheme
from elements.models import ClaimLog, Element, ElementKey, Vehicle
from tests.factories.claims import claim, owned_by, submit
from tests.factories.numbers import plate, vin

KEYS = 20
ROUNDS = 3


def _bring(database: dict, number: int, round_number: int, barrier, answers) -> None:
    """Child: its own connection to the test's database, all rows at once when everybody is ready."""
    django.setup()
    connection.close()
    connection.settings_dict.update(database)
    source = ("TRANSPORT", "FIELD")[number]
    rows = [
        claim(1, vin=vin(k), plate_number=plate(k), plate_type="02", brand=source, relations=[owned_by(k)])
        for k in _keys(round_number)
    ]
    barrier.wait(timeout=60)
    try:
        submit(source, "VEHICLE", *(rows if number else reversed(rows)))
        answers.put("")
    except Exception:  # noqa: BLE001 - whatever went wrong in the child is the test's finding
        answers.put(traceback.format_exc())
    connection.close()


def _keys(round_number: int) -> range:
    return range(1 + round_number * KEYS, 1 + (round_number + 1) * KEYS)


@pytest.mark.usefixtures("committed_city")
def test_overlapping_files_at_the_same_time_make_one_element_a_key():
    context = multiprocessing.get_context("spawn")
    database = {"NAME": connection.settings_dict["NAME"]}
    for round_number in range(ROUNDS):
        barrier, answers = context.Barrier(2), context.Queue()
        children = [context.Process(target=_bring, args=(database, n, round_number, barrier, answers)) for n in range(2)]
        for child in children:
            child.start()
        said = [answers.get(timeout=90) for _ in children]
        for child in children:
            child.join(timeout=30)
        assert said == ["", ""]

    total = KEYS * ROUNDS
    assert Vehicle.objects.count() == total
    assert ElementKey.objects.filter(scheme=KeyScheme.VIN).count() == total
    assert ElementKey.objects.filter(scheme=KeyScheme.PLATE).count() == total
    # Each owner is one stub, though both files named it.
    assert Element.objects.filter(kind="PERSON", is_owned=False).count() == total
    assert ClaimLog.objects.count() == 2 * total
    assert set(Vehicle.objects.values_list("brand", flat=True)) == {"TRANSPORT"}
