"""Trust 18: killed between reading and commit, and two at once: what is acknowledged is there, and nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from common.models import Job
from events.models import LastPosition, Position, Tracker
from exchange.models import LandingBatch
from exchange.services import landing
from tests.factories.files import plan, run_step
from tests.factories.positions import fix, received, yesterday

pytestmark = pytest.mark.usefixtures("committed_city")
SLICE = 500
AT = timedelta(seconds=10)
# Says "at <place>" before the fixes of each slice are written, and waits for a line before it goes on.
_CHILD = """
import sys
from pathlib import Path
import django
django.setup()
from django.conf import settings
from django.db import connection
settings.MEDIA_ROOT = Path(sys.argv[2])
connection.settings_dict["NAME"] = sys.argv[3]
from exchange.services import position_files
position_files.READ_ROWS = position_files.SLICE_ROWS = 500
place, write = sys.argv[4], position_files.write_fixes
def tell():
    print("at", flush=True)
    sys.stdin.readline()
def watched(*args, **kwargs):
    if place == "decoded":
        tell()
    created = write(*args, **kwargs)
    if place == "written":
        tell()
    return created
position_files.write_fixes = watched
from common import jobs
jobs.run(int(sys.argv[1]))
"""


def start_child(job_id: int, place: str) -> subprocess.Popen:
    command = [
        sys.executable,
        "-c",
        _CHILD,
        str(job_id),
        str(django_settings.MEDIA_ROOT),
        connection.settings_dict["NAME"],
        place,
    ]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "laizhou.settings"}
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def kill_at_slice(job_id: int, place: str, slices: int) -> int:
    """Kills the holder of the job in its slice number `slices`, before its commit; returns how many fixes are there."""
    child = start_child(job_id, place)
    assert child.stdin and child.stdout
    for number in range(slices):
        # Beginning the next slice, it has committed the one before.
        assert child.stdout.readline() == "at\n"
        if number < slices - 1:
            print(file=child.stdin, flush=True)
    os.kill(child.pid, signal.SIGKILL)
    child.wait(timeout=30)
    # The lease ends: what a minute of silence does.
    Job.objects.filter(pk=job_id).update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    return Position.objects.count()


def rows_of(count: int) -> list[list[str]]:
    start = yesterday()
    return [fix(1 + n % 50, start + AT * (n // 50), east=n % 7 / 10) for n in range(count)]


@pytest.mark.deep
def test_a_killed_import_goes_on_and_keeps_what_it_acknowledged():
    rows = rows_of(6 * SLICE)
    batch = landing.start_import(batch=plan(received(rows)), actor=None)
    seen = [kill_at_slice(batch.job_id, "decoded", 3), kill_at_slice(batch.job_id, "written", 2)]
    run_step(batch)

    # Two slices stand when it is killed in the third, one more when its successor is killed in its second.
    assert seen == [2 * SLICE, 3 * SLICE]
    assert (batch.state, batch.counts["received"], batch.counts["created"]) == ("IMPORTED", 3_000, 3_000)
    assert (Position.objects.count(), Tracker.objects.count(), LastPosition.objects.count()) == (3_000, 50, 50)
    assert Position.objects.values("tracker", "occurred_at").distinct().count() == 3_000
    assert set(LastPosition.objects.values_list("occurred_at", flat=True)) == {yesterday() + AT * 59}


def at_once(*calls: Callable[[], object]) -> list[BaseException]:
    """Runs the calls beside each other, each on a connection of its own; what they raised."""
    faults: list[BaseException] = []
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=30)
            call()
        except Exception as fault:  # noqa: BLE001 - handed to the test
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return faults


def test_two_files_with_the_same_fixes_at_once_make_each_fix_once():
    rows = rows_of(2_000)
    first = landing.start_import(batch=plan(received(rows)), actor=None)
    second = landing.start_import(batch=plan(received([*rows[::-1], fix(60, yesterday())])), actor=None)
    faults = at_once(lambda: run_step(first), lambda: run_step(second))
    batches = LandingBatch.objects.in_bulk([first.pk, second.pk])
    counts = [batches[pk].counts for pk in (first.pk, second.pk)]

    assert faults == []
    assert [c["received"] for c in counts] == [2_000, 2_001] == [c["created"] + c["unchanged"] for c in counts]
    assert counts[0]["created"] + counts[1]["created"] == 2_001 == Position.objects.count()
    assert (Tracker.objects.count(), LastPosition.objects.count()) == (51, 51)
