"""XML rows: attributes and children are cells, layout is no content, what is not flat is named by row."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DomainError
from exchange.importers.reading import read_table
from exchange.importers.xml_rows import read_xml_rows


def test_attributes_and_children_are_cells_in_the_order_first_seen():
    text = """<?xml version="1.0" encoding="UTF-8"?>
      <!-- 导出 --><?app x?>
      <车辆表 count="2">
        <车辆 号牌="鲁F12345"><质量> 1.50 </质量><备注><![CDATA[a<b]]> &amp; c</备注></车辆>
        <车辆><所有人>张试验</所有人><质量/><号牌>鲁F12346</号牌></车辆>
      </车辆表>"""
    table = read_table(text.encode(), "a.xml")

    assert table.headers == ["号牌", "质量", "备注", "所有人"]
    assert list(table.rows) == [(1, ["鲁F12345", "1.50", "a<b & c", ""]), (2, ["鲁F12346", "", "", "张试验"])]


def test_namespaces_are_no_part_of_a_name():
    text = (
        '<b:rows xmlns:b="urn:b" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:b b.xsd">'
        '<b:row xsi:type="b:t" b:id="370683199001010011"><b:name xsi:nil="true"/><b:age>7</b:age></b:row></b:rows>'
    )

    assert list(read_table(text.encode(), "a.xml").rows) == [(1, ["370683199001010011", "", "7"])]


def test_a_row_without_content_keeps_its_number():
    assert list(read_table(b"<r><x><a>1</a></x><x/><x><a>3</a></x></r>", "a.xml").rows) == [(1, ["1"]), (3, ["3"])]


BAD = {
    "nested": ("<r><x><a>1</a></x><x><a><b>1</b></a></x></r>", "XML_NESTED", "第 2 条的“a”里还有元素“b”"),
    "attribute of a cell": ('<r><x><a unit="kg">1</a></x></r>', "XML_NESTED", "第 1 条的“a”带有属性"),
    "text in a row": ("<r><x>字<a>1</a></x></r>", "XML_NESTED", "第 1 条有不在任何列里的文字"),
    "text behind a cell": ("<r><x><a>1</a>字</x></r>", "XML_NESTED", "第 1 条有不在任何列里的文字"),
    "text between rows": ("<r><x><a>1</a></x>字</r>", "XML_NESTED", "第 2 条有不在任何列里的文字"),
    "text alone": ("<r>字</r>", "XML_NESTED", "文字"),
    "two kinds of rows": ("<r><x><a>1</a></x><y><a>1</a></y></r>", "XML_NO_ROWS", "既有“x”又有“y”"),
    "head and rows": ("<r><head><n>2</n></head><x><a>1</a></x></r>", "XML_NO_ROWS", "既有“head”又有“x”"),
    "cell twice": ("<r><x><a>1</a><a>2</a></x></r>", "XML_NAME_TWICE", "第 1 条的“a”出现了两次"),
    "attribute and cell": ('<r><x a="1"><a>2</a></x></r>', "XML_NAME_TWICE", "第 1 条的“a”出现了两次"),
    "not closed": ("<r>\n<x>\n<a>1</x></r>", "XML_SYNTAX", "第 3 行"),
    "two roots": ("<r><x><a>1</a></x></r>\n<r/>", "XML_SYNTAX", "第 2 行"),
    "no quotes": ("<r><x a=1/></r>", "XML_SYNTAX", "第 1 行"),
    "page of a web site": ("<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "XML_DTD", "DTD"),
    "root alone": ("<r/>", "FILE_EMPTY", "没有任何内容"),
}


@pytest.mark.parametrize(("text", "code", "said"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_read_says_where_and_why(text, code, said):
    with pytest.raises(DomainError) as refused:
        list(read_table(text.encode(), "a.xml").rows)

    assert refused.value.code == code
    assert said in refused.value.message


LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufffe\uffff")
VALUES = st.text(LETTERS, max_size=12).map(str.strip)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["号牌", "a", "b-1", "c.d"]), VALUES, min_size=1), min_size=1, max_size=5
)


@given(rows=ROWS, as_attributes=st.booleans())
def test_what_is_written_is_read_back(rows, as_attributes):
    if as_attributes:
        body = "".join(f"<x {' '.join(f'{key}={quoteattr(value)}' for key, value in row.items())}/>" for row in rows)
    else:
        body = "".join(
            f"<x>{''.join(f'<{key}>{escape(value)}</{key}>' for key, value in row.items())}</x>\n" for row in rows
        )
    table = read_xml_rows(f"<r>{body}</r>")

    headers = list(dict.fromkeys(key for row in rows for key in row))
    assert (table.headers, list(table.rows)) == (headers, [[row.get(key, "") for key in headers] for row in rows])
