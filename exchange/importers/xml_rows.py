"""XML as machines send it: the children of the root are rows, all of one name; their attributes and children are cells.

Read as a stream by a parser without DTD, entities or outside references; no tree is built, and the first thing that is not flat ends it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from common.errors import DomainError
from exchange.importers.json_lines import MAX_KEYS, MAX_TEXT, RowTable

MAX_BYTES = 50 * 2**20
ROW, CELL = 2, 3
_DECLARATION = re.compile(rb"""\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# GB 2312 and GBK are parts of GB 18030.
_ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030",
    "utf-16": "utf-16",
}  # fmt: skip
_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"


def declared_encoding(data: bytes) -> str | None:
    """Encoding that the declaration names, as Python calls it; None when it names none.

    Raises:
        DomainError: XML_ENCODING, an encoding that agencies here do not use.
    """
    declaration = _DECLARATION.match(data.removeprefix(b"\xef\xbb\xbf")[:400])
    if declaration is None:
        return None
    name = declaration[1].decode("ascii")
    if name.lower() not in _ENCODINGS:
        raise DomainError("XML_ENCODING", f"XML 声明的编码“{name}”不支持。请对方改用 UTF-8 或 GB18030 导出。")
    return _ENCODINGS[name.lower()]


def read_xml_rows(text: str) -> RowTable:
    """Reads `<rows><row a="1"><b>2</b></row>…</rows>`; names lose their namespace, blanks around a text are cut.

    Raises:
        DomainError: XML_TOO_LARGE, XML_DTD, XML_SYNTAX, XML_NO_ROWS, XML_NESTED, XML_NAME_TWICE,
            CELL_TOO_LONG, TOO_MANY_COLUMNS; names row or line.
    """
    data = text.encode()
    if len(data) > MAX_BYTES:
        raise DomainError("XML_TOO_LARGE", f"XML 超过 {MAX_BYTES // 2**20} MB。请对方分成几份，或改用 CSV、JSON。")
    rows = _Rows()
    parser = DefusedXMLParser(
        target=rows, encoding="utf-8", forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    try:
        # In one piece: an unfinished token is never read twice.
        parser.feed(data)
        parser.close()
    except DefusedXmlException as error:
        raise DomainError(
            "XML_DTD", "XML 含有 DTD、实体声明或外部引用，可能是攻击，已拒绝。请对方导出不含 DTD 的 XML。"
        ) from error
    except ParseError as error:
        line = error.position[0]
        raise DomainError(
            "XML_SYNTAX",
            f"XML 第 {line} 行写法不对（标签没有配对、缺少引号或有非法字符）。请对方重新导出。",
            {"line": line},
        ) from error
    headers = list(rows.columns)
    return RowTable(headers, ([cells.get(header, "") for header in headers] for cells in rows.found))


class _Rows:
    """Target of the parser, told of each start, text and end in turn; keeps the cells of a row until it ends."""

    def __init__(self) -> None:
        self.columns: dict[str, None] = {}
        self.found: list[dict[str, str]] = []
        self._depth = 0
        self._row_name = ""
        self._cell = ""
        self._cells: dict[str, str] = {}
        self._text: list[str] = []
        self._length = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._refuse_loose_text()
        self._depth += 1
        name = _local(tag)
        if self._depth == ROW:
            self._start_row(name, attributes)
        elif self._depth == CELL:
            self._cell = name
            if any(not attribute.startswith(_SCHEMA_INSTANCE) for attribute in attributes):
                raise self._refused("XML_NESTED", f"的“{name}”带有属性，无法放进一格。请对方把属性写成单独的元素")
        elif self._depth > CELL:
            raise self._refused("XML_NESTED", f"的“{self._cell}”里还有元素“{name}”。请对方展开成一层：根元素 > 行 > 列")

    def data(self, text: str) -> None:
        self._length += len(text)
        if self._length > MAX_TEXT:
            raise self._refused("CELL_TOO_LONG", f"的内容过长（超过 {MAX_TEXT:,} 字）。请确认文件来源")
        self._text.append(text)

    def end(self, tag: str) -> None:
        if self._depth == CELL:
            self._keep(self._cell, "".join(self._text).strip())
            self._text, self._length = [], 0
        else:
            self._refuse_loose_text()
        if self._depth == ROW:
            self.found.append(self._cells)
        self._depth -= 1

    def close(self) -> None:
        """Asked for by the parser; rows are complete at their end."""

    def _start_row(self, name: str, attributes: Mapping[str, str]) -> None:
        self._row_name = self._row_name or name
        self._cells = {}
        if name != self._row_name:
            raise DomainError(
                "XML_NO_ROWS", f"XML 根元素下既有“{self._row_name}”又有“{name}”，分不清哪个是数据行。请对方只保留一种行元素。", {"row": len(self.found) + 1}
            )  # fmt: skip
        for attribute, value in attributes.items():
            if not attribute.startswith(_SCHEMA_INSTANCE):
                self._keep(_local(attribute), value.strip())

    def _keep(self, name: str, value: str) -> None:
        if name in self._cells:
            raise self._refused("XML_NAME_TWICE", f"的“{name}”出现了两次。请对方只保留一个")
        if len(value) > MAX_TEXT:
            raise self._refused("CELL_TOO_LONG", f"的“{name}”内容过长（超过 {MAX_TEXT:,} 字）。请确认文件来源")
        self._cells[name] = value
        self.columns.setdefault(name)
        if len(self.columns) > MAX_KEYS:
            raise self._refused("TOO_MANY_COLUMNS", f"起已超过 {MAX_KEYS} 个不同的列名。请对方统一元素名")

    def _refuse_loose_text(self) -> None:
        """Blanks between elements are layout; anything else would be lost."""
        if self._length and "".join(self._text).strip():
            raise self._refused("XML_NESTED", "有不在任何列里的文字。请对方把文字放进单独的元素")
        self._text, self._length = [], 0

    def _refused(self, code: str, why: str) -> DomainError:
        row = len(self.found) + 1
        return DomainError(code, f"XML 第 {row} 条{why}。", {"row": row})


def _local(name: str) -> str:
    """`{namespace}name` → `name`."""
    return name.rpartition("}")[2]
