"""`resolve`: texts to standard addresses in one process, against cpca, which finds province, city and county."""

from __future__ import annotations

import csv
import gc
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from addresses.matching.result import Resolution
from addresses.models import StandardAddress
from addresses.services.resolution import load_index, resolve_texts
from bench.ground import load_ground
from bench.report import Result
from bench.timing import Laps, percentile, seconds

DEFAULT_ROWS = 200_000
DEFAULT_REPEATS = 3
# Texts that a lap resolves, spread over the registry: the registry decides what a look-up costs, not their number.
_TEXTS = 50_000
_SINGLE_TEXTS = 3_000
_COUNTY = "莱州市"
_COMPANY_FILE = "company_addresses.csv"
_COMPANY_COLUMN = "原始地址"
# `load_ground` puts the county before the full text of a node.
_PREFIX = _COUNTY

Counties = list[str]


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Both over the city's texts in turn, and over the company file when REAL_DATA_DIR names its folder."""
    texts = _spread(load_ground(rows, tell), _TEXTS)
    sides = {"city": texts, **_company_texts()}
    load_index()
    laps, answers, counties = Laps(), {}, {}
    has_peer = find_spec("cpca") is not None
    if has_peer:
        _peer_counties(texts[:10])
    for repeat in range(repeats):
        tell(f"lap {repeat + 1}")
        for side, asked in sides.items():
            laps.run(side, lambda: answers.update({side: resolve_texts(asked)}))  # noqa: B023
            if has_peer:
                laps.run(f"cpca_{side}", lambda: counties.update({side: _peer_counties(asked)}))  # noqa: B023
    figures: dict[str, float] = {"repeats": repeats}
    for side, asked in sides.items():
        figures |= _speed(side, len(asked), laps, has_peer=has_peer)
    if has_peer:
        figures[f"ratio_to_cpca_{_size(rows)}"] = figures["ratio_to_cpca"]
    figures |= {"p99_ms": _p99_ms(_spread(texts, _SINGLE_TEXTS)), "memory_mb": _memory_mb()}
    figures |= _city_figures(texts, answers["city"], counties.get("city"))
    if "company" in sides:
        figures |= _company_figures(answers["company"], counties.get("company"))
    notes = ["ours finds the node of the registry, look-up in the database included; cpca finds the county by prefix"]
    if not has_peer:
        notes.append("cpca is not installed: pip install -r bench/requirements.txt")
    return Result("resolve", figures, notes=notes)


def _spread(texts: list[str], most: int) -> list[str]:
    """At most about `most` of the texts, evenly spread."""
    return texts[:: max(1, len(texts) // most)]


def _size(rows: int) -> str:
    """200000 → 200k, 1000000 → 1m."""
    return f"{rows // 1_000_000}m" if rows >= 1_000_000 else f"{rows // 1_000}k"


def _p99_ms(texts: Sequence[str]) -> float:
    """One text alone, look-up in the database included; what is loaded is frozen as the web server does it."""
    gc.collect()
    gc.freeze()
    return percentile([seconds(lambda: resolve_texts([text])) * 1_000 for text in texts], 0.99)  # noqa: B023


def _memory_mb() -> float:
    """Resident memory that a fresh worker gains with the index."""
    command = [sys.executable, "-m", "bench.index_memory"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def _company_texts() -> dict[str, list[str]]:
    folder = os.environ.get("REAL_DATA_DIR", "")
    if not folder:
        return {}
    with (Path(folder) / _COMPANY_FILE).open(encoding="utf-8-sig", newline="") as stream:
        return {"company": [row[_COMPANY_COLUMN] for row in csv.DictReader(stream)]}


def _peer_counties(texts: Sequence[str]) -> Counties:
    """County of each text by the peer, "" for none."""
    import cpca

    table = cpca.transform(list(texts))
    return table["区"].fillna("").tolist()


def _speed(side: str, count: int, laps: Laps, *, has_peer: bool) -> dict[str, float]:
    prefix = "" if side == "city" else f"{side}_"
    ours = laps.median(side)
    figures = {f"{prefix}texts": count, f"{prefix}addresses_per_s": count / ours}
    if has_peer:
        peer = laps.median(f"cpca_{side}")
        figures |= {f"{prefix}cpca_addresses_per_s": count / peer, f"{prefix}ratio_to_cpca": peer / ours}
    return figures


def _city_figures(texts: Sequence[str], answers: Sequence[Resolution], counties: Counties | None) -> dict[str, float]:
    """Every text is the full text of a node in our county: found, found wrong, and the county by the peer."""
    nodes = dict(StandardAddress.objects.values_list("pk", "full_text"))
    accepted = [(text, answer.node) for text, answer in zip(texts, answers, strict=True) if answer.node is not None]
    wrong = sum(_PREFIX + nodes[node.id] != text for text, node in accepted)
    figures: dict[str, float] = {
        "county_right_share": len(accepted) / len(texts),
        "address_right_share": (len(accepted) - wrong) / len(texts),
        "wrong_accepted": wrong,
    }
    if counties is not None:
        figures["cpca_county_right_share"] = counties.count(_COUNTY) / len(texts)
    return figures


def _company_figures(answers: Sequence[Resolution], counties: Counties | None) -> dict[str, float]:
    """None of these is known to be here. No truth is at hand: where both name a county they should name the same."""
    named = [answer.outside for answer in answers]
    figures: dict[str, float] = {
        "company_accepted_here": sum(answer.is_accepted for answer in answers),
        "company_outside_share": sum(map(bool, named)) / len(named),
    }
    if counties is not None:
        both = [(ours, theirs) for ours, theirs in zip(named, counties, strict=True) if ours and theirs]
        figures |= {
            "company_cpca_county_share": sum(map(bool, counties)) / len(counties),
            "company_same_county_share": sum(ours.endswith(theirs) for ours, theirs in both) / max(len(both), 1),
        }
    return figures
