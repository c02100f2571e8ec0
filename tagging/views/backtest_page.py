"""What the pages of back-tests show: progress, a chart of days, tables of days, squadrons and grids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from common.models import Job
from tagging.models import Rule, RuleRun, RuleVersion
from tagging.views import job_page

CHART_WIDTH, CHART_HEIGHT = 1_000, 160


def progress(job: Job, rule: Rule) -> dict[str, Any]:
    """The job for `includes/progress.html`."""
    urls = {
        name: reverse(f"tagging:{view}", args=[rule.code, job.pk])
        for name, view in (
            ("poll_url", "backtest-progress"),
            ("result_url", "backtest"),
            ("cancel_url", "backtest-cancel"),
        )
    }
    return job_page.progress(job, **urls, doing=_("正在算 %(day)s") % {"day": job.message} if job.message else "")


def backtest_rows(runs: Sequence[RuleRun]) -> list[dict[str, Any]]:
    """Back-tests as the page of a rule lists them."""
    return [
        {"run": run, "days": run.result["days"], "new": sum(row["new"] for row in run.result["series"][0])}
        for run in runs
        if run.result
    ]


def result_context(run: RuleRun, version: RuleVersion) -> dict[str, Any]:
    """Figures, chart and tables of a back-test."""
    result: dict[str, Any] = run.result or {}
    own, before = result["series"][0], result["series"][1] if len(result["series"]) > 1 else None
    largest = max(own, key=lambda row: row["new"])
    fresh = sum(row["new"] for row in own)
    return {
        "run": run,
        "days": result["days"],
        "fresh": fresh,
        "per_day": f"{fresh / len(own):.1f}",
        "minutes": fresh * result["minutes_each"],
        "hours": f"{fresh * result['minutes_each'] / 60:.1f}",
        "minutes_each": result["minutes_each"],
        "standing": own[-1]["standing"],
        "largest": largest,
        "inferred": sum(row["is_inferred"] for row in own),
        "began": datetime.fromisoformat(result["began"]),
        "is_changed": version.body != result["body"],
        "published": result["published"],
        "before_fresh": sum(row["new"] for row in before) if before else None,
        "before_standing": before[-1]["standing"] if before else None,
        "rows": list(day_rows(result))[::-1],
        "charts": [_chart(_("每日新命中"), "new", own, before), _chart(_("每日在标"), "standing", own, before)],
        "squadrons": _by_squadron(result["grids"], result["minutes_each"]),
        "grids": result["grids"],
    }


def day_rows(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Days in order, each with what the version in force would have done, if that was tried too."""
    series = result["series"]
    for number, row in enumerate(series[0]):
        before = series[1][number] if len(series) > 1 else None
        yield row | {
            "date": date.fromisoformat(row["day"]), "minutes": row["new"] * result["minutes_each"],
            "before_new": before["new"] if before else None, "before_standing": before["standing"] if before else None,
        }  # fmt: skip


def _chart(
    title: str, name: str, own: Sequence[dict[str, Any]], before: Sequence[dict[str, Any]] | None
) -> dict[str, Any]:
    """Bars of the version, a line of the one in force; in units of an SVG of 1,000 by 160."""
    top = max([row[name] for row in own] + [row[name] for row in before or ()]) or 1
    step = CHART_WIDTH / len(own)
    bars = [
        {
            "x": round(number * step + step * 0.1, 2), "width": round(step * 0.8, 2), "y": round(CHART_HEIGHT - _high(row[name], top), 2),
            "height": round(_high(row[name], top), 2), "day": row["day"], "value": row[name], "is_inferred": row["is_inferred"],
        }
        for number, row in enumerate(own)
    ]  # fmt: skip
    line = " ".join(
        f"{number * step + step / 2:.2f},{CHART_HEIGHT - _high(row[name], top):.2f}"
        for number, row in enumerate(before or ())
    )
    return {"title": title, "top": top, "bars": bars, "line": line, "first": own[0]["day"], "last": own[-1]["day"]}


def _high(value: int, top: int) -> float:
    return value * (CHART_HEIGHT - 4) / top


def _by_squadron(grids: Sequence[dict[str, Any]], minutes_each: int) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in grids:
        one = found.setdefault(row["squadron"], {"name": row["squadron"], "new": 0, "standing": 0})
        one["new"] += row["new"]
        one["standing"] += row["standing"]
    rows = [one | {"minutes": one["new"] * minutes_each} for one in found.values()]
    return sorted(rows, key=lambda one: (-one["new"], one["name"]))
