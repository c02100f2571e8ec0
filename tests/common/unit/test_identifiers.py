"""Identifiers: every sample of the reference, valid and not, with the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import identifiers
from common.identifiers import Parsed, Problem


@pytest.mark.parametrize(
    "text", ["370683199001010015", "370683198506301219", "370683197811150029", "37068319880520008X"]
)
def test_citizen_id_with_right_check_digit_is_canonical(text: str) -> None:
    assert identifiers.parse_citizen_id(text) == Parsed(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("370683196602291234", Problem.DATE),
        ("370683199001010016", Problem.CHECK_DIGIT),
        ("37068319900101001", Problem.LENGTH),
        ("37068319900101O015", Problem.CHARACTER),
        ("111111111111111111", Problem.REPEATED),
        ("无", Problem.BLANK),
        ("0", Problem.BLANK),
        ("", Problem.BLANK),
    ],
)
def test_citizen_id_is_refused_with_its_reason(text: str, problem: Problem) -> None:
    if problem is Problem.DATE:
        text = text[:17] + identifiers.citizen_id_check_digit(text[:17])
    assert identifiers.parse_citizen_id(text) == Parsed("", problem)


def test_fifteen_digits_are_lengthened() -> None:
    assert identifiers.parse_citizen_id("370683660101001") == Parsed("370683196601010015")


@pytest.mark.parametrize(
    "text", [" 37068319880520008x ", "３７０６８３１９８８０５２０００８Ｘ", "370683 19880520 008X"]
)
def test_citizen_id_is_folded(text: str) -> None:
    assert identifiers.parse_citizen_id(text).value == "37068319880520008X"


@given(st.from_regex(r"3706831[0-9]{10}", fullmatch=True))
def test_only_one_check_digit_of_a_body_passes(body: str) -> None:
    right = identifiers.citizen_id_check_digit(body)
    others = set("0123456789X") - {right}
    assert all(identifiers.parse_citizen_id(body + digit).problem is not None for digit in others)


@pytest.mark.parametrize(
    "text",
    ["91110000600037341L", "91370683MA3C1A2B92", "92370683MA3C1A2B9Y", "93370683MA3DK7P28Y", "12370683MA3C1A2B97"],
)
def test_credit_code_with_both_check_digits_is_canonical(text: str) -> None:
    assert identifiers.parse_uscc(text) == Parsed(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("91370683MA3C1A2B93", Problem.CHECK_DIGIT),
        ("91370683MI3C1A2B92", Problem.CHARACTER),
        ("91370683MA3C1A2B9", Problem.LENGTH),
        ("不详", Problem.BLANK),
    ],
)
def test_credit_code_is_refused_with_its_reason(text: str, problem: Problem) -> None:
    assert identifiers.parse_uscc(text) == Parsed("", problem)


def test_credit_code_checks_the_organisation_code_inside() -> None:
    # Given a code whose last character is right for a wrong organisation code
    body = "91370683MA3C1A2B8"
    assert identifiers.parse_uscc(body + identifiers.uscc_check_digit(body)) == Parsed("", Problem.CHECK_DIGIT)


def test_credit_code_of_a_rural_collective_may_begin_with_a_letter() -> None:
    body = "N2370683MA3DK7P28"
    code = body + identifiers.uscc_check_digit(body)
    assert identifiers.parse_uscc(code) == Parsed(code)
    assert identifiers.organisation_code_of(code) == "MA3DK7P28"


@pytest.mark.parametrize("text", ["MA3C1A2B-9", "12345678-8", "MA3DK7P2-8", "D2143569-X", "06123456-4"])
def test_organisation_code_is_canonical_without_hyphen(text: str) -> None:
    assert identifiers.parse_organisation_code(text) == Parsed(text.replace("-", ""))


def test_organisation_code_with_wrong_check_digit() -> None:
    assert identifiers.parse_organisation_code("12345678-7") == Parsed("", Problem.CHECK_DIGIT)


@pytest.mark.parametrize(
    "text", ["1M8GDM9AXKP042788", "LZZ5DLND7JA000001", "LGAX3A134H1000123", "LSVAA49J332001234", "LVSHCAMB3KE123456"]
)
def test_vin_is_canonical(text: str) -> None:
    assert identifiers.parse_vin(text) == Parsed(text)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("LZZ5DLND0JA000001", Parsed("", Problem.CHECK_DIGIT)),
        ("1M8GDM9A1KP042788", Parsed("1M8GDM9A1KP042788", Problem.CHECK_DIGIT)),
        ("AB12345", Parsed("AB12345", Problem.LENGTH)),
        ("AB123", Parsed("", Problem.LENGTH)),
        ("LZZ5DLND7JAO00001", Parsed("", Problem.CHARACTER)),
        ("11111111111111111", Parsed("", Problem.REPEATED)),
    ],
)
def test_vin_binds_where_the_standard_does(text: str, parsed: Parsed) -> None:
    assert identifiers.parse_vin(text) == parsed


def test_vin_check_digit_of_all_ones() -> None:
    assert identifiers.vin_check_digit("1" * 17) == "1"


@pytest.mark.parametrize(
    ("text", "value", "form"),
    [
        ("鲁F12345", "鲁F12345", "ordinary"),
        ("鲁YA123B", "鲁YA123B", "ordinary"),
        ("鲁F·12345", "鲁F12345", "ordinary"),
        ("f12345", "鲁F12345", "ordinary"),
        ("鲁Ｆ１２３４５", "鲁F12345", "ordinary"),
        ("鲁FD12345", "鲁FD12345", "small_new_energy"),
        ("鲁FDA1234", "鲁FDA1234", "small_new_energy"),
        ("鲁F12345D", "鲁F12345D", "large_new_energy"),
        ("鲁F06789F", "鲁F06789F", "large_new_energy"),
        ("鲁F123A挂", "鲁F123A挂", "trailer"),
        ("鲁F1234学", "鲁F1234学", "learner"),
        ("鲁F1234警", "鲁F1234警", "police"),
        ("粤Z1234港", "粤Z1234港", "hong_kong_macao"),
    ],
)
def test_plate_and_its_form(text: str, value: str, form: str) -> None:
    assert identifiers.parse_plate(text) == Parsed(value)
    assert identifiers.plate_form(value) == form


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("鲁FO1234", Problem.CHARACTER),
        ("鲁F1234", Problem.FORM),
        ("鲁F00000", Problem.REPEATED),
        ("无牌", Problem.FORM),
        ("无", Problem.BLANK),
    ],
)
def test_plate_is_refused_with_its_reason(text: str, problem: Problem) -> None:
    assert identifiers.parse_plate(text) == Parsed("", problem)


@pytest.mark.parametrize("text", ["370600123456", "370683000789"])
def test_file_number(text: str) -> None:
    assert identifiers.parse_file_number(text) == Parsed(text)
    assert identifiers.parse_file_number(text[:-1]) == Parsed("", Problem.FORM)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("13012345678", Parsed("13012345678")),
        ("19912345678", Parsed("19912345678")),
        ("+86 130-1234-5678", Parsed("13012345678")),
        ("2212345", Parsed("05352212345")),
        ("(0535)2212345", Parsed("05352212345")),
        ("12012345678", Parsed("", Problem.FORM)),
        ("00000000000", Parsed("", Problem.BLANK)),
    ],
)
def test_phone(text: str, parsed: Parsed) -> None:
    assert identifiers.parse_phone(text) == parsed


@given(st.text(max_size=40))
def test_no_text_makes_a_parser_fail(text: str) -> None:
    for parse in (
        identifiers.parse_citizen_id, identifiers.parse_uscc, identifiers.parse_organisation_code,
        identifiers.parse_vin, identifiers.parse_plate, identifiers.parse_file_number, identifiers.parse_phone,
    ):  # fmt: skip
        parsed = parse(text)
        assert parsed.value or parsed.problem is not None
