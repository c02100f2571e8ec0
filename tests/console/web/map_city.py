"""A very small city for tests of the map: two squadrons, two districts each, two grids each, some elements."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from accounts.choices import Role
from accounts.models import Post, User
from addresses.choices import AreaKind, MapLayer
from addresses.models import Area
from addresses.models.map import MapFeature
from addresses.services.map_features import rebuild_pyramid
from common.geometry import SRID
from elements.choices import ElementKind, PlaceQuality
from elements.kinds import DANGER, DRIVER, FAULT, FAULT_STATES, SECTION
from elements.models import Danger, DriverLicence, Element, Facility, House, Person, Road, Unit, Vehicle
from elements.registries import REGISTRIES
from elements.services.folding import folding

SINCE = date(2020, 1, 1)
# Eight grids of 0.02° in a row, in the middle of the city.
WEST_DEG, SOUTH_DEG, SIDE_DEG = 119.86, 37.16, 0.02


@dataclass
class City:
    """What `build_city` made.

    Attributes:
        brigade: root of the areas.
        squadrons: two.
        districts: four, two a squadron.
        grids: eight, two a district, from west to east.
        unplaced: pseudo-block under the first squadron.
        elements: all elements.
    """

    brigade: Area
    squadrons: list[Area] = field(default_factory=list)
    districts: list[Area] = field(default_factory=list)
    grids: list[Area] = field(default_factory=list)
    unplaced: Area | None = None
    elements: list[Element] = field(default_factory=list)

    def placed_in(self, *grids: int) -> set[int]:
        """Ids of the elements with a dot in the numbered grids."""
        blocks = {self.grids[number].pk for number in grids}
        return {element.pk for element in self.elements if element.block_id in blocks and element.point}


def _strip(first: int, last: int) -> MultiPolygon:
    west, east = WEST_DEG + first * SIDE_DEG, WEST_DEG + last * SIDE_DEG
    return MultiPolygon(Polygon.from_bbox((west, SOUTH_DEG, east, SOUTH_DEG + SIDE_DEG)), srid=SRID)


def _area(code: str, kind: AreaKind, parent: Area | None, first: int, last: int) -> Area:
    geom = _strip(first, last)
    return Area.objects.create(code=code, name=code, kind=kind, parent=parent, valid_from=SINCE, geom=geom)


def build_city(elements: int = 120, seed: int = 7) -> City:
    """Makes areas, elements of every kind with their dots, and the pyramid."""
    city = City(_area("BRIGADE", AreaKind.BRIGADE, None, 0, 8))
    for number in range(2):
        city.squadrons.append(_area(f"S{number}", AreaKind.SQUADRON, city.brigade, number * 4, number * 4 + 4))
    for number in range(4):
        parent = city.squadrons[number // 2]
        city.districts.append(_area(f"D{number}", AreaKind.DISTRICT, parent, number * 2, number * 2 + 2))
    for number in range(8):
        city.grids.append(_area(f"G{number}", AreaKind.GRID, city.districts[number // 2], number, number + 1))
    city.unplaced = Area.objects.create(
        code="U0", name="未落地", kind=AreaKind.GRID, parent=city.squadrons[0], valid_from=SINCE, is_pseudo=True
    )
    draw = random.Random(seed)
    with folding():
        city.elements = [_element(city, number, draw) for number in range(elements)]
    add_dots(city.elements)
    return city


def _element(city: City, number: int, draw: random.Random) -> Element:
    registry = list(REGISTRIES.values())[number % len(REGISTRIES)]
    kind = registry.kind
    grid = draw.randrange(9)
    point = None
    if grid < 8:
        lon, lat = (
            WEST_DEG + (grid + draw.uniform(0.05, 0.95)) * SIDE_DEG,
            SOUTH_DEG + draw.uniform(0.05, 0.95) * SIDE_DEG,
        )
        point = Point(lon, lat, srid=SRID)
    element = Element.objects.create(
        kind=kind,
        label={"PERSON": f"张测{number}", "VEHICLE": f"鲁F{number:05d}"}.get(kind, f"莱州试验{number}"),
        block=city.grids[grid] if grid < 8 else city.unplaced,
        point=point,
        place_quality=PlaceQuality.ADDRESS if point else PlaceQuality.UNPLACED,
        updated_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    _add_detail(element, registry.map_kind, number)
    return element


def _add_detail(element: Element, map_kind: str, number: int) -> None:
    if element.kind == ElementKind.PERSON:
        Person.objects.create(element=element, name=element.label)
        if map_kind == DRIVER:
            DriverLicence.objects.create(element=element, points=number % 12)
    elif element.kind == ElementKind.VEHICLE:
        Vehicle.objects.create(
            element=element, plate_number=element.label, plate_type="02", use_nature=("A", "B")[number % 2]
        )
    elif element.kind == ElementKind.UNIT:
        Unit.objects.create(element=element, name=element.label)
    elif element.kind == ElementKind.HOUSE:
        House.objects.create(element=element, usage=("01", "02")[number % 2])
    elif element.kind == ElementKind.ROAD:
        Road.objects.create(element=element, name=element.label, is_section=map_kind == SECTION)
    else:
        state = ("1", "2")[number % 2]
        Facility.objects.create(element=element, facility_type="10" if map_kind == DANGER else "01", state=state)
        if map_kind == DANGER:
            Danger.objects.create(element=element, danger_grade="2")


def _map_kind(element: Element) -> str:
    if hasattr(element, "road"):
        return SECTION if element.road.is_section else element.kind
    if hasattr(element, "facility") and not hasattr(element, "danger") and element.facility.state in FAULT_STATES:
        return FAULT
    return DRIVER if hasattr(element, "licence") else DANGER if hasattr(element, "danger") else element.kind


def add_dots(elements: list[Element]) -> None:
    """Dots of the placed elements, and the pyramid counted again."""
    MapFeature.objects.bulk_create(
        MapFeature(layer=MapLayer.ELEMENT, subject_id=e.pk, kind=_map_kind(e), block_id=e.block_id, geom=e.point)
        for e in elements
        if e.point
    )
    rebuild_pyramid(MapLayer.ELEMENT)


def make_user(name: str, role: Role, area: Area | None = None) -> User:
    """A user with one post."""
    user = User.objects.create_user(username=name, password="not-used-in-tests-1")
    Post.objects.create(user=user, role=role, area=area, valid_from=SINCE)
    return User.objects.get(pk=user.pk)
