"""Trust 27, machine formats: hostile JSON and XML are refused with their code within limits; their harmless twins are read."""

from __future__ import annotations

import resource
import time

import pytest

from common.errors import DomainError
from exchange.importers.reading import read_table

DECLARED = (
    '<?xml version="1.0" encoding="{0}"?><车辆表><车辆><号牌>鲁F12345</号牌><所有人>张试验</所有人></车辆></车辆表>'
)
LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha" * 50}">' for i in range(10))


def with_entity(declaration: str, text: str = "&e;") -> bytes:
    return f'<?xml version="1.0"?><!DOCTYPE r [{declaration}]><r><x><a>{text}</a></x></r>'.encode()


HOSTILE = {
    "billion laughs": (lambda: with_entity(LAUGHS, "&l9;"), "a.xml", "XML_DTD"),
    "quadratic blow-up": (lambda: with_entity(f'<!ENTITY e "{"A" * 100_000}">', "&e;" * 20_000), "a.xml", "XML_DTD"),
    "outside entity": (lambda: with_entity('<!ENTITY e SYSTEM "file:///etc/passwd">'), "a.xml", "XML_DTD"),
    "outside entity over the net": (lambda: with_entity('<!ENTITY e SYSTEM "http://127.0.0.1:1/x">'), "a.xml", "XML_DTD"),
    "parameter entity": (lambda: with_entity('<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;', "1"), "a.xml", "XML_DTD"),
    "DTD elsewhere": (lambda: b'<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd"><r><x><a>1</a></x></r>', "a.xml", "XML_DTD"),
    "bare DTD": (lambda: b"<!DOCTYPE r><r><x><a>1</a></x></r>", "a.xml", "XML_DTD"),
    "entity in UTF-16": (lambda: with_entity(LAUGHS, "&l9;").decode().encode("utf-16"), "a.xml", "XML_DTD"),
    "undeclared entity": (lambda: b"<r><x><a>&e;</a></x></r>", "a.xml", "XML_SYNTAX"),
    "XML 1,000,000 deep": (lambda: b"<r>" * 1_000_000, "a.xml", "XML_NESTED"),
    "XML text of 20 MB": (lambda: b"<r><x><a>" + b"A" * 20_000_000 + b"</a></x></r>", "a.xml", "CELL_TOO_LONG"),
    "XML attribute of 20 MB": (lambda: b'<r><x a="' + b"A" * 20_000_000 + b'"/></r>', "a.xml", "CELL_TOO_LONG"),
    "XML text outside rows": (lambda: b"<r>" + b"A" * 20_000_000 + b"</r>", "a.xml", "CELL_TOO_LONG"),
    "XML name of 20 MB": (lambda: b"<" + b"r" * 20_000_000, "a.xml", "XML_SYNTAX"),
    "XML of 60 MB": (lambda: b"<r>" + b"<x/>" * 15_000_000 + b"</r>", "a.xml", "XML_TOO_LARGE"),
    "100,000 attributes": (lambda: b"<r><x " + b" ".join(b'a%d="1"' % i for i in range(100_000)) + b"/></r>", "a.xml", "TOO_MANY_COLUMNS"),
    "10,000 names": (lambda: b"<r>" + b"".join(b"<x><a%d/></x>" % i for i in range(10_000)) + b"</r>", "a.xml", "TOO_MANY_COLUMNS"),
    "NUL in XML": (lambda: b"<r><x><a>\x00</a></x></r>", "a.xml", "FILE_BINARY"),
    "NUL by number in XML": (lambda: b"<r><x><a>&#0;</a></x></r>", "a.xml", "XML_SYNTAX"),
    "half a letter in XML": (lambda: b"<r><x><a>&#xD800;</a></x></r>", "a.xml", "XML_SYNTAX"),
    "XML cut off": (lambda: b"<r><x><a>1</a></x><x><a>2", "a.xml", "XML_SYNTAX"),
    "XML declared UTF-8, written GB18030": (lambda: DECLARED.format("UTF-8").encode("gb18030"), "a.xml", "FILE_ENCODING"),
    "XML declared GB18030, broken bytes": (lambda: DECLARED.format("GB18030").encode("gb18030") + b"\xff\xff", "a.xml", "FILE_ENCODING"),
    "XML declared UTF-7": (lambda: DECLARED.format("UTF-7").encode("utf-7"), "a.xml", "XML_ENCODING"),
    "XML called json": (lambda: b"<r><x><a>1</a></x></r>", "a.json", "FILE_KIND"),
    "JSON 100,000 deep": (lambda: b"[" * 100_000, "a.json", "JSON_TOO_DEEP"),
    "JSON objects 100,000 deep": (lambda: b'{"a":' * 100_000, "a.jsonl", "JSON_TOO_DEEP"),
    "JSON 100,000 deep in a row": (lambda: b'[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "a.json", "JSON_TOO_DEEP"),
    "JSON 19 deep": (lambda: b'[{"a":' + b"[" * 18 + b"]" * 18 + b"}]", "a.json", "JSON_NESTED"),
    "10,000,000 empty arrays": (lambda: b'[{"a":[' + b"[]," * 10_000_000 + b"[]]}]", "a.json", "JSON_NESTED"),
    "JSON text of 20 MB": (lambda: b'[{"a":"' + b"A" * 20_000_000 + b'"}]', "a.json", "CELL_TOO_LONG"),
    "JSON text of 10,000,000 escapes": (lambda: b'[{"a":"' + b'\\"' * 10_000_000 + b'"}]', "a.json", "CELL_TOO_LONG"),
    "escapes that do not end": (lambda: b'[{"a":"' + b'\\"' * 10_000_000, "a.json", "JSON_SYNTAX"),
    "escapes in an array that do not end": (lambda: b'[{"a":["' + b'\\"' * 10_000_000, "a.json", "JSON_NESTED"),
    "JSON number of 20 MB": (lambda: b'[{"a":' + b"9" * 20_000_000 + b"}]", "a.json", "CELL_TOO_LONG"),
    "JSON key of 20 MB": (lambda: b'[{"' + b"A" * 20_000_000 + b'":1}]', "a.json", "CELL_TOO_LONG"),
    "20 MB of blanks in JSON": (lambda: b'[{"a"' + b" " * 20_000_000, "a.json", "JSON_SYNTAX"),
    "10,000 keys": (lambda: b"[" + b",".join(b'{"k%d":1}' % i for i in range(10_000)) + b"]", "a.json", "TOO_MANY_COLUMNS"),
    "the same key twice": (lambda: b'[{"a":1,"b":2,"a":3}]', "a.json", "JSON_KEY_TWICE"),
    "the same key twice by escape": (lambda: b'[{"a":1,"\\u0061":3}]', "a.json", "JSON_KEY_TWICE"),
    "NUL in JSON": (lambda: b'[{"a":"\x00"}]', "a.json", "FILE_BINARY"),
    "NUL by escape in JSON": (lambda: b'[{"a":"\\u0000"}]', "a.json", "JSON_TEXT"),
    "half a letter in JSON": (lambda: b'[{"a":"\\ud800"}]', "a.json", "JSON_TEXT"),
    "broken bytes in JSON": (lambda: b'[{"a":"\xff\xff"}]', "a.json", "FILE_ENCODING"),
    "JSON cut off": (lambda: b'[{"a":1},{"a":"2', "a.json", "JSON_SYNTAX"),
    "NaN": (lambda: b'[{"a":NaN}]', "a.json", "JSON_SYNTAX"),
    "GeoJSON called jsonl": (lambda: b'{"type":"FeatureCollection","features":[]}', "a.jsonl", "JSON_NESTED"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "name", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused_with_its_code(make, name, code):
    data = make()
    began, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DomainError) as refused:
        list(read_table(data, name).rows)

    assert refused.value.code == code
    assert len(refused.value.message) > 8 and "root:" not in refused.value.message
    # Limits, not speed: a bomb costs neither minutes nor gigabytes.
    assert time.process_time() - began < 20
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024 < 512


GOOD_TWINS = {
    "GB18030 with declaration": (lambda: DECLARED.format("GB18030").encode("gb18030"), "a.xml", "gb18030"),
    "GB2312 with declaration": (lambda: DECLARED.format("gb2312").encode("gb2312"), "a.xml", "gb18030"),
    "UTF-16 with declaration": (lambda: DECLARED.format("UTF-16").encode("utf-16"), "a.xml", "utf-16"),
    "UTF-8 with mark": (lambda: DECLARED.format("utf-8").encode("utf-8-sig"), "a.xml", "utf-8-sig"),
    "XML of any name": (lambda: DECLARED.format("utf-8").encode(), "a.dat", "utf-8"),
    "array": (lambda: '[{"号牌":"鲁F12345","所有人":"张试验"}]'.encode(), "a.json", "utf-8"),
    "array of any name": (lambda: '\n[ {"号牌":"鲁F12345","所有人":"张试验"} ]'.encode("utf-8-sig"), "a.txt", "utf-8-sig"),
    "a line": (lambda: '{"号牌":"鲁F12345","所有人":"张试验"}'.encode("gb18030"), "a.ndjson", "gb18030"),
    "array in UTF-16": (lambda: '[{"号牌":"鲁F12345","所有人":"张试验"}]'.encode("utf-16"), "a.json", "utf-16"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "name", "encoding"), GOOD_TWINS.values(), ids=GOOD_TWINS.keys())
def test_a_harmless_twin_is_read(make, name, encoding):
    table = read_table(make(), name)

    assert (table.headers, list(table.rows), table.encoding) == (
        ["号牌", "所有人"],
        [(1, ["鲁F12345", "张试验"])],
        encoding,
    )
