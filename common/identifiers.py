"""Identifiers of persons, units, vehicles: canonical form and check digits.

Every `parse_*` takes the text as received and returns `Parsed(value, problem)`: `value` is the canonical
form (upper case, width folded, separators dropped) or "" and `problem` is a `Problem` or None. Letters O and I
are never replaced by digits: a suggestion would be a guess.

Source: GB 11643 (citizen ID), GB 32100 (unified social credit code), GB 11714 (organisation code),
GB 16735 / ISO 3779 (VIN), GA 36 (plates). Citizen IDs are checked by python-stdnum; its USCC module refuses
codes that begin with a letter (N1 … rural collectives), so that one is ours.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from stdnum.cn import ric

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = [pow(3, i, 31) for i in range(17)]
_ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2]
_CITIZEN_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
_VIN_WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
_VIN_VALUES = (
    {str(d): d for d in range(10)}
    | dict(zip("ABCDEFGH", range(1, 9), strict=True))
    | dict(zip("JKLMN", range(1, 6), strict=True))
    | {"P": 7, "R": 9}
    | dict(zip("STUVWXYZ", range(2, 10), strict=True))
)
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_LETTER = "A-HJ-NP-Z"
_SERIAL = "A-HJ-NP-Z0-9"
_PLATE_PATTERNS = {
    "ordinary": re.compile(rf"[{PROVINCES}][{_LETTER}][{_SERIAL}]{{5}}"),
    "small_new_energy": re.compile(rf"[{PROVINCES}][{_LETTER}][DABCEFGHJK][{_SERIAL}]\d{{4}}"),
    "large_new_energy": re.compile(rf"[{PROVINCES}][{_LETTER}]\d{{5}}[DABCEFGHJK]"),
    "trailer": re.compile(rf"[{PROVINCES}][{_LETTER}][{_SERIAL}]{{4}}挂"),
    "learner": re.compile(rf"[{PROVINCES}][{_LETTER}][{_SERIAL}]{{4}}学"),
    "police": re.compile(rf"[{PROVINCES}][{_LETTER}][{_SERIAL}]{{4}}警"),
    "hong_kong_macao": re.compile(rf"粤Z[{_SERIAL}]{{4}}[港澳]"),
}
# Plate type that follows from the form alone, GA/T 16.7.
PLATE_TYPE_BY_FORM = {
    "small_new_energy": "52",
    "large_new_energy": "51",
    "trailer": "15",
    "learner": "16",
    "police": "23",
}
_BLANK_WORDS = {
    "", "无", "暂无", "没有", "不详", "未知", "空", "/", "-", "--", "—", "NULL", "NONE", "NA", "N/A", "NAN", "\\N", "同上", "待补", "待查",
}  # fmt: skip
_SEPARATORS = re.compile(r"[\s·•・.\-—－_]")


class Problem(StrEnum):
    """Why a text is not the identifier it should be."""

    BLANK = "BLANK"
    REPEATED = "REPEATED"
    LENGTH = "LENGTH"
    CHARACTER = "CHARACTER"
    CHECK_DIGIT = "CHECK_DIGIT"
    DATE = "DATE"
    FORM = "FORM"


@dataclass(frozen=True, slots=True)
class Parsed:
    """Canonical value, or "" with the problem; a value with a problem is usable but doubtful (a warning)."""

    value: str
    problem: Problem | None = None

    @property
    def is_valid(self) -> bool:
        return bool(self.value)


def fold(text: str) -> str:
    """Width folded, upper case, no separators: the form in which identifiers are compared."""
    if text.isascii() and text.isalnum():  # most numbers of most files
        return text.upper()
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).upper())


def is_blank(text: str) -> bool:
    """True for everything people write when they have nothing to write (无, 不详, /, NULL, 0 …)."""
    folded = unicodedata.normalize("NFKC", text).strip().upper()
    return folded in _BLANK_WORDS or not folded.strip("0")


def _refuse_common(text: str, folded: str) -> Parsed | None:
    if is_blank(text) or not folded:
        return Parsed("", Problem.BLANK)
    if len(folded) >= 3 and len(set(folded)) == 1:
        return Parsed("", Problem.REPEATED)
    return None


def citizen_id_check_digit(body: str) -> str:
    """Check character of the first 17 digits."""
    return "10X98765432"[sum(int(c) * w for c, w in zip(body, _CITIZEN_WEIGHTS, strict=True)) % 11]


def parse_citizen_id(text: str) -> Parsed:
    """18-character citizen ID; the 15-digit form of before 1999 is lengthened (born in 19xx)."""
    folded = fold(text)
    if refused := _refuse_common(text, folded):
        return refused
    if re.fullmatch(r"\d{15}", folded):
        body = folded[:6] + "19" + folded[6:]
        folded = body + citizen_id_check_digit(body)
    if len(folded) != 18:
        return Parsed("", Problem.LENGTH)
    if not re.fullmatch(r"\d{17}[0-9X]", folded):
        return Parsed("", Problem.CHARACTER)
    if citizen_id_check_digit(folded[:17]) != folded[17]:
        return Parsed("", Problem.CHECK_DIGIT)
    try:
        ric.get_birth_date(folded)
    except ValueError:
        return Parsed("", Problem.DATE)
    return Parsed(folded)


def uscc_check_digit(body: str) -> str:
    """Check character of the first 17 characters."""
    total = sum(USCC_ALPHABET.index(c) * w for c, w in zip(body, _USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def organisation_code_check_digit(body: str) -> str:
    """Check character of the first 8 characters."""
    values = (int(c, 36) for c in body)
    remainder = 11 - sum(v * w for v, w in zip(values, _ORGANISATION_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(remainder, str(remainder))


def parse_uscc(text: str) -> Parsed:
    """18-character unified social credit code; the organisation code inside is checked as well."""
    folded = fold(text)
    if refused := _refuse_common(text, folded):
        return refused
    if len(folded) != 18:
        return Parsed("", Problem.LENGTH)
    if any(c not in USCC_ALPHABET for c in folded):
        return Parsed("", Problem.CHARACTER)
    if uscc_check_digit(folded[:17]) != folded[17]:
        return Parsed("", Problem.CHECK_DIGIT)
    if organisation_code_check_digit(folded[8:16]) != folded[16]:
        return Parsed("", Problem.CHECK_DIGIT)
    return Parsed(folded)


def parse_organisation_code(text: str) -> Parsed:
    """9-character organisation code, canonical without its hyphen."""
    folded = fold(text)
    if refused := _refuse_common(text, folded):
        return refused
    if len(folded) != 9:
        return Parsed("", Problem.LENGTH)
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", folded):
        return Parsed("", Problem.CHARACTER)
    if organisation_code_check_digit(folded[:8]) != folded[8]:
        return Parsed("", Problem.CHECK_DIGIT)
    return Parsed(folded)


def organisation_code_of(uscc: str) -> str:
    """The organisation code that a canonical credit code contains (characters 9 to 17)."""
    return uscc[8:17]


def vin_check_digit(vin: str) -> str:
    """Check character (position 9) of a 17-character VIN; what stands in position 9 does not count."""
    remainder = sum(_VIN_VALUES[c] * w for c, w in zip(vin, _VIN_WEIGHTS, strict=True)) % 11
    return "X" if remainder == 10 else str(remainder)


def parse_vin(text: str) -> Parsed:
    """17-character VIN, or the shorter frame number of an old vehicle, tractor or tricycle.

    The check digit binds vehicles built in China (first letter L); elsewhere a miss is only a warning.
    """
    folded = fold(text)
    if refused := _refuse_common(text, folded):
        return refused
    if not re.fullmatch(r"[0-9A-Z]+", folded):
        return Parsed("", Problem.CHARACTER)
    if len(folded) != 17:
        # Frame numbers of before 1997 and of agricultural machines are shorter; under 6 places nothing is unique.
        return Parsed(folded, Problem.LENGTH) if 6 <= len(folded) < 17 else Parsed("", Problem.LENGTH)
    if any(c in "IOQ" for c in folded):
        return Parsed("", Problem.CHARACTER)
    if vin_check_digit(folded) != folded[8]:
        return Parsed("", Problem.CHECK_DIGIT) if folded[0] == "L" else Parsed(folded, Problem.CHECK_DIGIT)
    return Parsed(folded)


def plate_form(plate: str) -> str:
    """Name of the pattern that a canonical plate fits, or ""."""
    return next((name for name, pattern in _PLATE_PATTERNS.items() if pattern.fullmatch(plate)), "")


def parse_plate(text: str, *, default_province: str = "鲁") -> Parsed:
    """Plate number without separators; a missing province character is that of the issuing office."""
    folded = fold(text)
    if refused := _refuse_common(text, folded):
        return refused
    if re.match(rf"[{_LETTER}][{_SERIAL}]{{4}}", folded) and not plate_form(folded):
        folded = default_province + folded
    if any(c in "IO" for c in folded[2:]):
        return Parsed("", Problem.CHARACTER)
    if not plate_form(folded):
        return Parsed("", Problem.FORM)
    if len(set(folded[2:])) == 1 and folded[2] == "0":
        return Parsed("", Problem.REPEATED)
    return Parsed(folded)


def parse_file_number(text: str) -> Parsed:
    """12-digit number of a driver's file (档案编号)."""
    folded = fold(text)
    if refused := _refuse_common(text, folded):
        return refused
    return Parsed(folded) if re.fullmatch(r"\d{12}", folded) else Parsed("", Problem.FORM)


def parse_phone(text: str) -> Parsed:
    """Mobile number, or a fixed line with area code (Yantai: 0535)."""
    folded = re.sub(r"[()+]", "", fold(text)).removeprefix("0086")
    if len(folded) == 13 and folded.startswith("86"):
        folded = folded[2:]
    if refused := _refuse_common(text, folded):
        return refused
    if re.fullmatch(r"1[3-9]\d{9}", folded):
        return Parsed(folded)
    if re.fullmatch(r"[2-9]\d{6}", folded):
        return Parsed("0535" + folded)
    return Parsed(folded) if re.fullmatch(r"0\d{2,3}[2-9]\d{6,7}", folded) else Parsed("", Problem.FORM)
