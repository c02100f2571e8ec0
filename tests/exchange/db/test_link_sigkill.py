"""kill -9 of the process that reads a link, at any moment: what is in afterwards is what an undisturbed reading brings."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from common import clock, jobs
from common.models import Job
from elements.models import Element
from exchange.models import ConnectorRun, LandingBatch
from exchange.services import connecting
from tests.exchange.db.link_parts import balance, bureau_link, seed_of
from tests.factories.users import make_users
from tests.standins.conftest import start  # noqa: F401

ROOT = Path(__file__).resolve().parents[3]
SEED = 20261127
KILLS = 12
_WORK = "import django; django.setup(); from common import jobs; import sys; print('ready', flush=True); jobs.run(int(sys.argv[1]))"


def worker(job_id: int, peers: list[str]) -> subprocess.Popen[str]:
    """A process that takes one job, on this test's own database."""
    variables = os.environ | {
        "DJANGO_SETTINGS_MODULE": "laizhou.settings", "EXCHANGE_PEERS": ",".join(peers), "MEDIA_ROOT": str(django_settings.MEDIA_ROOT),
        "DATABASE_URL": _url(), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    variables.pop("DATABASE_OWNER_URL", None)
    process = subprocess.Popen([sys.executable, "-c", _WORK, str(job_id)], env=variables, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    return process


def _url() -> str:
    """The test database, in the form of the environment."""
    given = connection.settings_dict
    own = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    return f"{own.rsplit('/', 1)[0]}/{given['NAME']}"


@pytest.mark.deep
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_moment_it_ends_alike(committed_city, start, settings, own_media):  # noqa: F811
    make_users(committed_city)
    bureau = start("bureau", seed=seed_of(committed_city))
    settings.EXCHANGE_PEERS = [f"127.0.0.1/32:{bureau.port}"]
    link = bureau_link(bureau)
    chance = random.Random(SEED)
    run = connecting.start_run(connector_id=link.pk, now=clock.now())
    killed = 0
    for _ in range(KILLS):
        run.refresh_from_db()
        if run.state not in {"RUNNING", "LANDING"}:
            break
        process = worker(run.job_id, settings.EXCHANGE_PEERS)
        try:
            process.wait(chance.uniform(0.02, 0.6))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.wait(30)
        process.stdout.close()
        silent = clock.now() - 2 * jobs.LEASE
        Job.objects.filter(state=Job.State.RUNNING).update(heartbeat_at=silent, attempts=0)
    Job.objects.filter(state=Job.State.RUNNING).update(heartbeat_at=clock.now() - 2 * jobs.LEASE, attempts=0)
    jobs.run(run.job_id)
    connecting.advance_open_runs(now=clock.now())
    run.refresh_from_db()

    assert killed > 0
    assert (run.state, run.counts["created"], run.counts["to_review"]) == ("DONE", run.rows, 0)
    assert balance(run)["received"] == run.rows == bureau.state()["counts"]["persons"]
    assert Element.objects.standing().filter(kind="PERSON").count() == run.rows
    # Another one may be due by now.
    assert (ConnectorRun.objects.filter(state="DONE").count(), LandingBatch.objects.count()) == (1, 1)
