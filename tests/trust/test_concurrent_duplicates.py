"""Trust 2: two processes bring overlapping files at the same time; the unique constraint holds, one thing a key."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from elements.choices import KeyScheme
from elements.models import ClaimLog, Element, ElementKey, Vehicle

KEYS = 20
ROUNDS = 3
# Says that it is ready, waits for the word, and brings its rows; every other child in the opposite order.
_CHILD = """
import sys
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from tests.factories.claims import claim, owned_by, submit
from tests.factories.numbers import plate, vin
source, first, last, step = sys.argv[2], *map(int, sys.argv[3:])
rows = [claim(1, vin=vin(k), plate_number=plate(k), plate_type="02", brand=source, relations=[owned_by(k)])
        for k in range(first, last, step)]
connection.ensure_connection()
print("ready", flush=True)
sys.stdin.readline()
submit(source, "VEHICLE", *rows)
"""


def _child(source: str, first: int, last: int, step: int) -> subprocess.Popen:
    command = [sys.executable, "-c", _CHILD, connection.settings_dict["NAME"], source, str(first), str(last), str(step)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "laizhou.settings"}
    return subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _bring_together(first: int, last: int) -> list[str]:
    """Runs both children past the barrier; what went wrong in each."""
    children = [_child("TRANSPORT", first, last, 1), _child("FIELD", last - 1, first - 1, -1)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n", child.communicate(timeout=30)
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    ends = [child.communicate(timeout=90) for child in children]
    return [errors[-2_000:] for child, (_, errors) in zip(children, ends, strict=True) if child.returncode]


@pytest.mark.usefixtures("committed_city")
def test_overlapping_files_at_the_same_time_make_one_element_a_key():
    for number in range(ROUNDS):
        assert _bring_together(1 + number * KEYS, 1 + (number + 1) * KEYS) == []

    total = KEYS * ROUNDS
    assert Vehicle.objects.count() == total
    assert ElementKey.objects.filter(scheme=KeyScheme.VIN).count() == total
    assert ElementKey.objects.filter(scheme=KeyScheme.PLATE).count() == total
    # Each owner is one stub, though both files named it.
    assert Element.objects.filter(kind="PERSON", is_owned=False).count() == total
    assert ClaimLog.objects.count() == 2 * total
    assert set(Vehicle.objects.values_list("brand", flat=True)) == {"TRANSPORT"}
