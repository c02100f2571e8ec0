"""JSON rows: arrays and lines are the same table, nothing is rounded, what cannot be a row is named by row and line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DomainError
from exchange.importers.json_lines import read_json_rows
from exchange.importers.reading import read_table

ARRAY = '[\n {"号牌": "鲁F12345", "质量": 1.50},\n {"号牌": "鲁F12346", "所有人": "张试验"}\n]'
LINES = '{"号牌": "鲁F12345", "质量": 1.50}\n\n{"号牌": "鲁F12346",\r\n "所有人": "张试验"}\n'


@pytest.mark.parametrize(
    ("text", "name"), [(ARRAY, "a.json"), (ARRAY, "a.jsonl"), (LINES, "a.jsonl"), (LINES, "a.txt")]
)
def test_an_array_and_lines_are_the_same_table(text, name):
    table = read_table(text.encode(), name)

    assert table.headers == ["号牌", "质量", "所有人"]
    assert list(table.rows) == [(1, ["鲁F12345", "1.50", ""]), (2, ["鲁F12346", "", "张试验"])]


def test_numbers_stay_as_written_and_words_become_ours():
    written = ["370683199001010011", "-0", "0.10", "119.940000000000000001", "1E5", "2e-7"]
    pairs = ",".join(f'"k{i}":{number}' for i, number in enumerate(written))
    table = read_json_rows(f'[{{{pairs},"t":true,"f":false,"n":null}}]')

    assert list(table.rows) == [[*written, "是", "否", ""]]
    assert table.doubtful_cells == set()


def test_a_number_that_some_program_rounded_is_doubtful():
    table = read_table(b'[{"a":1},{"b":3.7068319900101e+17,"a":2e14},{"a":"3.7e17"}]', "a.json")

    assert (table.headers, table.doubtful_cells) == (["a", "b"], {(2, 1)})


def test_a_key_called_type_does_not_make_a_map_of_lines():
    assert list(read_table(b'{"type":"car"}\n{"type":"bus"}', "a.ndjson").rows) == [(1, ["car"]), (2, ["bus"])]


def test_a_table_whose_header_begins_with_a_bracket_stays_a_table():
    table = read_table("[号牌],[所有人]\n鲁F12345,张试验\n".encode(), "a.csv")

    assert (table.headers, table.delimiter) == (["[号牌]", "[所有人]"], ",")


def test_an_object_without_keys_keeps_its_number():
    assert list(read_table(b'[{"a":1},{},{"a":3}]', "a.json").rows) == [(1, ["1"]), (3, ["3"])]


BAD = {
    "nested object": ('[{"a":1},\n{"b":{"c":1}}]', "JSON_NESTED", "第 2 条（文件第 2 行）的“b”里还有数组或对象"),
    "nested array": ('{"a":1}\n\n{"b":[]}', "JSON_NESTED", "第 2 条（文件第 3 行）的“b”"),
    "wrapped": ('{"data":[{"a":1}]}', "JSON_NESTED", "第 1 条（文件第 1 行）的“data”"),
    "key twice": ('[{"a":1},{"a":1,"a":2}]', "JSON_KEY_TWICE", "第 2 条（文件第 1 行）的键“a”出现了两次"),
    "blank key": ('[{" ":1}]', "JSON_KEY_BLANK", "空的键名"),
    "two on one line": ('{"a":1}{"a":2}', "JSON_SYNTAX", "对象之间要换行"),
    "comma between lines": ('{"a":1},\n{"a":2}', "JSON_SYNTAX", "对象之间要换行"),
    "comma too many": ('[{"a":1},]', "JSON_SYNTAX", "第 2 条（文件第 1 行）写法不对：这里应是“{”"),
    "comma too many in a row": ('[{"a":1,}]', "JSON_SYNTAX", "键名处"),
    "no comma": ('[{"a":1}\n{"a":2}]', "JSON_SYNTAX", "（文件第 2 行）写法不对：这里应是“,”"),
    "no colon": ('[{"a" 1}]', "JSON_SYNTAX", "这里应是“:”"),
    "not closed": ('[{"a":1}', "JSON_SYNTAX", "文件在这里中断了"),
    "more behind": ('[{"a":1}]\n[{"a":2}]', "JSON_SYNTAX", "（文件第 2 行）写法不对：数组结束后还有内容"),
    "single quotes": ("[{'a':1}]", "JSON_SYNTAX", "双引号"),
    "leading zero": ('[{"a":0370683}]', "JSON_SYNTAX", "“a”的值写法不对"),
    "bare word": ('[{"a":None}]', "JSON_SYNTAX", "“a”的值写法不对"),
    "wrong escape": ('[{"a":"\\x41"}]', "JSON_SYNTAX", "“a”处"),
    "line break in a text": ('[{"a":"1\n2"}]', "JSON_SYNTAX", "未转义的换行"),
    "rows that are no objects": ('["a","b"]', "JSON_SYNTAX", "这里应是“{”"),
    "rows that are arrays": ('[["a"],["b"]]', "JSON_SYNTAX", "这里应是“{”"),
    "empty array": ("[]", "FILE_EMPTY", "没有任何内容"),
    "empty objects": ("[{},{}]", "FILE_EMPTY", "没有任何内容"),
}


@pytest.mark.parametrize(("text", "code", "said"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_read_says_where_and_why(text, code, said):
    with pytest.raises(DomainError) as refused:
        list(read_table(text.encode(), "a.jsonl").rows)

    assert refused.value.code == code
    assert said in refused.value.message


TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
KEYS = TEXTS.filter(lambda key: bool(key.strip()))
FLAT = st.dictionaries(KEYS, st.one_of(TEXTS, st.integers(), st.none(), st.booleans()), max_size=5)


def as_text(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "" if value is None else str(value)


@given(rows=st.lists(FLAT, min_size=1, max_size=5), ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_what_the_language_writes_is_read_back_from_both_forms(rows, ascii_only, indent):
    written = [json.dumps(row, ensure_ascii=ascii_only, indent=indent) for row in rows]
    array, lines = read_json_rows(f"[{','.join(written)}]"), read_json_rows("\n".join(written))

    headers = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[as_text(row[key]) if key in row else "" for key in headers] for row in rows]
    assert (array.headers, list(array.rows)) == (headers, cells)
    assert (lines.headers, list(lines.rows)) == (headers, cells)


@given(st.text(st.sampled_from('{}[]",:\\u0a1e+-. \n'), max_size=30))
def test_any_text_is_read_as_the_language_reads_it_or_refused(noise):
    text = '[{"a":' + noise
    try:
        rows = [list(cells) for cells in read_json_rows(text).rows]
    except DomainError:
        return

    parsed = json.loads(text, object_pairs_hook=list)
    assert [len(row) for row in rows] == [len({key for pairs in parsed for key, _ in pairs})] * len(parsed)
