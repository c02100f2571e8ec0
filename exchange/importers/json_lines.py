"""JSON as machines send it: an array of flat objects, or one object a line. An object is a row, its keys are columns.

Read by a grammar of our own, because a row is flat: nothing nested is ever built, a number stays the text it was, a key that
comes twice is seen, and every refusal knows its row and line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

from common.errors import DomainError

MAX_DEPTH = 20
MAX_KEYS = 500
MAX_TEXT = 1_000_000
ROW_SUFFIXES = {".jsonl", ".ndjson"}
DOUBTFUL_EXPONENT = 15
# An array of anything; a CSV may well begin with a column called [号牌].
_ARRAY = re.compile(r'\[[ \t\r\n]*(?:$|[\[\]{}"\-0-9]|true\b|false\b|null\b)')
_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
_SCALAR = re.compile(r"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?=[ \t\r\n,}\]]|$)")
_PLAIN_PAIR = re.compile(
    r'"([^"\\\x00-\x1f]*)"[ \t\r\n]*:[ \t\r\n]*'
    r'(?:"([^"\\\x00-\x1f]*)"|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?))[ \t\r\n]*([,}])[ \t\r\n]*'
)
_EXPONENT = re.compile(r"[eE]\+?([0-9]{1,4})")
# A string that does not end takes the rest: it is never begun again at its next quote.
_BRACKET = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|([\[{])|([\]}])', re.DOTALL)
_WORDS = {"true": "是", "false": "否", "null": ""}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(slots=True)
class RowTable:
    """Rows of named cells.

    Attributes:
        headers: every key, in the order it was first seen.
        rows: one list of cells a row, "" for a key that the row does not have.
        doubtful_cells: (row number from 1, column index) of large numbers that some program rounded before it wrote them.
    """

    headers: list[str]
    rows: Iterator[list[str]]
    doubtful_cells: set[tuple[int, int]] = field(default_factory=set)


def is_json(start: str) -> bool:
    """Whether a text that begins like this is JSON rather than a table with odd names."""
    return start.startswith("{") or _ARRAY.match(start) is not None


def is_no_map(start: str, name: str) -> bool:
    """JSON that cannot be GeoJSON, or whose name says that it is rows: GeoJSON is one object, never an array."""
    if PurePath(name).suffix.lower() in ROW_SUFFIXES:
        return start.startswith(("{", "["))
    return start.startswith("[") and is_json(start)


def read_json_rows(text: str) -> RowTable:
    """Reads an array of flat objects, or flat objects each on lines of its own.

    null → "", true → 是, false → 否; a number stays as written, so that 18 digits stay 18 digits.

    Raises:
        DomainError: JSON_SYNTAX, JSON_NESTED, JSON_TOO_DEEP, JSON_KEY_TWICE, JSON_KEY_BLANK, JSON_TEXT, CELL_TOO_LONG,
            TOO_MANY_COLUMNS; names row and line.
    """
    columns: dict[str, int] = {}
    doubtful: set[tuple[int, int]] = set()
    reader = _Reader(text)
    for cells in reader.rows():
        for key in cells:
            columns.setdefault(key, len(columns))
        if len(columns) > MAX_KEYS:
            raise DomainError(
                "TOO_MANY_COLUMNS", f"到{reader.place()}为止已有 {len(columns):,} 个不同的键，最多 {MAX_KEYS} 个。请对方统一字段名。"
            )  # fmt: skip
        doubtful.update((reader.row, columns[key]) for key in reader.doubtful)
    headers = list(columns)
    # Read a second time instead of kept: a row costs more as objects than as text.
    rows = ([cells.get(header, "") for header in headers] for cells in _Reader(text).rows())
    return RowTable(headers, rows, doubtful)


class _Reader:
    """One pass over a text; `row` counts objects from 1."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._row_at = 0
        self.row = 0
        self.doubtful: list[str] = []

    def rows(self) -> Iterator[dict[str, str]]:
        self._skip_blanks()
        in_array = self._take("[")
        if in_array and self._take("]"):
            return self._end()
        while True:
            self.row, self._row_at = self.row + 1, self._at
            yield self._object()
            if in_array:
                if self._take("]"):
                    return self._end()
                self._expect(",")
            else:
                self._skip_blanks()
                if self._at == len(self._text):
                    return None
                if "\n" not in self._text[self._text.rfind("}", 0, self._at) : self._at]:
                    raise self._wrong("对象之间要换行（每行一个对象），或整体写成 [ … ] 数组")

    def place(self) -> str:
        line = self._text.count("\n", 0, self._row_at) + 1
        return f"第 {self.row} 条（文件第 {line} 行）"

    def _object(self) -> dict[str, str]:
        self.doubtful.clear()
        if self._text[self._at : self._at + 1] in {"[", "{"}:
            self._refuse_depth()
        self._expect("{")
        cells: dict[str, str] = {}
        is_last = self._take("}")
        while not is_last:
            key, value, is_last = self._plain_pair() or self._pair()
            if not key.strip():
                raise self._refused("JSON_KEY_BLANK", "有空的键名。请对方给每个值写上键名")
            if key in cells:
                raise self._refused("JSON_KEY_TWICE", f"的键“{_short(key)}”出现了两次。请对方只保留一个")
            if len(value) > MAX_TEXT or len(key) > MAX_TEXT:
                raise self._refused(
                    "CELL_TOO_LONG", f"的“{_short(key)}”内容过长（超过 {MAX_TEXT:,} 字）。请确认文件来源"
                )
            cells[key] = value
        return cells

    def _plain_pair(self) -> tuple[str, str, bool] | None:
        """A pair without escapes and exponents, as nearly all are, in one step; None for any other."""
        found = _PLAIN_PAIR.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        key, text, number, mark = found.groups()
        return key, number if text is None else text, mark == "}"

    def _pair(self) -> tuple[str, str, bool]:
        key = self._string("键名")
        self._expect(":")
        value = self._value(key)
        is_last = self._take("}")
        if not is_last:
            self._expect(",")
        return key, value, is_last

    def _value(self, key: str) -> str:
        first = self._text[self._at : self._at + 1]
        if first == '"':
            return self._string(f"“{_short(key)}”")
        if first in {"[", "{"}:
            self._refuse_depth()
            raise self._refused(
                "JSON_NESTED", f"的“{_short(key)}”里还有数组或对象。请对方展开成一层（例如 a_b），整个文件是数组或每行一个对象；地图数据请存为 .geojson"
            )  # fmt: skip
        scalar = _SCALAR.match(self._text, self._at)
        if scalar is None:
            raise self._wrong(f"“{_short(key)}”的值写法不对（文字要加双引号）")
        self._at = scalar.end()
        self._skip_blanks()
        written = scalar[1]
        exponent = _EXPONENT.search(written) if written not in _WORDS else None
        if exponent and int(exponent[1]) >= DOUBTFUL_EXPONENT:
            self.doubtful.append(key)
        return _WORDS.get(written, written)

    def _string(self, what: str) -> str:
        found = _STRING.match(self._text, self._at)
        if found is None:
            raise self._wrong(f"{what}处应是双引号括起的文字，且其中不能有未转义的换行")
        self._at = found.end()
        self._skip_blanks()
        if "\\" not in found[0]:
            return found[0][1:-1]
        value: str = json.loads(found[0])
        if _UNSTORABLE.search(value):
            raise self._refused("JSON_TEXT", f"的{what}含有 NUL 或残缺的 Unicode 字符，无法保存。请对方改正编码")
        return value

    def _refuse_depth(self) -> None:
        """Counts brackets without building anything, and stops at the first one too many."""
        depth = 1
        for bracket in _BRACKET.finditer(self._text, self._at, self._at + MAX_TEXT):
            depth += bool(bracket[1]) - bool(bracket[2])
            if depth > MAX_DEPTH:
                raise self._refused("JSON_TOO_DEEP", f"嵌套超过 {MAX_DEPTH} 层，已拒绝。请确认文件来源")
            if depth <= 1:
                return

    def _skip_blanks(self) -> None:
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]

    def _take(self, mark: str) -> bool:
        if not self._text.startswith(mark, self._at):
            return False
        self._at += 1
        self._skip_blanks()
        return True

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise self._wrong(f"这里应是“{mark}”")

    def _end(self) -> None:
        if self._at < len(self._text):
            raise self._wrong("数组结束后还有内容")

    def _wrong(self, why: str) -> DomainError:
        line = self._text.count("\n", 0, self._at) + 1
        end = "文件在这里中断了，请重新导出或下载" if self._at >= len(self._text) else "请对方按 JSON 标准导出"
        return DomainError(
            "JSON_SYNTAX", f"JSON 第 {max(self.row, 1)} 条（文件第 {line} 行）写法不对：{why}。{end}。", {"row": self.row, "line": line}
        )  # fmt: skip

    def _refused(self, code: str, why: str) -> DomainError:
        line = self._text.count("\n", 0, self._row_at) + 1
        return DomainError(code, f"JSON {self.place()}{why}。", {"row": self.row, "line": line})


def _short(key: str) -> str:
    return key if len(key) <= 40 else f"{key[:40]}…"
