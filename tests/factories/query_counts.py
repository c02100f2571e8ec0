"""How many queries each page takes: `tests/query_counts.json`, a reviewed file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

_FILE = Path(__file__).resolve().parent.parent / "query_counts.json"


def recorded_counts(measured: Mapping[str, int]) -> dict[str, int | None]:
    """Name → what the file holds for the names that were measured; with WRITE_QUERY_COUNTS in the environment it takes them first."""
    recorded = json.loads(_FILE.read_text(encoding="utf-8"))
    if os.environ.get("WRITE_QUERY_COUNTS"):
        recorded |= measured
        _FILE.write_text(json.dumps(dict(sorted(recorded.items())), indent=2) + "\n", encoding="utf-8")
    return {name: recorded.get(name) for name in measured}
