"""Moving a node with everything below it to other components: keys and texts anew, equal ones merged, old keys kept working.

A row keeps its id and code. Its old key stays behind as a merged shadow that answers with it. When another place takes
that key, the shadow steps aside to `key~2`: the number then means both, and texts that name it are ambiguous.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from addresses.choices import AddressLevel, AddressState, NameKind
from addresses.models import AddressName
from addresses.parsing.components import LEVELS, Components, link_key
from addresses.services.registry_changes_ledger import OLD, Ledger, Row
from common.errors import DomainError


def exists_already(holder: Row, hint: str) -> DomainError:
    """The refusal of a number that somebody has."""
    return DomainError(
        "ADDRESS_EXISTS",
        f"已有“{holder['full_text']}”（编码 {holder['code']}）。{hint}",
        {"code": holder["code"]},
    )


def replant(
    ledger: Ledger,
    root: Row,
    *,
    head: Components,
    divisions: tuple[str, str | None],
    parent_id: int | None,
    into: Row | None = None,
    twin: bool = False,
) -> None:
    """Gives the root new components (down to its own level) and everything below it theirs.

    Args:
        ledger: of the change.
        root: what moves.
        head: its new components; those below its level are blank.
        divisions: codes of town and village of the new place.
        parent_id: of the root.
        into: the node that takes the root in; its children then hang under that node.
        twin: another place with the number of the root may exist.
    """
    depth = root["level"]
    tree = ledger.subtree(root["id"])
    ledger.require_visible(tree)
    heads = head.values()[:depth]
    parts = {node["id"]: Components(*heads, *ledger.components(node).values()[depth:]) for node in tree}
    holders = ledger.holders([link_key(one) for one in parts.values()])
    target: dict[int, int] = {}
    shadows: list[Row] = []
    # The first of several with one number keeps it; the others stay places of their own beside it.
    for node in sorted(tree, key=lambda row: (row["level"], row["twin_of_id"] is not None, row["id"])):
        key = link_key(parts[node["id"]])
        holder = holders.get(key)
        is_root = node["id"] == root["id"]
        if is_root and into is not None:
            _merge_row(ledger, node, into["id"], target)
            continue
        if holder is not None and holder["id"] == node["id"]:
            holder = None
        other = holder if holder is not None and holder["state"] == AddressState.ACTIVE else None
        if other is not None and is_root and not twin:
            raise exists_already(other, "若是同一处，请用“合并”；若确是两处同号，请填写同号说明。")
        if other is not None and not (is_root or twin or node["twin_of_id"]):
            _merge_row(ledger, node, other["id"], target)
            continue
        old = dict(node)
        if holder is not None and other is None:
            step_aside(ledger, holder, node["id"])
        ledger.rename(node, parts[node["id"]], divisions)
        node["parent_id"] = parent_id if is_root else target.get(old["parent_id"], old["parent_id"])
        node["twin_of_id"] = other["id"] if other else None
        if other is not None:
            node["key"] = ledger.free_keys([key])[key]
        else:
            holders[key] = node
        target[node["id"]] = node["id"]
        if old["key"] != node["key"]:
            shadows.append(_shadow(old))
    _add_shadows(ledger, shadows)


def _merge_row(ledger: Ledger, node: Row, survivor_id: int, target: dict[int, int]) -> None:
    """Marks a node as taken in; what pointed at it points on."""
    target[node["id"]] = survivor_id
    for pointing in ledger.pointing_at([node["id"]]):
        pointing["replaced_by_id"] = survivor_id
    node |= {"state": AddressState.MERGED.value, "replaced_by_id": survivor_id}
    ledger.links[node["id"]] = survivor_id


def step_aside(ledger: Ledger, old: Row, holder_id: int) -> None:
    """A node out of use gives its key to one in use; unless it is the old number of that very one, both are meant now."""
    old["key"] = ledger.free_keys([old["key"]])[old["key"]]
    old["twin_of_id"] = holder_id if old["replaced_by_id"] != holder_id else None


def _shadow(old: Row) -> Row:
    return old | {
        "replaced_by_id": old["id"], "state": AddressState.MERGED.value, "point": None, "is_provisional": False,
    }  # fmt: skip


def _add_shadows(ledger: Ledger, shadows: list[Row]) -> None:
    codes = ledger.free_codes(OLD, [row["key"] for row in shadows])
    for row in shadows:
        row["code"] = codes[row["key"]]
    ledger.add(shadows)


def keep_name(
    old: Components, new: Components, level: int, divisions: tuple[str, str | None], today: date
) -> int | None:
    """The old name of a road or estate answers with its new place; id of the row that was added."""
    field = LEVELS[level - 1]
    if level not in (AddressLevel.ROAD, AddressLevel.ESTATE) or getattr(old, field) == getattr(new, field):
        return None
    town, village = divisions
    values: dict[str, Any] = {
        "surface": getattr(old, field), "kind": NameKind.OLD, "level": field, "town_id": town, "village_id": village,
        "road": new.road, "estate": new.estate if field == "estate" else "",
    }  # fmt: skip
    row, is_new = AddressName.objects.get_or_create(**values, defaults={"valid_to": today, "source": "地址变更"})
    return int(row.pk) if is_new else None
