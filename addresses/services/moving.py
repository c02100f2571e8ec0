"""Carrying out a change of borders: the borders at once, then the addresses village by village.

A killed job is taken up where it stood: every step is written with what it changed, and a village that is done has nothing
left to change. The trial does the same inside a transaction that is taken back, so that a preview cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from addresses.choices import BorderMoveState, MapLayer
from addresses.models.border import BorderMove
from addresses.selectors.topology import TOLERANCE_M2, area_m2_sql
from addresses.services.borders import check_unchanged, lock_areas
from addresses.services.map_features import move_features, raise_layer_version
from addresses.services.topology import check_move
from addresses.signals import blocks_moved
from common import clock
from common.audit import record_audit
from common.errors import Conflict
from common.jobs import JobRun

FIRST_ROWS = 20
# Base32 of the first ten bytes of SHA-256 of the key, as `stable_code` makes it: the node came from no row of its own.
_IS_PREFIX = """(s.code = 'LZ' || (
    SELECT string_agg(substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', substring(h.bits FROM i * 5 + 1 FOR 5)::bit(5)::int + 1, 1),
                      '' ORDER BY i)
    FROM (SELECT ('x' || encode(substr(sha256(convert_to(s.key, 'UTF8')), 1, 10), 'hex'))::bit(80) AS bits) h,
         generate_series(0, 15) AS i))"""


@dataclass(frozen=True, slots=True)
class Moved:
    """Addresses that change block.

    Attributes:
        total: how many.
        flows: (old block, new block, number); None is no block: a prefix whose places lie in several.
        rows: the first of them: (address id, old block, new block).
    """

    total: int = 0
    flows: list[tuple[int | None, int | None, int]] = field(default_factory=list)
    rows: list[tuple[int, int | None, int | None]] = field(default_factory=list)


def area_ids_of(move: BorderMove) -> list[int]:
    """The grids whose borders it moves."""
    return list(move.items.order_by("area_id").values_list("area_id", flat=True))


@contextmanager
def trial(move: BorderMove) -> Iterator[Moved]:
    """Moves borders and addresses and takes it all back at the end; inside, everything stands as it will stand.

    Raises:
        DomainError: the new borders do not fit (any more).
    """
    with transaction.atomic():
        lock_areas(area_ids_of(move))
        check_move(move.pk)
        with connection.cursor() as cursor:
            _write_borders(cursor, move)
            groups = _waiting(cursor, move.pk)
            moved = _counted([_move_group(cursor, move.pk, town, village) for town, village in groups])
        yield moved
        transaction.set_rollback(True)


def move_borders(run: JobRun) -> dict[str, Any]:
    """Job handler: borders, addresses by village, then word to the apps above."""
    move_id = int(run.params["move"])
    _begin(run, move_id)
    with connection.cursor() as cursor:
        groups = _waiting(cursor, move_id)
    for done, (town, village) in enumerate(groups):
        _move_slice(run, move_id, town, village, done, len(groups))
    return _end(run, move_id, len(groups))


@transaction.atomic
def _begin(run: JobRun, move_id: int) -> None:
    """The moment at which the borders are the new ones; the old ones stay with their period."""
    run.progress(done=0, message="更换边界")
    move = BorderMove.objects.select_for_update().get(pk=move_id)
    if move.state != BorderMoveState.SCHEDULED:
        if move.state in (BorderMoveState.MOVING, BorderMoveState.DONE):
            return
        raise Conflict("BORDER_MOVE_STATE", f"这次调整的状态是“{move.get_state_display()}”，不能执行。")
    areas = lock_areas(area_ids_of(move))
    check_unchanged(move, areas)
    check_move(move.pk)
    now = clock.now()
    with connection.cursor() as cursor:
        _keep_borders(cursor, move)
        _write_borders(cursor, move)
        raise_layer_version(cursor, MapLayer.ADDRESS)
        raise_layer_version(cursor, MapLayer.ELEMENT)
    move.state = BorderMoveState.MOVING
    move.counts = {**move.counts, "moved_addresses": 0}
    move.save(update_fields=["state", "counts"])
    record_audit(
        actor_id=move.actor_id, verb="BORDERS_MOVED", subject_table="addresses_bordermove", subject_id=move.pk, now=now,
        count=len(areas), reason=move.reason,
    )  # fmt: skip


# Areas of a move and above them, with the border that each is to have.
_NEW_BORDERS = """
    WITH RECURSIVE up AS (
        SELECT a.id, a.parent_id FROM addresses_area a JOIN addresses_bordermoveitem i ON i.area_id = a.id
        WHERE i.move_id = %(move)s
        UNION SELECT a.id, a.parent_id FROM addresses_area a JOIN up ON a.id = up.parent_id WHERE a.kind <> 'BRIGADE'),
    below AS (
        SELECT u.id AS top, u.id FROM up u
        UNION SELECT b.top, a.id FROM addresses_area a JOIN below b ON a.parent_id = b.id),
    ground AS (
        SELECT b.top AS area_id, ST_Multi(ST_CollectionExtract(ST_Union(coalesce(i.geom, a.geom)), 3)) AS geom
        FROM below b JOIN addresses_area a ON a.id = b.id
        LEFT JOIN addresses_bordermoveitem i ON i.area_id = a.id AND i.move_id = %(move)s
        WHERE a.kind = 'GRID' AND NOT a.is_pseudo AND a.valid_from <= %(day)s
          AND (a.valid_to IS NULL OR a.valid_to > %(day)s)
        GROUP BY b.top),
    before AS (
        SELECT b.top AS area_id, ST_Union(a.geom) AS geom FROM below b JOIN addresses_area a ON a.id = b.id
        WHERE a.kind = 'GRID' AND NOT a.is_pseudo AND a.valid_from <= %(day)s
          AND (a.valid_to IS NULL OR a.valid_to > %(day)s)
        GROUP BY b.top)
"""
_CHANGED = f"""{_NEW_BORDERS}
    SELECT g.area_id, g.geom FROM ground g JOIN before f USING (area_id)
    WHERE {area_m2_sql("ST_SymDifference(f.geom, g.geom)")} > {TOLERANCE_M2}"""


def _keep_borders(cursor: CursorWrapper, move: BorderMove) -> None:
    """The borders that the move ends; one that began on the same day was never in force for a whole day."""
    cursor.execute(
        f"""INSERT INTO addresses_areaborder (area_id, geom, valid_from, valid_to, move_id)
            SELECT a.id, a.geom, s.since, %(day)s, %(move)s
            FROM addresses_area a
            CROSS JOIN LATERAL (SELECT greatest(a.valid_from, (SELECT max(b.valid_to) FROM addresses_areaborder b
                                                               WHERE b.area_id = a.id)) AS since) s
            WHERE a.id IN (SELECT area_id FROM ({_CHANGED}) c) AND s.since < %(day)s""",
        {"move": move.pk, "day": move.effective_on},
    )


def _write_borders(cursor: CursorWrapper, move: BorderMove) -> None:
    """Grids take their new borders; the areas above become the union of their grids where those have changed."""
    cursor.execute(
        f"UPDATE addresses_area a SET geom = c.geom FROM ({_CHANGED}) c WHERE a.id = c.area_id",
        {"move": move.pk, "day": move.effective_on},
    )


def _own_places(where: str) -> str:
    """SQL of the nodes with a place of their own whose new border gives another block; prefixes follow them.

    A village that is the only one of a single grid stays in it, wherever its middle lies.
    """
    return f"""
        SELECT s.id, s.parent_id, s.level, s.town_id, s.village_id, s.block_id AS old_block, n.area_id AS new_block
        FROM addresses_standardaddress s
        JOIN LATERAL (SELECT i.area_id FROM addresses_bordermoveitem i
                      WHERE i.move_id = %(move)s AND ST_Covers(i.geom, s.point) ORDER BY i.area_id LIMIT 1) n ON true
        WHERE s.block_id IN (SELECT area_id FROM addresses_bordermoveitem WHERE move_id = %(move)s)
          AND n.area_id <> s.block_id AND {where} AND s.level > 1 AND NOT {_single_grid("s")}
          AND NOT (EXISTS (SELECT 1 FROM addresses_standardaddress c WHERE c.parent_id = s.id) AND {_IS_PREFIX})"""


def _single_grid(row: str) -> str:
    return f"""({row}.level = 2 AND (SELECT count(*) FROM addresses_area v WHERE v.village_id = {row}.village_id
                AND v.kind = 'GRID' AND NOT v.is_pseudo AND v.valid_to IS NULL) = 1)"""


def _waiting(cursor: CursorWrapper, move_id: int) -> list[tuple[str, str | None]]:
    """(town, village) whose addresses are still to move. All prefixes of an address lie in its village."""
    cursor.execute(
        f"SELECT DISTINCT town_id, village_id FROM ({_own_places('true')}) p ORDER BY 1, 2", {"move": move_id}
    )
    return list(cursor.fetchall())


def _move_group(cursor: CursorWrapper, move_id: int, town: str, village: str | None) -> Moved:
    """Gives the addresses of a village their new blocks and moves their dots."""
    parameters: dict[str, Any] = {"move": move_id, "town": town, "village": village}
    cursor.execute("DROP TABLE IF EXISTS border_node")
    mine = "s.town_id = %(town)s AND s.village_id IS NOT DISTINCT FROM %(village)s"
    cursor.execute(f"CREATE TEMP TABLE border_node ON COMMIT DROP AS {_own_places(mine)}", parameters)
    for level in range(7, 1, -1):
        cursor.execute(
            f"""INSERT INTO border_node
                SELECT p.id, p.parent_id, p.level, p.town_id, p.village_id, p.block_id, p.common
                FROM (SELECT s.*, (SELECT CASE WHEN min(b) = max(b) AND bool_and(b IS NOT NULL) THEN min(b) END
                                   FROM (SELECT CASE WHEN n.id IS NULL THEN c.block_id ELSE n.new_block END AS b
                                         FROM addresses_standardaddress c LEFT JOIN border_node n ON n.id = c.id
                                         WHERE c.parent_id = s.id) known) AS common
                      FROM addresses_standardaddress s
                      WHERE s.level = %(level)s AND s.id IN (SELECT parent_id FROM border_node) AND {_IS_PREFIX}
                        AND NOT {_single_grid("s")}) p
                WHERE p.block_id IS DISTINCT FROM p.common AND p.id NOT IN (SELECT id FROM border_node)""",
            {"level": level},
        )
    cursor.execute("UPDATE addresses_standardaddress s SET block_id = n.new_block FROM border_node n WHERE n.id = s.id")
    move_features(
        cursor,
        layer=MapLayer.ADDRESS,
        wanted="""SELECT s.id AS subject_id,
                         CASE s.level WHEN 4 THEN 'NUMBER' WHEN 5 THEN 'ESTATE' ELSE 'BUILDING' END AS kind, s.block_id,
                         CASE WHEN s.block_id IS NOT NULL THEN s.point END AS geom
                  FROM border_node n JOIN addresses_standardaddress s ON s.id = n.id WHERE s.level BETWEEN 4 AND 6""",
        parameters={},
    )
    cursor.execute("SELECT old_block, new_block, count(*) FROM border_node GROUP BY 1, 2 ORDER BY 1, 2")
    flows = cursor.fetchall()
    cursor.execute(f"SELECT id, old_block, new_block FROM border_node ORDER BY level, id LIMIT {FIRST_ROWS}")
    return Moved(sum(count for *_, count in flows), flows, cursor.fetchall())


def _counted(groups: list[Moved]) -> Moved:
    flows: dict[tuple[int | None, int | None], int] = {}
    for group in groups:
        for old, new, count in group.flows:
            flows[old, new] = flows.get((old, new), 0) + count
    return Moved(
        sum(group.total for group in groups),
        sorted(((old, new, n) for (old, new), n in flows.items()), key=lambda flow: -flow[2]),
        [row for group in groups for row in group.rows][:FIRST_ROWS],
    )


@transaction.atomic
def _move_slice(run: JobRun, move_id: int, town: str, village: str | None, done: int, total: int) -> None:
    """One village, with its count, in one transaction that a lost holder rolls back."""
    run.progress(done=done, total=total, message="地址换块")
    move = BorderMove.objects.select_for_update().get(pk=move_id)
    with connection.cursor() as cursor:
        moved = _move_group(cursor, move_id, town, village)
    move.counts = {**move.counts, "moved_addresses": move.counts.get("moved_addresses", 0) + moved.total}
    move.save(update_fields=["counts"])


@transaction.atomic
def _end(run: JobRun, move_id: int, total: int) -> dict[str, Any]:
    """Tells the apps above once; told again, they would find nothing to do."""
    move = BorderMove.objects.select_for_update().get(pk=move_id)
    counts = {"addresses": move.counts.get("moved_addresses", 0)}
    if move.state == BorderMoveState.DONE:
        return counts
    run.progress(done=total, total=total, message="通知各业务")
    now = clock.now()
    move.state = BorderMoveState.DONE
    move.done_at = now
    move.save(update_fields=["state", "done_at"])
    blocks_moved.send(sender=BorderMove, block_ids=set(area_ids_of(move)), actor_id=move.actor_id, now=now)
    return counts
