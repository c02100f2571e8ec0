"""Numbers of nobody and nothing: invented, with valid check digits, distinct for distinct arguments up to a million."""

from __future__ import annotations

from common.identifiers import (
    citizen_id_check_digit,
    organisation_code_check_digit,
    uscc_check_digit,
    vin_check_digit,
)


def citizen_id(number: int) -> str:
    """Citizen ID: born 1950 to 1999, then numbered."""
    year, rest = 1950 + number % 50, number // 50
    body = f"370683{year}{1 + rest % 12:02d}{1 + rest // 12 % 28:02d}{100 + rest // 336:03d}"
    return body + citizen_id_check_digit(body)


def vin(number: int) -> str:
    """17-place VIN."""
    draft = f"LSVAA4180E2{number:06d}"
    return draft[:8] + vin_check_digit(draft) + draft[9:]


def plate(number: int) -> str:
    """Plate of the ordinary form, with a letter below 10,000: five noughts are no plate; up to 99,999."""
    return f"鲁FT{number:04d}" if number < 10_000 else f"鲁F{number:05d}"


def uscc(number: int) -> str:
    """Unified social credit code with its organisation code inside."""
    organisation = f"MA{number:06d}"
    body = f"91370683{organisation}{organisation_code_check_digit(organisation)}"
    return body + uscc_check_digit(body)


def file_number(number: int) -> str:
    """Number of a driver's file."""
    return f"3706{number:08d}"


def phone(number: int) -> str:
    """Mobile number."""
    return f"138{number:08d}"
