"""What the agency knows of the made-up city (DIR/seed.json), and as many inventions as it needs beyond it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from invention import Inventor, Row

KINDS = ("persons", "houses", "units", "vehicles", "buses", "tractors", "operators", "addresses")


class CitySeed:
    """Rows of the city by kind, and an inventor who lives in it.

    Attributes:
        as_of: the day that the city describes; today without a seed file.
    """

    def __init__(self, folder: Path, seed: str, today: date) -> None:
        document = _read(folder / "seed.json")
        self.as_of = date.fromisoformat(document["as_of"]) if "as_of" in document else today
        self._rows: dict[str, list[Row]] = {kind: list(document.get(kind, [])) for kind in KINDS}
        self.inventor = Inventor(seed, self.as_of, self._rows["addresses"])

    def known(self, kind: str) -> list[Row]:
        """The city's own rows, as given."""
        return self._rows[kind]

    def with_more(self, kind: str, least: int, invent: Callable[[], Row]) -> list[Row]:
        """The city's rows and a tenth of inventions, or as many as make up the least."""
        known = self._rows[kind]
        wanted = max(least - len(known), len(known) // 10)
        return known + [invent() for _ in range(wanted)]


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    document = json.loads(path.read_text(encoding="utf-8"))
    unknown = sorted(set(document) - {*KINDS, "as_of"})
    if unknown:
        raise SystemExit(f"seed.json: unknown lists {unknown}; allowed are as_of and {', '.join(KINDS)}")
    return document
