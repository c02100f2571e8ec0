"""Standard addresses of the demonstration city, about 200,000 of them.

Three sorts: numbers along the streets, houses of villages (by number, sometimes by group and number), and
rooms of estates. Values are canonical, without unit words: number "128", "128-1" or "5组6", building "3",
unit "2", room "501".
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import shapely

from console.city.areas import Geography
from console.city.draws import Draw, Weighted
from console.city.plane import to_degrees, to_plane
from console.city.reference_data import Town, Village, load_toml, towns, villages
from console.city.roads import Road

CSV_COLUMNS = (
    "code",
    "town",
    "village",
    "road",
    "number",
    "estate",
    "building",
    "unit",
    "room",
    "lon",
    "lat",
)
_STREET_SHARE = 0.10
_RURAL_SHARE = 0.44
_FRONTAGE_M = 17.0
_SETBACK_M = 15.0


class StandardAddress(NamedTuple):
    """One row of addresses.csv; `lon` and `lat` in degrees, WGS84."""

    code: str
    town: str
    village: str
    road: str
    number: str
    estate: str
    building: str
    unit: str
    room: str
    lon: float
    lat: float

    @property
    def components(self) -> dict[str, str]:
        """The eight naming columns, without blanks."""
        return {name: value for name, value in zip(self._fields[1:9], self[1:9], strict=True) if value}


class Estate(NamedTuple):
    """A made estate; `gate_road` and `gate_number` are blank where the address goes without them."""

    name: str
    village_code: str
    gate_road: str
    gate_number: str
    x_m: float
    y_m: float


def address_code(path: tuple[str, ...]) -> str:
    """Opaque stable code: the same path has the same code in every seed and month."""
    digest = hashlib.sha256("\x1f".join(path).encode()).digest()
    return "LZD" + base64.b32encode(digest[:7]).decode()[:10]


class AddressBook:
    """Builds the addresses of one city.

    Attributes:
        rows: all addresses, in order of making.
        estates: the estates that got rooms.
    """

    def __init__(self, seed: int, geography: Geography, roads: list[Road], total: int) -> None:
        self.rows: list[StandardAddress] = []
        self.estates: list[Estate] = []
        self._seed = seed
        self._geography = geography
        self._total = total
        self._towns: dict[str, Town] = {town.code: town for town in towns()}
        self._villages: dict[str, Village] = {village.code: village for village in villages()}
        self._codes: set[str] = set()
        self._gates: dict[str, list[StandardAddress]] = defaultdict(list)
        self._add_streets([road for road in roads if road.is_numbered])
        self._add_rural()
        self._add_estates()

    def _add(self, village_code: str, parts: tuple[str, str, str, str, str, str], lon: float, lat: float) -> None:
        code = address_code((village_code, *parts))
        if code in self._codes:
            raise ValueError(f"address made twice: {village_code} {parts}")
        self._codes.add(code)
        village = self._villages[village_code]
        self.rows.append(StandardAddress(code, self._towns[village.town_code].name, village.name, *parts, lon, lat))

    def _add_streets(self, roads: list[Road]) -> None:
        """Odd numbers on the left, even on the right, rising from the start of the line."""
        limit = int(self._total * _STREET_SHARE)
        length = sum(road.line.length for road in roads)
        # Few addresses wanted: wider frontage, so that every street keeps some.
        step = max(_FRONTAGE_M, 2.0 * length / max(limit, 1))
        codes = list(self._geography.grids)
        tree = shapely.STRtree([self._geography.grids[code].polygon for code in codes])
        for road in roads:
            draw = Draw(self._seed, "street numbers", road.name, road.town_code)
            seen: Counter[str] = Counter()
            for number, x, y in _frontages(road, step, draw):
                lon, lat = _degrees(x, y)
                hits = tree.query(shapely.Point(lon, lat), predicate="within")
                if not len(hits):
                    continue
                village_code = codes[int(hits[0])]
                town = self._villages[village_code].town_code
                if (road.town_code and town != road.town_code) or seen[number + town]:
                    continue
                seen[number + town] += 1
                self._add(village_code, (road.name, number, "", "", "", ""), lon, lat)
                self._gates[village_code].append(self.rows[-1])

    def _add_rural(self) -> None:
        """Houses of villages: counts by a drawn size, positions on a loose lattice about its point."""
        rural = [village for village in villages() if not village.is_community]
        sizes = [math.exp(Draw(self._seed, "village size", v.code).normal(0.0, 0.45)) for v in rural]
        goal = int(self._total * _RURAL_SHARE)
        for village, count in zip(rural, _shares(sizes, goal), strict=True):
            draw = Draw(self._seed, "village houses", village.code)
            numbers = list(_house_numbers(count, draw))
            for number, (lon, lat) in zip(numbers, self._lattice(village.code, len(numbers), draw), strict=True):
                self._add(village.code, ("", number, "", "", "", ""), lon, lat)

    def _lattice(self, village_code: str, count: int, draw: Draw) -> list[tuple[float, float]]:
        """Points in the grid of the village; one that falls outside is drawn towards the village point."""
        centre = to_plane(np.array([self._geography.points[village_code]]))[0]
        angle, columns = draw.uniform(0, math.pi / 2), max(1, round(math.sqrt(count * 1.6)))
        steps = np.arange(count)
        x = (steps % columns - columns / 2) * 19.0 + [draw.uniform(-4, 4) for _ in range(count)]
        y = (steps // columns - count / columns / 2) * 27.0 + [draw.uniform(-4, 4) for _ in range(count)]
        turned = np.column_stack([x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)])
        polygon = self._geography.grids[village_code].polygon
        for _ in range(30):
            placed = to_degrees(centre + turned).round(6)
            outside = ~shapely.contains_xy(polygon, placed[:, 0], placed[:, 1]) if count else np.array([], dtype=bool)
            if not outside.any():
                break
            turned[outside] *= 0.7
        return [(float(lon), float(lat)) for lon, lat in placed]

    def _add_estates(self) -> None:
        """Estates in communities, in turn, until the total is reached; now and then one at a town's seat."""
        table = load_toml("estates.toml")
        styles = Weighted.of_pairs([(style, style["weight"]) for style in table["style"]])
        naming = Draw(self._seed, "estate names")
        used: dict[str, set[str]] = {}
        communities = [village.code for village in villages() if village.is_community]
        turn = 0
        while len(self.rows) < self._total:
            for village_code in communities + (list(self._geography.seats.values()) if turn % 4 == 1 else []):
                if len(self.rows) >= self._total:
                    return
                draw = Draw(self._seed, "estate", village_code, turn)
                name = _estate_name(table, used, self._villages[village_code].town_code, naming)
                self._add_estate(self._place_estate(name, village_code, table["gate_share"], draw), draw, styles)
            turn += 1

    def _place_estate(self, name: str, village_code: str, gate_share: float, draw: Draw) -> Estate:
        gates = self._gates[village_code]
        if gates and draw.chance(gate_share):
            gate = draw.pick(gates)
            x, y = to_plane(np.array([[gate.lon, gate.lat]]))[0]
            return Estate(name, village_code, gate.road, gate.number, float(x), float(y))
        x, y = to_plane(np.array([self._geography.points[village_code]]))[0]
        return Estate(name, village_code, "", "", float(x) + draw.normal(0, 180.0), float(y) + draw.normal(0, 180.0))

    def _add_estate(self, estate: Estate, draw: Draw, styles: Weighted[dict[str, list[int]]]) -> None:
        self.estates.append(estate)
        style = draw.weighted(styles)
        units, floors, rooms = (draw.integer(*style[key]) for key in ("units", "floors", "rooms"))
        for building in range(1, draw.integer(*style["buildings"]) + 1):
            lon, lat = self._building_point(estate, building)
            for unit, room in _rooms(units, floors, rooms):
                if len(self.rows) >= self._total:
                    return
                parts = (estate.gate_road, estate.gate_number, estate.name, str(building), unit, room)
                self._add(estate.village_code, parts, lon, lat)

    def _building_point(self, estate: Estate, building: int) -> tuple[float, float]:
        """Rows of four buildings; pulled to the village point until it lies in the village."""
        offset = np.array([(building % 4) * 55.0 - 80.0, (building // 4) * 42.0 - 60.0])
        point = np.array([estate.x_m, estate.y_m]) + offset
        centre = to_plane(np.array([self._geography.points[estate.village_code]]))[0]
        polygon = self._geography.grids[estate.village_code].polygon
        for _ in range(40):
            lon, lat = _degrees(float(point[0]), float(point[1]))
            if shapely.contains_xy(polygon, lon, lat):
                return lon, lat
            point = centre + (point - centre) * 0.75
        return self._geography.points[estate.village_code]


def _degrees(x: float, y: float) -> tuple[float, float]:
    lon, lat = to_degrees(np.array([[x, y]])).round(6)[0]
    return float(lon), float(lat)


def _frontages(road: Road, step: float, draw: Draw) -> Iterator[tuple[str, float, float]]:
    """(number, x, y) along a street; some houses share a number with a sub-number."""
    line: shapely.LineString = road.line
    pair, distance = 0, step / 2
    while distance < line.length:
        here, ahead = line.interpolate(distance), line.interpolate(min(distance + 5.0, line.length))
        back = line.interpolate(max(distance - 5.0, 0.0))
        dx, dy = ahead.x - back.x, ahead.y - back.y
        norm = math.hypot(dx, dy)
        for side, odd in ((1.0, 1), (-1.0, 2)):
            number = str(pair * 2 + odd)
            x, y = here.x - side * dy / norm * _SETBACK_M, here.y + side * dx / norm * _SETBACK_M
            yield number, x, y
            if draw.chance(0.05):
                yield f"{number}-1", x + dx / norm * 6.0, y + dy / norm * 6.0
        pair += 1
        distance += step


def _house_numbers(count: int, draw: Draw) -> Iterator[str]:
    """House numbers of one village: plain, with sub-numbers, or by village group."""
    if draw.chance(0.15):
        groups = draw.integer(3, 8)
        for i in range(count):
            yield f"{i % groups + 1}组{i // groups + 1}"
        return
    number = 0
    made = 0
    while made < count:
        number += 1 if draw.chance(0.96) else 2
        yield str(number)
        made += 1
        if made < count and draw.chance(0.03):
            yield f"{number}-1"
            made += 1


def _rooms(units: int, floors: int, rooms: int) -> Iterator[tuple[str, str]]:
    for unit in range(1, units + 1) if units else (0,):
        for floor in range(1, floors + 1):
            for room in range(1, rooms + 1):
                yield (str(unit) if unit else ""), f"{floor}{room:02d}"


def _shares(sizes: list[float], goal: int) -> list[int]:
    """Whole numbers in proportion to the sizes that add up to the goal (largest remainder)."""
    scale = goal / sum(sizes)
    counts = [int(size * scale) for size in sizes]
    order = sorted(range(len(sizes)), key=lambda i: (counts[i] - sizes[i] * scale, i))
    for i in order[: goal - sum(counts)]:
        counts[i] += 1
    return counts


def _estate_name(table: dict[str, list[str]], used: dict[str, set[str]], town_code: str, draw: Draw) -> str:
    """A new name; one in 25 repeats one of another town, as real cities do."""
    if used and draw.chance(0.04):
        name = draw.pick(list(used))
        if len(used[name]) < 2 and town_code not in used[name]:
            used[name].add(town_code)
            return name
    while True:
        name = draw.pick(table["first"]) + draw.pick(table["second"]) + draw.pick(table["kind"])
        if name[0] != name[1] and name[1] != name[2] and name not in used:
            used[name] = {town_code}
            return name
