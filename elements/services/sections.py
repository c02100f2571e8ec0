"""Roads are cut into sections at the borders of blocks: what a block has of a road is an element in that block.

The sections are claims of the platform itself, one batch a cut: a section that a new cut has no more loses the support of
the batch before it and is withdrawn. A cut that was killed is taken up by the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from common import clock, jobs
from common.geometry import METRIC_SRID
from common.jobs import JobRun
from common.models import Job
from elements.choices import ElementKind, RelationType
from elements.models import ClaimBatch, Source
from elements.services.claims import StagedClaim, retract_batch, submit_claims

CUT_ROADS = "CUT_ROADS"
PLATFORM = "PLATFORM"
_LOCK = 370683_01
# Slivers along a border that runs beside the road are no sections.
MIN_LENGTH_M = 5
# What a section has from its road.
_INHERITED = ("name", "route_code", "road_class", "admin_class", "speed_limit_kmh", "lanes", "manager_name")

_PIECES = f"""
    WITH whole AS (
        SELECT e.id, r.line, r.stake_from_m, r.stake_to_m, r.length_m, {", ".join(f"r.{name}" for name in _INHERITED)},
               k.scheme, k.value
        FROM elements_element e JOIN elements_road r ON r.element_id = e.id
        JOIN LATERAL (SELECT scheme, value FROM elements_elementkey k
                      WHERE k.element_id = e.id AND k.valid_to IS NULL ORDER BY scheme DESC, value LIMIT 1) k ON true
        WHERE e.kind = 'ROAD' AND e.is_owned AND NOT e.is_withdrawn AND e.merged_into_id IS NULL
          AND r.is_section IS NOT TRUE AND r.line IS NOT NULL),
    piece AS (
        SELECT w.id, g.code, (ST_Dump(ST_Intersection(w.line, g.geom))).geom AS line
        FROM whole w JOIN addresses_area g ON g.geom && w.line AND ST_Intersects(g.geom, w.line)
        WHERE g.kind = 'GRID' AND NOT g.is_pseudo
          AND g.valid_from <= %(today)s AND (g.valid_to IS NULL OR g.valid_to > %(today)s)),
    placed AS (
        SELECT p.*, ST_Length(ST_Transform(p.line, {METRIC_SRID})) AS length_m,
               ST_LineLocatePoint(w.line, ST_StartPoint(p.line)) AS first, ST_LineLocatePoint(w.line, ST_EndPoint(p.line)) AS last
        FROM piece p JOIN whole w USING (id) WHERE ST_GeometryType(p.line) = 'ST_LineString')
    SELECT w.id, p.code, row_number() OVER (PARTITION BY w.id, p.code ORDER BY least(p.first, p.last)) AS number,
           least(p.first, p.last) AS first, greatest(p.first, p.last) AS last, round(p.length_m)::int AS length_m,
           p.line::text AS line, ST_LineInterpolatePoint(p.line, 0.5)::text AS point,
           w.stake_from_m, w.stake_to_m, w.length_m AS road_length_m, w.scheme, w.value, {", ".join(f"w.{n}" for n in _INHERITED)}
    FROM placed p JOIN whole w USING (id) WHERE p.length_m >= {MIN_LENGTH_M} ORDER BY w.id, first, p.code"""


def request_cut() -> Job:
    """Asks for the roads to be cut again; a cut that waits already is that answer."""
    with transaction.atomic():
        waiting = Job.objects.select_for_update().filter(kind=CUT_ROADS, state=Job.State.QUEUED).first()
        return waiting or jobs.create_job(kind=CUT_ROADS, title="道路按责任块切分路段", owner_id=None, params={})


def cut_roads(run: JobRun) -> dict[str, int]:
    """Job handler: the sections of all roads as the lines and blocks of today have them.

    Returns:
        Number of sections, and of supports withdrawn from cuts before.
    """
    with _one_at_a_time():
        return _cut(run)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """The older of two cuts must not end last; the lock ends with its session when the process is killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _cut(run: JobRun) -> dict[str, int]:
    now = clock.now()
    source = Source.objects.get(code=PLATFORM)
    run.progress(done=0, message="切分道路")
    claims = list(_sections(clock.today(), now))
    batch = submit_claims(source=source, kind_code=ElementKind.ROAD, claims=claims, actor=None, now=now)
    before = ClaimBatch.objects.filter(source=source, kind=ElementKind.ROAD, pk__lt=batch.pk)
    withdrawn = 0
    for old in before.exclude(state=ClaimBatch.State.RETRACTED).order_by("pk"):
        run.progress(done=len(claims), total=len(claims), message="撤下不再存在的路段")
        withdrawn += retract_batch(batch=old, actor=None, run=run, job_id=-old.pk, now=now)
    return {"sections": len(claims), "withdrawn": withdrawn}


def _sections(today: date, now: datetime) -> Iterator[StagedClaim]:
    with connection.cursor() as cursor:
        cursor.execute(_PIECES, {"today": today})
        names = [column.name for column in cursor.description]
        rows = cursor.fetchall()
    for row_number, row in enumerate(rows, start=1):
        piece = dict(zip(names, row, strict=True))
        yield StagedClaim(
            row_number,
            now,
            {name: piece[name] for name in ("line", "point", "length_m", *_INHERITED)}
            | {"is_section": True, **_stakes(piece)},
            relations=[
                {
                    "type": RelationType.SECTION_OF.value,
                    "kind": str(ElementKind.ROAD),
                    "scheme": piece["scheme"],
                    "value": piece["value"],
                    "label": piece["name"] or "",
                }
            ],
            source_row_id=f"{piece['id']}/{piece['code']}/{piece['number']}",
        )


def _stakes(piece: dict[str, Any]) -> dict[str, int]:
    """Stakes of a piece by its share of the line; a road without stakes is counted from its beginning."""
    begin = piece["stake_from_m"] or 0
    end = piece["stake_to_m"]
    span = end - begin if end is not None else piece["road_length_m"] or 0
    return {"stake_from_m": round(begin + piece["first"] * span), "stake_to_m": round(begin + piece["last"] * span)}
