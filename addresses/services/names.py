"""Loading names of places: aliases, old and short names."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from django.db import transaction

from addresses.choices import NameKind
from addresses.models import AddressName
from addresses.services.index_version import raise_index_version
from addresses.services.registry import DivisionNames, LoadReport
from common.errors import DomainError

COLUMNS = ("surface", "kind", "town", "village", "road", "estate", "valid_from", "valid_to")
_KINDS = {kind.value for kind in NameKind}


@transaction.atomic
def load_names(path: Path, source: str = "") -> LoadReport:
    """Loads a name file with the columns surface, kind, town, village, road, estate, valid_from, valid_to.

    The deepest place column that is filled is the place that the surface names. The same file twice changes nothing.

    Raises:
        DomainError: missing columns.
    """
    report = LoadReport()
    divisions = DivisionNames()
    fresh: list[AddressName] = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [c for c in COLUMNS if c not in (reader.fieldnames or [])]
        if missing:
            raise DomainError("COLUMNS_MISSING", f"缺少列：{'、'.join(missing)}。应有列：{','.join(COLUMNS)}。")
        for row_number, row in enumerate(reader, start=1):
            report.received += 1
            name = _name(row, row_number, divisions, report)
            if name is not None:
                name.source = source[:60]
                fresh.append(name)
    before = AddressName.objects.count()
    AddressName.objects.bulk_create(fresh, batch_size=5_000, ignore_conflicts=True)
    report.created = AddressName.objects.count() - before
    report.unchanged = len(fresh) - report.created
    if report.created:
        raise_index_version()
    return report


def _name(row: dict[str, str], row_number: int, divisions: DivisionNames, report: LoadReport) -> AddressName | None:
    cells = {column: (row[column] or "").strip() for column in COLUMNS}
    where = f"第 {row_number} 行"
    if not 2 <= len(cells["surface"]) <= 60:
        report.reject(row_number, f"{where} surface 列：名称应为 2 至 60 个字。")
        return None
    if cells["kind"] not in _KINDS:
        report.reject(row_number, f"{where} kind 列：应为 {'、'.join(sorted(_KINDS))} 之一。")
        return None
    town = divisions.town(cells["town"]) if cells["town"] else None
    village = divisions.village(town, cells["village"]) if town and cells["village"] else None
    if (cells["town"] and town is None) or (cells["village"] and village is None):
        report.reject(row_number, f"{where} town/village 列：不在行政区划表中。")
        return None
    level = next((level for level in ("estate", "road", "village", "town") if cells[level]), "")
    if not level:
        report.reject(row_number, f"{where}：没有指明是哪个地点的名称。")
        return None
    try:
        valid_from, valid_to = (date.fromisoformat(cells[c]) if cells[c] else None for c in ("valid_from", "valid_to"))
    except ValueError:
        report.reject(row_number, f"{where} valid_from/valid_to 列：日期应为 2019-03-01 的形式。")
        return None
    return AddressName(
        surface=cells["surface"], kind=cells["kind"], level=level, town=town, village=village, road=cells["road"],
        estate=cells["estate"], valid_from=valid_from, valid_to=valid_to,
    )  # fmt: skip
