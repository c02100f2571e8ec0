"""Where an element belongs: its addresses and its one responsible block.

Surveyed point > point of the first accepted address in the kind's role order > village. What has neither goes to the
pseudo-block of its town, else of the city.
"""

from __future__ import annotations

from datetime import date

from django.db.backends.utils import CursorWrapper

from addresses.choices import AddressLevel
from elements.fold.sql import Span, in_span
from elements.kinds import Kind


def compute_places(cursor: CursorWrapper, kind: Kind, span: Span, today: date, city_block: int) -> None:
    """Makes `fold_place(element_id, block_id, point, place_quality)` for the elements of the batch that are placed anew."""
    joins, blocks, points, towns, levels = [], [], [], [], []
    for i, (_role, name) in enumerate(kind.address_fields):
        joins.append(
            f"""LEFT JOIN addresses_addresstext t{i} ON t{i}.text = p.{name}
                LEFT JOIN addresses_standardaddress a{i}
                       ON a{i}.id = t{i}.address_id AND t{i}.status IN ('exact', 'partial')
                LEFT JOIN addresses_area u{i}
                       ON u{i}.is_pseudo AND u{i}.town_id = coalesce(a{i}.town_id, t{i}.town_id)
                      AND u{i}.valid_from <= %(today)s AND (u{i}.valid_to IS NULL OR u{i}.valid_to > %(today)s)"""
        )
        blocks.append(f"a{i}.block_id")
        points.append(f"WHEN a{i}.block_id IS NOT NULL THEN a{i}.point")
        towns.append(f"u{i}.id")
        levels.append(f"WHEN a{i}.block_id IS NOT NULL THEN a{i}.level")
    cursor.execute("DROP TABLE IF EXISTS fold_place")
    cursor.execute(
        f"""CREATE TEMP TABLE fold_place ON COMMIT DROP AS
            SELECT element_id, block_id, point,
                   CASE WHEN is_surveyed THEN 'SURVEYED' WHEN level IS NULL THEN 'UNPLACED'
                        WHEN level >= {int(AddressLevel.NUMBER)} THEN 'ADDRESS' ELSE 'VILLAGE' END AS place_quality
            FROM (
                SELECT p.element_id, g.id IS NOT NULL AS is_surveyed,
                       coalesce({", ".join(("g.id", *blocks, *towns, "%(city)s"))}) AS block_id,
                       CASE WHEN g.id IS NOT NULL THEN p.point {" ".join(points)} END AS point,
                       CASE {" ".join(levels)} WHEN false THEN 0 END AS level
                FROM {kind.plan_table} p
                LEFT JOIN LATERAL (
                    SELECT g.id FROM addresses_area g
                    WHERE p.point IS NOT NULL AND g.kind = 'GRID' AND ST_Covers(g.geom, p.point)
                      AND g.valid_from <= %(today)s AND (g.valid_to IS NULL OR g.valid_to > %(today)s)
                    ORDER BY g.id LIMIT 1) g ON true
                {" ".join(joins)}
                WHERE {in_span("p")} AND p.is_placed_anew) placed""",
        {**span.parameters, "city": city_block, "today": today},
    )


def write_addresses(cursor: CursorWrapper, kind: Kind, span: Span) -> None:
    """Brings `ElementAddress` in line with the planned address fields: only what differs is touched."""
    if not kind.address_fields:
        return
    wanted = " UNION ALL ".join(
        f"SELECT p.element_id, '{role.value}' AS role, t.id AS text_id FROM {kind.plan_table} p"
        f" JOIN addresses_addresstext t ON t.text = p.{name} WHERE {in_span('p')} AND p.is_placed_anew"
        for role, name in kind.address_fields
    )
    cursor.execute(
        f"""DELETE FROM elements_elementaddress a USING {kind.plan_table} p
            WHERE {in_span("p")} AND p.is_placed_anew AND a.element_id = p.element_id
              AND NOT EXISTS (SELECT 1 FROM ({wanted}) w
                              WHERE w.element_id = a.element_id AND w.role = a.role AND w.text_id = a.text_id)""",
        span.parameters,
    )
    cursor.execute(
        f"""INSERT INTO elements_elementaddress (element_id, role, text_id)
            SELECT w.element_id, w.role, w.text_id FROM ({wanted}) w
            ON CONFLICT (element_id, role) DO UPDATE SET text_id = excluded.text_id
            WHERE elements_elementaddress.text_id <> excluded.text_id""",
        span.parameters,
    )
