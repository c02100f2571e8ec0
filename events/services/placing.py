"""Where staged events happened: coordinates, else stake or crossing on a road, else the address that the text was read as."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from addresses.choices import AddressLevel
from addresses.selectors.blocks import pseudo_block_ids
from addresses.services.resolution import ensure_texts
from common import clock
from common.geometry import METRIC_SRID
from common.jobs import JobRun
from common.statistics import refresh_statistics
from events.choices import EventPlaceQuality as Quality
from events.kinds import EventTable
from events.parsing.place_text import read_road_place

# A surveyed point lies on its road when it is no farther from the middle line: a wide road and the error of a phone.
ON_ROAD_M = 40
# Two lines cross where they come as near as this.
CROSSING_M = 60
# "以东50米" of a door is as good as the door; of more only the road is sure. A lone candidate must be this likely.
BESIDE_M, SURE = 100, 0.9
PIECE_CORNERS = 16


def resolve_places(kind: EventTable, job_id: int, run: JobRun) -> None:
    """Reads every place text of the staged rows that is not known yet."""
    refresh_statistics(kind.stage_table)
    ensure_texts(_texts(kind, job_id), run)


def place_staged(kind: EventTable, job_id: int) -> None:
    """Gives every staged row point, precision, road, address and block; its texts were read before."""
    refresh_statistics(kind.stage_table)
    texts = _texts(kind, job_id)
    with transaction.atomic(), connection.cursor() as cursor:
        _forget_places(cursor, kind, job_id)
        if kind.has_road:
            _stage_road_texts(cursor, texts)
            _place_on_roads(cursor, kind, job_id)
            _place_on_crossings(cursor, kind, job_id)
        _place_by_point(cursor, kind, job_id)
        if kind.has_place:
            _place_by_address(cursor, kind, job_id)
        _give_blocks(cursor, kind, job_id)
        if kind.has_road:
            _find_nearest_roads(cursor, kind, job_id)


def _texts(kind: EventTable, job_id: int) -> list[str]:
    if not kind.has_place:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT place_text FROM {kind.stage_table} WHERE job_id = %s AND place_text IS NOT NULL", [job_id]
        )
        return [text for (text,) in cursor.fetchall()]


def _forget_places(cursor: CursorWrapper, kind: EventTable, job_id: int) -> None:
    """Rows that are planned again may have other texts by now."""
    cursor.execute(
        f"""UPDATE {kind.stage_table} SET block_id = NULL, place_quality = NULL, address_id = NULL, road_id = NULL, placed_point = NULL
            WHERE job_id = %s AND place_quality IS NOT NULL""",
        [job_id],
    )


def _stage_road_texts(cursor: CursorWrapper, texts: list[str]) -> None:
    """`road_text(text, road, stake_m, crossing)`: what the texts say about roads."""
    cursor.execute("DROP TABLE IF EXISTS road_text")
    cursor.execute("CREATE TEMP TABLE road_text (text text, road text, stake_m int, crossing text) ON COMMIT DROP")
    with cursor.copy("COPY road_text FROM STDIN") as copy:  # type: ignore[attr-defined]
        for text in texts:
            if place := read_road_place(text):
                copy.write_row((text, place.road, place.stake_m, place.crossing))


# Whole roads by number or name; two roads of one name are no road.
_NAMED_ROAD = """
    SELECT name, min(element_id) AS element_id FROM (
        SELECT upper(r.route_code) AS name, r.element_id FROM elements_road r JOIN elements_element e ON e.id = r.element_id
        WHERE r.is_section IS NOT TRUE AND r.route_code IS NOT NULL AND NOT e.is_withdrawn AND e.merged_into_id IS NULL
        UNION
        SELECT v.name, r.element_id FROM elements_road r JOIN elements_element e ON e.id = r.element_id
        CROSS JOIN LATERAL (VALUES (upper(r.name)), (regexp_replace(upper(r.name), '^[GSXYCZ][0-9]+', ''))) AS v(name)
        WHERE r.is_section IS NOT TRUE AND r.name IS NOT NULL AND NOT e.is_withdrawn AND e.merged_into_id IS NULL) n
    GROUP BY name HAVING count(*) = 1"""


def _place_on_roads(cursor: CursorWrapper, kind: EventTable, job_id: int) -> None:
    """Road and stake, stated in columns or in the text, as a point along the line between the road's own stakes."""
    cursor.execute(
        f"""WITH named AS ({_NAMED_ROAD}),
            said AS (
                SELECT s.row_number, coalesce(n.element_id, m.element_id) AS road_id,
                       CASE WHEN n.element_id IS NOT NULL THEN coalesce(s.stake_m, t.stake_m) ELSE t.stake_m END AS stake_m
                FROM {kind.stage_table} s
                LEFT JOIN named n ON n.name = upper(s.road_name)
                LEFT JOIN road_text t ON t.text = s.place_text AND t.crossing = ''
                LEFT JOIN named m ON m.name = t.road
                WHERE s.job_id = %(job)s)
            UPDATE {kind.stage_table} s
            SET road_id = d.road_id,
                placed_point = CASE WHEN p.is_on THEN ST_LineInterpolatePoint(r.line, p.part) END,
                place_quality = CASE WHEN p.is_on THEN '{Quality.NUMBER.value}' ELSE '{Quality.ROAD.value}' END
            FROM said d JOIN elements_road r ON r.element_id = d.road_id
            CROSS JOIN LATERAL (SELECT (d.stake_m - r.stake_from_m)::float / nullif(r.stake_to_m - r.stake_from_m, 0) AS part) f
            CROSS JOIN LATERAL (SELECT f.part, r.line IS NOT NULL AND coalesce(f.part BETWEEN 0 AND 1, false) AS is_on) p
            WHERE s.job_id = %(job)s AND s.row_number = d.row_number""",
        {"job": job_id},
    )


def _place_on_crossings(cursor: CursorWrapper, kind: EventTable, job_id: int) -> None:
    """The crossing of two named roads: where their lines meet, or the middle where they come nearest."""
    cursor.execute(
        f"""WITH named AS ({_NAMED_ROAD}),
            crossing AS (
                SELECT t.text, a.element_id AS road_id, ST_Centroid(ST_ShortestLine(x.line, y.line)) AS point
                FROM road_text t JOIN named a ON a.name = t.road JOIN named b ON b.name = t.crossing
                JOIN elements_road x ON x.element_id = a.element_id JOIN elements_road y ON y.element_id = b.element_id
                WHERE t.crossing <> '' AND ST_DWithin(ST_Transform(x.line, {METRIC_SRID}), ST_Transform(y.line, {METRIC_SRID}),
                                                      {CROSSING_M}))
            UPDATE {kind.stage_table} s
            SET road_id = coalesce(s.road_id, c.road_id), placed_point = coalesce(s.placed_point, c.point),
                place_quality = '{Quality.NUMBER.value}'
            FROM crossing c WHERE s.job_id = %(job)s AND s.place_text = c.text""",
        {"job": job_id},
    )


def _place_by_point(cursor: CursorWrapper, kind: EventTable, job_id: int) -> None:
    """Coordinates beat everything else."""
    if "point" not in kind.fields:
        return
    cursor.execute(
        f"""UPDATE {kind.stage_table} SET placed_point = point, place_quality = '{Quality.EXACT.value}'
            WHERE job_id = %s AND point IS NOT NULL""",
        [job_id],
    )


# An address that the text was read as: accepted, or the only one that a "门前" or "以东50米" can start from.
_READ_ADDRESS = """
    SELECT t.text, coalesce(t.address_id, a.id) AS address_id,
           t.status = 'relative' AND coalesce((t.explanation -> 'relative' ->> 'metres')::int, 0) > %(beside)s AS is_away
    FROM addresses_addresstext t
    LEFT JOIN addresses_standardaddress a
           ON t.status = 'relative' AND jsonb_array_length(t.explanation -> 'candidates') = 1
          AND (t.explanation -> 'candidates' -> 0 ->> 'confidence')::float >= %(sure)s
          AND a.code = t.explanation -> 'candidates' -> 0 ->> 'code'
    WHERE t.status IN ('exact', 'partial', 'relative')"""


def _place_by_address(cursor: CursorWrapper, kind: EventTable, job_id: int) -> None:
    """The standard address of the text; what has a better place keeps it and takes only the address."""
    quality = f"""place_quality = CASE
                WHEN s.placed_point IS NOT NULL THEN s.place_quality
                WHEN a.level >= {int(AddressLevel.NUMBER)} AND NOT t.is_away THEN '{Quality.NUMBER.value}'
                WHEN a.level >= {int(AddressLevel.ROAD)} THEN '{Quality.ROAD.value}'
                WHEN a.level = {int(AddressLevel.VILLAGE)} THEN coalesce(s.place_quality, '{Quality.VILLAGE.value}')
                ELSE s.place_quality END"""
    cursor.execute(
        f"""UPDATE {kind.stage_table} s
            SET address_id = a.id, block_id = a.block_id, {quality},
                placed_point = coalesce(s.placed_point, CASE WHEN a.level >= {int(AddressLevel.VILLAGE)} THEN a.point END)
            FROM ({_READ_ADDRESS} AND t.text IN (SELECT place_text FROM {kind.stage_table} WHERE job_id = %(job)s)) t
            JOIN addresses_standardaddress a ON a.id = t.address_id
            WHERE s.job_id = %(job)s AND s.place_text = t.text""",
        {"job": job_id, "beside": BESIDE_M, "sure": SURE},
    )


def _give_blocks(cursor: CursorWrapper, kind: EventTable, job_id: int) -> None:
    """The grid that holds the point, else the address's, else the unplaced block of the town or the city."""
    today = clock.today()
    _towns, city_block = pseudo_block_ids(today)
    town = (
        f"""(SELECT u.id FROM addresses_addresstext t LEFT JOIN addresses_standardaddress a ON a.id = t.address_id
             JOIN addresses_area u ON u.is_pseudo AND u.town_id = coalesce(a.town_id, t.town_id) AND {_in_force("u")}
             WHERE t.text = s.place_text LIMIT 1)"""
        if kind.has_place
        else "NULL"
    )
    parameters: dict[str, Any] = {"job": job_id, "today": today, "city": city_block}
    cursor.execute(
        f"""UPDATE {kind.stage_table} s
            SET block_id = coalesce(
                    (SELECT g.id FROM addresses_area g
                     WHERE g.kind = 'GRID' AND ST_Covers(g.geom, s.placed_point) AND {_in_force("g")} ORDER BY g.id LIMIT 1),
                    s.block_id, {town}, %(city)s),
                place_quality = coalesce(s.place_quality, '{Quality.UNKNOWN.value}')
            WHERE s.job_id = %(job)s""",
        parameters,
    )


def _in_force(area: str) -> str:
    return f"{area}.valid_from <= %(today)s AND ({area}.valid_to IS NULL OR {area}.valid_to > %(today)s)"


def _find_nearest_roads(cursor: CursorWrapper, kind: EventTable, job_id: int) -> None:
    """A surveyed point that names no road belongs to the nearest one that it lies on."""
    cursor.execute("DROP TABLE IF EXISTS road_piece")
    # In pieces of few corners: the boxes of whole roads hold half the county.
    cursor.execute(
        f"""CREATE TEMP TABLE road_piece ON COMMIT DROP AS
            SELECT r.element_id, ST_Subdivide(ST_Transform(r.line, {METRIC_SRID}), {PIECE_CORNERS}) AS line
            FROM elements_road r JOIN elements_element e ON e.id = r.element_id
            WHERE r.is_section IS NOT TRUE AND r.line IS NOT NULL AND NOT e.is_withdrawn AND e.merged_into_id IS NULL"""
    )
    cursor.execute("CREATE INDEX ON road_piece USING gist (line)")
    cursor.execute(
        f"""WITH lost AS MATERIALIZED (
                SELECT row_number, ST_Transform(placed_point, {METRIC_SRID}) AS point FROM {kind.stage_table}
                WHERE job_id = %(job)s AND road_id IS NULL AND place_quality = '{Quality.EXACT.value}'),
            near AS (
                SELECT p.row_number, n.element_id FROM lost p CROSS JOIN LATERAL (
                    SELECT l.element_id FROM road_piece l WHERE ST_DWithin(l.line, p.point, {ON_ROAD_M})
                    ORDER BY ST_Distance(l.line, p.point), l.element_id LIMIT 1) n)
            UPDATE {kind.stage_table} s SET road_id = n.element_id FROM near n
            WHERE s.job_id = %(job)s AND s.row_number = n.row_number""",
        {"job": job_id},
    )
