"""A standard address as it was at the end of a day: the same facts as today's, and what of them nobody wrote down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, Point
from django.utils import timezone
from django.utils.translation import gettext as _

from addresses.choices import AddressLevel, AddressState
from addresses.models import Area, Division
from addresses.models.border import AreaBorder
from addresses.parsing.components import LEVELS, Components
from addresses.selectors.borders import block_at
from addresses.selectors.history import known_address
from addresses.selectors.rows_then import Row, RowThen, chain_of, ever_successors, rows_then
from common import clock
from common.errors import DomainError
from common.scope import Actor

_AREA_EVENTS = Area.pgh_event_model  # type: ignore[attr-defined]


class NotYet(DomainError):
    """The address did not exist on that day."""

    status = 404


@dataclass(frozen=True, slots=True)
class PastAddress:
    """An address as it was at the end of a day; the fields of `address_detail.address_row` and what followed it then.

    Attributes:
        block: {code, name} of the duty grid by the borders of that day; None where there was none or none is recorded.
        replaced_by: {code, full_text, state} of what had taken its place by then, one after the other.
        not_known: sentences about what is not recorded.
    """

    code: str
    full_text: str
    level: str
    components: dict[str, str]
    state: str
    is_provisional: bool
    parent: str | None
    twin_of: str | None
    lon: float | None
    lat: float | None
    block: dict[str, str] | None
    district: dict[str, str] | None
    replaced_by: list[dict[str, str]]
    not_known: list[str]

    @property
    def state_label(self) -> str:
        return str(AddressState(self.state.upper()).label)

    @property
    def level_label(self) -> str:
        return str(AddressLevel[self.level.upper()].label)

    @property
    def stated_components(self) -> list[dict[str, str]]:
        """What is not blank: {label, value}."""
        return [
            {"label": str(AddressLevel[level.upper()].label), "value": value}
            for level, value in self.components.items()
            if value
        ]


def address_then(code: str, day: date, user: Actor) -> PastAddress:
    """The address at the end of a day: a fixed number of queries, whatever was done to it.

    Raises:
        NotVisible: the reader may not see it.
        NotYet: it did not exist then.
    """
    address = known_address(code, user)
    end = timezone.make_aware(datetime.combine(day, datetime.max.time()))
    rows = rows_then(ever_successors(address.pk), end)
    then = rows[address.pk]
    if then.row is None:
        raise _not_yet(address.full_text, day, then)
    return _past(then, then.row, chain_of(address.pk, rows), day, end)


def address_at(code: str, day: date, user: Actor) -> PastAddress | None:
    """The address at the end of a day; None when it did not exist then.

    Raises:
        NotVisible: the reader may not see it.
    """
    try:
        return address_then(code, day, user)
    except NotYet:
        return None


def _not_yet(text: str, day: date, then: RowThen) -> NotYet:
    since = timezone.localdate(then.since).isoformat() if then.since else ""
    words = {"day": day.isoformat(), "text": text, "since": since}
    message = _("%(day)s 还没有“%(text)s”这个地址，它在 %(since)s 才登记。请改查这一天或以后的日期。") % words
    return NotYet("ADDRESS_NOT_YET", message, {"field": "at", "since": since})


def _past(then: RowThen, row: Row, chain: list[Row], day: date, end: datetime) -> PastAddress:
    near = rows_then({row["parent_id"], row["twin_of_id"]} - {None}, end)
    point: Any = GEOSGeometry(row["point"]) if row["point"] else None
    block, district = _areas_then(_block_then(row, point, day), end)
    not_known = _not_known(then, day)
    if row["block_id"] is not None and block is None:
        not_known.append(_("那一天它属于哪个责任块，没有记载。"))
    return PastAddress(
        code=row["code"], full_text=row["full_text"], level=AddressLevel(row["level"]).name.lower(),
        components=_components(row), state=row["state"].lower(), is_provisional=row["is_provisional"],
        parent=_code_of(near, row["parent_id"]), twin_of=_code_of(near, row["twin_of_id"]),
        lon=point.x if point else None, lat=point.y if point else None, block=block, district=district,
        replaced_by=[{"code": one["code"], "full_text": one["full_text"], "state": one["state"].lower()} for one in chain],
        not_known=not_known,
    )  # fmt: skip


def _not_known(then: RowThen, day: date) -> list[str]:
    if day > clock.today():
        return [_("这一天还没有到，这里是现在的登记。")]
    if then.is_overwritten:
        return [
            _(
                "那一天以后，成批装载或边界调整改写过这一条，改写前的样子没有留下：块按当日边界推算，其余是改写后的样子。"
            )
        ]
    if then.is_first_record and day < clock.today():
        return [_("这个地址是成批装载的，何时开始登记没有记载；那一天之前也没有变更，这里是最早的记载。")]
    return []


def _components(row: Row) -> dict[str, str]:
    """Divisions by the name that is held: a renamed one is a division of its own, with its own code."""
    codes = {row["town_id"], row["village_id"]} - {None}
    names = dict(Division.objects.filter(code__in=codes).values_list("code", "name"))
    village = names[row["village_id"]] if row["village_id"] else ""
    return Components(names[row["town_id"]], village, *(row[level] for level in LEVELS[2:])).as_dict()


def _code_of(rows: dict[int, RowThen], pk: int | None) -> str | None:
    then = rows.get(pk) if pk else None
    return then.row["code"] if then and then.row else None


def _block_then(row: Row, point: Any, day: date) -> int | None:
    """As it was recorded; by the borders of that day when that block had another border, or did not exist yet.

    The same rule as `past_blocks.block_on`, of which statistics by old borders are made.
    """
    if row["block_id"] is None:
        return None
    block = Area.objects.filter(pk=row["block_id"], valid_from__lte=day).exclude(valid_to__lte=day)
    past = AreaBorder.objects.filter(area=row["block_id"], valid_from__lte=day, valid_to__gt=day)
    is_same = block.exists() and not past.exists()
    found = block_at(Point(point.x, point.y), day) if point and not is_same else None
    return found or block.values_list("pk", flat=True).first()


def _areas_then(block_id: int | None, end: datetime) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """{code, name} of a block and of the district above it, as they were called then."""
    block = _area_then(block_id, end)
    above = _area_then(block["parent_id"] if block else None, end)
    return _named(block), _named(above)


def _named(area: dict[str, Any] | None) -> dict[str, str] | None:
    return {"code": area["code"], "name": area["name"]} if area else None


def _area_then(area_id: int | None, end: datetime) -> dict[str, Any] | None:
    """An area by its last event before the moment, else its first: what is loaded today may be in force since years."""
    if area_id is None:
        return None
    events = _AREA_EVENTS.objects.filter(pgh_obj_id=area_id).values("code", "name", "parent_id")
    found: dict[str, Any] | None = (
        events.filter(pgh_created_at__lte=end).order_by("-pgh_id").first() or events.order_by("pgh_id").first()
    )
    return found
