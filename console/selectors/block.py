"""The block sheet (块数据): everything of one duty grid that this reader may see, in a constant number of statements.

A number is made by the filter of the list it leads to, so that both are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from accounts.choices import Role
from accounts.models import Post
from addresses.choices import ACCEPTED, AddressLevel, AddressState, AreaKind
from addresses.models import Area, StandardAddress
from addresses.selectors.blocks import current_areas
from addresses.selectors.visible import visible_addresses
from common import clock
from common.errors import NotVisible
from common.scope import Actor, Right
from console.selectors.block_feed import Feed, block_feed
from console.selectors.counts import capped_counts
from console.selectors.event_block import BlockEvents, block_events
from console.selectors.places import empty_addresses
from elements.choices import AddressRole
from elements.filters import COUNT_CAP, FILTERS, Count, filtered_elements
from elements.models import Element, ElementAddress
from elements.registries import REGISTRIES
from elements.selectors.address_texts import open_texts
from elements.selectors.gaps import gaps_of
from elements.selectors.masking import may_read_names, shown_label

FIRST_ROWS = 10
ELSEWHERE_ROWS = 50
TALL_ROWS = 20
# From so many rooms of the register on a building counts as one of many households.
MANY_ROOMS = 10
# Roles shown in the head, in this order.
_ON_POST = (Role.OFFICER, Role.COORDINATOR, Role.ASSISTANT)
# The address that says most of a thing comes first.
_ROLE_ORDER = tuple(
    AddressRole(role) for role in ("RESIDENCE", "PARKING", "BUSINESS", "SITE", "REGISTERED", "HOUSEHOLD")
)
REGISTRY, DUE, CONFLICT, FINDING, UNPLACED, GAP, STALE = (
    "registry",
    "due",
    "conflict",
    "finding",
    "unplaced",
    "gap",
    "stale",
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of the sheet: a group, a registry and the query of the list that shows exactly these rows."""

    group: str
    registry: str
    code: str = ""

    @property
    def key(self) -> str:
        return f"{self.group}:{self.registry}:{self.code}"

    @property
    def query(self) -> str:
        """Parameters of the list besides the block."""
        return {
            REGISTRY: "", DUE: f"overdue={self.code}", CONFLICT: "conflict=true", FINDING: "finding=true",
            UNPLACED: "place=UNPLACED", GAP: f"gap={self.code}", STALE: "stale=true",
        }[self.group]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A thing as this reader sees it; `note` is its most telling address."""

    element_id: int
    kind: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A thing of another block one of whose addresses lies here."""

    row: Row
    role: str


@dataclass(frozen=True, slots=True)
class Tall:
    """A building with many rooms of the register."""

    code: str
    full_text: str
    rooms: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A block with everything in it.

    Attributes:
        counts: by key of a measure.
        rows: the first rows by key; keys without rows are left out.
        addresses: doors of the register, `empty` of them without anything; `empty_rows` the first.
        texts: open address texts of the block's things.
        elsewhere: first things of other blocks, and how many there are.
        tall: buildings with the most rooms, and how many have many.
        events: what happened in it.
        feed: what is new.
        as_of: when it was counted.
    """

    block: Area
    posts: list[Post]
    counts: dict[str, Count]
    rows: dict[str, list[Row]]
    addresses: Count
    empty: Count
    empty_rows: list[StandardAddress]
    texts: Count
    elsewhere: list[Elsewhere]
    elsewhere_count: int
    tall: list[Tall]
    tall_count: int
    events: BlockEvents
    feed: Feed
    as_of: datetime

    def count(self, group: str, registry: str, code: str = "") -> Count:
        return self.counts[Measure(group, registry, code).key]


def measures() -> list[Measure]:
    """Every number of a sheet about things, in the order of the page."""
    found = [Measure(REGISTRY, name) for name in REGISTRIES]
    for name, filters in FILTERS.items():
        overdue = filters.base_filters.get("overdue")
        found += [Measure(DUE, name, code) for code, _ in (overdue.extra["choices"] if overdue else ())]
    for group in (CONFLICT, FINDING, UNPLACED, STALE):
        found += [Measure(group, name) for name in REGISTRIES]
    return found + [Measure(GAP, name, gap.code) for name in REGISTRIES for gap in gaps_of(name)]


def visible_blocks(user: Actor) -> QuerySet[Area]:
    """Blocks of today inside the reader's scope, without their polygons."""
    blocks = (
        current_areas(clock.today()).filter(kind=AreaKind.GRID).defer("geom", "parent__geom", "parent__parent__geom")
    )
    scope = user.scope
    if Right.READ not in scope.rights or scope.sees_nothing:
        return blocks.none()
    return blocks if scope.all_blocks else blocks.filter(pk__in=scope.block_ids)


def block_at(code: str, user: Actor) -> Area:
    """The block with its village, district and squadron: one query.

    Raises:
        NotVisible: there is none, or it lies outside the scope.
    """
    found = visible_blocks(user).filter(code=code.replace("\x00", ""))
    block = found.select_related("village__parent", "town", "parent__parent").first()
    if block is None:
        raise NotVisible
    return block


def read_sheet(block: Area, user: Actor, now: datetime) -> Sheet:
    """The whole sheet of a visible block."""
    doors = _doors(block, user)
    found, counts = _measured(block, user, {"doors": doors, "texts": open_texts(user, block.pk)})
    empty, empty_rows = _empty_doors(doors, user)
    shown = {key: one for key, one in found.items() if counts[key].value}
    elsewhere, elsewhere_count = _elsewhere(block, user)
    tall, tall_count = _tall_buildings(block)
    return Sheet(
        block=block,
        posts=posts_on(block),
        counts=counts,
        rows=_first_rows(shown, user),
        addresses=counts["doors"],
        empty=empty,
        empty_rows=empty_rows,
        texts=counts["texts"],
        elsewhere=elsewhere,
        elsewhere_count=elsewhere_count,
        tall=tall,
        tall_count=tall_count,
        events=block_events(block, user),
        feed=block_feed(block, user, now),
        as_of=now,
    )


def _measured(block: Area, user: Actor, others: Mapping[str, QuerySet]) -> tuple[dict[str, QuerySet], dict[str, Count]]:
    """Query set by measure, and the counts of all measures and of `others`: two statements.

    Of a registry that has nothing here nothing else is asked: most of the time goes into making and planning the questions.
    """
    found = {one.key: _things(one, block, user) for one in measures() if one.group == REGISTRY}
    counts = capped_counts({**found, **others})
    rest = [one for one in measures() if one.group != REGISTRY]
    asked = {one.key: _things(one, block, user) for one in rest if counts[Measure(REGISTRY, one.registry).key].value}
    nothing = {one.key: Count(0, False) for one in rest}
    return found | asked, nothing | counts | capped_counts(asked)


def posts_on(block: Area) -> list[Post]:
    """Who is on post for the block today: one query."""
    today = clock.today()
    here = Q(area_id__in=[pk for pk in (block.pk, block.parent_id) if pk])
    if block.village_id:
        here |= Q(village_id=block.village_id)
    posts = Post.objects.filter(here, Q(valid_to__isnull=True) | Q(valid_to__gt=today), valid_from__lte=today)
    posts = posts.filter(role__in=_ON_POST, user__is_active=True).select_related("user").order_by("user_id", "pk")
    return sorted(posts, key=lambda post: _ON_POST.index(Role(post.role)))


def _things(measure: Measure, block: Area, user: Actor) -> QuerySet:
    queryset, _filterset = filtered_elements(REGISTRIES[measure.registry], QueryDict(measure.query), user)
    # The list asks for the blocks of `area=`; of a block that is the block.
    return queryset.filter(block_id=block.pk)


def _doors(block: Area, user: Actor) -> QuerySet[StandardAddress]:
    return visible_addresses(user).filter(block_id=block.pk)


def _empty_doors(doors: QuerySet[StandardAddress], user: Actor) -> tuple[Count, list[StandardAddress]]:
    """Doors without anything: how many, up to the cap, and the first of them; one statement finds them once for both."""
    columns = ("pk", "code", "full_text", "level")
    found = empty_addresses(user, doors).order_by().values_list(*columns)[: COUNT_CAP + 1]
    try:
        sql, values = found.query.sql_with_params()
    except EmptyResultSet:
        return Count(0, False), []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH found (id, code, full_text, level) AS MATERIALIZED ({sql})
                SELECT *, (SELECT count(*) FROM found) FROM found ORDER BY id LIMIT {FIRST_ROWS}""",
            values,
        )
        rows = cursor.fetchall()
    number = rows[0][-1] if rows else 0
    shown = [StandardAddress(pk=pk, code=code, full_text=text, level=level) for pk, code, text, level, _ in rows]
    return Count(min(number, COUNT_CAP), number > COUNT_CAP), shown


def _first_rows(querysets: Mapping[str, QuerySet], user: Actor) -> dict[str, list[Row]]:
    """The first rows of each in one statement, their addresses in a second."""
    selects, parameters = [], []
    for key, queryset in querysets.items():
        try:
            sql, values = (
                queryset.order_by("pk").values_list("pk", "kind", "label")[:FIRST_ROWS].query.sql_with_params()
            )
        except EmptyResultSet:
            continue
        selects.append(f"SELECT %s, found.* FROM ({sql}) found")
        parameters += [key, *values]
    if not selects:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), parameters)
        found = cursor.fetchall()
    notes = _notes({pk for _, pk, *_ in found}, user)
    in_full = may_read_names(user)
    rows: dict[str, list[Row]] = {}
    for key, pk, kind, label in found:
        row = Row(pk, kind, shown_label(kind, label, in_full=in_full), notes.get(pk, ""))
        rows.setdefault(key, []).append(row)
    return {key: sorted(some, key=lambda row: row.element_id) for key, some in rows.items()}


def _notes(element_ids: Iterable[int], user: Actor) -> dict[int, str]:
    """Element → its most telling address, as the register calls it or, failing that, as it was written."""
    addresses = ElementAddress.objects.visible_to(user).filter(element_id__in=list(element_ids))
    said = addresses.values_list("element_id", "role", "text__address__full_text", "text__text")
    ordered = sorted(said, key=lambda one: _ROLE_ORDER.index(AddressRole(one[1])), reverse=True)
    return {pk: full_text or text for pk, _role, full_text, text in ordered}


def _elsewhere(block: Area, user: Actor) -> tuple[list[Elsewhere], int]:
    """Visible things of other blocks with an address here, and how many there are: one statement."""
    addresses = (
        ElementAddress.objects.visible_to(user)
        .filter(
            text__address__block_id=block.pk, text__status__in=ACCEPTED, element__is_owned=True,
            element__is_withdrawn=False, element__merged_into__isnull=True,
        )
        .exclude(element__block_id=block.pk)
    )  # fmt: skip
    columns = (
        "element_id",
        "role",
        kind := "element__kind",
        label := "element__label",
        text := "text__address__full_text",
    )
    try:
        sql, values = addresses.order_by().values_list(*columns).query.sql_with_params()
    except EmptyResultSet:
        return [], 0
    names = {kind: "kind", label: "label", text: "full_text"}
    listed = ", ".join(names.get(column, column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH here ({listed}) AS MATERIALIZED ({sql})
                SELECT {listed}, (SELECT count(DISTINCT element_id) FROM here)
                FROM here ORDER BY element_id, role LIMIT {ELSEWHERE_ROWS}""",
            values,
        )
        found = cursor.fetchall()
    in_full = may_read_names(user)
    rows = [
        Elsewhere(Row(pk, kind, shown_label(kind, label, in_full=in_full), text), str(AddressRole(role).label))
        for pk, role, kind, label, text, _ in found
    ]
    return rows, found[0][-1] if found else 0


def _tall_buildings(block: Area) -> tuple[list[Tall], int]:
    """Buildings with the most rooms in the register, and how many have many: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT b.code, b.full_text, r.rooms, r.total
               FROM (SELECT CASE WHEN p.level = %(unit)s THEN p.parent_id ELSE p.id END AS building_id, sum(n)::int AS rooms,
                            count(*) OVER () AS total
                     FROM (SELECT parent_id, count(*) AS n FROM addresses_standardaddress
                           WHERE block_id = %(block)s AND level = %(room)s AND state = %(active)s GROUP BY parent_id) rooms
                     JOIN addresses_standardaddress p ON p.id = rooms.parent_id
                     GROUP BY 1 HAVING sum(n) >= %(many)s ORDER BY 2 DESC, 1 LIMIT %(limit)s) r
               JOIN addresses_standardaddress b ON b.id = r.building_id ORDER BY r.rooms DESC, b.id""",
            {"block": block.pk, "unit": AddressLevel.UNIT, "room": AddressLevel.ROOM, "active": AddressState.ACTIVE,
             "many": MANY_ROOMS, "limit": TALL_ROWS},
        )  # fmt: skip
        found = cursor.fetchall()
    return [Tall(*one[:3]) for one in found], found[0][3] if found else 0


def points_of(block: Area, user: Actor, limit: int) -> list[dict[str, Any]]:
    """Dots of the block's things: id, kind, longitude, latitude; the first `limit` by number."""
    things = Element.objects.visible_to(user).standing().filter(block_id=block.pk, point__isnull=False)
    rows = things.order_by("pk").annotate(at=F("point")).values_list("pk", "kind", "at")[:limit]
    return [{"id": pk, "kind": kind, "lon": at.x, "lat": at.y} for pk, kind, at in rows]
