"""Files of addresses: read as the import reads, kept as plain CSV, address columns guessed."""

from __future__ import annotations

import pytest

from common.errors import DomainError
from exchange.importers.address_files import first_rows, guess_columns, kept_rows, read_address_file
from tests.factories.files import csv_file, sheet_xml, xlsx_file

ROWS = [
    ["序号", "住址", "备注"],
    ["1", "沙河镇路个庄村12号", "=1+1"],
    ["2", "不详", ""],
    ["3", "文昌路街道光州路5号", "x"],
]


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", ","), ("gb18030", "\t")]
)
def test_any_encoding_and_delimiter_is_kept_as_one(encoding, delimiter):
    file = read_address_file(csv_file(ROWS, encoding=encoding, delimiter=delimiter), "名册.csv")

    assert list(kept_rows(file.content)) == ROWS
    assert (file.headers, file.rows) == (ROWS[0], 3)


def test_a_workbook_is_kept_the_same_way():
    file = read_address_file(xlsx_file(sheet_xml([["住址", "备注"], ["沙河镇12号", "甲"]])), "名册.xlsx")

    assert first_rows(file.content, 5) == (["住址", "备注"], [["沙河镇12号", "甲"]])


def test_short_rows_are_filled_and_blank_ones_passed_over():
    file = read_address_file("住址,备注\n甲\n,\n乙,丙\n".encode(), "a.csv")

    assert list(kept_rows(file.content))[1:] == [["甲", ""], ["乙", "丙"]]


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.csv", "FILE_EMPTY"),
        ("住址,备注\n".encode(), "a.csv", "FILE_EMPTY"),
        ("住址,住址\n甲,乙\n".encode(), "a.csv", "HEADER_TWICE"),
        ("住址\n甲,乙\n".encode(), "a.csv", "TOO_MANY_CELLS"),
        (("住址\n" + "甲" * 2_001).encode(), "a.csv", "CELL_TOO_LONG"),
        (b'{"type":"FeatureCollection","features":[]}', "a.geojson", "FILE_KIND"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", "FILE_XLS"),
        (b"PK\x03\x04broken", "a.xlsx", "FILE_DAMAGED"),
        ("住址\n甲\x00乙\n".encode(), "a.csv", "FILE_BINARY"),
    ],
)
def test_a_bad_file_is_refused_in_the_words_of_the_import(data, name, code):
    with pytest.raises(DomainError) as refused:
        read_address_file(data, name)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("headers", "rows", "guessed"),
    [
        (["序号", "住址", "备注"], ROWS[1:], [1]),
        (["a", "b"], [["1", "文昌路街道光州路5号"], ["2", "沙河镇路个庄村12号"]], [1]),
        (["单位名称", "数量"], [["甲", "1"]], []),
        ([], [], []),
    ],
)
def test_the_address_column_is_guessed_from_name_and_content(headers, rows, guessed):
    assert guess_columns(headers, rows) == guessed
