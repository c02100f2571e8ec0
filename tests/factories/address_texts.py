"""Vehicles whose address texts the engine does not settle."""

from __future__ import annotations

from pathlib import Path

from addresses.models import AddressText
from addresses.parsing.normalise import cache_key
from addresses.services.registry import load_addresses
from tests.factories.claims import claim, submit
from tests.factories.numbers import vin
from tests.factories.places import SmallCity, point_in, write_registry


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


def carry_bare_roads(city: SmallCity, folder: Path) -> list[AddressText]:
    """Two houses of the first grid, written without their town: one address ahead, nothing against it, yet open."""
    names = [city.villages[0].parent.name, city.villages[0].name]
    lon, lat = (f"{value:.6f}" for value in point_in(0))
    rows = [
        {"code": f"R-{n}", "town": names[0], "village": names[1], "road": road, "number": "5号", "lon": lon, "lat": lat}
        for n, road in enumerate(("渔行路", "盐滩路"))
    ]
    load_addresses(write_registry(folder / "roads.csv", iter(rows)))
    return carry("渔行路5号", "盐滩路5号", first=5, grid=0)
