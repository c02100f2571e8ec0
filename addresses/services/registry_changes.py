"""The life of a standard address: made provisionally, certified, retired, merged, split, renumbered.

Each act is one `AddressChange` in one transaction; `registry_changes_undo` takes it back. Whoever may correct inside an area
may change the addresses in it; what lies in no single block (roads, villages) and certifying are for who sees the whole city.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.gis.geos import Point
from django.db import transaction

from addresses.choices import AddressChangeKind, AddressLevel, AddressState, DecisionState
from addresses.models import AddressChange, AddressDecision, AddressText, StandardAddress
from addresses.parsing.components import LEVELS, Components, link_key
from addresses.selectors.borders import block_at
from addresses.services.registry_changes_ledger import Ledger, Row, point_of, require_registry_right
from addresses.services.registry_changes_new import Place, place_of, plant
from addresses.services.registry_changes_record import finish
from addresses.services.registry_changes_tree import keep_name, replant
from common.errors import DomainError, NotAllowed
from common.scope import Actor


def stated_reason(reason: str) -> str:
    """Every change rests on something.

    Raises:
        DomainError: nothing is stated, or too much.
    """
    reason = reason.strip()
    if not reason or len(reason) > 200:
        raise DomainError("REASON_MISSING", "请写明依据（文号或现场核实情况），不超过 200 字。")
    return reason


@transaction.atomic
def create_address(
    *,
    components: Components,
    point: Point | None,
    reason: str,
    actor: Actor | None,
    now: datetime,
    twin_reason: str = "",
) -> AddressChange:
    """A provisional address that waits for the bureau; what is missing above it is made too.

    Raises:
        DomainError: no such town or village, no place, outside the own area, or the address exists (`twin_reason` says why
            it is another one all the same).
    """
    reason = stated_reason(reason if not twin_reason else f"{reason}；同号：{twin_reason}")
    ledger = Ledger(actor)
    place = place_of(components)
    block_id = block_at(point, now.date()) if point is not None else None
    plant(ledger, place, point=point, block_id=block_id, is_twin=bool(twin_reason), is_provisional=True)
    if actor is not None and not actor.scope.all_blocks and block_id not in actor.scope.block_ids:
        raise NotAllowed("请在地图上点出位置，且位置须在您的辖区内。")
    return finish(ledger, kind=AddressChangeKind.CREATE, verb="ADDRESS_CREATED", reason=reason, now=now)


@transaction.atomic
def certify_address(*, code: str, reason: str, actor: Actor | None, now: datetime, new_code: str = "") -> AddressChange:
    """A provisional address becomes one of the registry, with those above it; the bureau may give it a code.

    Raises:
        NotAllowed: the actor does not see the whole city.
        DomainError: not provisional, or the code is taken.
    """
    reason = stated_reason(reason)
    if actor is not None and not actor.scope.all_blocks:
        require_registry_right(actor)
        raise NotAllowed("临时地址由大队转正，请联系大队。")
    ledger = Ledger(actor)
    row = ledger.by_code(code)
    if not row["is_provisional"]:
        raise DomainError("ADDRESS_CERTIFIED", f"“{row['full_text']}”已是正式地址，不用转正。")
    new_code = new_code.strip()
    if new_code and new_code != row["code"]:
        if len(new_code) > 40 or StandardAddress.objects.filter(code=new_code).exists():
            raise DomainError("ADDRESS_CODE", f"编码 {new_code[:40]} 已用于另一地址或超过 40 位，请核对。")
        row["code"] = new_code
    path = [row]
    while path[-1]["is_provisional"] and path[-1]["parent_id"]:
        path += ledger.read([path[-1]["parent_id"]])
    for node in path:
        node["is_provisional"] = False
    return finish(ledger, kind=AddressChangeKind.CERTIFY, verb="ADDRESS_CERTIFIED", reason=reason, now=now)


@transaction.atomic
def retire_address(*, code: str, reason: str, actor: Actor | None, now: datetime, into: str = "") -> AddressChange:
    """An address goes out of use; what hangs on it goes to `into`.

    Raises:
        DomainError: something hangs on it and no successor is named.
    """
    reason = stated_reason(reason)
    ledger = Ledger(actor)
    row = ledger.by_code(code)
    names = []
    if into:
        added = _take_in(ledger, row, ledger.by_code(into), now.date())
        names = [added] if added else []
    else:
        _require_bare(ledger, row)
    row["state"] = AddressState.RETIRED.value
    return finish(ledger, kind=AddressChangeKind.RETIRE, verb="ADDRESS_RETIRED", reason=reason, now=now, names=names)


def _require_bare(ledger: Ledger, row: Row) -> None:
    children = StandardAddress.objects.filter(parent=row["id"], state=AddressState.ACTIVE).count()
    texts = AddressText.objects.filter(address=row["id"]).count()
    decisions = AddressDecision.objects.filter(address=row["id"]).exclude(state=DecisionState.UNDONE).count()
    if children or texts or decisions:
        raise DomainError(
            "ADDRESS_IN_USE",
            f"“{row['full_text']}”还有下级 {children} 个、地址文本 {texts} 条、人工裁定 {decisions} 条，不能直接停用。"
            "请指定由哪个地址接替，或先处理它们。",
            {"children": children, "texts": texts},
        )
    for pointing in ledger.pointing_at([row["id"]]):
        pointing["replaced_by_id"] = None


@transaction.atomic
def merge_addresses(
    *, codes: Sequence[str], into: str, reason: str, actor: Actor | None, now: datetime
) -> AddressChange:
    """Several addresses were one place: `into` stays, the others answer with it, and what is below them hangs under it.

    Raises:
        DomainError: of another level, of one another, or none.
    """
    reason = stated_reason(reason)
    ledger = Ledger(actor)
    survivor = ledger.by_code(into)
    others = [ledger.by_code(code) for code in dict.fromkeys(codes) if code != into]
    if not others:
        raise DomainError("MERGE_NONE", "请至少选择一个要并入的地址。")
    names = []
    for row in others:
        added = _take_in(ledger, row, survivor, now.date())
        names += [added] if added else []
    return finish(ledger, kind=AddressChangeKind.MERGE, verb="ADDRESS_MERGED", reason=reason, now=now, names=names)


def _take_in(ledger: Ledger, row: Row, survivor: Row, today: date) -> int | None:
    if row["id"] == survivor["id"]:
        raise DomainError("ADDRESS_SELF", "不能并入自身，请选择另一个地址。")
    if row["level"] != survivor["level"]:
        raise DomainError(
            "ADDRESS_LEVELS",
            f"“{row['full_text']}”是{AddressLevel(row['level']).label}，“{survivor['full_text']}”是"
            f"{AddressLevel(survivor['level']).label}，只有同级的地址可以合并。",
        )
    if row["level"] <= AddressLevel.VILLAGE:
        raise DomainError("ADDRESS_DIVISION", "镇街和村居随行政区划调整，不在这里合并。")
    old, new = ledger.components(row), ledger.components(survivor)
    divisions = (survivor["town_id"], survivor["village_id"])
    replant(ledger, row, head=new, divisions=divisions, parent_id=survivor["parent_id"], into=survivor)
    return keep_name(old, new, row["level"], divisions, today)


@transaction.atomic
def renumber_address(
    *,
    code: str,
    changes: Mapping[str, str],
    reason: str,
    actor: Actor | None,
    now: datetime,
    twin_reason: str = "",
) -> AddressChange:
    """Another number, name, road, village or estate for one place and everything below it; the old one keeps working.

    Args:
        code: of the address.
        changes: level → new value ("" takes it away); the levels below the address's own stay as they are.
        reason: what it rests on.
        actor: who.
        now: moment.
        twin_reason: why another place may have the same number.

    Raises:
        DomainError: nothing changes, the address exists, or something above it is out of use.
    """
    reason = stated_reason(reason if not twin_reason else f"{reason}；同号：{twin_reason}")
    ledger = Ledger(actor)
    row = ledger.by_code(code)
    if row["level"] <= AddressLevel.VILLAGE:
        raise DomainError("ADDRESS_DIVISION", "镇街和村居随行政区划调整，不在这里改名。")
    old = ledger.components(row)
    own = LEVELS[row["level"] - 1]
    stated = {level: changes.get(level, value) for level, value in old.as_dict().items()}
    stated |= dict.fromkeys(LEVELS[row["level"] :], "")
    if not stated[own].strip():
        raise DomainError("ADDRESS_EMPTY", f"{AddressLevel(row['level']).label}不能为空，请填写。")
    place = place_of(Components(**stated))
    if place.components == old:
        raise DomainError("ADDRESS_SAME", "新的写法与现在相同，没有要改的。")
    parent = plant_parent(ledger, place, row)
    replant(ledger, row, head=place.components, divisions=place.divisions, parent_id=parent, twin=bool(twin_reason))
    added = keep_name(old, place.components, row["level"], place.divisions, now.date())
    return finish(
        ledger,
        kind=AddressChangeKind.RENUMBER,
        verb="ADDRESS_RENUMBERED",
        reason=reason,
        now=now,
        names=[added] if added else [],
    )


def plant_parent(ledger: Ledger, place: Place, row: Row) -> int | None:
    """The node above the new place, made where it is missing."""
    if place.above is None:
        return None
    point = point_of(row)
    return int(plant(ledger, place.above, point=point, block_id=row["block_id"], is_found_fine=True)["id"])


@dataclass(frozen=True, slots=True)
class Part:
    """One of the new addresses of a split.

    Attributes:
        changes: level → value, as in a renumbering.
        children: codes of what goes with it.
        point: where it is; None is the place of the divided one.
    """

    changes: Mapping[str, str]
    children: tuple[str, ...] = ()
    point: Point | None = None


@transaction.atomic
def split_address(
    *, code: str, parts: Sequence[Part], reason: str, actor: Actor | None, now: datetime
) -> AddressChange:
    """One address was several places: new ones take its children; texts that named only it go back to the worklist.

    Raises:
        DomainError: fewer than two parts, a child without a part, or a part that exists.
    """
    reason = stated_reason(reason)
    ledger = Ledger(actor)
    row = ledger.by_code(code)
    if row["level"] <= AddressLevel.VILLAGE:
        raise DomainError("ADDRESS_DIVISION", "镇街和村居随行政区划调整，不在这里拆分。")
    if len(parts) < 2:
        raise DomainError("SPLIT_PARTS", "请至少填写两个新地址；只改一个号请用“改号”。")
    children = {child["code"]: child for child in ledger.children(row["id"])}
    assigned = [child for part in parts for child in part.children]
    if len(set(assigned)) != len(assigned) or set(assigned) != set(children):
        raise DomainError("SPLIT_CHILDREN", f"{len(children)} 个下级须各归一个新地址，请逐个选择。")
    old = ledger.components(row)
    row["state"] = AddressState.RETIRED.value
    ledger.opened.append(row["id"])
    for part in parts:
        _plant_part(ledger, row, old, part, children, now.date())
    for pointing in ledger.pointing_at([row["id"]]):
        pointing["replaced_by_id"] = None
    return finish(ledger, kind=AddressChangeKind.SPLIT, verb="ADDRESS_SPLIT", reason=reason, now=now)


def _plant_part(
    ledger: Ledger, row: Row, old: Components, part: Part, children: Mapping[str, Row], today: date
) -> None:
    stated = {level: part.changes.get(level, value) for level, value in old.as_dict().items()}
    place = place_of(Components(**stated))
    if place.components.level() != old.level() or link_key(place.components) == row["key"]:
        raise DomainError("SPLIT_PARTS", "新地址须与原地址同级且写法不同；原号保留时请用“新增”。")
    point = part.point or point_of(row)
    block_id = block_at(part.point, today) if part.point else row["block_id"]
    new = plant(ledger, place, point=point, block_id=block_id, is_provisional=row["is_provisional"])
    ledger.require_visible([new])
    for code in part.children:
        child = children[code]
        parts = ledger.components(child)
        head = Components(*place.components.values()[: row["level"]], *parts.values()[row["level"] :])
        replant(ledger, child, head=head, divisions=place.divisions, parent_id=new["id"])
