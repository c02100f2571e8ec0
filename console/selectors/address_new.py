"""What a new address would be, while one types it: its text, what it hangs under, where it lies, and what is there already."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.contrib.gis.geos import Point
from django.db.models import F

from addresses.choices import AddressLevel, AddressState, DivisionLevel
from addresses.models import Area, Division, StandardAddress
from addresses.parsing.components import Components, full_text, link_key, prefixes
from addresses.selectors.borders import block_at
from addresses.selectors.suggest import suggest
from addresses.selectors.visible import visible_addresses
from addresses.services.registry_changes_new import place_of
from addresses.services.resolution import load_index
from common.errors import DomainError
from common.scope import Actor

LIKE_SHOWN = 6
_ASKED = 40
_NAMES = 400


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """Names to choose from: towns, and of one town its villages, roads and estates."""

    towns: list[str]
    villages: list[str] = field(default_factory=list)
    roads: list[str] = field(default_factory=list)
    estates: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """An address that is there already; `is_open`: the reader may open its page."""

    code: str
    full_text: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class NewPlace:
    """What a form that is not sent yet would make.

    Attributes:
        full_text: of the address, "" when what was typed is none; `problem` then says why.
        problem: what is wrong, with the cure.
        same: the address that has exactly this number; it is not made again.
        gone: one that has it and is out of use.
        like: others that look like it.
        parent: the deepest one above it that exists.
        missing: what is made above it too.
        lon: of the parent, degrees; None without a position.
        lat: the same.
    """

    full_text: str = ""
    problem: str = ""
    same: Known | None = None
    gone: StandardAddress | None = None
    like: list[Known] = field(default_factory=list)
    parent: StandardAddress | None = None
    missing: list[str] = field(default_factory=list)

    @property
    def lon(self) -> float | None:
        return self.parent.point.x if self.parent and self.parent.point else None

    @property
    def lat(self) -> float | None:
        return self.parent.point.y if self.parent and self.parent.point else None


def place_names(town: str) -> PlaceNames:
    """Names that the form offers: at most three queries."""
    current = Division.objects.filter(valid_to__isnull=True)
    towns = dict(current.filter(level=DivisionLevel.TOWN).order_by("code").values_list("name", "code"))
    code = towns.get(town.strip())
    if code is None:
        return PlaceNames(list(towns))
    villages = current.filter(level=DivisionLevel.VILLAGE, parent=code).order_by("name").values_list("name", flat=True)
    places = StandardAddress.objects.filter(
        town=code, state=AddressState.ACTIVE, level__in=(AddressLevel.ROAD, AddressLevel.ESTATE)
    )
    found = sorted(set(places.values_list("level", "road", "estate")[:_NAMES]))
    roads = list(dict.fromkeys(road for _level, road, _estate in found if road))
    estates = list(dict.fromkeys(estate for _level, _road, estate in found if estate))
    return PlaceNames(list(towns), list(villages), roads, estates)


def new_place(components: Components, user: Actor) -> NewPlace:
    """What the components would become: a fixed number of queries."""
    try:
        place = place_of(components).components
    except DomainError as error:
        return NewPlace(problem=error.message)
    path = prefixes(place)
    keys = [link_key(node) for node in path]
    holders = {row.key: row for row in StandardAddress.objects.filter(key__in=keys)}
    own = holders.get(keys[-1])
    is_there = own is not None and own.state == AddressState.ACTIVE
    above = [holders.get(key) for key in keys[:-1]]
    text = full_text(place)
    known = _known([text, full_text(_without_village(place))], place.level(), user)
    return NewPlace(
        full_text=text,
        same=known.get(own.pk) or Known(own.code, own.full_text, False) if own is not None and is_there else None,
        gone=own if own is not None and not is_there else None,
        like=[one for pk, one in known.items() if own is None or pk != own.pk][:LIKE_SHOWN],
        parent=next((row for row in reversed(above) if row), None),
        missing=[full_text(node) for node, row in zip(path, above, strict=False) if row is None],
    )


def _without_village(place: Components) -> Components:
    """A house is often filed under the road alone, or under the village alone."""
    values = place.as_dict()
    return Components(**(values | ({"village": ""} if place.road or place.estate else {})))


def _known(texts: list[str], level: str, user: Actor) -> dict[int, Known]:
    """Addresses of a level that these texts may become, likeliest first; those of the reader's blocks can be opened."""
    names = load_index().names
    found = {one.id: one for text in dict.fromkeys(texts) for one in suggest(text, names, limit=_ASKED)}
    found = {pk: one for pk, one in found.items() if one.level == level}
    own = set(visible_addresses(user).filter(pk__in=found).values_list("pk", flat=True))
    return {pk: Known(one.code, one.full_text, pk in own) for pk, one in found.items()}


def block_of(lon: float, lat: float, user: Actor, day: date) -> tuple[dict[str, str] | None, bool]:
    """The duty grid of a point as {name, district}, and whether the user's posts reach it."""
    block_id = block_at(Point(lon, lat), day)
    if block_id is None:
        return None, user.scope.all_blocks
    block = Area.objects.filter(pk=block_id).values("name", district=F("parent__name")).get()
    return block, user.scope.all_blocks or block_id in user.scope.block_ids
