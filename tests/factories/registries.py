"""A small world for tests of lists and pages: two districts of different squadrons, elements made by real claims.

Everything is invented; numbers have valid check digits. Squares of about 1 km stand for the blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.test import Client

from accounts.choices import Role
from accounts.models import Post, User
from addresses.choices import AddressLevel, AreaKind, DivisionLevel
from addresses.models import Area, Division, StandardAddress
from common.encryption import seal
from elements.models import Element, Source
from elements.services.claims import StagedClaim, submit_claims
from elements.services.policies import load_sources
from tests.factories.numbers import citizen_id, plate, vin

BEGIN = date(2020, 1, 1)
OBSERVED = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 10, 2, 9, 0, tzinfo=UTC)


@dataclass
class World:
    """Blocks by name (east, west, city), and users by role name."""

    blocks: dict[str, Area] = field(default_factory=dict)
    districts: dict[str, Area] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def elements(self, kind: str) -> list[Element]:
        """Standing elements of a kind, oldest first."""
        return list(Element.objects.standing().filter(kind=kind).order_by("pk"))


def signed_in(world: World, name: str) -> Client:
    """A browser in which that user is signed in."""
    client = Client()
    client.force_login(world.users[name])
    return client


def _square(lon: float, lat: float) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((lon, lat, lon + 0.01, lat + 0.01)), srid=4326)


def _area(code: str, kind: str, parent: Area | None, lon: float | None, **extra: Any) -> Area:
    geom = _square(lon, 37.1) if lon is not None else None
    return Area.objects.create(
        code=code, name=extra.pop("name", code), kind=kind, parent=parent, valid_from=BEGIN, geom=geom, **extra
    )


def make_user(username: str, role: str, area: Area | None = None, **post: Any) -> User:
    """A user with one post."""
    user = User.objects.create(username=username, display_name=username)
    Post.objects.create(user=user, role=role, area=area, valid_from=BEGIN, **post)
    return User.objects.get(pk=user.pk)


def _places() -> World:
    world = World()
    county = Division.objects.create(code="370683", name="莱州市", level=DivisionLevel.COUNTY)
    town = Division.objects.create(code="370683001", name="试验街道", level=DivisionLevel.TOWN, parent=county)
    brigade = _area("B", AreaKind.BRIGADE, None, 119.9, name="大队")
    for index, side in enumerate(("east", "west")):
        lon = 119.9 + index / 10
        village = Division.objects.create(
            code=f"37068300100{index}", name=f"{'东西'[index]}试村", level=DivisionLevel.VILLAGE, parent=town
        )
        squadron = _area(f"S{index}", AreaKind.SQUADRON, brigade, lon, name=f"{'东西'[index]}中队")
        world.districts[side] = _area(f"D{index}", AreaKind.DISTRICT, squadron, lon, name=f"{'东西'[index]}警务区")
        world.blocks[side] = _area(
            f"G{index}",
            AreaKind.GRID,
            world.districts[side],
            lon,
            name=f"{'东西'[index]}网格",
            town=town,
            village=village,
        )
        StandardAddress.objects.create(
            code=f"A{index}", key=f"K{index}", level=AddressLevel.VILLAGE, town=town, village=village,
            full_text=f"试验街道{'东西'[index]}试村", point=Point(lon + 0.005, 37.105, srid=4326), block=world.blocks[side],
        )  # fmt: skip
    world.blocks["city"] = _area("U", AreaKind.GRID, brigade, None, name="未落地", is_pseudo=True)
    return world


def _users(world: World) -> None:
    east, west = world.districts["east"], world.districts["west"]
    world.users = {
        "brigade": make_user("brigade", Role.BRIGADE),
        "analyst": make_user("analyst", Role.ANALYST),
        "officer-1": make_user("officer-1", Role.OFFICER, east),
        "officer-2": make_user("officer-2", Role.OFFICER, west),
        "coordinator-1": make_user("coordinator-1", Role.COORDINATOR, world.blocks["east"]),
        "assistant-1": make_user("assistant-1", Role.ASSISTANT, world.blocks["east"]),
        "admin": make_user("admin", Role.ADMIN),
        "station-1": make_user("station-1", Role.STATION),
        "liaison-1": make_user("liaison-1", Role.LIAISON, source_code="TRANSPORT"),
        "auditor": make_user("auditor", Role.AUDITOR),
        "nobody": User.objects.create(username="nobody"),
    }


def _point(lon: float) -> str:
    return Point(lon + 0.005, 37.105, srid=4326).hexewkb.decode()


def vehicle_claim(number: int, *, lon: float | None, **values: Any) -> StagedClaim:
    """A vehicle of its own number; `lon` None leaves it unplaced."""
    fields = {
        "vin": vin(number), "plate_number": plate(number), "plate_type": "02", "vehicle_type": "K33",
        "use_nature": "A" if number % 2 else "F", "state": "A", "owner_name": "张试验", "registered_address": "试验街道东试村",
    }  # fmt: skip
    if lon is not None:
        fields["point"] = _point(lon)
    relations = [
        {
            "type": "OWNED_BY",
            "kind": "PERSON",
            "scheme": 1,
            "value": seal("citizen_id", citizen_id(number))[1:17].hex(),
            "label": "张试验",
        }
    ]
    return StagedClaim(number, OBSERVED, fields | values, relations=relations)


def _driver_claim(number: int, lon: float) -> StagedClaim:
    return StagedClaim(
        number,
        OBSERVED,
        {
            "name": f"张试{'一二三四五六七八九十'[number % 10]}", "citizen_id": seal("citizen_id", citizen_id(number)), "sex": "1",
            "phone": seal("phone", f"1380000{number:04d}"), "file_no": seal("file_no", f"3706830{number:05d}"),
            "licence_classes": "C1", "points": number % 12, "licence_state": "A",
            "licence_valid_to": date(2027, 1, 1 + number) if number % 3 else None, "point": _point(lon),
        },
    )  # fmt: skip


def _unit_claim(number: int, lon: float) -> StagedClaim:
    codes = ("91370683MA3C000018", "91370683MA3C000026")
    return StagedClaim(
        number,
        OBSERVED,
        {"name": f"试验公司{number}", "uscc": codes[number % 2], "unit_type": "有限责任公司", "state": "存续",
         "legal_person_name": "李试验", "point": _point(lon)},
    )  # fmt: skip


def make_world(vehicles: int = 12) -> World:
    """Divisions, areas, addresses, sources, users of every role, and elements on both sides.

    Vehicles 0 … n-1 alternate between east and west, the last one is unplaced; vehicle 0 is said by a second source to be
    of another use, which is a conflict. Drivers own the vehicles of their number; two units; one other person.
    """
    world = _places()
    load_sources()
    _users(world)
    registry = Source.objects.get(code="TMRI_VEHICLE")
    sides = (119.9, 120.0)
    claims = [
        vehicle_claim(
            n,
            lon=sides[n % 2] if n < vehicles - 1 else None,
            inspection_valid_to=date(2026, 12, 1 + n % 5) if n % 4 else None,
        )
        for n in range(vehicles)
    ]
    submit_claims(source=registry, kind_code="VEHICLE", claims=claims, actor=None, now=NOW)
    other = StagedClaim(1, OBSERVED, {"vin": vin(0), "use_nature": "B", "brand": "=试验"})
    submit_claims(source=Source.objects.get(code="TRANSPORT"), kind_code="VEHICLE", claims=[other], actor=None, now=NOW)
    drivers = [_driver_claim(n, sides[n % 2]) for n in range(6)]
    submit_claims(
        source=Source.objects.get(code="TMRI_DRIVER"), kind_code="PERSON", claims=drivers, actor=None, now=NOW
    )
    person = StagedClaim(
        1, OBSERVED, {"name": "王试验", "citizen_id": seal("citizen_id", citizen_id(500)), "point": _point(119.9)}
    )
    submit_claims(
        source=Source.objects.get(code="SECURITY_PERSON"), kind_code="PERSON", claims=[person], actor=None, now=NOW
    )
    units = [_unit_claim(n, sides[n]) for n in range(2)]
    submit_claims(source=Source.objects.get(code="MARKET"), kind_code="UNIT", claims=units, actor=None, now=NOW)
    return world
