"""Numbers with valid check digits, computed here anew: another agency shares no code with the platform.

Sources: GB 11643 (citizen number), GB 11714 and GB 32100 (organisations), GB 16735 (VIN), GA 36 (plates).
"""

from __future__ import annotations

from datetime import date
from random import Random

_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_VIN_ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_YEARS = dict(zip(range(2010, 2027), "ABCDEFGHJKLMNPRST", strict=True))
# GA 36 has neither I nor O.
_PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def citizen_check(first17: str) -> str:
    """Last character of a citizen number."""
    return "10X98765432"[sum(int(c) * w for c, w in zip(first17, _CITIZEN_WEIGHTS, strict=True)) % 11]


def credit_check(first17: str) -> str:
    """Last character of a unified social credit code."""
    total = sum(_CREDIT_ALPHABET.index(c) * w for c, w in zip(first17, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[(31 - total % 31) % 31]


def organisation_check(first8: str) -> str:
    """Last character of an organisation code."""
    total = sum(_ORGANISATION_ALPHABET.index(c) * w for c, w in zip(first8, _ORGANISATION_WEIGHTS, strict=True))
    rest = 11 - total % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def vin_check(vin: str) -> str:
    """Ninth character of a VIN; what stands there now does not matter."""
    values = (int(c) if c.isdigit() else _VIN_VALUES[c] for c in vin)
    rest = sum(value * w for value, w in zip(values, _VIN_WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def make_citizen_number(random: Random, birth_on: date, *, is_male: bool) -> str:
    """A number issued in Laizhou; the seventeenth digit is odd for men."""
    serial = random.randrange(100, 500) * 2 + (1 if is_male else 0)
    first17 = f"370683{birth_on:%Y%m%d}{serial:03d}"
    return first17 + citizen_check(first17)


def make_credit_code(random: Random, kind: str = "91") -> str:
    """A code of Laizhou; kind 91 enterprise, 92 sole trader, 93 cooperative. Both check digits hold."""
    while True:
        body = "MA" + "".join(random.choice(_CREDIT_ALPHABET) for _ in range(6))
        organisation = body + organisation_check(body)
        if organisation[-1] in _CREDIT_ALPHABET:
            first17 = f"{kind}370683{organisation}"
            return first17 + credit_check(first17)


def make_vin(random: Random, year: int) -> str:
    """A VIN of a car made in China."""
    descriptor = "".join(random.choice(_VIN_ALPHABET) for _ in range(5))
    letter = _VIN_YEARS[min(max(year, 2010), 2026)]
    draft = f"LZ{random.choice('ZSY')}{descriptor}0{letter}{random.choice('ABCDEFGH')}{random.randrange(10**6):06d}"
    return draft[:8] + vin_check(draft) + draft[9:]


def make_plate(random: Random, *, is_new_energy: bool = False) -> str:
    """鲁F or 鲁Y; the large new-energy form ends in D (electric)."""
    office = random.choice("FY")
    if is_new_energy:
        return f"鲁{office}{random.randrange(10**5):05d}D"
    return f"鲁{office}{random.choice(_PLATE_LETTERS)}{random.randrange(10**4):04d}"


def make_tractor_plate(random: Random) -> str:
    """Plates of agricultural machines: province, two digits of the city, five of the serial."""
    return f"鲁06·{random.randrange(10**5):05d}"


def make_phone(random: Random) -> str:
    """A mobile number."""
    return f"1{random.choice(('38', '39', '50', '58', '86', '88'))}{random.randrange(10**8):08d}"
