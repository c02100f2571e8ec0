"""XLSX: looked over before it is opened, then read in a child process with limits on time and memory.

A workbook is a zip of XML: small files can hold gigabytes. The central directory is checked first and the parser runs
where a crash is one refused file.
"""

from __future__ import annotations

import io
import pickle
import re
import resource
import subprocess
import sys
import zipfile
from dataclasses import dataclass

from common.errors import DomainError

MAX_ENTRIES = 2_000
MAX_INFLATED = 400 * 2**20
MAX_RATIO = 200
CPU_SECONDS = 60
MEMORY_BYTES = 2 * 2**30
_SHEET = re.compile(r"xl/worksheets/sheet\d+\.xml")
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]+\d+:[A-Z]+\d+)"')
_FORMULA = re.compile(rb'<c r="([A-Z]+\d+)"[^>]*><f[ >/]')


@dataclass(slots=True)
class Workbook:
    """First sheet with content, as text."""

    sheet: str
    rows: list[list[str]]
    doubtful_cells: set[tuple[int, int]]


def read_workbook(data: bytes) -> Workbook:
    """Reads the first sheet that holds something.

    Raises:
        DomainError: bomb, macro, damaged, merged cells, formulas, no content, too slow.
    """
    _look_over(data)
    damaged = DomainError(
        "FILE_DAMAGED", "表格文件损坏，或内容大得无法读取。请在 WPS/Excel 中另存为新的 .xlsx，或分成几份。"
    )
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", "-c", _CHILD],
            input=data,
            capture_output=True,
            timeout=CPU_SECONDS * 2,
            check=False,
            preexec_fn=_limit,
        )
    except subprocess.TimeoutExpired as error:
        raise damaged from error
    if child.returncode != 0:
        raise damaged
    sheet, rows, doubtful = pickle.loads(child.stdout)  # noqa: S301 - written by our own child
    if not rows:
        raise DomainError("FILE_EMPTY", "工作簿里没有任何内容。")
    return Workbook(sheet, rows, set(doubtful))


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _look_over(data: bytes) -> None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise DomainError("FILE_DAMAGED", "表格文件已损坏，无法打开。请重新导出。") from error
    inflated = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or inflated > MAX_INFLATED or inflated > MAX_RATIO * max(len(data), 50_000):
        raise DomainError("FILE_BOMB", "表格解压后异常巨大，已拒绝。请确认文件来源。")
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise DomainError("FILE_KIND", "这是压缩包而不是 XLSX 表格。请先解压，再逐个导入。")
    if any(name.startswith("xl/vbaProject") for name in names):
        raise DomainError("FILE_MACRO", "表格含有宏，已拒绝。请另存为不含宏的 .xlsx。")
    for entry in entries:
        if _SHEET.fullmatch(entry.filename):
            _refuse_formulas_and_merges(_inflate(archive, entry))


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The entry, counted while inflating: the directory may lie about its size."""
    try:
        with archive.open(entry) as stream:
            content = stream.read(MAX_INFLATED + 1)
    except (zipfile.BadZipFile, RuntimeError, EOFError, NotImplementedError) as error:
        raise DomainError("FILE_DAMAGED", "表格文件已损坏或加了密码，无法打开。请另存为不加密的 .xlsx。") from error
    if len(content) > MAX_INFLATED:
        raise DomainError("FILE_BOMB", "表格解压后异常巨大，已拒绝。请确认文件来源。")
    return content


def _refuse_formulas_and_merges(sheet: bytes) -> None:
    merged = [match.decode() for match in _MERGED.findall(sheet)]
    if merged:
        raise DomainError(
            "MERGED_CELLS", f"工作表有合并单元格：{'、'.join(merged[:5])}{' 等' if len(merged) > 5 else ''}。请取消合并、每格填好内容后再导入。",
            {"cells": merged[:50]},
        )  # fmt: skip
    formulas = [match.decode() for match in _FORMULA.findall(sheet)]
    if formulas:
        raise DomainError(
            "FORMULAS", f"单元格里是公式：{'、'.join(formulas[:5])}{' 等' if len(formulas) > 5 else ''}。请复制并“粘贴为数值”后再导入。",
            {"cells": formulas[:50]},
        )  # fmt: skip


# The child imports nothing of the platform. A float of 16 places or more has lost its last digits already.
_CHILD = """
import pickle, sys, io, datetime
from python_calamine import CalamineWorkbook
book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
def text(v):
    if v is None: return ''
    if isinstance(v, bool): return '是' if v else '否'
    if isinstance(v, datetime.datetime):
        return v.date().isoformat() if v.time() == datetime.time() else v.isoformat(' ')
    if isinstance(v, (datetime.date, datetime.time)): return v.isoformat()
    if isinstance(v, float) and v.is_integer(): return str(int(v))
    return str(v)
out = ('', [], [])
for meta in book.sheets_metadata:
    if str(meta.visible) != 'SheetVisibleEnum.Visible': continue
    rows, doubtful, header = [], [], None
    for values in book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False):
        cells = [text(v) for v in values]
        if header is None and any(c.strip() for c in cells): header = len(rows)
        for i, v in enumerate(values):
            if isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) >= 1e15 and header is not None:
                doubtful.append((len(rows) - header, i))
        rows.append(cells)
    if header is not None:
        out = (meta.name, rows, doubtful)
        break
sys.stdout.buffer.write(pickle.dumps(out))
"""
