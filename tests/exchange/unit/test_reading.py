"""Encodings, delimiters and headers: what is read is named, what cannot be read says where."""

from __future__ import annotations

import pytest

from common.errors import DomainError
from exchange.importers.reading import read_table
from tests.factories.files import csv_file, sheet_xml, xlsx_file

ROWS = [["号牌号码", "所有人", "住址"], ["鲁F12345", "张试验", "莱州市，云峰路1号"], ["鲁F12346", "李试验", ""]]
ENCODINGS = {"utf-8": "utf-8", "utf-8-sig": "utf-8-sig", "utf-16": "utf-16", "gb18030": "gb18030"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(("encoding", "named"), ENCODINGS.items())
def test_every_encoding_with_every_delimiter(encoding, named, delimiter):
    table = read_table(csv_file(ROWS, encoding=encoding, delimiter=delimiter), "名册.csv")

    assert (table.encoding, table.delimiter, table.headers) == (named, delimiter, ROWS[0])
    assert list(table.rows) == [(1, ROWS[1]), (2, ROWS[2])]


def test_a_workbook_is_read_like_a_text_file():
    table = read_table(xlsx_file(sheet_xml(ROWS)), "名册.xlsx")

    assert (table.sheet, table.headers, next(iter(table.rows))) == ("名册", ROWS[0], (1, ROWS[1]))


def test_cells_with_line_breaks_quotes_and_delimiters():
    odd = ["鲁F12345", '张"试"验', "一\n二,三"]
    table = read_table(csv_file([ROWS[0], odd]), "名册.csv")

    assert list(table.rows) == [(1, odd)]


def test_blank_rows_are_passed_over_and_keep_their_number():
    table = read_table("号牌号码,所有人\n\n,\n鲁F12345,张试验\n".encode(), "名册.csv")

    assert list(table.rows) == [(3, ["鲁F12345", "张试验"])]


def test_a_title_above_the_header_is_blank_lines_only():
    table = read_table("\n,,\n号牌号码,所有人\n鲁F12345,张试验\n".encode(), "名册.csv")

    assert (table.headers, list(table.rows)) == (["号牌号码", "所有人"], [(1, ["鲁F12345", "张试验"])])


BAD = {
    "empty": (b"", "FILE_EMPTY", "空的"),
    "blanks only": (b" \r\n\r\n\t", "FILE_EMPTY", ""),
    "delimiters only": (b",,,\n,,,\n", "FILE_EMPTY", "没有任何内容"),
    "wrong encoding": ("号牌号码,所有人\n鲁F1,张\n".encode() + b"\xff\xfe\xfd\x80\n", "FILE_ENCODING", "第 3 行"),
    "NUL": ("号牌号码,所有人\n鲁F1,a\x00b\n".encode(), "FILE_BINARY", "第 2 行"),
    "duplicate header": ("车架号,品牌,车架号\n1,2,3\n".encode(), "HEADER_TWICE", "“车架号”重复（第 1 列和第 3 列）"),
    "blank header": ("车架号,,品牌\n1,2,3\n".encode(), "HEADER_BLANK", "第 2 列"),
    "no header": (b"1,2,3\n4,5,6\n", "HEADER_MISSING", "列名"),
    "10,000 columns": (",".join(f"列{i}" for i in range(10_000)).encode(), "TOO_MANY_COLUMNS", "10,000 列"),
    "old xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "FILE_XLS", ".xlsx"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "FILE_KIND", "CSV"),
    "picture": (b"\x89PNG\r\n\x1a\n", "FILE_KIND", "CSV"),
}


@pytest.mark.parametrize(("data", "code", "said"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_read_says_where_and_why(data, code, said):
    with pytest.raises(DomainError) as refused:
        list(read_table(data, "名册.csv").rows)

    assert refused.value.code == code
    assert said in refused.value.message


def test_formulas_and_merged_cells_are_named_by_cell():
    formula = '<c r="B2"><f>SUM(A1:A9)</f><v>3</v></c>'
    with pytest.raises(DomainError) as formulas:
        read_table(xlsx_file(sheet_xml([["车架号", "品牌"], ["LSVAA4180E2000001", formula]])), "a.xlsx")
    merged_xml = sheet_xml([["车架号", "品牌"]], extra='<mergeCells count="1"><mergeCell ref="A2:B3"/></mergeCells>')
    with pytest.raises(DomainError) as merged:
        read_table(xlsx_file(merged_xml), "a.xlsx")

    assert (formulas.value.code, formulas.value.extra) == ("FORMULAS", {"cells": ["B2"]})
    assert (merged.value.code, merged.value.extra) == ("MERGED_CELLS", {"cells": ["A2:B3"]})


def test_long_numbers_of_a_workbook_are_doubtful():
    number = '<c r="A2"><v>370683199001011230</v></c>'
    table = read_table(xlsx_file(sheet_xml([["身份证号"], [number]])), "a.xlsx")

    assert table.doubtful_cells == {(1, 0)}


PLATE_ROWS = [["plate", "lon", "lat"], ["鲁F12345", "119.94", "37.17"], ["鲁FD12345", "119.95", "37.18"]]


@pytest.mark.parametrize("plates", [("鲁F12345", "鲁FD1234"), ("豫A12345", "鲁F1234学"), ("鲁 F-12345", "x")])
def test_plates_whose_bytes_happen_to_be_utf8_are_read_as_gb18030(plates):
    rows = [PLATE_ROWS[0], *([plate, "119.94", "37.17"] for plate in plates)]
    data = csv_file(rows, encoding="gb18030")
    assert data.decode("utf-8") != data.decode("gb18030")

    table = read_table(data, "positions.csv")
    assert (table.encoding, list(table.rows)) == ("gb18030", [(1, rows[1]), (2, rows[2])])


def test_plates_in_every_form_of_file():
    as_json = '[{"plate": "鲁F12345", "lon": 119.94}]'.encode("gb18030")
    as_xml = "<rows><row><plate>鲁F12345</plate></row></rows>".encode("gb18030")
    as_declared = "<?xml version='1.0' encoding='UTF-8'?><rows><row><plate>³F12345</plate></row></rows>".encode()

    read = [
        next(iter(read_table(data, name).rows))[1][0]
        for data, name in ((as_json, "a.json"), (as_xml, "a.xml"), (as_declared, "b.xml"))
    ]
    assert read == ["鲁F12345", "鲁F12345", "³F12345"]


@pytest.mark.parametrize("text", ["François", "Ångström", "12 m²", "José F12345", "鲁F12345"])
def test_what_is_utf8_stays_utf8(text):
    rows = [PLATE_ROWS[0], [text, "119.94", "37.17"]]
    table = read_table(csv_file(rows, encoding="utf-8"), "positions.csv")

    assert (table.encoding, list(table.rows)) == ("utf-8", [(1, rows[1])])
