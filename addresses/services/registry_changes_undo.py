"""Taking back a change of the registry: as a whole, and only while nobody has touched its addresses since."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from addresses.choices import ACCEPTED, AddressChangeKind, AddressChangeState, DecisionState, ResolveStatus
from addresses.models import (
    AddressChange,
    AddressChangeItem,
    AddressDecision,
    AddressName,
    AddressText,
    StandardAddress,
)
from addresses.services.index_version import raise_index_version
from addresses.services.registry_changes_ledger import Row, lock_registry, read_rows, require_registry_right, write_rows
from addresses.services.registry_changes_record import draw, moved_texts
from addresses.services.resolution import resolve_again
from addresses.services.settling import hold_decisions
from addresses.signals import texts_changed
from common.audit import record_audit
from common.errors import Conflict, NotAllowed, NotVisible
from common.scope import Actor


@transaction.atomic
def undo_change(*, change_id: int, actor: Actor | None, now: datetime) -> AddressChange:
    """Gives every address of a change its row back; what the change made is deleted.

    Texts go back where they still stand as the change put them; those that came since are resolved again.

    Raises:
        NotVisible: no such change, or one of its addresses lies outside the actor's blocks.
        Conflict: it is undone already, or an address was changed or put to use since; it is named.
    """
    require_registry_right(actor)
    lock_registry()
    hold_decisions()
    change = AddressChange.objects.select_for_update().filter(pk=change_id).first()
    if change is None:
        raise NotVisible
    items = list(change.items.order_by("address_id"))
    current = read_rows([item.address_id for item in items])
    _require_visible(actor, change, [item.before["row"] if item.before else item.after["row"] for item in items])
    if change.state != AddressChangeState.DONE:
        raise Conflict("ADDRESS_CHANGE_UNDONE", "这次变更已经撤销过了。")
    for item in items:
        if current[item.address_id] != item.after["row"]:
            raise _changed_since(current[item.address_id])
    made = [item.address_id for item in items if item.before is None]
    _require_unused(made, change)
    newer = _texts_since(change, items)
    moved = _texts_back(change, items)
    _write_back(change, items, made, current)
    change.state, change.undone_at, change.undone_by = AddressChangeState.UNDONE, now, actor.pk if actor else None
    change.save(update_fields=["state", "undone_at", "undone_by", "counts"])
    _resolve_newer(newer)
    record_audit(
        actor_id=change.undone_by, verb="ADDRESS_CHANGE_UNDONE", subject_table="addresses_addresschange",
        subject_id=change.pk, now=now, count=len(items),
    )  # fmt: skip
    if moved or newer:
        texts_changed.send(sender=AddressChange, text_ids=sorted({*moved, *newer}), actor_id=change.undone_by, now=now)
    return change


def _require_visible(actor: Actor | None, change: AddressChange, rows: Iterable[Row]) -> None:
    if actor is None or actor.scope.all_blocks:
        return
    if any(row["block_id"] not in actor.scope.block_ids for row in rows):
        raise NotVisible
    if change.kind == AddressChangeKind.CERTIFY:
        raise NotAllowed("临时地址由大队转正，请联系大队。")


def _changed_since(row: Row) -> Conflict:
    return Conflict(
        "ADDRESS_CHANGED_SINCE",
        f"“{row['full_text']}”在这次变更之后又有改动，不能撤销。请先撤销后来的变更，或另作一次变更改回去。",
        {"code": row["code"]},
    )


def _require_unused(made: list[int], change: AddressChange) -> None:
    """What the change made is deleted: nothing that came later may hang on it."""
    ours = list(change.items.values_list("address_id", flat=True))
    points = StandardAddress.objects.exclude(pk__in=ours)
    used = (
        points.filter(parent__in=made).values_list("parent_id", flat=True),
        points.filter(replaced_by__in=made).values_list("replaced_by_id", flat=True),
        points.filter(twin_of__in=made).values_list("twin_of_id", flat=True),
        AddressText.objects.filter(address__in=made, is_decided=True).values_list("address_id", flat=True),
        AddressDecision.objects.filter(address__in=made).values_list("address_id", flat=True),
        AddressChangeItem.objects.filter(address__in=made, change__state=AddressChangeState.DONE)
        .exclude(change=change)
        .values_list("address_id", flat=True),
    )
    for rows in used:
        first = rows.first()
        if first is not None:
            row = StandardAddress.objects.get(pk=first)
            raise Conflict(
                "ADDRESS_USED_SINCE",
                f"“{row.full_text}”在这次变更之后已被使用（下级、裁定或后来的变更），不能撤销。请先处理它们，或将它停用。",
                {"code": row.code},
            )


def _texts_since(change: AddressChange, items: list[AddressChangeItem]) -> dict[int, str]:
    """Texts that the engine linked after the change to its addresses, or to those that took others in."""
    ids = {item.address_id for item in items} | {item.after["row"]["replaced_by_id"] for item in items} - {None}
    rows = AddressText.objects.filter(
        address__in=ids, is_decided=False, status__in=ACCEPTED, index_version__gte=change.counts["index_version"]
    )
    return dict(rows.values_list("pk", "text"))


def _texts_back(change: AddressChange, items: list[AddressChangeItem]) -> list[int]:
    links = [(item, item.before["links"]) for item in items if item.before]
    for item, link in links:
        texts = AddressText.objects.filter(pk__in=link.get("texts", []))
        texts.filter(address=item.after["row"]["replaced_by_id"]).update(address_id=item.address_id)
        for text in link.get("opened", []):
            values = {name: value for name, value in text.items() if name != "pk"}
            AddressText.objects.filter(
                pk=text["pk"], status=ResolveStatus.REVIEW, address=None, is_decided=False
            ).update(**values)
        for decision in link.get("ended", []):
            _decision_back(decision)
    return moved_texts(link for _item, link in links)


def _decision_back(decision: dict[str, Any]) -> None:
    """A decision that the change ended holds again, unless another was made since."""
    row = AddressDecision.objects.get(pk=decision["pk"])
    live = AddressDecision.objects.filter(normalised=row.normalised).exclude(state=DecisionState.UNDONE)
    if row.state == DecisionState.UNDONE and (decision["state"] == DecisionState.CONFLICT or not live.exists()):
        row.state, row.undone_at, row.undone_by = decision["state"], None, None
        row.save(update_fields=["state", "undone_at", "undone_by"])


def _write_back(
    change: AddressChange, items: list[AddressChangeItem], made: list[int], current: dict[int, Row]
) -> None:
    """Made rows first, since they hold keys that others are to have again; their record stays in the counts."""
    AddressText.objects.filter(address__in=made).update(address=None, status=ResolveStatus.REVIEW, level_reached="")
    gone = AddressChangeItem.objects.filter(address__in=made)
    change.counts["gone"] = [item.after["row"] for item in items if item.before is None]
    gone.delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM addresses_standardaddress WHERE id = ANY(%s)", [made])
    back = [item.before["row"] for item in items if item.before]
    write_rows(back, [], {row["id"]: current[row["id"]]["key"] for row in back})
    AddressName.objects.filter(pk__in=change.counts.get("names", [])).delete()
    raise_index_version()
    draw([item.address_id for item in items])


def _resolve_newer(newer: dict[int, str]) -> None:
    if newer:
        resolve_again(list(newer.values()))
