"""The ground that measurements stand on: the demo city's divisions, areas and a small address registry."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command

from addresses.choices import AddressLevel
from addresses.models import StandardAddress
from addresses.services.areas import load_areas
from addresses.services.registry import load_addresses
from console.city.areas import areas_document, build_geography
from console.city.roads import build_roads
from console.city.standard_addresses import CSV_COLUMNS, AddressBook

SEED = 1
Tell = Callable[[str], None]


def load_ground(addresses: int, tell: Tell) -> list[str]:
    """Loads reference data, areas and about `addresses` standard addresses; returns their texts as people write them."""
    tell("ground: divisions, sources, areas")
    call_command("load_reference", stdout=_Nowhere())
    geography = build_geography(SEED)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "areas.geojson"
        path.write_text(json.dumps(areas_document(geography)), encoding="utf-8")
        load_areas(path)
        if not addresses:
            return []
        tell("ground: standard addresses")
        book = AddressBook(SEED, geography, build_roads(SEED), max(addresses, 2_000))
        path = Path(folder) / "addresses.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(CSV_COLUMNS)
            writer.writerows(book.rows)
        load_addresses(path)
    doors = StandardAddress.objects.filter(level__gte=AddressLevel.NUMBER, block__isnull=False).order_by("pk")
    return [f"莱州市{text}" for text in doors.values_list("full_text", flat=True)]


class _Nowhere:
    """Where a command's talk goes."""

    def write(self, text: str) -> int:
        return len(text)
