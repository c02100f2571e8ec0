"""Standard addresses while one types: the names from memory, what stands under them by `parent`.

Addresses are what stands on doors: whoever may ask for one by its text (`resolve`) may be shown it while typing, wherever
in the city it lies, because people and vehicles of a block live in all the others. What is known *at* an address is scoped
elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from addresses.choices import AddressLevel
from addresses.matching.names import NameIndex
from addresses.matching.places import Place
from addresses.matching.suggest import SuggestIndex, Wanted
from addresses.parsing.components import link_key
from addresses.parsing.normalise import normalise

MAX_LIMIT = 50
# Names with numbers behind them: a street of one name in more towns than these is narrowed by typing the town.
_ANCHORS = 8
# What is left of a text without numbers and unit words; with less than this the trigram index would find half the table.
_TELLING_FROM = 2
_TELLING_NOTHING = re.compile("[0-9A-Z#()+,;:/ 号楼栋幢座单元室户层门组排巷之-]+")
_TRIGRAM = 3
_TRIGRAM_ROWS = 200
_LEVELS = {level.value: level.name.lower() for level in AddressLevel}
_COLUMNS = """s.id, s.code, s.full_text, s.level, ST_X(s.point), ST_Y(s.point),
    EXISTS (SELECT 1 FROM addresses_standardaddress c WHERE c.parent_id = s.id AND c.state = 'ACTIVE')"""
_VALUE = "CASE s.level WHEN 4 THEN s.number WHEN 6 THEN s.building WHEN 7 THEN s.unit WHEN 8 THEN s.room ELSE '' END"
# The nodes under some, and those one level below: 501 of a building stands under a unit that nobody says. Of a town only
# what is directly in it, else the whole town would be read.
_BELOW = """WITH one AS (
        SELECT s.id, s.level FROM addresses_standardaddress s WHERE s.parent_id = ANY(%(above)s) AND s.state = 'ACTIVE'),
    below AS (
        SELECT id, 1 AS depth FROM one
        UNION ALL
        SELECT s.id, 2 FROM addresses_standardaddress s JOIN one ON s.parent_id = one.id
        WHERE one.level > 2 AND s.state = 'ACTIVE')"""

_built: SuggestIndex | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One address as a box of suggestions shows it; `lon`, `lat` in degrees (WGS84), None where nothing is mapped."""

    id: int
    code: str
    full_text: str
    level: str
    lon: float | None
    lat: float | None
    has_children: bool


def suggest_index(names: NameIndex) -> SuggestIndex:
    """The typed names of a name index; each process holds those of the last one that it was asked with."""
    global _built
    if _built is None or _built.index is not names:
        _built = SuggestIndex.build(names)
    return _built


def suggest(typed: str, names: NameIndex, *, limit: int) -> list[Suggestion]:
    """Addresses that `typed` may become, likeliest first: at most five queries, each by an index."""
    wanted = suggest_index(names).wanted(typed)
    found = _numbered(wanted, limit) if wanted.numbers else _named(wanted, limit)
    return found or _containing(normalise(typed).text, limit)


def _named(wanted: Wanted, limit: int) -> list[Suggestion]:
    found = _by_places(wanted.places[:limit])
    if wanted.is_exact and found and len(found) < limit:
        found += [one for one in _children(found[0].id, limit) if one not in found]
    return found[:limit]


def _numbered(wanted: Wanted, limit: int) -> list[Suggestion]:
    above = [one.id for one in _by_places(wanted.places[:_ANCHORS])]
    *finished, last = wanted.numbers
    open_part = ""
    for part in finished:
        value = f"{open_part}-{part}" if open_part else part
        exact = _exactly(above, value) if above else []
        # 24-1号 is read as two numbers while it is typed: what no node has goes on with the next.
        above, open_part = (exact, "") if exact else (above, value)
    if not above:
        return []
    last = f"{open_part}-{last}" if open_part else last
    found = _beginning(above, last, limit)
    if len(found) == 1:
        found += _children(found[0].id, limit - 1)
    return found


def _rows(sql: str, parameters: dict[str, Any]) -> list[Suggestion]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [
            Suggestion(pk, code, text, _LEVELS[level], lon, lat, has_children)
            for pk, code, text, level, lon, lat, has_children in cursor.fetchall()
        ]


def _by_places(places: Sequence[Place]) -> list[Suggestion]:
    keys = [link_key(place.components) for place in places]
    return _rows(
        f"""SELECT {_COLUMNS} FROM addresses_standardaddress s
            WHERE s.key = ANY(%(keys)s) AND s.state = 'ACTIVE' ORDER BY array_position(%(keys)s::text[], s.key::text)""",
        {"keys": keys},
    )


def _children(parent_id: int, limit: int) -> list[Suggestion]:
    return _rows(
        f"""SELECT {_COLUMNS} FROM addresses_standardaddress s WHERE s.parent_id = %(parent)s AND s.state = 'ACTIVE'
            ORDER BY s.level, length({_VALUE}), {_VALUE}, s.full_text LIMIT %(limit)s""",
        {"parent": parent_id, "limit": limit},
    )


def _exactly(above: list[int], value: str) -> list[int]:
    """Ids of the nodes below that have this number, the nearest level only."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{_BELOW} SELECT s.id, b.depth FROM below b JOIN addresses_standardaddress s ON s.id = b.id
                WHERE {_VALUE} = %(value)s ORDER BY b.depth, s.id""",
            {"above": above, "value": value},
        )
        found = cursor.fetchall()
    return [pk for pk, depth in found if depth == found[0][1]]


def _beginning(above: list[int], value: str, limit: int) -> list[Suggestion]:
    return _rows(
        f"""{_BELOW} SELECT {_COLUMNS} FROM below b JOIN addresses_standardaddress s ON s.id = b.id
            WHERE starts_with({_VALUE}, %(value)s)
            ORDER BY {_VALUE} <> %(value)s, b.depth, s.level, length({_VALUE}), {_VALUE}, s.id LIMIT %(limit)s""",
        {"above": above, "value": value, "limit": limit},
    )


def _containing(text: str, limit: int) -> list[Suggestion]:
    """Addresses that hold the text as it stands, by the trigram index."""
    if len(text) < _TRIGRAM or len(_TELLING_NOTHING.sub("", text)) < _TELLING_FROM:
        return []
    pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return _rows(
        f"""SELECT {_COLUMNS} FROM (
                SELECT * FROM addresses_standardaddress WHERE full_text LIKE %(pattern)s AND state = 'ACTIVE' LIMIT %(rows)s) s
            ORDER BY s.level, length(s.full_text), s.full_text LIMIT %(limit)s""",
        {"pattern": f"%{pattern}%", "rows": _TRIGRAM_ROWS, "limit": limit},
    )
