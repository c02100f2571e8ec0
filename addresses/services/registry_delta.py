"""The bureau's changes of the registry as a file: each row an act, by code; all of them or none.

A row whose act is done already changes nothing, so the same file may come twice. Provisional addresses that the bureau adds
are certified under its code.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.contrib.gis.geos import Point
from django.db import transaction

from addresses.choices import AddressState
from addresses.models import StandardAddress
from addresses.parsing.components import LEVELS, Components, link_key
from addresses.services.registry import COLUMNS
from addresses.services.registry_changes import (
    certify_address,
    create_address,
    merge_addresses,
    renumber_address,
    retire_address,
)
from addresses.services.registry_changes_new import place_of
from common.errors import DomainError
from common.geometry import in_laizhou_box
from common.scope import Actor

DELTA_COLUMNS = ("op", *COLUMNS, "into")
_MAX_ROWS = 20_000


@dataclass
class DeltaReport:
    """What became of the rows; with `problems` (row number, message) nothing was written."""

    received: int = 0
    added: int = 0
    certified: int = 0
    changed: int = 0
    retired: int = 0
    merged: int = 0
    unchanged: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        return bool(self.problems)


@dataclass(frozen=True, slots=True)
class _Act:
    row: dict[str, str]
    reason: str
    actor: Actor | None
    now: datetime


def load_delta(path: Path, *, reason: str, actor: Actor | None, now: datetime, is_dry_run: bool = False) -> DeltaReport:
    """Carries a file out: op (add, change, retire, merge), code, town … room, lon, lat, into.

    Every row is tried, so that all faults are named at once; one fault, or a dry run, and everything is taken back.

    Raises:
        DomainError: missing columns, too many rows.
    """
    report = DeltaReport()
    rows = _rows(path)
    with transaction.atomic():
        for number, row in enumerate(rows, start=1):
            report.received += 1
            try:
                with transaction.atomic():
                    done = _carry_out(_Act(row, reason, actor, now))
            except DomainError as error:
                report.problems.append((number, f"第 {number} 行（{row['op'] or '没有 op'}）：{error.message}"))
            else:
                setattr(report, done, getattr(report, done) + 1)
        if is_dry_run or report.is_refused:
            transaction.set_rollback(True)
    return report


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [column for column in DELTA_COLUMNS if column not in (reader.fieldnames or [])]
        if missing:
            raise DomainError("COLUMNS_MISSING", f"缺少列：{'、'.join(missing)}。应有列：{','.join(DELTA_COLUMNS)}。")
        rows = [{column: (row[column] or "").strip() for column in DELTA_COLUMNS} for row in reader]
    if len(rows) > _MAX_ROWS:
        raise DomainError("TOO_MANY_ROWS", f"变更文件最多 {_MAX_ROWS:,} 行，请分几次，或用全量文件。")
    return rows


def _carry_out(act: _Act) -> str:
    acts = {"add": _add, "change": _change, "retire": _retire, "merge": _merge}
    if act.row["op"] not in acts:
        raise DomainError("UNKNOWN_OP", "op 列应为 add、change、retire、merge 之一。")
    if not act.row["code"] or len(act.row["code"]) > 40:
        raise DomainError("CODE_MISSING", "code 列：请填写不超过 40 位的地址编码。")
    return acts[act.row["op"]](act)


def _known(code: str) -> StandardAddress | None:
    return StandardAddress.objects.filter(code=code).first()


def _required(code: str) -> StandardAddress:
    found = _known(code)
    if found is None:
        raise DomainError("UNKNOWN_CODE", f"没有编码为 {code} 的地址，请核对编码。")
    return found


def _components(act: _Act) -> Components:
    return Components(*(act.row[level] for level in LEVELS))


def _point(act: _Act) -> Point | None:
    if not act.row["lon"] and not act.row["lat"]:
        return None
    try:
        lon, lat = float(act.row["lon"]), float(act.row["lat"])
    except ValueError:
        lon = lat = 0.0
    if not in_laizhou_box(lon, lat):
        raise DomainError("BAD_POINT", "lon/lat 列：坐标不在莱州范围内，请检查经纬度是否写反。")
    return Point(lon, lat, srid=4326)


def _add(act: _Act) -> str:
    components, code = _components(act), act.row["code"]
    key = link_key(place_of(components).components)
    there = StandardAddress.objects.filter(key=key, state=AddressState.ACTIVE).first()
    if there is not None and there.code == code and not there.is_provisional:
        return "unchanged"
    if _known(code) is not None and (there is None or there.code != code):
        raise DomainError("ADDRESS_CODE", f"编码 {code} 已用于另一地址，请核对。")
    if there is None:
        create_address(components=components, point=_point(act), reason=act.reason, actor=act.actor, now=act.now)
        there = StandardAddress.objects.get(key=key)
        certify_address(code=there.code, new_code=code, reason=act.reason, actor=act.actor, now=act.now)
        return "added"
    if not there.is_provisional:
        raise DomainError("ADDRESS_EXISTS", f"“{there.full_text}”已有编码 {there.code}，未改动。")
    certify_address(code=there.code, new_code=code, reason=act.reason, actor=act.actor, now=act.now)
    return "certified"


def _change(act: _Act) -> str:
    address, place = _required(act.row["code"]), place_of(_components(act))
    if address.key == link_key(place.components):
        return "unchanged"
    renumber_address(
        code=address.code, changes=place.components.as_dict(), reason=act.reason, actor=act.actor, now=act.now
    )
    address.refresh_from_db()
    if address.key != link_key(place.components):
        raise DomainError("ADDRESS_LEVELS", "变更不能改变地址的级别：各列须与原地址写到同一级。")
    return "changed"


def _retire(act: _Act) -> str:
    if _required(act.row["code"]).state == AddressState.RETIRED:
        return "unchanged"
    retire_address(code=act.row["code"], into=act.row["into"], reason=act.reason, actor=act.actor, now=act.now)
    return "retired"


def _merge(act: _Act) -> str:
    address, into = _required(act.row["code"]), _required(act.row["into"])
    if address.state == AddressState.MERGED and address.replaced_by_id == into.pk:
        return "unchanged"
    merge_addresses(codes=[address.code], into=into.code, reason=act.reason, actor=act.actor, now=act.now)
    return "merged"
