"""Trust 27, tables: hostile files are refused with their code within limits; their harmless twins are read."""

from __future__ import annotations

import io
import resource
import struct
import time
import zipfile

import pytest

from common.errors import DomainError
from exchange.importers.reading import read_table
from tests.factories.files import CONTENT_TYPES, csv_file, sheet_xml, xlsx_file

HEADER = ["车架号", "品牌"]
GOOD = [HEADER, ["LSVAA4180E2000001", "甲"]]
GOOD_SHEET = sheet_xml(GOOD)
ENTITIES = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha" * 50}">' for i in range(10))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE lolz [{ENTITIES}]>' + GOOD_SHEET.replace("甲", "&l9;")
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + GOOD_SHEET.replace(
    "甲", "&e;"
)


def zip_of(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def with_lying_size(data: bytes, size: int) -> bytes:
    """Writes another inflated size for every sheet into the central directory and the local headers."""
    raw, name = bytearray(data), b"xl/worksheets/sheet1.xml"
    for signature, size_at, name_at in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        start = 0
        while (start := raw.find(signature, start)) >= 0:
            if raw[start + name_at : start + name_at + len(name)] == name:
                raw[start + size_at : start + size_at + 4] = struct.pack("<I", size)
            start += 4
    return bytes(raw)


def encrypted(data: bytes) -> bytes:
    """Sets the encryption bit of every entry."""
    raw = bytearray(data)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := raw.find(signature, start)) >= 0:
            raw[start + at] |= 1
            start += 4
    return bytes(raw)


def bomb() -> bytes:
    return xlsx_file(GOOD_SHEET, parts={"xl/media/zeros.bin": bytes(500 * 2**20)})


def wide_bomb() -> bytes:
    return xlsx_file(GOOD_SHEET.replace("甲", "A" * (30 * 2**20)))


def many_entries() -> bytes:
    return xlsx_file(GOOD_SHEET, parts={f"xl/x/{i}": "" for i in range(2_100)})


HOSTILE = {
    "zip bomb": (bomb, "a.xlsx", "FILE_BOMB"),
    "one inflated sheet": (wide_bomb, "a.xlsx", "FILE_BOMB"),
    "ratio lie": (lambda: with_lying_size(wide_bomb(), 1_000), "a.xlsx", "FILE_DAMAGED"),
    "too many entries": (many_entries, "a.xlsx", "FILE_BOMB"),
    "nested zip": (lambda: zip_of(inner=zip_of(a=b"x")), "a.xlsx", "FILE_KIND"),
    "plain zip called csv": (lambda: zip_of(**{"a.csv": b"x,y"}), "a.csv", "FILE_KIND"),
    "word document": (lambda: zip_of(**{CONTENT_TYPES: b"<x/>", "word__document.xml": b"<x/>"}), "a.xlsx", "FILE_KIND"),
    "slip in the archive": (lambda: zip_of(**{"..__..__etc__cron": b"x"}), "a.xlsx", "FILE_KIND"),
    "macro": (lambda: xlsx_file(GOOD_SHEET, parts={"xl/vbaProject.bin": b"\xd0\xcf"}), "a.xlsx", "FILE_MACRO"),
    "macro in a plain name": (lambda: xlsx_file(GOOD_SHEET, parts={"xl/vbaProject1.bin": b"x"}), "a.xlsm", "FILE_MACRO"),
    "encrypted entries": (lambda: encrypted(xlsx_file(GOOD_SHEET)), "a.xlsx", "FILE_DAMAGED"),
    "encrypted workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000), "a.xlsx", "FILE_XLS"),
    "billion laughs": (lambda: xlsx_file(LAUGHS), "a.xlsx", "FILE_DAMAGED"),
    "cut in half": (lambda: xlsx_file(GOOD_SHEET)[:900], "a.xlsx", "FILE_DAMAGED"),
    "no sheet": (lambda: xlsx_file("", without=["xl/worksheets/sheet1.xml"]), "a.xlsx", "FILE_DAMAGED"),
    "sheet is no XML": (lambda: xlsx_file("\x01\x02<"), "a.xlsx", "FILE_DAMAGED"),
    "formula": (lambda: xlsx_file(sheet_xml([HEADER, ["x", '<c r="B2"><f>cmd|"/c calc"!A1</f></c>']])), "a.xlsx", "FORMULAS"),
    "shared formula": (lambda: xlsx_file(sheet_xml([HEADER, ["x", '<c r="B2"><f t="shared">1</f></c>']])), "a.xlsx", "FORMULAS"),
    "merged cells": (
        lambda: xlsx_file(sheet_xml(GOOD, extra='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>')), "a.xlsx", "MERGED_CELLS",
    ),
    "0 byte": (lambda: b"", "a.csv", "FILE_EMPTY"),
    "NUL bytes": (lambda: csv_file(GOOD) + b"\x00\x00", "a.csv", "FILE_BINARY"),
    "executable": (lambda: b"MZ\x90\x00\x03\x00\x00\x00PE", "a.csv", "FILE_ENCODING"),
    "huge cell": (lambda: csv_file([HEADER, ["x", "y" * 1_200_000]]), "a.csv", "FILE_CSV"),
    "open quote over the whole file": (lambda: b'a,b\n"' + b"x,y\n" * 400_000, "a.csv", "FILE_CSV"),
    "10,000 columns": (lambda: csv_file([[f"c{i}" for i in range(10_000)]]), "a.csv", "TOO_MANY_COLUMNS"),
    "pdf called csv": (lambda: b"%PDF-1.4\n1 0 obj", "a.csv", "FILE_KIND"),
    "jpeg called csv": (lambda: b"\xff\xd8\xff\xe0\x00\x10JFIF", "a.csv", "FILE_KIND"),
    "broken bytes": (lambda: b"a,b\n\xff\xff\xfe,x\n", "a.csv", "FILE_ENCODING"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "name", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused_with_its_code(make, name, code):
    data = make()
    began, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DomainError) as refused:
        list(read_table(data, name).rows)

    assert refused.value.code == code
    assert len(refused.value.message) > 8
    # Limits, not speed: a bomb costs neither minutes nor gigabytes.
    assert time.process_time() - began < 20
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024 < 512


def test_an_outside_entity_is_not_read():
    try:
        cells = [cell for _, row in read_table(xlsx_file(OUTSIDE), "a.xlsx").rows for cell in row]
    except DomainError as refused:
        cells = [refused.message]

    assert "root:" not in "".join(cells)


GOOD_TWINS = {
    "workbook": (lambda: xlsx_file(GOOD_SHEET), "a.xlsx"),
    "workbook with a picture": (
        lambda: xlsx_file(GOOD_SHEET, parts={"xl/media/a.png": b"\x89PNG" + bytes(9_000)}),
        "a.xlsx",
    ),
    "workbook called csv": (lambda: xlsx_file(GOOD_SHEET), "a.csv"),
    "text called xlsx": (lambda: csv_file(GOOD), "a.xlsx"),
    "command cell": (lambda: csv_file([HEADER, ["LSVAA4180E2000001", "=cmd|'/c calc'!A1"]]), "a.csv"),
    "right-to-left name": (lambda: csv_file([HEADER, ["LSVAA4180E2000001", "\u202egnp.exe"]]), "a.csv"),
    "long cell": (lambda: csv_file([HEADER, ["LSVAA4180E2000001", "y" * 1_999]]), "a.csv"),
    "400 columns": (lambda: csv_file([[f"列{i}" for i in range(400)], ["x"] * 400]), "a.csv"),
}


@pytest.mark.parametrize(("make", "name"), GOOD_TWINS.values(), ids=GOOD_TWINS.keys())
def test_a_harmless_twin_is_read(make, name):
    table = read_table(make(), name)

    assert len(list(table.rows)) == 1
