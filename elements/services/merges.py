"""Merge and un-merge: the decision that the keys of one element belong to another.

Keys and claims move, both elements are folded again; what else hung on the one that goes moves with it and is written down
row by row. What only follows from claims (details, addresses, relations, dots) is folded, never moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import ForeignKey, ManyToOneRel, OneToOneField

from addresses.selectors.blocks import pseudo_block_ids
from common import clock
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed
from common.scope import Actor, Right
from elements.choices import ElementKind, KeyScheme, PairState
from elements.fold import claims
from elements.fold.apply import apply_batch
from elements.fold.plan import plan_elements
from elements.fold.sql import Span
from elements.kinds import KINDS, Kind
from elements.models import DuplicatePair, Element, Merge, MergeLineage, Road
from elements.selectors.detail import visible_element
from elements.services.corrections import checked_reason
from elements.services.folding import folding

_TOP = 2**62
# Tables that the fold makes from claims and keys, and the rows of the decision itself: nothing of them is moved.
FOLDED = frozenset(
    {
        "elements_element", "elements_person", "elements_driverlicence", "elements_vehicle", "elements_unit",
        "elements_house", "elements_road", "elements_facility", "elements_danger", "elements_elementaddress",
        "elements_relation", "elements_duplicatepair", "elements_merge",
    }
)  # fmt: skip
# Of findings and photos at most one of a sort may hang on an element: what the other has already stays where it is.
_STAYS = {
    "elements_finding": """EXISTS (SELECT 1 FROM elements_finding o WHERE o.closed_at IS NULL AND r.closed_at IS NULL
        AND o.kind = r.kind AND o.scheme = r.scheme AND o.id <> r.id AND o.element_id = %(keep)s
        AND o.other_id IS NOT DISTINCT FROM r.other_id)""",
    "elements_photo": """r.removed_at IS NULL AND EXISTS (SELECT 1 FROM elements_photo o WHERE o.removed_at IS NULL
        AND o.received_hash = r.received_hash AND o.element_id = %(keep)s)""",
}


def leave_behind(table: str, condition: str) -> None:
    """Names rows `r` that a merge does not move, by SQL that may name `%(keep)s`; called from `AppConfig.ready()` of their app."""
    _STAYS[table] = condition


@dataclass(frozen=True, slots=True)
class Hanging:
    """A column of a table that names an element and moves with a merge."""

    table: str
    column: str


def hanging_columns() -> list[Hanging]:
    """Every reference to an element that is not folded, from the models themselves: a new one is never forgotten."""
    return [
        Hanging(field.model._meta.db_table, field.column)
        for relation in Element._meta.get_fields(include_hidden=True)
        if isinstance(relation, ManyToOneRel) and isinstance(field := relation.field, ForeignKey)
        if not isinstance(field, OneToOneField)
        and not hasattr(field.model, "pgh_tracked_model")
        and field.model._meta.db_table not in FOLDED
    ]


def merge_elements(*, keep_id: int, drop_id: int, reason: str, actor: Actor | None, now: datetime) -> Merge:
    """Decides that `drop` is `keep`: one transaction, both folded.

    Raises:
        NotAllowed: the actor may not correct.
        NotVisible: one of them is not there for the actor.
        DomainError: no reason; one thing twice; two kinds.
        Conflict: one of them stands no more.
    """
    reason = checked_reason(reason)
    with folding(), connection.cursor() as cursor:
        keep, drop = _two(keep_id, drop_id, actor)
        kind = KINDS[keep.kind]
        subjects = _who_names(cursor, (keep.pk, drop.pk))
        merge = Merge.objects.create(
            keep=keep, drop=drop, reason=reason, keys=_keys_of(cursor, drop.pk), actor_id=_pk(actor), decided_at=now
        )
        _close_mutual_findings(cursor, merge, now)
        for place in hanging_columns():
            _move(cursor, merge, place)
        _fold(cursor, kind, merge, subjects, now=now, actor=actor)
        # It stays where it was: who was responsible for it is still led to what it has become.
        Element.objects.filter(pk=drop.pk).update(merged_into=keep, block=drop.block_id)
        _judge_pair(merge, PairState.MERGED, actor, now)
        record_audit(
            actor_id=_pk(actor),
            verb="MERGED",
            subject_table="elements_merge",
            subject_id=merge.pk,
            reason=reason,
            now=now,
        )
    return merge


def undo_merge(*, merge: Merge, actor: Actor | None, now: datetime) -> None:
    """Gives everything back. Claims follow their key, those that came later too; what else arose later stays.

    Raises:
        NotAllowed, NotVisible: as `merge_elements`.
        Conflict: undone already, or a later merge rests on it.
    """
    with folding(), connection.cursor() as cursor:
        _require_right(actor)
        list(Element.objects.filter(pk__in=(merge.keep_id, merge.drop_id)).order_by("pk").select_for_update())
        merge = Merge.objects.select_for_update().select_related("keep").get(pk=merge.pk)
        if actor is not None:
            visible_element(merge.keep_id, actor)
        if merge.undone_at is not None:
            raise Conflict("MERGE_UNDONE", "这次合并已经撤销过。")
        if merge.keep.merged_into_id is not None:
            raise Conflict("MERGE_RESTED_ON", "保留的一方后来又被并入其他要素，请先撤销那一次合并。")
        kind = KINDS[merge.keep.kind]
        subjects = _who_names(cursor, (merge.keep_id, merge.drop_id))
        Element.objects.filter(pk=merge.drop_id).update(merged_into=None)
        _give_back_keys(cursor, merge)
        _give_back_claims(cursor, kind, merge)
        # The last step first: two findings that named each other are open again only when they name two things again.
        for row in merge.lineage.order_by("-pk"):
            _give_back(cursor, merge, row)
        merge.undone_at, merge.undone_by_id = now, _pk(actor)
        merge.save(update_fields=["undone_at", "undone_by_id"])
        _fold(cursor, kind, merge, subjects, now=now, actor=actor)
        _judge_pair(merge, PairState.PROPOSED, None, None)
        record_audit(
            actor_id=_pk(actor), verb="MERGE_UNDONE", subject_table="elements_merge", subject_id=merge.pk, now=now
        )


def _pk(actor: Actor | None) -> int | None:
    return actor.pk if actor else None


def _require_right(actor: Actor | None) -> None:
    if actor is not None and Right.CORRECT not in actor.scope.rights:
        raise NotAllowed


def _two(keep_id: int, drop_id: int, actor: Actor | None) -> tuple[Element, Element]:
    _require_right(actor)
    if keep_id == drop_id:
        raise DomainError("MERGE_SAME", "同一个要素不能与自己合并。")
    if actor is not None:
        visible_element(keep_id, actor)
        visible_element(drop_id, actor)
    locked = {
        element.pk: element
        for element in Element.objects.standing().filter(pk__in=(keep_id, drop_id)).order_by("pk").select_for_update()
    }
    if len(locked) != 2:
        raise Conflict("MERGE_GONE", "其中一个要素已被合并或撤回，请刷新后重新选择。")
    keep, drop = locked[keep_id], locked[drop_id]
    if keep.kind != drop.kind:
        raise DomainError("MERGE_KINDS", "种类不同的要素不能合并。")
    if keep.kind == ElementKind.ROAD and Road.objects.filter(pk__in=(keep_id, drop_id), is_section=True).exists():
        raise DomainError("MERGE_SECTION", "路段由平台按责任块切分，不能合并；请合并它们所属的道路。")
    return keep, drop


def _keys_of(cursor: CursorWrapper, element_id: int) -> list[list[Any]]:
    cursor.execute(
        "SELECT scheme, value, valid_from::text FROM elements_elementkey WHERE element_id = %s ORDER BY id",
        [element_id],
    )
    return [list(row) for row in cursor.fetchall()]


def _who_names(cursor: CursorWrapper, element_ids: Iterable[int]) -> dict[str, set[int]]:
    """Kind → elements with a relation to one of these."""
    cursor.execute(
        """SELECT s.kind, s.id FROM elements_relation r JOIN elements_element s ON s.id = r.subject_id
           WHERE r.object_id = ANY(%s)""",
        [list(element_ids)],
    )
    found: dict[str, set[int]] = {}
    for kind, element_id in cursor.fetchall():
        found.setdefault(kind, set()).add(element_id)
    return found


def _write_lineage(merge: Merge, table: str, column: str, row_ids: list[int]) -> None:
    if row_ids:
        MergeLineage.objects.create(merge=merge, table=table, column=column, row_ids=sorted(row_ids))


def _move(cursor: CursorWrapper, merge: Merge, place: Hanging) -> None:
    stays = _STAYS.get(place.table)
    cursor.execute(
        f"""UPDATE {place.table} r SET {place.column} = %(keep)s
            WHERE r.{place.column} = %(drop)s {f"AND NOT ({stays})" if stays else ""} RETURNING r.id""",
        {"keep": merge.keep_id, "drop": merge.drop_id},
    )
    _write_lineage(merge, place.table, place.column, [row[0] for row in cursor.fetchall()])


def _close_mutual_findings(cursor: CursorWrapper, merge: Merge, now: datetime) -> None:
    """That the two claim one key is settled by their being one."""
    cursor.execute(
        """UPDATE elements_finding SET closed_at = %(now)s
           WHERE closed_at IS NULL AND ((element_id = %(keep)s AND other_id = %(drop)s)
                                     OR (element_id = %(drop)s AND other_id = %(keep)s)) RETURNING id""",
        {"now": now, "keep": merge.keep_id, "drop": merge.drop_id},
    )
    _write_lineage(merge, "elements_finding", "closed_at", [row[0] for row in cursor.fetchall()])


def _give_back(cursor: CursorWrapper, merge: Merge, row: MergeLineage) -> None:
    """Rows of one column, those that are still where the merge put them. Keys and claims have gone before."""
    if row.column == "closed_at":
        cursor.execute("UPDATE elements_finding SET closed_at = NULL WHERE id = ANY(%s)", [row.row_ids])
        return
    cursor.execute(
        f"UPDATE {row.table} SET {row.column} = %(drop)s WHERE id = ANY(%(ids)s) AND {row.column} = %(keep)s",
        {"drop": merge.drop_id, "keep": merge.keep_id, "ids": row.row_ids},
    )


def _give_back_keys(cursor: CursorWrapper, merge: Merge) -> None:
    cursor.execute(
        """UPDATE elements_elementkey k SET element_id = %(drop)s
           FROM jsonb_array_elements(%(keys)s::jsonb) AS n
           WHERE k.element_id = %(keep)s AND k.scheme = (n ->> 0)::smallint AND k.value = n ->> 1
             AND k.valid_from IS NOT DISTINCT FROM (n ->> 2)::date""",
        {"drop": merge.drop_id, "keep": merge.keep_id, "keys": orjson.dumps(merge.keys).decode()},
    )


def _give_back_claims(cursor: CursorWrapper, kind: Kind, merge: Merge) -> None:
    """Claims whose subject was the one that goes back, and all on its keys, whenever they were made."""
    moved = next((row.row_ids for row in merge.lineage.all() if row.table == "elements_claimlog"), [])
    names = [f"{KeyScheme(scheme).name}:{value}" for scheme, value, _ in merge.keys]
    parameters: dict[str, Any] = {"keep": merge.keep_id, "drop": merge.drop_id, "ids": moved, "names": names}
    cursor.execute(
        """SELECT DISTINCT source_id, subject_key FROM elements_claimlog
           WHERE element_id = %(keep)s AND (id = ANY(%(ids)s) OR subject_key = ANY(%(names)s))""",
        parameters,
    )
    subjects = cursor.fetchall()
    parameters |= {"sources": [s for s, _ in subjects], "subjects": [k for _, k in subjects]}
    for table in ("elements_claimlog", kind.claim_table):
        cursor.execute(
            f"""UPDATE {table} c SET element_id = %(drop)s
                FROM unnest(%(sources)s::bigint[], %(subjects)s::text[]) AS n(source_id, subject_key)
                WHERE c.element_id = %(keep)s AND c.source_id = n.source_id AND c.subject_key = n.subject_key""",
            parameters,
        )


def _fold(
    cursor: CursorWrapper,
    kind: Kind,
    merge: Merge,
    subjects: dict[str, set[int]],
    *,
    now: datetime,
    actor: Actor | None,
) -> None:
    """Both elements over their claims, then the relations of both and of whoever names one of them."""
    ids = sorted((merge.keep_id, merge.drop_id))
    # Working rows of a merge stand apart from those of jobs and of submitted batches.
    job_id = -(2**40) - merge.pk
    claims.rank_claims(cursor, kind, "SELECT unnest(%(ids)s::bigint[])", {"ids": ids})
    plan_elements(cursor, kind, job_id, ids)
    apply_batch(cursor, kind, Span(job_id, 1, _TOP), has_rows=False, now=now, actor_id=_pk(actor))
    _, city_block = pseudo_block_ids(clock.today())
    named = {code: set(found) for code, found in subjects.items()}
    named.setdefault(kind.code, set()).update(ids)
    for code, found in sorted(named.items()):
        if KINDS[code].relations:
            parameters = {"ids": sorted(found)}
            claims.write_relations(cursor, KINDS[code], "SELECT unnest(%(ids)s::bigint[])", parameters, now, city_block)


def _judge_pair(merge: Merge, state: PairState, actor: Actor | None, now: datetime | None) -> None:
    low, high = sorted((merge.keep_id, merge.drop_id))
    DuplicatePair.objects.filter(low_id=low, high_id=high).update(
        state=state, decided_at=now, decided_by_id=_pk(actor), note=merge.reason if now else ""
    )
