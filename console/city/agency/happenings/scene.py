"""When and where things happen in the made city, and who is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from console.city.agency.desk import Desk
from console.city.draws import Draw, Weighted
from console.city.persons import Person
from console.city.reference_data import load_toml
from console.city.spots import Spot, SpotFinder
from console.city.vehicles import Vehicle

YEARS = 3
_PROVINCES = "鲁鲁鲁鲁京津冀豫苏皖辽黑"
_SERIAL = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened: as words, as road and stake, as point."""

    words: str
    road: str
    stake_m: int | None
    lon: float
    lat: float


class Scene:
    """Draws moments, places and people from one stream.

    Args:
        desk: the city as agencies see it.
        name: of the stream.
    """

    def __init__(self, desk: Desk, name: str) -> None:
        self.table: dict[str, Any] = load_toml("happenings.toml")
        self.draw = Draw(desk.seed, desk.as_of, "happenings", name)
        self.as_of, self.rates = desk.as_of, desk.rates
        self._finder = SpotFinder(desk.roadside.roads, desk.address_rows)
        self._crossings = self._finder.crossings()
        black = Draw(desk.seed, "black spots")
        count: int = self.table["counts"]["black_spots"]
        self.black_spots = [
            black.pick(self._crossings)
            if self._crossings and i % 3 == 0
            else self._finder.on_route(black, is_open=True)
            for i in range(count)
        ]
        self._hours = {k: Weighted.of_pairs(list(enumerate(v))) for k, v in self.table["hours"].items()}
        self.vehicles = desk.population.vehicles
        self.drivers = [person for person in desk.population.persons if person.licence]
        # A few drive badly again and again: the tail of the real thing.
        self._repeaters = black.sample(self.vehicles, max(1, len(self.vehicles) // 200))

    def moment(self, hours: str, days: int = YEARS * 365) -> datetime:
        """A moment in the days up to the as-of date, by the habits of the year and the day."""
        for _ in range(50):
            day = self.as_of - timedelta(days=self.draw.integer(0, days - 1))
            if days < 300 or self.draw.fraction() * 1.3 < self.table["month"]["weights"][day.month - 1]:
                break
        hour = self.draw.weighted(self._hours[hours])
        return datetime.combine(day, time(hour, self.draw.integer(0, 59), self.draw.integer(0, 59)))

    def place(self, *, is_clustered: bool = False) -> Place:
        """A place on the roads; `is_clustered`: every third one at a black spot."""
        draw = self.draw
        if is_clustered and draw.chance(0.35):
            return self._near(draw.pick(self.black_spots))
        share = draw.fraction()
        if share < 0.5:
            return self._near(self._finder.on_route(draw))
        if share < 0.7 and self._crossings:
            return self._near(draw.pick(self._crossings))
        return self._near(self._finder.by_door(draw))

    def checkpoints(self) -> list[Place]:
        """Where the checkpoints stand: the same in every month."""
        draw = Draw("checkpoints", len(self.vehicles))
        return [self._near(self._finder.on_route(draw), 0.0) for _ in range(self.table["counts"]["checkpoints"])]

    def vehicle(self) -> Vehicle:
        """A vehicle of the city; a few are met far more often than others."""
        return self.draw.pick(self._repeaters) if self.draw.chance(0.18) else self.draw.pick(self.vehicles)

    def driver_of(self, vehicle: Vehicle) -> Person:
        """Its owner where that is a driver, else any."""
        owner = vehicle.owner
        return (
            owner
            if isinstance(owner, Person) and owner.licence and self.draw.chance(0.8)
            else self.draw.pick(self.drivers)
        )

    def foreign_plate(self) -> str:
        """A plate from elsewhere, on no register of the city."""
        draw = self.draw
        head = draw.pick(_PROVINCES) + draw.pick("ABCDEGHJKL")
        return head + draw.characters("0123456789", 1) + draw.characters(_SERIAL.replace("I", "").replace("O", ""), 4)

    def _near(self, spot: Spot, spread_deg: float = 0.0006) -> Place:
        """The spot, give or take some fifty metres along or beside the road."""
        lon = round(spot.lon + self.draw.uniform(-spread_deg, spread_deg), 6)
        lat = round(spot.lat + self.draw.uniform(-spread_deg, spread_deg), 6)
        words = spot.site.text if spot.site else spot.title
        road = spot.road.route_code or spot.road.road.name if spot.road else ""
        return Place(words, road, spot.stake_m, lon, lat)


def put_place(cells: dict[str, Any], place: Place, draw: Draw, *, words: str, road: str = "", stake: str = "") -> None:
    """Writes a place as people do: words nearly always, road and stake where the file has columns, a point for two of three."""
    cells[words] = place.words if draw.chance(0.96) else ""
    if road:
        cells[road] = place.road if draw.chance(0.8) else ""
        cells[stake] = "" if place.stake_m is None else f"K{place.stake_m // 1000}+{place.stake_m % 1000:03d}"
    has_point = draw.chance(0.66)
    cells["经度"] = f"{place.lon:.6f}" if has_point else ""
    cells["纬度"] = f"{place.lat:.6f}" if has_point else ""
