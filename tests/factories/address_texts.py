"""Vehicles whose address texts the engine does not settle."""

from __future__ import annotations

from addresses.models import AddressText
from addresses.parsing.normalise import cache_key
from tests.factories.claims import claim, submit
from tests.factories.numbers import vin
from tests.factories.places import SmallCity


def unknown_house(city: SmallCity, grid: int = 0, number: int = 99) -> str:
    """A text that names a village of the city and a house that the registry lacks: review, the village as candidate."""
    return city.text(grid).replace("3号", f"{number}号")


def spaced(text: str) -> str:
    """The same text written with a blank in it: another row, equal once normalised."""
    other = f"{text[:4]} {text[4:]}"
    assert cache_key(other) == cache_key(text)
    return other


def carry(*texts: str, first: int = 1, grid: int | None = None) -> list[AddressText]:
    """One vehicle a text, numbered from `first`; with `grid` it has a surveyed point there."""
    place = {} if grid is None else {"grid": grid}
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(claim(1, vin=vin(first + i), registered_address=text, **place) for i, text in enumerate(texts)),
    )  # fmt: skip
    rows = {row.text: row for row in AddressText.objects.filter(text__in=texts)}
    return [rows[text] for text in texts]
