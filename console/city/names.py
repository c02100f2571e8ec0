"""names.csv: short names, aliases and old names of towns, villages, roads and estates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from console.city.draws import Draw
from console.city.reference_data import (
    Town,
    Village,
    historic_towns,
    jionlp_villages,
    load_toml,
    towns,
    villages,
)
from console.city.roads import Road
from console.city.standard_addresses import Estate

CSV_COLUMNS = ("surface", "kind", "town", "village", "road", "estate", "valid_from", "valid_to")


class Name(NamedTuple):
    """One row of names.csv: `surface` stands for the deepest place named; kind short, alias or old."""

    surface: str
    kind: str
    town: str = ""
    village: str = ""
    road: str = ""
    estate: str = ""
    valid_from: str = ""
    valid_to: str = ""


def build_names(seed: int, roads: list[Road], estates: list[Estate]) -> list[Name]:
    """All names, without repetition, in a fixed order."""
    table = load_toml("names.toml")
    town_by_code = {town.code: town for town in towns()}
    road_names = {road.name for road in roads}
    found = [
        *_town_names(road_names),
        *_historic_names(table),
        *_village_names(town_by_code),
        *_former_village_names(seed, table, town_by_code),
        *_road_names(roads, table, town_by_code),
        *_estate_names(seed, table, estates, town_by_code),
    ]
    return list(dict.fromkeys(found))


def _town_names(road_names: set[str]) -> Iterator[Name]:
    for town in towns():
        # 文昌路 is a road first: as a short name of the street office it would only confuse.
        if town.short_name not in road_names:
            yield Name(town.short_name, "short", town.name)
        if town.is_street:
            yield Name(f"{town.name}办事处", "alias", town.name)
            yield Name(f"{town.name}办", "alias", town.name)
            yield Name(f"{town.short_name}办事处", "alias", town.name)


def _historic_names(table: dict[str, Any]) -> Iterator[Name]:
    for name in historic_towns():
        row = table["historic_towns"][name]
        yield Name(name, "old", row["town"], valid_to=row["valid_to"])


def _village_names(town_by_code: dict[str, Town]) -> Iterator[Name]:
    # 东关社区 as a second spelling of the village 东关村 would take the name of the community 东关社区.
    own_names = {(village.town_code, village.short_name) for village in villages()}
    for village, town, second in _with_second_spelling(town_by_code):
        if village.short_name != village.name:
            yield Name(village.short_name, "short", town.name, village.name)
        if village.bare_name:
            yield Name(village.bare_name, "short", town.name, village.name)
        known = (village.name, village.short_name, village.bare_name)
        if second and second not in known and (town.code, second) not in own_names:
            yield Name(second, "alias", town.name, village.name)


def _with_second_spelling(town_by_code: dict[str, Town]) -> Iterator[tuple[Village, Town, str]]:
    """Villages with the other published spelling, paired in the town by the name without its last word."""
    spellings: dict[tuple[str, str], str] = {}
    for town_name, spelling in jionlp_villages():
        spellings[(town_name, _stem(spelling))] = spelling
    for village in villages():
        town = town_by_code[village.town_code]
        yield village, town, spellings.get((town.name, _stem(village.name)), "")


def _stem(name: str) -> str:
    for suffix in ("居民委员会", "村民委员会", "居委会", "村委会", "社区", "村"):
        name = name.removesuffix(suffix)
    return name


def _former_village_names(seed: int, table: dict[str, Any], town_by_code: dict[str, Town]) -> Iterator[Name]:
    draw = Draw(seed, "former village names")
    settings = table["villages"]
    rural = [village for village in villages() if not village.is_community]
    taken: set[tuple[str, str]] = set()
    for village in draw.sample(rural, settings["former_count"]):
        town = town_by_code[village.town_code]
        surface = draw.pick(settings["former_words"]) + "大队"
        if (town.code, surface) not in taken:
            taken.add((town.code, surface))
            yield Name(surface, "old", town.name, village.name, valid_to=settings["former_valid_to"])


def _road_names(roads: list[Road], table: dict[str, Any], town_by_code: dict[str, Town]) -> Iterator[Name]:
    for road in roads:
        if road.former_name:
            town = town_by_code[road.town_code].name if road.town_code else ""
            yield Name(road.former_name, "old", town, road=road.name, valid_to=table["roads"]["former_valid_to"])


def _estate_names(
    seed: int, table: dict[str, Any], estates: list[Estate], town_by_code: dict[str, Town]
) -> Iterator[Name]:
    share = load_toml("estates.toml")["nickname_share"]
    village_by_code = {village.code: village for village in villages()}
    draw = Draw(seed, "estate nicknames")
    words = list(table["estates"]["nickname_words"])
    draw.shuffle(words)
    # A nickname names one estate only; the words run out before the estates do, so the rest get 楼盘.
    for estate in estates:
        if not draw.chance(share):
            continue
        village = village_by_code[estate.village_code]
        town = town_by_code[village.town_code]
        surface = words.pop() if words and draw.chance(0.3) else estate.name[:2] + "楼盘"
        yield Name(surface, "alias", town.name, village.name, estate=estate.name)
