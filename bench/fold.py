"""`fold`: a million current claims of three sources into elements, against bare COPY of those claims.

Keys and elements exist; every element changes in seven fields; history and change rows are on. Then: nothing changed,
a thousand elements, and claims about things that nobody knew.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from django.db import connection, transaction

from bench import claims
from bench.ground import load_ground
from bench.report import Result
from bench.timing import Laps, seconds
from common import clock
from common.jobs import UnwatchedRun
from common.statistics import refresh_statistics
from elements.fold.apply import apply_plan
from elements.fold.plan import plan_elements
from elements.models import FieldPolicy, Source
from elements.services.claims import StagedClaim, apply_claims, open_batch, plan_claims, stage_claims

DEFAULT_ROWS = 1_000_000
DEFAULT_REPEATS = 3
_JOB = 1
_SOURCES = len(claims.SOURCES)


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Folds and copies in turn; between folds another source wins every field, so that all elements change."""
    elements = max(rows // _SOURCES, 1)
    laps = Laps()
    touched = sorted(random.Random(1).sample(range(1, elements + 1), min(1_000, max(1, elements // 4))))
    load_ground(0, tell)
    claims.make_peer_table()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "claims.txt"
        tell(f"{elements:,} elements with keys, {elements * _SOURCES:,} claims by COPY")
        claims.fill_elements(elements)
        count = claims.fill_claims(elements, path)
        _refresh()
        wrong = 0
        for repeat in range(repeats):
            order = _rotated(repeat)
            _believe(order)
            tell(f"repeat {repeat + 1}: fold, then COPY")
            if repeat:
                laps.run("incremental", lambda: _fold(touched))
            laps.run("fold", lambda: _fold(None))
            laps.run("copy", lambda: claims.copy_into_peer(path))
            laps.run("unchanged", lambda: _fold(None))
            wrong += _wrong_elements(order[0])
            _refresh()
    if repeats == 1:
        _believe(_rotated(repeats))
        laps.run("incremental", lambda: _fold(touched))
    tell("claims about new things")
    new = max(rows // 10, 1)
    taken = seconds(lambda: _fold_new(new))
    return _result(count, repeats, laps, {"first_fold_with_new_keys_per_s": new / taken, "wrong_elements": wrong})


def _rotated(step: int) -> list[str]:
    return [claims.SOURCES[(step + i) % _SOURCES] for i in range(_SOURCES)]


def _believe(order: Sequence[str]) -> None:
    FieldPolicy.objects.filter(kind="VEHICLE", field__in=claims.VARYING).update(source_order=list(order))


def _fold(element_ids: Sequence[int] | None) -> None:
    """What a change of precedence does: plan over the current claims, apply in batches."""
    with transaction.atomic(), connection.cursor() as cursor:
        plan_elements(cursor, claims.KIND, _JOB, element_ids)
    apply_plan(claims.KIND, _JOB, UnwatchedRun(), now=clock.now(), actor_id=None)


def _fold_new(count: int) -> None:
    """Stage, plan and apply of claims that bring their own keys; one a thing."""
    source, now, job_id = Source.objects.get(code=claims.SOURCES[0]), clock.now(), _JOB + 1
    batch = open_batch(source=source, kind_code=claims.KIND.code, actor=None, now=now)
    rows = (
        StagedClaim(n, now, {"vin": f"LNEW{n:013d}", "brand": f"B{n % 97}", "model": f"M{n % 997}", "seats": 5})
        for n in range(1, count + 1)
    )
    run = UnwatchedRun()
    stage_claims(kind=claims.KIND, job_id=job_id, batch=batch, claims=rows)
    plan_claims(kind=claims.KIND, job_id=job_id, run=run)
    apply_claims(kind=claims.KIND, job_id=job_id, batch=batch, run=run, actor_id=None, now=now, on_batch=None)


def _wrong_elements(winner: str) -> int:
    """Elements whose values are not those that the copied claims of the winning source hold."""
    compared = ", ".join(f"v.{name}" for name in claims.VARYING), ", ".join(f"c.{name}" for name in claims.VARYING)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*) FROM {claims.PEER_TABLE} c JOIN elements_source s ON s.id = c.source_id AND s.code = %s
                LEFT JOIN elements_vehicle v ON v.element_id = c.element_id
                WHERE ROW({compared[0]}) IS DISTINCT FROM ROW({compared[1]})""",
            [winner],
        )
        return cursor.fetchone()[0]


def _refresh() -> None:
    """What autovacuum does within a minute; here it has none."""
    for table in ("elements_element", "elements_elementkey", "elements_vehicle", claims.KIND.claim_table):
        refresh_statistics(table)


def _result(count: int, repeats: int, laps: Laps, more: dict[str, float]) -> Result:
    fold, copy = laps.median("fold"), laps.median("copy")
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM common_changerow), (SELECT count(*) FROM elements_vehicleevent)")
        change_rows, history_rows = cursor.fetchone()
    return Result(
        "fold",
        {
            "claims": count,
            "repeats": repeats,
            "claims_per_s": count / fold,
            "copy_rows_per_s": count / copy,
            "ratio_to_copy": copy / fold,
            "refold_unchanged_ratio": fold / laps.median("unchanged"),
            "incremental_1000_share": laps.median("incremental") / fold,
            "change_rows": change_rows,
            "history_rows": history_rows,
            **more,
        },
        notes=[
            "rows by COPY; ours: plan and apply with keys existing, every element changed, history and change rows on",
            "peer: COPY of the same claims into a table with the same indexes; ratio_to_copy = its time / ours",
        ],
    )
