"""Links to real stand-ins: seeded in the small city, declared by the file of the demonstration, run here."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from common import clock, jobs
from exchange.models import Connector, ConnectorRun
from exchange.services import connecting
from tests.factories.places import SmallCity
from tests.standins.processes import StandIn

DECLARED = Path(__file__).resolve().parents[3] / "exchange" / "links_demo.toml"


def seed_of(city: SmallCity) -> str:
    """A seed whose addresses are those of the small city, so that what is invented lives there."""
    addresses = []
    for grid in range(6):
        for house in (3, 8):
            address = city.address(grid, house)
            addresses.append(
                {"code": address.code, "town": address.town.name, "village": address.village.name, "number": f"{house}号",
                 "road": "", "estate": "", "building": "", "unit": "", "room": "",
                 "lon": f"{address.point.x:.6f}", "lat": f"{address.point.y:.6f}"}
            )  # fmt: skip
    return json.dumps({"as_of": "2026-05-31", "addresses": addresses}, ensure_ascii=False)


def declare(code: str, **places: Any) -> Connector:
    """One link of the demonstration."""
    given = [f"{name}={value}" for name, value in ({"OWNER": "brigade"} | places).items()]
    arguments = [part for one in given for part in ("--set", one)]
    call_command("declare_links", str(DECLARED), "--only", code, *arguments, stdout=StringIO())
    return Connector.objects.get(code=code)


def bureau_link(bureau: StandIn, code: str = "bureau-persons") -> Connector:
    return declare(code, BUREAU=bureau.url, BUREAU_DATA=bureau.folder)


def run_link(link: Connector) -> ConnectorRun:
    """One reading from start to end, as a worker would do it."""
    started = link.runs.filter(state="RUNNING").first()
    run = started or connecting.start_run(connector_id=link.pk, now=clock.now())
    assert run is not None, "it waits for a person"
    return work(run)


def work(run: ConnectorRun) -> ConnectorRun:
    """The job of a run, to its end."""
    run.refresh_from_db()
    jobs.run(run.job_id)
    run.refresh_from_db()
    return run


def make_due(link: Connector) -> None:
    """As if its interval were over."""
    Connector.objects.filter(pk=link.pk).update(next_run_at=clock.now() - timedelta(seconds=1))


def balance(run: ConnectorRun) -> dict[str, int]:
    """The outcome of a run that landed."""
    return {name: run.counts[name] for name in ("received", "created", "updated", "unchanged", "to_review", "rejected")}
