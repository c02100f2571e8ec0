"""Changes of the standard addresses that a link brings: acts of the bureau, carried out like its files."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from addresses.choices import AddressState
from addresses.models import StandardAddress
from addresses.services.registry_delta import DELTA_COLUMNS, DeltaReport, load_delta
from exchange.models import Connector

Act = dict[str, str]
SHOWN_PROBLEMS = 20
COUNTS = ("received", "added", "certified", "changed", "retired", "merged", "unchanged")


def read_acts(connector: Connector, headers: Sequence[str], rows: Iterable[tuple[int, list[str]]]) -> list[Act]:
    """Rows as acts, the last one of each address: what was read twice, or overtaken, is not carried out again."""
    named = {str(field): header for header, field in connector.columns.items()}
    positions = {column: headers.index(named.get(column, column)) for column in DELTA_COLUMNS if named.get(column, column) in headers}  # fmt: skip
    last: dict[str, Act] = {}
    for _number, cells in rows:
        act = {column: cells[place].strip() if place < len(cells) else "" for column, place in positions.items()}
        last.pop(act.get("code", ""), None)
        last[act.get("code", "")] = {column: act.get(column, "") for column in DELTA_COLUMNS}
    return _settled(list(last.values()))


def _settled(acts: list[Act]) -> list[Act]:
    """Acts as they are from here: a change of what never came is an addition, an end of it is nothing."""
    states = dict(
        StandardAddress.objects.filter(code__in=[act["code"] for act in acts]).values_list("code", "state")
    )  # fmt: skip
    settled = []
    for act in acts:
        state = states.get(act["code"])
        if state is None and act["op"] == "retire":
            continue
        if state is None and act["op"] == "change":
            act = act | {"op": "add"}
        elif state == AddressState.ACTIVE and act["op"] == "add" and not _is_provisional(act["code"]):
            act = act | {"op": "change"}
        settled.append(act)
    return settled


def _is_provisional(code: str) -> bool:
    return StandardAddress.objects.filter(code=code, is_provisional=True).exists()


def carry_out(*, connector: Connector, acts: Sequence[Act], now: datetime, is_dry_run: bool) -> DeltaReport:
    """All acts, or none of them and the problems of each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "delta.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, DELTA_COLUMNS)
            writer.writeheader()
            writer.writerows(acts)
        reason = f"{connector.source.name}的变更（链路 {connector.code}）"
        return load_delta(path, reason=reason, actor=None, now=now, is_dry_run=is_dry_run)


def without_problems(*, connector: Connector, acts: Sequence[Act], now: datetime) -> tuple[list[Act], int]:
    """The acts that can be carried out, and how many cannot: taking one out may bring out another."""
    kept, dropped = list(acts), 0
    while kept:
        report = carry_out(connector=connector, acts=kept, now=now, is_dry_run=True)
        if not report.is_refused:
            break
        bad: Collection[int] = {number for number, _said in report.problems}
        kept = [act for number, act in enumerate(kept, start=1) if number not in bad]
        dropped += len(bad)
    return kept, dropped


def counts_of(report: DeltaReport) -> dict[str, int]:
    """The report as counts of a run."""
    return {name: getattr(report, name) for name in COUNTS}
