"""Invented persons who must not show up where they do not belong."""

from __future__ import annotations

from addresses.services.map_features import fold_tile_deltas
from tests.factories.claims import claim, submit
from tests.factories.numbers import citizen_id, file_number, phone
from tests.factories.places import SmallCity

FEW, OWN = range(100, 120), range(1, 5)
FOREIGN_GRID = 5


def name_of(number: int) -> str:
    return f"欧阳{chr(0x4E00 + number)}{chr(0x5200 + number)}"


def needles(number: int) -> list[bytes]:
    return [text.encode() for text in (name_of(number), citizen_id(number), phone(number), file_number(number))]


def place_persons(city: SmallCity, foreign: range) -> None:
    """The foreign persons in the last grid, and a few in the first."""
    for numbers, grid in ((OWN, 0), (foreign, FOREIGN_GRID)):
        rows = [
            claim(1, citizen_id=citizen_id(n), name=name_of(n), phone=phone(n), file_no=file_number(n), licence_classes="C1",
                  household_address=city.text(grid), grid=grid)
            for n in numbers
        ]  # fmt: skip
        submit("TMRI_DRIVER", "PERSON", *rows)
    fold_tile_deltas()
