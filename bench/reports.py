"""`reports`: the monthly report of every police district, each counted, written, and made a DOCX and a PDF, by one worker and by two.

A process of its own for each worker, as Celery forks them; no peer: reported only. `--rows` accidents in the period and the year
before.
"""

from __future__ import annotations

import csv
import io
import multiprocessing
import random
import resource
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.db import connections

from addresses.choices import AreaKind
from addresses.models import Area
from analytics.models import Report, ReportTemplate
from analytics.periods import Span, month_of, same_last_year
from analytics.reports import files
from analytics.reports.making import make_report
from analytics.reports.shipping import read_shipped
from bench.ground import load_ground
from bench.importing import import_bytes
from bench.report import Result
from bench.timing import Laps
from common import clock

DEFAULT_ROWS = 2_000
DEFAULT_REPEATS = 1
_HEADERS = ("SGBH", "SGFSSJ", "SGLX", "SGXT", "SGRDYY", "SWRS", "SSRS", "ZJCCSS", "TQ", "SGDD", "经度", "纬度")


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Every repeat makes all reports anew, first by one worker, then by two."""
    addresses = load_ground(2_000, tell)
    span = month_of(month_of(clock.today()).first - timedelta(1))
    tell(f"{rows:,} accidents")
    import_bytes(
        accident_file(rows, span, addresses), name="accidents.csv", source="TMRI_ACCIDENT", kind="ACCIDENT", laps=Laps()
    )
    template = _template()
    districts = list(
        Area.objects.filter(kind=AreaKind.DISTRICT, valid_to=None).order_by("code").values_list("pk", flat=True)
    )
    taken: dict[int, list[float]] = {1: [], 2: []}
    memory = 0
    for _ in range(repeats):
        for workers in taken:
            Report.objects.all().delete()
            seconds, peak = _run(districts, workers, template.pk, span)
            tell(f"{len(districts)} districts by {workers}: {seconds:.1f} s")
            taken[workers].append(seconds)
            memory = max(memory, peak)
    one, two = (min(found) for found in taken.values())
    return Result(
        "reports",
        {
            "accidents": rows, "districts": len(districts), "reports": Report.objects.count(), "seconds_1_worker": one,
            "seconds_2_workers": two, "speed_up": one / two, "seconds_a_report": one / len(districts),
            "memory_of_a_worker_mib": memory,
        },
        notes=["A report: 16 blocks, three tables, two pictures; counted, stored, DOCX and PDF; imports of libraries included."],
    )  # fmt: skip


def _template() -> ReportTemplate:
    """The monthly report of a squadron, for districts; without violations, of which there are none here."""
    shipped = next(one for one in read_shipped() if one["code"] == "squadron-monthly")
    blocks = [one for one in shipped["blocks"] if one.get("events", "accidents") == "accidents"]
    blocks += [{"type": "chart", "rule": "months", "events": "accidents", "limit": 10}]
    return ReportTemplate.objects.create(code="bench", name="月报", level="DISTRICT", cycle="MONTH", blocks=blocks)


def _run(districts: Sequence[int], workers: int, template_id: int, span: Span) -> tuple[float, int]:
    """Seconds of the whole, and the most memory of a worker in MiB. Whoever is free takes the next district."""
    # Neither a connection nor the pool that keeps it may be shared with a fork.
    for one in connections.all():
        one.close()
        one.close_pool()
    context = multiprocessing.get_context("fork")
    queue: Any = context.Queue()
    for pk in districts:
        queue.put(pk)
    for _ in range(workers):
        queue.put(None)
    peaks: Any = context.Queue()
    made = [context.Process(target=_work, args=(queue, peaks, template_id, span)) for _ in range(workers)]
    began = time.perf_counter()
    for one in made:
        one.start()
    found = [peaks.get() for _ in made]
    for one in made:
        one.join()
    seconds = time.perf_counter() - began
    if any(one.exitcode for one in made) or min(found) < 0:
        raise RuntimeError("a worker failed")
    return seconds, max(found)


def _work(queue: Any, peaks: Any, template_id: int, span: Span) -> None:
    peak = -1
    try:
        template = ReportTemplate.objects.get(pk=template_id)
        while (pk := queue.get()) is not None:
            report = make_report(
                template=template, area=Area.objects.get(pk=pk), span=span, author_id=None, now=clock.now()
            )
            for kind in files.FORMATS:
                files.render(report, kind)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    finally:
        peaks.put(peak)


def accident_file(count: int, span: Span, addresses: Sequence[str]) -> bytes:
    """A CSV file of accidents: half in the period, half in the same days of the year before and the month before."""
    draw = random.Random(1)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(_HEADERS)
    spans = (span, span, same_last_year(span), month_of(span.first - timedelta(1)))
    for number in range(count):
        chosen = spans[number % 4]
        day = chosen.first + timedelta(days=draw.randrange(chosen.days))
        kind = draw.choice("1222444444")
        writer.writerow(
            (
                f"3706831{number:09d}", f"{day} {draw.randrange(24):02d}:{draw.randrange(60):02d}", kind, draw.choice(["11", "12", "21"]),
                draw.choice(["12", "13", "14"]), int(kind == "1"), int(kind == "2"), draw.randrange(1, 90) * 100, draw.choice("123"),
                addresses[number * 17 % len(addresses)], "", "",
            )
        )  # fmt: skip
    return stream.getvalue().encode()
