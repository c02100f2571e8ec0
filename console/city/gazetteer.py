"""What a written name can mean in the made city: which spellings exist, which of them name only one place.

The truth about a text needs this: 张家村 without a town is not answerable where two towns have one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from console.city.names import Name
from console.city.reference_data import Town, Village, towns, villages
from console.city.roads import Road
from console.city.standard_addresses import AddressBook, StandardAddress


class Gazetteer:
    """Spellings by place and the number of places by spelling."""

    def __init__(self, book: AddressBook, names: Iterable[Name], roads: list[Road]) -> None:
        self.towns: dict[str, Town] = {town.name: town for town in towns()}
        code_to_town = {town.code: town for town in towns()}
        self.villages: dict[tuple[str, str], Village] = {
            (code_to_town[village.town_code].name, village.name): village for village in villages()
        }
        self.streets = sorted({road.name for road in roads if road.is_numbered and not road.town_code})
        self.routes = sorted({road.name for road in roads if not road.is_numbered})
        self.estates = [(estate.name, estate.village_code) for estate in book.estates]
        self.town_spellings: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.village_spellings: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        self.road_spellings: dict[str, list[str]] = defaultdict(list)
        self.estate_spellings: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._meanings: Counter[str] = Counter()
        self._meanings_in_town: Counter[tuple[str, str]] = Counter()
        self._read(names)
        self._numbers = Counter({(row.road, row.number): 0 for row in book.rows})
        self._numbers_in_village: set[tuple[str, str, str, str]] = set()
        for town, village, road, number in {row[1:5] for row in book.rows}:
            self._numbers[(road, number)] += 1
            self._numbers_in_village.add((town, village, road, number))

    def _read(self, names: Iterable[Name]) -> None:
        meant: set[tuple[str, str, str]] = {
            (village.name, town, village.code) for (town, _), village in self.villages.items()
        }
        for name in names:
            if name.estate:
                self.estate_spellings[(name.town, name.estate)].append(name.surface)
                meant.add((name.surface, name.town, name.estate))
            elif name.road:
                self.road_spellings[name.road].append(name.surface)
            elif name.village:
                if name.kind != "short":
                    self.village_spellings[(name.town, name.village, name.kind)].append(name.surface)
                meant.add((name.surface, name.town, name.village))
            else:
                self.town_spellings[(name.town, name.kind)].append(name.surface)
        for estate, village_code in self.estates:
            town = next(town for (town, _), village in self.villages.items() if village.code == village_code)
            meant.add((estate, town, village_code + estate))
        for surface, town, _ in meant:
            self._meanings[surface] += 1
            self._meanings_in_town[(surface, town)] += 1

    def is_single(self, surface: str, town: str, *, town_is_written: bool) -> bool:
        """True if the spelling of a village or estate names one place, in the town or in the whole city."""
        return (self._meanings_in_town[(surface, town)] if town_is_written else self._meanings[surface]) == 1

    def is_single_number(self, row: StandardAddress, *, town_is_written: bool) -> bool:
        """True if road and number occur once in the city, or the town is written."""
        return town_is_written or self._numbers[(row.road, row.number)] == 1

    def has_number(self, row: StandardAddress, number: str) -> bool:
        """True if the village has that number on the road (or without a road)."""
        return (row.town, row.village, row.road, number) in self._numbers_in_village

    def village_of(self, row: StandardAddress) -> Village:
        """The village of a row."""
        return self.villages[(row.town, row.village)]
