"""Taking in how many things there should be by village: from a small CSV, all rows or none."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from addresses.choices import DivisionLevel
from addresses.models import Division
from common.audit import record_audit
from common.errors import DomainError, NotAllowed
from common.scope import Actor, Right
from elements.models import ExpectedCount, Source
from elements.registries import REGISTRIES

COLUMNS = ("镇街", "村居", "登记", "应有数", "来源代码", "统计日期")
MAX_BYTES = 2 * 1024 * 1024
MAX_NUMBER = 10_000_000
_REPORTED_PROBLEMS = 50


@dataclass
class CountsReport:
    """What became of the rows; `problems` name row, column and cure, and with one nothing is written."""

    received: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    problems: list[str] = field(default_factory=list)

    def reject(self, message: str) -> None:
        self.rejected += 1
        if len(self.problems) < _REPORTED_PROBLEMS:
            self.problems.append(message)


def load_expected_counts(*, content: bytes, actor: Actor | None, now: datetime) -> CountsReport:
    """Loads 镇街, 村居, 登记, 应有数, 来源代码, 统计日期; the same village, registry and source again replaces the number.

    Args:
        content: CSV in UTF-8 or GB18030. A village is named, or given by its code (then 镇街 may stay empty).
        actor: who uploads; None is the system (the command).
        now: moment of the act.

    Raises:
        NotAllowed: the actor may not import, or is not responsible for the whole city.
        DomainError: not a CSV with these columns.
    """
    if actor is not None and (Right.IMPORT not in actor.scope.rights or not actor.scope.all_blocks):
        raise NotAllowed("应有数由负责全市并有导入权限的岗位填报。")
    report, wanted = _read(content, now.date())
    if report.problems:
        return report
    with transaction.atomic():
        _write(wanted, report)
        if report.created or report.changed:
            record_audit(
                actor_id=actor.pk if actor else None, verb="EXPECTED_COUNTS_LOADED",
                subject_table=ExpectedCount._meta.db_table, count=report.created + report.changed, now=now,
            )  # fmt: skip
    return report


_Wanted = dict[tuple[str, str, int], tuple[int, date]]


def _read(content: bytes, today: date) -> tuple[CountsReport, _Wanted]:
    report, wanted = CountsReport(), _Wanted()
    reader = csv.DictReader(io.StringIO(_text(content), newline=""))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or [])]
    if missing:
        raise DomainError(
            "COLUMNS_MISSING", f"缺少列：{'、'.join(missing)}。第一行应为：{','.join(COLUMNS)}。请补齐后重新上传。"
        )
    known = _Known()
    try:
        for number, row in enumerate(reader, start=2):
            report.received += 1
            cells = {column: (row[column] or "").strip() for column in COLUMNS}
            try:
                key, value = known.read(cells, today)
                if key in wanted:
                    raise _BadCell("村居", "同一村居、登记、来源在前面已有一行，请删去其中一行")
                wanted[key] = value
            except _BadCell as bad:
                report.reject(f"第 {number} 行“{bad.column}”列：{bad.cure}。")
    except csv.Error as error:
        raise DomainError("NOT_CSV", "文件不是 CSV。请用表格软件另存为 CSV 后重新上传。") from error
    return report, wanted


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise DomainError("FILE_TOO_LARGE", "文件超过 2 MB。应有数每村每类一行，请检查是否选错了文件。")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise DomainError("NOT_CSV", "文件不是 CSV（UTF-8 或 GB18030 编码的文本）。请用表格软件另存为 CSV 后重新上传。")


class _BadCell(Exception):
    """A cell that cannot be read: its column and what to do."""

    def __init__(self, column: str, cure: str) -> None:
        super().__init__(column)
        self.column, self.cure = column, cure


class _Known:
    """Villages, registries and sources as files write them; read once."""

    def __init__(self) -> None:
        villages = Division.objects.filter(level=DivisionLevel.VILLAGE, valid_to__isnull=True).select_related("parent")
        self._by_code = {village.code: village for village in villages}
        self._by_name: dict[tuple[str, str], list[Division]] = {}
        for village in self._by_code.values():
            town = village.parent.name if village.parent else ""
            for key in ((town, village.name), ("", village.name)):
                self._by_name.setdefault(key, []).append(village)
        self._registries = {str(registry.label): name for name, registry in REGISTRIES.items()}
        self._registries |= {name: name for name in REGISTRIES}
        self._sources = dict(Source.objects.filter(is_active=True).values_list("code", "pk"))

    def read(self, cells: dict[str, str], today: date) -> tuple[tuple[str, str, int], tuple[int, date]]:
        """One row: natural key and value.

        Raises:
            _BadCell: what cannot be read.
        """
        village = self._village(cells["镇街"], cells["村居"])
        registry = self._registries.get(cells["登记"])
        if registry is None:
            raise _BadCell("登记", f"应为 {'、'.join(str(one.label) for one in REGISTRIES.values())} 之一")
        text = cells["应有数"].replace(",", "")
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > MAX_NUMBER:
            raise _BadCell("应有数", "应为 0 至 10,000,000 的整数")
        if cells["来源代码"] not in self._sources:
            raise _BadCell("来源代码", f"没有启用这个来源，可填：{'、'.join(self._sources)}")
        try:
            as_of = date.fromisoformat(cells["统计日期"])
        except ValueError:
            raise _BadCell("统计日期", "日期应为 2026-03-01 的形式") from None
        if as_of > today:
            raise _BadCell("统计日期", "统计日期不能晚于今天")
        return (village, registry, self._sources[cells["来源代码"]]), (int(text), as_of)

    def _village(self, town: str, name: str) -> str:
        if name in self._by_code:
            return name
        found = self._by_name.get((town, name), [])
        if len(found) > 1:
            raise _BadCell("镇街", "有几个镇街有同名的村居，请填写镇街")
        if not found:
            raise _BadCell("村居", "行政区划里没有这个村居，请按区划全称填写，或填 12 位代码")
        return found[0].code


def _write(wanted: _Wanted, report: CountsReport) -> None:
    """Creates and changes in sets; a number that is there already is left alone."""
    stored = {
        (one.village_id, one.kind, one.source_id): one
        for one in ExpectedCount.objects.select_for_update()
        .filter(village_id__in={key[0] for key in wanted})
        .order_by("pk")
    }
    created, changed = [], []
    for key, (number, as_of) in wanted.items():
        village, registry, source_id = key
        one = stored.get(key)
        if one is None:
            created.append(
                ExpectedCount(village_id=village, kind=registry, source_id=source_id, number=number, as_of=as_of)
            )
        elif (one.number, one.as_of) != (number, as_of):
            one.number, one.as_of = number, as_of
            changed.append(one)
    ExpectedCount.objects.bulk_create(created, batch_size=2_000)
    ExpectedCount.objects.bulk_update(changed, ["number", "as_of"], batch_size=2_000)
    report.created, report.changed = len(created), len(changed)
    report.unchanged = len(wanted) - len(created) - len(changed)
