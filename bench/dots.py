"""Elements and their dots over the demo city's areas, in sets."""

from __future__ import annotations

from django.db import connection

from addresses.choices import MapLayer
from addresses.services.map_features import rebuild_pyramid
from bench.claims import source_ids
from bench.database import application_connection
from common import clock
from common.statistics import refresh_statistics
from elements.services.folding import folding

KINDS = ("PERSON", "VEHICLE", "UNIT")
# Urban grids are small and full: they hold this many times the elements of a rural one.
_URBAN_WEIGHT = 4
_SEED = 7


def fill_dots(count: int) -> int:
    """About `count` dots by COPY, more in urban grids, then the pyramid; returns how many.

    The points are drawn inside each grid's polygon by PostGIS with a fixed seed. Every third is a vehicle.
    """
    with application_connection() as plain:
        plain.execute(_POINTS.encode(), {"count": count, "weight": _URBAN_WEIGHT, "seed": _SEED})
        layer = int(MapLayer.ELEMENT)
        with (
            plain.cursor().copy(
                f"""COPY (SELECT {layer}, id, (ARRAY['PERSON','VEHICLE','UNIT'])[1 + id % 3], block_id, geom
                          FROM bench_point) TO STDOUT"""
            ) as rows,
            application_connection() as writer,
            writer.cursor().copy(
                "COPY addresses_mapfeature (layer, subject_id, kind, block_id, geom) FROM STDIN"
            ) as target,
        ):
            for row in rows:
                target.write(row)
    refresh_statistics("addresses_mapfeature")
    rebuild_pyramid(MapLayer.ELEMENT)
    refresh_statistics("addresses_mapcell")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM addresses_mapfeature WHERE layer = %s", [int(MapLayer.ELEMENT)])
        return cursor.fetchone()[0]


_POINTS = """
    CREATE TEMP TABLE bench_point AS
    WITH grid AS (
        SELECT id, geom, CASE WHEN is_urban THEN %(weight)s ELSE 1 END AS weight FROM addresses_area
        WHERE kind = 'GRID' AND NOT is_pseudo AND valid_to IS NULL),
    share AS (SELECT id, geom, greatest(1, round(%(count)s * weight / sum(weight) OVER ()))::int AS n FROM grid)
    SELECT row_number() OVER (ORDER BY share.id, d.path) AS id, share.id AS block_id, d.geom
    FROM share CROSS JOIN LATERAL ST_Dump(ST_GeneratePoints(share.geom, share.n, %(seed)s)) d
    LIMIT %(count)s"""


def fill_vehicles(count: int) -> None:
    """Vehicles with details, one source's claim, two addresses each and a block; history as the triggers write it.

    Address texts are those of `fill_texts`; ids of elements are 1 to `count`.
    """
    parameters = {"count": count, "source": source_ids()[0], "now": clock.now()}
    with folding(), connection.cursor() as cursor:
        for statement in _VEHICLES:
            cursor.execute(statement, parameters)
    for table in ("elements_element", "elements_vehicle", "elements_elementaddress", "elements_vehicleclaim"):
        refresh_statistics(table)


def fill_texts() -> None:
    """One accepted address text for every standard address with a block, as if each had been resolved."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO addresses_addresstext (text, normalised, status, address_id, confidence, level_wanted,
                                                  level_reached, explanation, index_version, resolved_at)
               SELECT '莱州市' || full_text, full_text, 'exact', id, 1, 'number', 'number', '{}', 1, now()
               FROM addresses_standardaddress WHERE block_id IS NOT NULL AND level >= 4"""
        )
    refresh_statistics("addresses_addresstext")


_PLATE = "'鲁F' || lpad(e::text, 6, '0')"
_VIN = "'LZB' || lpad(e::text, 14, '0')"
_TEXTS = "addresses_addresstext t JOIN addresses_standardaddress a ON a.id = t.address_id"
_PLACED = f"""(SELECT t.id AS text_id, a.block_id, a.point, row_number() OVER (ORDER BY t.id) - 1 AS place
              FROM {_TEXTS}) p"""
# Asked once, so that rows and texts meet by a hash; as a column of the texts it had every row tried with every text.
_PLACES = f"(SELECT count(*) FROM {_TEXTS})"
_VEHICLES = (
    f"""INSERT INTO elements_element (id, kind, label, block_id, point, place_quality, is_owned, is_withdrawn, conflicts,
                                      version, updated_at)
        SELECT e, 'VEHICLE', {_PLATE}, p.block_id, p.point, 'ADDRESS', true, false, '{{}}', 1, %(now)s
        FROM generate_series(1, %(count)s) e JOIN {_PLACED} ON p.place = e %% {_PLACES}""",
    f"""INSERT INTO elements_vehicle (element_id, vin, plate_number, plate_type, vehicle_type, use_nature, brand, state,
                                      inspection_valid_to, scrap_due_on, owner_name)
        SELECT e, {_VIN}, {_PLATE}, '02', 'K33', 'A', 'B' || e %% 97, 'A', date '2026-01-01' + e %% 900,
               date '2030-01-01' + e %% 900, '车主' || e
        FROM generate_series(1, %(count)s) e""",
    f"""INSERT INTO elements_elementaddress (element_id, role, text_id)
        SELECT e, 'REGISTERED', p.text_id FROM generate_series(1, %(count)s) e JOIN {_PLACED} ON p.place = e %% {_PLACES}
        UNION ALL
        SELECT e, 'PARKING', p.text_id FROM generate_series(1, %(count)s) e
        JOIN {_PLACED} ON p.place = (e + 7) %% {_PLACES} WHERE e %% 3 = 0""",
    """WITH batch AS (
           INSERT INTO elements_claimbatch (source_id, kind, state, created_at)
           VALUES (%(source)s, 'VEHICLE', 'APPLIED', %(now)s) RETURNING id),
       made AS (
           INSERT INTO elements_claimlog (source_id, kind, subject_key, element_id, batch_id, row_number, observed_at,
                                          payload, cleared)
           SELECT %(source)s, 'VEHICLE', 'VIN:' || v.vin, v.element_id, batch.id, v.element_id, %(now)s, '{}', '{}'
           FROM elements_vehicle v CROSS JOIN batch RETURNING id, element_id, subject_key)
       INSERT INTO elements_vehicleclaim (source_id, subject_key, element_id, claim_id, observed_at, rank, cleared, relations)
       SELECT %(source)s, subject_key, element_id, id, %(now)s, 0, '{}', '[]' FROM made""",
)
