"""A staked road through all six grids of the small city, with two accident-prone points on it."""

from __future__ import annotations

from typing import Any

from analytics.choices import SpotMethod
from analytics.models import HotSpotRun
from analytics.services.hot_spots import ask
from common import clock, jobs
from common.models import Job
from elements.models import Element
from exchange.importers.lines import parse_line
from tests.factories.claims import claim, submit
from tests.factories.events import days_ago, report, row
from tests.factories.places import point_in

GENERAL, SUMMARY = "2", "4"


def a_staked_road() -> Element:
    """试验路 X901, K10+000 in grid 0 to K20+000 in grid 5."""
    (west, lat), (east, _lat) = point_in(0, 0.1), point_in(5, 0.9)
    drawn, _problem = parse_line(f"LINESTRING ({west} {lat}, {east} {lat})", "WGS84")
    named = {"name": "试验路", "route_code": "X901", "road_class": "13", "is_section": False}
    stakes = {"stake_from_m": 10_000, "stake_to_m": 20_000}
    submit("HIGHWAY", "ROAD", claim(1, number="R1", grid=0, **named, **stakes, **drawn))
    return Element.objects.get(road__route_code="X901", road__is_section=False)


def accident(number: str, stake_m: int | None = None, *, days: int = 30, kind: str = GENERAL, **values: Any) -> Any:
    """A row about an accident on that road."""
    return row(
        "ACCIDENT",
        number,
        occurred_at=days_ago(days),
        accident_type=kind,
        road_name="试验路",
        stake_m=stake_m,
        **values,
    )


def make_accidents() -> None:
    """Six general ones (one dead, two injured) and two summary ones at K10+200 to K10+450 in grid 0; five general ones at K18+700 to
    K19+100 in grid 5; one that is nowhere, one of which only the road is known, one that is four years old."""
    first = [accident(f"P{n}", 10_200 + 50 * n, deaths=int(n == 0), injured=2 * int(n == 1)) for n in range(6)]
    second = [accident(f"Q{n}", 18_700 + 100 * n) for n in range(5)]
    report(
        "ACCIDENT", *first, *second, accident("S0", 10_300, kind=SUMMARY), accident("S1", 10_310, kind=SUMMARY),
        accident("L0"), row("ACCIDENT", "N0", occurred_at=days_ago(20), accident_type=GENERAL, place_text="不知何处"),
        accident("O0", 10_300, days=4 * 366),
    )  # fmt: skip


def searched(actor: Any, method: str = SpotMethod.WINDOW, **given: Any) -> Job:
    """A search that has ended."""
    asked = {"changed": {}, "area": None, "procedure": ""} | given
    job = ask(method=method, actor=actor, now=clock.now(), **asked)
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def run_of(job: Job) -> HotSpotRun:
    """What a search that ended well wrote."""
    assert (job.state, job.error_message) == ("DONE", "")
    return HotSpotRun.objects.get(pk=job.counts["run"])
