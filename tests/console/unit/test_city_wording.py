"""Written addresses: what the grammar makes can be read back, and the truth says what was meant."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import date

import pytest

from console.city.areas import build_geography
from console.city.draws import Draw
from console.city.gazetteer import Gazetteer
from console.city.names import build_names
from console.city.population import Population, build_population
from console.city.rates import usual_rates
from console.city.roads import build_roads
from console.city.standard_addresses import AddressBook, StandardAddress
from console.city.wording import AddressWriter, WrittenAddress

SEED = 5


@pytest.fixture(scope="module")
def book() -> AddressBook:
    return AddressBook(SEED, build_geography(SEED), build_roads(SEED), 6_000)


@pytest.fixture(scope="module")
def population(book: AddressBook) -> Population:
    return build_population(seed=SEED, as_of=date(2026, 10, 31), book=book, elements=400, rates=usual_rates())


@pytest.fixture(scope="module")
def gazetteer(book: AddressBook) -> Gazetteer:
    roads = build_roads(SEED)
    return Gazetteer(book, build_names(SEED, roads, book.estates), roads)


@pytest.fixture(scope="module")
def written(
    book: AddressBook, gazetteer: Gazetteer, population: Population
) -> list[tuple[StandardAddress, WrittenAddress]]:
    made = []
    for habit in ("official", "default", "notebook"):
        writer, draw = AddressWriter(habit, gazetteer, book.rows), Draw(SEED, habit)
        persons = population.persons
        made += [(row, writer.write(row, draw, draw.pick(persons))) for row in book.rows[::3]]
    return made


def test_the_kinds_of_texts_follow_the_grammar(written) -> None:
    share = Counter(text.expected for _, text in written)
    assert share["accepted"] / len(written) > 0.88
    assert set(share) == {"accepted", "ambiguous", "relative", "outside", "unmatched", "review", "blank"}


def test_an_accepted_text_without_numerals_holds_its_numbers(written) -> None:
    checked = 0
    for row, text in written:
        if text.expected != "accepted" or not text.code:
            continue
        folded = unicodedata.normalize("NFKC", text.text)
        if re.search("[一二三四五六七八九十百](号|单元|组)", folded):
            continue
        found = re.findall(r"\d+", folded)
        wanted = [row.building, row.unit, row.room] if row.estate else re.findall(r"\d+", row.number)
        checked += 1
        assert set(filter(None, wanted)) <= set(found), (row, text)
    assert checked > 3_000


def test_code_and_components_are_those_of_the_row(written, book: AddressBook) -> None:
    codes = {row.code: row.components for row in book.rows}
    for row, text in written:
        if text.code:
            assert text.code == row.code
            assert text.components == codes[text.code]
        elif text.expected == "accepted":
            assert text.components.items() < row.components.items()
            assert text.level


def test_not_registered_texts_name_what_is_in_no_row(written, book: AddressBook) -> None:
    rooms = {(row.estate, row.building, row.unit, row.room) for row in book.rows}
    numbers = {(row.town, row.village, row.road, row.number) for row in book.rows}
    found = [(row, text) for row, text in written if "not_registered" in text.defects]
    assert len(found) > 20
    for row, text in found:
        last = re.findall(r"\d+", unicodedata.normalize("NFKC", text.text.split("（")[0].split(" 1")[0]))
        if row.estate and last:
            assert (row.estate, row.building, row.unit, last[-1]) not in rooms
        elif last:
            assert (row.town, row.village, row.road, last[-1]) not in numbers


def test_a_village_of_two_towns_without_a_town_is_ambiguous(gazetteer: Gazetteer) -> None:
    spellings = Counter(village.short_name for village in gazetteer.villages.values())
    twin = next(name for name, count in sorted(spellings.items()) if count > 1)
    alone = next(name for name, count in sorted(spellings.items()) if count == 1)
    town = next(town for (town, _), village in gazetteer.villages.items() if village.short_name == twin)
    home = next(town for (town, _), village in gazetteer.villages.items() if village.short_name == alone)
    assert not gazetteer.is_single(twin, town, town_is_written=False)
    assert gazetteer.is_single(alone, home, town_is_written=True)


def test_numbers_of_persons_stand_in_some_texts(written) -> None:
    phones = [text for _, text in written if "phone_in_text" in text.defects]
    assert phones
    for text in phones:
        assert re.search(r"1[3-9]\d{9}", unicodedata.normalize("NFKC", text.text).replace(" ", ""))
