"""Jobs that are killed with SIGKILL at chosen moments and taken up again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings as django_settings
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from common.models import Job

_CHILD = """
import sys
from pathlib import Path
import django
django.setup()
from django.conf import settings
from django.db import connection
settings.MEDIA_ROOT = Path(sys.argv[2])
connection.settings_dict["NAME"] = sys.argv[3]
exec(sys.argv[4])
from common import jobs
jobs.run(int(sys.argv[1]))
"""
Moment = Callable[[subprocess.Popen], bool]


def _runs_for(child: subprocess.Popen, seconds: float) -> bool:
    try:
        child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def after(seconds: float) -> Moment:
    """So long after its start; False when the child ended before."""
    return lambda child: _runs_for(child, seconds)


def after_rows(model: type[Model], rows: int, jitter: float) -> Moment:
    """When the child has written that many rows of the model more, and a little later, somewhere in its next batch."""

    def comes(child: subprocess.Popen) -> bool:
        target = model._default_manager.count() + rows
        while model._default_manager.count() < target:
            if not _runs_for(child, 0.02):
                return False
        return _runs_for(child, jitter)

    return comes


def run_killed(job_id: int, moments: list[Moment], preparation: str = "") -> int:
    """Runs the job in children that are killed at these moments, then in one that may end; kills that hit.

    `preparation`: Python that each child runs first, such as smaller batches.
    """
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "laizhou.settings"}
    command = [
        sys.executable,
        "-c",
        _CHILD,
        str(job_id),
        str(django_settings.MEDIA_ROOT),
        connection.settings_dict["NAME"],
        preparation,
    ]
    hits = 0
    for moment in [*moments, after(300)]:
        child = subprocess.Popen(command, env=environment)
        if moment(child):
            os.kill(child.pid, signal.SIGKILL)
            child.wait(timeout=30)
            hits += 1
        # The lease ends: what a minute of silence does.
        Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(
            heartbeat_at=timezone.now() - timedelta(minutes=2), attempts=1
        )
    return hits
