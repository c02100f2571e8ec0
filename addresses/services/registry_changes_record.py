"""Ending a change of the registry: rows, texts, dots of the map, the record by which it can be undone, word to the apps above."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from addresses.choices import ACCEPTED, AddressChangeKind, DecisionState, MapLayer, ResolveStatus
from addresses.models import AddressChange, AddressChangeItem, AddressDecision, AddressText
from addresses.services.index_version import current_index_version, raise_index_version
from addresses.services.map_features import move_features
from addresses.services.registry_changes_ledger import Ledger, Row, write_rows
from addresses.services.settling import hold_decisions
from addresses.signals import texts_changed
from common.audit import record_audit

# What of a text is put back when its link is.
TEXT_FIELDS = ("status", "address_id", "confidence", "level_reached", "is_decided")


def finish(
    ledger: Ledger, *, kind: AddressChangeKind, verb: str, reason: str, now: datetime, names: list[int] | None = None
) -> AddressChange:
    """Writes the change and everything that follows from it, in the caller's transaction.

    Args:
        ledger: of the change.
        kind: what it is.
        verb: of the audit row.
        reason: what it rests on.
        now: moment.
        names: rows of names that it added.
    """
    touched = ledger.touched()
    ledger.require_visible([ledger.before[row["id"]] for row in touched if row["id"] in ledger.before])
    updates = [row for row in touched if row["id"] in ledger.before]
    inserts = [row for row in touched if row["id"] not in ledger.before]
    write_rows(updates, inserts, {pk: row["key"] for pk, row in ledger.before.items()})
    links = _move_links(ledger, now)
    raise_index_version()
    draw([row["id"] for row in touched])
    texts = moved_texts(links.values())
    change = AddressChange.objects.create(
        kind=kind,
        reason=reason[:200],
        counts={
            "addresses": len(touched), "added": len(inserts), "texts": len(texts), "names": names or [],
            "index_version": current_index_version(),
        },
        actor_id=ledger.actor.pk if ledger.actor else None,
        done_at=now,
    )  # fmt: skip
    AddressChangeItem.objects.bulk_create(
        [_item(change, row, ledger.before.get(row["id"]), links.get(row["id"], {})) for row in touched],
        batch_size=1_000,
    )
    record_audit(
        actor_id=change.actor_id, verb=verb, subject_table="addresses_addresschange",
        subject_id=change.pk, now=now, count=len(touched), reason=reason,
    )  # fmt: skip
    if texts:
        texts_changed.send(sender=AddressChange, text_ids=texts, actor_id=change.actor_id, now=now)
    return change


def moved_texts(links: Iterable[dict[str, Any]]) -> list[int]:
    """Ids of the texts that a change gave another address, or none."""
    return sorted(
        pk for one in links for pk in (*one.get("texts", ()), *(text["pk"] for text in one.get("opened", ())))
    )


def _item(change: AddressChange, row: Row, before: Row | None, links: dict[str, Any]) -> AddressChangeItem:
    was = None if before is None else {"row": before, "links": links}
    return AddressChangeItem(change=change, address_id=row["id"], before=was, after={"row": row})


def _move_links(ledger: Ledger, now: datetime) -> dict[int, dict[str, Any]]:
    """Texts of taken-in addresses go to the survivor; those of a divided one go back to the worklist.

    Decisions stay: one about an address that was replaced holds for its successor. Only where nothing answers any more they
    end, so that the text can be decided anew.
    """
    links: dict[int, dict[str, Any]] = defaultdict(dict)
    moving = [*ledger.links, *ledger.opened]
    if not moving:
        return links
    hold_decisions()
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    texts = AddressText.objects.filter(address__in=moving).select_for_update().order_by("pk")
    for text in texts.values("pk", *TEXT_FIELDS):
        found[text["address_id"]].append(text)
    for old in ledger.links:
        if found[old]:
            links[old]["texts"] = [text["pk"] for text in found[old]]
    _point_texts({pk: new for old, new in ledger.links.items() for pk in links[old].get("texts", ())})
    for old in ledger.opened:
        decisions = AddressDecision.objects.filter(address=old).exclude(state=DecisionState.UNDONE)
        _open(links[old], found[old], list(decisions.order_by("pk").values_list("pk", flat=True)), ledger, now)
    return links


def _point_texts(targets: dict[int, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE addresses_addresstext t SET address_id = n.address_id
               FROM unnest(%s::bigint[], %s::bigint[]) AS n(id, address_id) WHERE t.id = n.id""",
            [list(targets), list(targets.values())],
        )


def _open(
    links: dict[str, Any], texts: list[dict[str, Any]], decisions: list[int], ledger: Ledger, now: datetime
) -> None:
    if texts:
        links["opened"] = texts
        AddressText.objects.filter(pk__in=[text["pk"] for text in texts]).update(
            status=ResolveStatus.REVIEW, address=None, level_reached="", confidence=0.0, is_decided=False
        )
    if decisions:
        rows = AddressDecision.objects.filter(pk__in=decisions)
        links["ended"] = list(rows.values("pk", "state"))
        actor_id = ledger.actor.pk if ledger.actor else None
        rows.update(state=DecisionState.UNDONE, undone_at=now, undone_by=actor_id)


def draw(ids: list[int]) -> None:
    """The dots of these addresses as they are to be; one out of use has none."""
    with connection.cursor() as cursor:
        move_features(
            cursor,
            layer=MapLayer.ADDRESS,
            wanted="""SELECT w.id AS subject_id, coalesce(s.block_id, f.block_id, 0) AS block_id,
                             CASE s.level WHEN 5 THEN 'ESTATE' WHEN 6 THEN 'BUILDING' ELSE 'NUMBER' END AS kind,
                             CASE WHEN s.state = 'ACTIVE' AND s.block_id IS NOT NULL AND s.level BETWEEN 4 AND 6
                                  THEN s.point END AS geom
                      FROM unnest(%(ids)s::bigint[]) AS w(id) LEFT JOIN addresses_standardaddress s ON s.id = w.id
                      LEFT JOIN addresses_mapfeature f ON f.layer = %(layer)s AND f.subject_id = w.id""",
            parameters={"ids": ids},
        )


@contextmanager
def trial(act: Callable[[], AddressChange]) -> Iterator[AddressChange]:
    """Carries a change out and takes it back at the end; inside, everything stands as it will stand.

    Raises:
        DomainError: the change is refused.
    """
    with transaction.atomic():
        yield act()
        transaction.set_rollback(True)


def texts_of(change: AddressChange) -> list[int]:
    """Ids of the accepted texts that the change concerns: those it moved or opened, and those at addresses it touched."""
    ids = set(
        AddressText.objects.filter(address__in=change.items.values("address_id"), status__in=ACCEPTED).values_list(
            "pk", flat=True
        )
    )
    for links in change.items.filter(before__isnull=False).values_list("before__links", flat=True):
        ids |= set(links.get("texts", ())) | {text["pk"] for text in links.get("opened", ())}
    return sorted(ids)
