"""What checkpoint readings show that cannot be: one plate in two places at once, a vehicle unlike the register."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.backends.utils import CursorWrapper

from common.audit import record_audit, record_change
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor, Right
from events.choices import EventFindingKind as Kind
from events.choices import EventFindingState as State
from events.models import EventFinding

# Faster than anything drives here, over more than the error of where a checkpoint stands.
IMPOSSIBLE_KMH, LEAST_M, WINDOW = 200, 2_000, "2 hours"
# What was opened is told, so that whoever asks about the vehicle asks again.
_TOLD = """INSERT INTO common_changerow (at, verb, subject_table, subject_id)
            SELECT %(now)s, 'OPENED', 'events_eventfinding', id FROM opened"""
# Less sure readings are more often wrong than vehicles are cloned.
SURE_PCT = 85


def find_in_captures(cursor: CursorWrapper, ids: str, parameters: dict[str, Any]) -> int:
    """Opens findings about new captures; a pair or a vehicle that has one already gets no second.

    Args:
        cursor: inside the transaction that writes the captures.
        ids: SQL of (id, occurred_at) of the captures.
        parameters: of that SQL, and `now`.

    Returns:
        How many were opened.
    """
    return _impossible_pairs(cursor, ids, parameters) + _unlike_register(cursor, ids, parameters)


def _impossible_pairs(cursor: CursorWrapper, ids: str, parameters: dict[str, Any]) -> int:
    # The pair is written with its earlier capture second, so that it is the same whichever of the two comes later.
    cursor.execute(
        f"""WITH fresh AS MATERIALIZED (
                SELECT c.* FROM events_capture c JOIN ({ids}) n ON n.id = c.id AND n.occurred_at = c.occurred_at
                WHERE c.plate_number IS NOT NULL AND c.point IS NOT NULL AND coalesce(c.confidence_pct, 100) >= {SURE_PCT}),
            pair AS (
                SELECT DISTINCT CASE WHEN c.occurred_at >= o.occurred_at THEN c.id ELSE o.id END AS later,
                       CASE WHEN c.occurred_at >= o.occurred_at THEN o.id ELSE c.id END AS earlier,
                       greatest(c.occurred_at, o.occurred_at) AS at,
                       CASE WHEN c.occurred_at >= o.occurred_at THEN c.block_id ELSE o.block_id END AS block_id,
                       coalesce(c.vehicle_id, o.vehicle_id) AS vehicle_id, m.metres,
                       abs(extract(epoch FROM c.occurred_at - o.occurred_at))::int AS seconds
                FROM fresh c JOIN events_capture o
                  ON o.plate_number = c.plate_number AND o.id <> c.id
                 AND o.occurred_at BETWEEN c.occurred_at - interval '{WINDOW}' AND c.occurred_at + interval '{WINDOW}'
                 AND o.plate_type IS NOT DISTINCT FROM c.plate_type AND o.point IS NOT NULL
                 AND coalesce(o.confidence_pct, 100) >= {SURE_PCT}
                CROSS JOIN LATERAL (SELECT ST_Distance(c.point::geography, o.point::geography)::int AS metres) m
                WHERE m.metres > {LEAST_M}
                  AND m.metres * 3.6 > {IMPOSSIBLE_KMH} * greatest(abs(extract(epoch FROM c.occurred_at - o.occurred_at)), 1)),
            opened AS (
                INSERT INTO events_eventfinding
                    (kind, event_kind, event_id, other_id, element_id, block_id, occurred_at, evidence, state, note, opened_at)
                SELECT '{Kind.IMPOSSIBLE_PAIR.value}', 'CAPTURE', later, earlier, vehicle_id, block_id, at,
                       jsonb_build_object('metres', metres, 'seconds', seconds,
                                          'kmh', round(metres * 3.6 / greatest(seconds, 1))),
                       '{State.OPEN.value}', '', %(now)s
                FROM pair ON CONFLICT DO NOTHING RETURNING id)
            {_TOLD}""",
        parameters,
    )
    return int(cursor.rowcount)


def _unlike_register(cursor: CursorWrapper, ids: str, parameters: dict[str, Any]) -> int:
    cursor.execute(
        f"""WITH opened AS (
                INSERT INTO events_eventfinding
                    (kind, event_kind, event_id, other_id, element_id, block_id, occurred_at, evidence, state, note, opened_at)
                SELECT DISTINCT ON (c.vehicle_id) '{Kind.UNLIKE_REGISTER.value}', 'CAPTURE', c.id, NULL::bigint, c.vehicle_id, c.block_id, c.occurred_at,
                       jsonb_strip_nulls(jsonb_build_object('colour_seen', c.colour, 'colour_registered', v.colour,
                                                            'type_seen', c.vehicle_type, 'type_registered', v.vehicle_type)),
                       '{State.OPEN.value}', '', %(now)s
                FROM events_capture c JOIN ({ids}) n ON n.id = c.id AND n.occurred_at = c.occurred_at
                JOIN elements_vehicle v ON v.element_id = c.vehicle_id
                WHERE coalesce(c.confidence_pct, 100) >= {SURE_PCT}
                  AND ((c.colour <> '' AND v.colour <> '' AND translate(c.colour, v.colour, '') = c.colour)
                       OR left(c.vehicle_type, 1) <> left(v.vehicle_type, 1))
                  AND NOT EXISTS (SELECT 1 FROM events_eventfinding f
                                  WHERE f.element_id = c.vehicle_id AND f.kind = '{Kind.UNLIKE_REGISTER.value}' AND f.closed_at IS NULL)
                ORDER BY c.vehicle_id, c.occurred_at
                ON CONFLICT DO NOTHING RETURNING id)
            {_TOLD}""",
        parameters,
    )
    return int(cursor.rowcount)


@transaction.atomic
def settle_finding(*, finding_id: int, state: str, note: str, actor: Actor, now: datetime) -> EventFinding:
    """A person says what a finding was: a cloned plate, a misreading, or something explained.

    Raises:
        NotAllowed: the actor may not correct.
        NotVisible: there is none in the actor's scope.
        DomainError: no such answer, or no reason.
        Conflict: somebody has settled it.
    """
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed("您的岗位不能处理事件疑点。")
    if state not in {State.CLONED, State.MISREAD, State.EXPLAINED}:
        raise DomainError("FINDING_STATE", "请选择核查结果：确认套牌、误读或已说明。")
    note = note.strip()[:200]
    if not note:
        raise DomainError("REASON_MISSING", "请写明核查依据。", {"fields": {"note": "必填"}})
    scope = actor.scope
    finding = EventFinding.objects.select_for_update().filter(pk=finding_id).first()
    if finding is None or not (scope.all_blocks or finding.block_id in scope.block_ids):
        raise NotVisible
    if finding.closed_at is not None:
        raise Conflict("FINDING_SETTLED", f"这条疑点已核查为“{State(finding.state).label}”。请刷新页面。")
    finding.state, finding.note, finding.closed_at, finding.closed_by = state, note, now, actor.pk
    finding.save(update_fields=["state", "note", "closed_at", "closed_by"])
    record_audit(
        actor_id=actor.pk,
        verb="FINDING_SETTLED",
        subject_table="events_eventfinding",
        subject_id=finding.pk,
        reason=note,
        now=now,
    )
    record_change(
        verb="FINDING_SETTLED", subject_table="events_eventfinding", subject_id=finding.pk, now=now, actor_id=actor.pk
    )
    return finding
