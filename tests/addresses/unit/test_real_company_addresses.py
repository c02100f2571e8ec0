"""Real company addresses from all over China: an answer for each, none silently placed here.

The file is not in the repository; the test exists only when REAL_DATA_DIR points to it.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

from addresses.matching.resolve import resolve_batch
from tests.addresses.unit.synthetic import build_registry, random_rows

_DIRECTORY = os.environ.get("REAL_DATA_DIR", "")

if _DIRECTORY:

    def test_no_company_is_silently_placed_in_the_county() -> None:
        with (Path(_DIRECTORY) / "company_addresses.csv").open(encoding="utf-8-sig", newline="") as handle:
            texts = [row["原始地址"] for row in csv.DictReader(handle)]
        registry = build_registry(random_rows(20260, 5_000))
        results = resolve_batch(texts, registry.names, registry.lookup)
        assert len(results) == len(texts) > 18_000
        silent = [
            text
            for text, result in zip(texts, results, strict=True)
            if result.is_accepted and "county_not_stated" not in {fault.code for fault in result.faults}
        ]
        assert silent == []
        assert sum(result.is_accepted for result in results) <= 2
        assert sum(str(result.status) == "outside" for result in results) > 14_000
