"""Which elements look like one thing: grounds with points, found in sets. Likeness proposes, it never joins.

Each kind has blocking queries, statements that give (low, high) by something exact (the same address, the same telephone,
a dot within metres), so that nothing is compared with everything; the grounds are then counted on those pairs alone.
Points are judgements of this project; a pair with `THRESHOLD` or more is proposed.
"""

from __future__ import annotations

from dataclasses import dataclass

from addresses.choices import AddressLevel, MapLayer
from common.geometry import METRIC_SRID
from elements.choices import ElementKind

THRESHOLD = 60
# More things than this on one address, name or telephone are a crowd, not a doubt.
MAX_GROUP = 12
NEAR_M, SAME_SPOT_M = 20, 5
# About NEAR_M in degrees at 37° N, taken wide: the index cuts by it, metres decide.
_NEAR_DEG = 0.0004


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason for or against: SQL condition on the rows `a` and `b` of the kind, points, SQL of a figure to show."""

    code: str
    points: int
    condition: str
    detail: str = "NULL"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How the elements of one kind are compared.

    Attributes:
        row: SQL of one row an element: element_id and what the grounds read.
        blocks: SQL statements over `thing` that give pairs (low, high).
        grounds: what counts.
    """

    row: str
    blocks: tuple[str, ...]
    grounds: tuple[Ground, ...]


def _standing(kind: ElementKind) -> str:
    return f"e.kind = '{kind.value}' AND e.is_owned AND NOT e.is_withdrawn AND e.merged_into_id IS NULL"


def _same(column: str) -> str:
    """Pairs of the members of each small group with one value."""
    return f"""SELECT a.element_id AS low, b.element_id AS high
               FROM thing a JOIN thing b ON b.{column} = a.{column} AND b.element_id > a.element_id
               WHERE a.{column} IN (SELECT {column} FROM thing WHERE {column} IS NOT NULL
                                    GROUP BY 1 HAVING count(*) BETWEEN 2 AND {MAX_GROUP})"""


def _address(role: str) -> str:
    return f"""(SELECT t.address_id FROM elements_elementaddress ea JOIN addresses_addresstext t ON t.id = ea.text_id
                JOIN addresses_standardaddress s ON s.id = t.address_id
                WHERE ea.element_id = e.id AND ea.role = '{role}' AND t.status IN ('exact', 'partial')
                  AND s.level >= {int(AddressLevel.NUMBER)}) AS address"""


_NEAR = f"""SELECT least(m.subject_id, n.subject_id) AS low, greatest(m.subject_id, n.subject_id) AS high
            FROM thing a
            JOIN addresses_mapfeature m ON m.layer = {int(MapLayer.ELEMENT)} AND m.subject_id = a.element_id
            JOIN addresses_mapfeature n ON n.layer = {int(MapLayer.ELEMENT)} AND n.subject_id > a.element_id
             AND n.geom && ST_Expand(m.geom, {_NEAR_DEG})
            JOIN thing b ON b.element_id = n.subject_id AND b.sort = a.sort"""
_METRES = f"ST_Distance(ST_Transform(a.point, {METRIC_SRID}), ST_Transform(b.point, {METRIC_SRID}))"
_CORE_NAME = "nullif(regexp_replace(upper({name}), '有限责任公司|股份有限公司|有限公司|分公司|公司|莱州市|莱州|[（(].*?[）)]|\\s', '', 'g'), '')"
_DIFFER = "a.{0} IS NOT NULL AND b.{0} IS NOT NULL AND a.{0} <> b.{0}"

LIKENESS: dict[ElementKind, Likeness] = {
    ElementKind.PERSON: Likeness(
        row=f"""SELECT e.id AS element_id, p.name, p.birth_on, substring(p.phone from 2 for 16) AS phone,
                       p.name || p.birth_on::text AS name_and_birth, substring(p.citizen_id from 2 for 16) AS citizen_id,
                       {_address("RESIDENCE")}
                FROM elements_element e JOIN elements_person p ON p.element_id = e.id WHERE {_standing(ElementKind.PERSON)}""",
        blocks=(_same("phone"), _same("name_and_birth")),
        grounds=(
            Ground("SAME_NAME", 30, "a.name = b.name"),
            Ground("SAME_BIRTH", 25, "a.birth_on = b.birth_on"),
            Ground("SAME_PHONE", 30, "a.phone = b.phone"),
            Ground("SAME_ADDRESS", 20, "a.address = b.address"),
            Ground("OTHER_ID", -20, _DIFFER.format("citizen_id")),
        ),
    ),
    ElementKind.VEHICLE: Likeness(
        row=f"""SELECT e.id AS element_id, v.vin, v.plate_number, v.engine_number, v.brand, v.colour, v.vehicle_type
                FROM elements_element e JOIN elements_vehicle v ON v.element_id = e.id WHERE {_standing(ElementKind.VEHICLE)}""",
        blocks=(_same("engine_number"), _same("plate_number")),
        grounds=(
            Ground("SAME_ENGINE", 55, "a.engine_number = b.engine_number"),
            Ground("SAME_PLATE", 35, "a.plate_number = b.plate_number"),
            Ground("SAME_BRAND", 15, "a.brand = b.brand"),
            Ground("SAME_TYPE", 15, "a.vehicle_type = b.vehicle_type"),
            Ground("SAME_COLOUR", 5, "a.colour = b.colour"),
            Ground("OTHER_VIN", -40, f"{_DIFFER.format('vin')} AND a.engine_number IS DISTINCT FROM b.engine_number"),
        ),
    ),
    ElementKind.UNIT: Likeness(
        row=f"""SELECT e.id AS element_id, u.name, {_CORE_NAME.format(name="u.name")} AS core,
                       substring(u.phone from 2 for 16) AS phone, u.legal_person_name AS leader, u.uscc, {_address("BUSINESS")}
                FROM elements_element e JOIN elements_unit u ON u.element_id = e.id WHERE {_standing(ElementKind.UNIT)}""",
        blocks=(_same("core"), _same("phone"), _same("address")),
        grounds=(
            Ground("SAME_NAME", 40, "a.core = b.core"),
            Ground(
                "SIMILAR_NAME", 25, "a.core <> b.core AND similarity(a.core, b.core) >= 0.5",
                "round(similarity(a.core, b.core)::numeric, 2)",
            ),
            Ground("SAME_PHONE", 30, "a.phone = b.phone"),
            Ground("SAME_LEADER", 20, "a.leader = b.leader"),
            Ground("SAME_ADDRESS", 25, "a.address = b.address"),
            Ground("OTHER_CODE", -25, _DIFFER.format("uscc")),
        ),
    ),
    ElementKind.HOUSE: Likeness(
        row=f"""SELECT e.id AS element_id, h.area_m2, h.owner_name, h.usage, h.name, {_address("SITE")}
                FROM elements_element e JOIN elements_house h ON h.element_id = e.id WHERE {_standing(ElementKind.HOUSE)}""",
        blocks=(_same("address"),),
        grounds=(
            Ground("SAME_ADDRESS", 45, "a.address = b.address"),
            Ground("SAME_OWNER", 25, "a.owner_name = b.owner_name"),
            Ground("SAME_AREA", 20, "a.area_m2 = b.area_m2", "a.area_m2"),
            Ground("SAME_USE", 10, "a.usage = b.usage"),
            Ground("OTHER_AREA", -15, _DIFFER.format("area_m2")),
            Ground("OTHER_OWNER", -20, _DIFFER.format("owner_name")),
        ),
    ),
    ElementKind.ROAD: Likeness(
        row=f"""SELECT e.id AS element_id, r.name, r.route_code, e.block_id, r.line
                FROM elements_element e JOIN elements_road r ON r.element_id = e.id
                WHERE {_standing(ElementKind.ROAD)} AND r.is_section IS NOT TRUE""",
        blocks=(_same("name"),),
        grounds=(
            Ground("SAME_NAME", 40, "a.name = b.name"),
            Ground("SAME_LINE", 40, f"ST_DWithin(a.line, b.line, {_NEAR_DEG})"),
            Ground("OTHER_CODE", -30, _DIFFER.format("route_code")),
        ),
    ),
    ElementKind.FACILITY: Likeness(
        row=f"""SELECT e.id AS element_id, f.name, f.facility_type AS sort, f.road_name, f.stake_m, e.point, {_address("SITE")}
                FROM elements_element e JOIN elements_facility f ON f.element_id = e.id
                WHERE {_standing(ElementKind.FACILITY)}""",
        blocks=(_NEAR,),
        grounds=(
            Ground("SAME_SORT", 15, "a.sort = b.sort"),
            Ground("SAME_SPOT", 45, f"{_METRES} <= {SAME_SPOT_M}", f"round({_METRES}::numeric, 1)"),
            Ground(
                "NEAR", 25, f"{_METRES} > {SAME_SPOT_M} AND {_METRES} <= {NEAR_M}", f"round({_METRES}::numeric, 1)"
            ),
            Ground("SAME_NAME", 25, "a.name = b.name"),
            Ground(
                "SIMILAR_NAME", 15, "a.name <> b.name AND similarity(a.name, b.name) >= 0.5",
                "round(similarity(a.name, b.name)::numeric, 2)",
            ),
            Ground("OTHER_STAKE", -20, "abs(a.stake_m - b.stake_m) > 50", "abs(a.stake_m - b.stake_m)"),
        ),
    ),
}  # fmt: skip


def pairs_sql(kind: ElementKind) -> str:
    """SQL of (low, high, score, reasons) of every pair of the kind that reaches the threshold; `thing` must exist."""
    likeness = LIKENESS[kind]
    candidates = " UNION ".join(f"({block})" for block in likeness.blocks)
    grounds = ", ".join(
        f"CASE WHEN {ground.condition} THEN jsonb_build_object('code', '{ground.code}', 'points', {ground.points},"
        f" 'detail', ({ground.detail})::text) END"
        for ground in likeness.grounds
    )
    score = " + ".join(f"CASE WHEN {ground.condition} THEN {ground.points} ELSE 0 END" for ground in likeness.grounds)
    return f"""
        SELECT low, high, least(score, 100) AS score, reasons FROM (
            SELECT c.low, c.high, {score} AS score,
                   to_jsonb(array_remove(ARRAY[{grounds}], NULL)) AS reasons
            FROM ({candidates}) c JOIN thing a ON a.element_id = c.low JOIN thing b ON b.element_id = c.high) scored
        WHERE score >= {THRESHOLD}"""
