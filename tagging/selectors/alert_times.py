"""How long alerts take, by squadron: until they reach a browser, are seen, accepted, closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from common.errors import NotAllowed
from common.scope import Actor, Right

STAGES = ("delivered", "seen", "accepted", "closed")
# A block lies in a district, that in a squadron; a pseudo-block hangs right below the squadron, or below the brigade.
_SQL = """
    WITH first AS (
        SELECT a.id, a.first_at, a.accepted_at, a.block_id,
               CASE WHEN a.state = 'CLOSED' THEN a.closed_at END AS closed_at,
               min(r.delivered_at) AS delivered_at, min(r.seen_at) AS seen_at
        FROM tagging_alert a LEFT JOIN tagging_alertrecipient r ON r.alert_id = a.id
        WHERE a.first_at >= %(since)s AND (%(level)s = 0 OR a.level = %(level)s)
          AND (%(blocks)s::bigint[] IS NULL OR a.block_id = ANY(%(blocks)s))
        GROUP BY a.id),
    spans AS (
        SELECT s.id AS squadron_id, coalesce(s.name, '') AS name,
               extract(epoch FROM delivered_at - first_at) AS delivered, extract(epoch FROM seen_at - first_at) AS seen,
               extract(epoch FROM accepted_at - first_at) AS accepted, extract(epoch FROM closed_at - first_at) AS closed
        FROM first
        JOIN addresses_area b ON b.id = first.block_id
        LEFT JOIN addresses_area d ON d.id = b.parent_id
        LEFT JOIN addresses_area s ON s.id IN (d.id, d.parent_id) AND s.kind = 'SQUADRON')
    SELECT squadron_id, name, count(*), {columns}
    FROM spans GROUP BY squadron_id, name ORDER BY name = '', name"""
_COLUMN = (
    """count({0}), percentile_cont(0.5) WITHIN GROUP (ORDER BY {0}), percentile_cont(0.9) WITHIN GROUP (ORDER BY {0})"""
)


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds from raising to one stage; None = no alert has come so far.

    Attributes:
        count: alerts that have.
    """

    stage: str
    count: int
    median_s: float | None
    p90_s: float | None


@dataclass(frozen=True, slots=True)
class SquadronTimes:
    """One squadron; `name` "" = blocks outside any squadron."""

    area_id: int | None
    name: str
    alerts: int
    spans: tuple[Span, ...]


def times_by_squadron(user: Actor, *, since: datetime, level: int = 0) -> list[SquadronTimes]:
    """Medians and nine-tenths of the alerts in the reader's scope: one statement.

    Args:
        user: the reader.
        since: alerts raised from then on.
        level: of the alerts; 0 = any.

    Raises:
        NotAllowed: the reader may not read elements.
    """
    scope = user.scope
    if Right.READ not in scope.rights:
        raise NotAllowed
    blocks = None if scope.all_blocks else list(scope.block_ids)
    sql = _SQL.format(columns=", ".join(_COLUMN.format(stage) for stage in STAGES))
    with connection.cursor() as cursor:
        cursor.execute(sql, {"since": since, "level": level, "blocks": blocks})
        return [_squadron(row) for row in cursor.fetchall()]


def _squadron(row: Sequence) -> SquadronTimes:
    pk, name, alerts, *cells = row
    spans = tuple(
        Span(stage, cells[3 * n], _seconds(cells[3 * n + 1]), _seconds(cells[3 * n + 2]))
        for n, stage in enumerate(STAGES)
    )
    return SquadronTimes(pk, name, alerts, spans)


def _seconds(value: float | None) -> float | None:
    return None if value is None else max(0.0, float(value))
