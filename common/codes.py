"""National code tables: code → Chinese name, read from the `codes` folders of the apps.

Each row of a table names its source (GA/T 16.x, GB/T … as transcribed there).
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


@cache
def _path(name: str) -> Path:
    found = sorted(_ROOT.glob(f"*/codes/{name}.csv"))
    if len(found) != 1:
        raise FileNotFoundError(f"code table {name!r}: {len(found)} files")
    return found[0]


@cache
def code_table(name: str) -> dict[str, str]:
    """Code → Chinese name of a national table, e.g. `code_table("hpzl")["02"] == "小型汽车"`.

    Raises:
        FileNotFoundError: there is no such table, or two apps hold one.
    """
    with _path(name).open(encoding="utf-8") as stream:
        return {row["code"]: row["name"] for row in csv.DictReader(stream)}


@cache
def code_by_name(name: str) -> dict[str, str]:
    """Chinese name → code of a national table; a name that two codes share is left out."""
    table = code_table(name)
    names = list(table.values())
    return {label: code for code, label in table.items() if names.count(label) == 1}
