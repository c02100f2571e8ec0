"""Points of a violation by the rules in force on its day.

Until 2022-03-31 the scale of 2013 held (公安部令第139号), since 2022-04-01 that of 公安部令第163号. `codes/wfxw.csv` says for each
code what either gives; where the rule leaves a range ("3/6") or the mapping is unknown ("?") nothing is derived. The column of
2022 is this project's own reading of the decree, not a published value: the customer's dictionary takes its place.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from elements.fold.sql import local_day

NEW_SCALE_FROM = "2022-04-01"
_FILE = Path(__file__).resolve().parent / "codes" / "wfxw.csv"


@cache
def points_of_code(code: str) -> tuple[int | None, int | None]:
    """Points of a violation code by the old and by the new scale; None where neither is certain.

    A fifth digit is a local refinement and has the points of the first four.
    """
    with _FILE.open(encoding="utf-8") as stream:
        row = next((row for row in csv.DictReader(stream) if row["code"] == code[:4]), None)
    if row is None:
        return None, None
    old, new = row["points_until_2022"], row["points_since_2022"]
    return int(old) if old.isdigit() else None, int(new) if new.isdigit() else None


def _points(column: int) -> str:
    """SQL of the points of `s.code` by one of the scales."""
    with _FILE.open(encoding="utf-8") as stream:
        codes = [row["code"] for row in csv.DictReader(stream)]
    found = {code: points_of_code(code)[column] for code in codes if len(code) == 4}
    certain = ", ".join(f'"{code}": {points}' for code, points in found.items() if points is not None)
    return f"('{{{certain}}}'::jsonb ->> left(s.code, 4))::smallint"


# SQL over the staged row `s`.
POINTS_BY_RULE = (
    f"""(CASE WHEN {local_day("s.occurred_at")} < '{NEW_SCALE_FROM}' THEN {_points(0)} ELSE {_points(1)} END)"""
)
