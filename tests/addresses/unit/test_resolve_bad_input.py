"""Every bad input of the specification: an answer, never an error, never an accepted link."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addresses.matching.resolve import resolve_batch
from addresses.matching.result import to_row
from addresses.parsing.components import Components
from tests.addresses.unit.synthetic import Registry, build_registry, random_rows
from tests.addresses.unit.test_resolve_examples import registry, resolve

BAD_INPUTS = (
    ("", "unmatched"),
    ("   \u3000\t\n", "unmatched"),
    ("\x00", "unmatched"),
    ("\u202e\u200f\u2066", "unmatched"),
    ("😀🏠", "unmatched"),
    ("①②③", "unmatched"),
    ("⻄⻓", "unmatched"),
    ("𠮷", "unmatched"),
    ("光" * 20_000, "review"),
    ("5" * 5_000, "review"),
    ("山东省" * 3000, "review"),
    ("山东省" * 60, "unmatched"),
    ("NULL", "unmatched"),
    ("null", "unmatched"),
    ("不详", "unmatched"),
    ("同上", "unmatched"),
    ("无", "unmatched"),
    ("<script>alert(1)</script>", "unmatched"),
    ("'; DROP TABLE address; --", "unmatched"),
    ("-1号", "unmatched"),
    ("0号楼0单元", "unmatched"),
    ("1" * 30, "unmatched"),
    ("壹贰叁", "unmatched"),
    ("一百二十三号", "unmatched"),
    ("路个庄村-1号", "review"),
    ("光州花园0号楼0单元", "review"),
    ("路个庄村" + "1" * 30, "review"),
    ("路个庄村壹贰叁", "review"),
    ("沙河镇路个庄村128号😀", "review"),
    ("沙河镇路个庄𠮷村128号", "review"),
    ("<b>沙河镇路个庄村128号</b>", "review"),
    ("沙河镇路个庄村128号' OR 1=1", "review"),
    ("沙河镇路个庄村128号、文昌路5号", "review"),
    ("莱州路", "review"),
    ("莱州镇", "unmatched"),
    ("招远市金岭镇路个庄村", "outside"),
    ("龙口市路个庄村128号", "outside"),
)


@pytest.mark.parametrize(("text", "status"), BAD_INPUTS)
def test_bad_input_has_an_answer(text: str, status: str) -> None:
    result = resolve(text)
    assert str(result.status) == status
    assert result.node is None
    assert to_row(result)["code"] is None


def test_marks_and_blanks_inside_do_not_hide_an_address() -> None:
    result = resolve("沙河镇\u202e路个庄村\x00 128 号\u200b")
    assert str(result.status) == "exact"


@pytest.mark.parametrize(
    ("text", "status", "candidate"),
    [
        ("朝阳大接5号", "review", "朝阳大街"),
        ("朝阳大街5号", "review", "朝阳大街"),
        ("莱州市朝阳大街5号", "exact", ""),
        ("朝阳市双塔区大接5号", "outside", ""),
        ("朝阳锦绣家园5号", "outside", ""),
    ],
)
def test_a_misspelt_name_of_ours_is_not_a_city_of_elsewhere(text: str, status: str, candidate: str) -> None:
    made = build_registry([Components("文昌路街道", "定海社区居委会", "朝阳大街", "5")])
    (result,) = resolve_batch([text], made.names, made.lookup)
    assert str(result.status) == status
    assert [one.node.components.road for one in result.candidates] == ([candidate] if candidate else [])


def test_a_batch_answers_each_text_in_order_with_two_queries() -> None:
    asked: list[int] = []

    def lookup(keys: object) -> object:
        asked.append(1)
        return registry().lookup(keys)  # type: ignore[arg-type]

    texts = ["路个庄村128号", "", "莱州市光州花园"]
    results = resolve_batch(texts, registry().names, lookup)  # type: ignore[arg-type]
    assert [str(result.status) for result in results] == ["exact", "unmatched", "exact"]
    # The second is for the other 路个庄村, which has no 128号.
    assert asked == [1, 1]
    assert resolve_batch([], registry().names, lookup) == []  # type: ignore[arg-type]
    assert asked == [1, 1]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=250))
def test_any_text_has_an_answer(text: str) -> None:
    result = resolve(text)
    assert 0 <= result.confidence <= 1
    assert result.is_accepted == (result.node is not None)
    assert len(result.candidates) <= 8


PIECES = st.sampled_from(
    (
        *("莱州市", "沙河镇", "文昌路街道", "定海社区", "路个庄村", "光州路", "文昌路", "光州花园", "北苑", "招远市"),
        *("128号", "128", "5组", "6号", "3号楼", "3楼", "3#", "A座", "2单元", "5层", "501室", "3-2-501", "之1", "0"),
        *(
            "K19+906",
            "西100米",
            "与",
            "路口",
            "附近",
            "-",
            "（",
            "）",
            "，",
            "#",
            "号",
            "内",
            "东",
            "区",
            "崮",
            "13900000000",
        ),
    )
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=14))
def test_any_order_of_address_parts_has_an_answer(pieces: list[str]) -> None:
    result = resolve("".join(pieces))
    assert result.is_accepted == (result.node is not None)
    for candidate in result.candidates:
        assert 0 <= candidate.confidence <= 1


def test_a_name_of_a_thousand_places_is_bounded() -> None:
    registry_of_many: Registry = build_registry(random_rows(1, 50))
    text = "中心街" * 60
    assert str(resolve_batch([text], registry_of_many.names, registry_of_many.lookup)[0].status) == "unmatched"
