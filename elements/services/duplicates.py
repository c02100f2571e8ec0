"""Finding pairs that look like one thing, and what people decide about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from common import clock, jobs
from common.audit import record_audit
from common.errors import DomainError, NotAllowed, NotVisible
from common.jobs import JobRun
from common.models import Job
from common.scope import Actor, Right
from elements.choices import ElementKind, PairState
from elements.models import DuplicatePair, Merge
from elements.selectors.duplicates import visible_pairs
from elements.selectors.likeness import LIKENESS, pairs_sql
from elements.services.merges import merge_elements

FIND_DUPLICATES = "FIND_DUPLICATES"
_OPEN = (PairState.PROPOSED, PairState.DEFERRED)


def request_search(kind: ElementKind | None = None) -> Job:
    """Asks for pairs of a kind (None: of all) to be looked for; a search that waits already is that answer."""
    params = {"kind": kind.value if kind else ""}
    with transaction.atomic():
        waiting = Job.objects.select_for_update().filter(kind=FIND_DUPLICATES, state=Job.State.QUEUED, params=params)
        return waiting.first() or jobs.create_job(
            kind=FIND_DUPLICATES, title="查找疑似重复", owner_id=None, params=params
        )


def find_duplicates(run: JobRun) -> dict[str, int]:
    """Job handler: proposes what looks alike now, forgets proposals that no longer do; decisions stay.

    Returns:
        Number of pairs proposed for the first time, again, and no longer.
    """
    wanted = run.params.get("kind")
    kinds = [ElementKind(wanted)] if wanted else list(LIKENESS)
    total = {"new": 0, "still": 0, "gone": 0}
    for done, kind in enumerate(kinds):
        with transaction.atomic():
            run.progress(done=done, total=len(kinds), message=f"比较{kind.label}")
            for name, number in _propose(kind, clock.now()).items():
                total[name] += number
    return total


def _propose(kind: ElementKind, now: datetime) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS thing, alike")
        cursor.execute(f"CREATE TEMP TABLE thing ON COMMIT DROP AS {LIKENESS[kind].row}")
        cursor.execute("CREATE INDEX ON thing (element_id)")
        cursor.execute("ANALYZE thing")
        cursor.execute(f"CREATE TEMP TABLE alike ON COMMIT DROP AS {pairs_sql(kind)}")
        cursor.execute("ANALYZE alike")
        # A pair that was once judged keeps its judgement, however alike it stays.
        cursor.execute(
            """INSERT INTO elements_duplicatepair (low_id, high_id, state, score, reasons, proposed_at, seen_at, note)
               SELECT low, high, 'PROPOSED', score, reasons, %(now)s, %(now)s, '' FROM alike ORDER BY low, high
               ON CONFLICT (low_id, high_id) DO UPDATE
                   SET score = excluded.score, reasons = excluded.reasons, seen_at = excluded.seen_at,
                       state = CASE WHEN elements_duplicatepair.state = 'GONE' THEN 'PROPOSED' ELSE elements_duplicatepair.state END
               RETURNING proposed_at = seen_at""",
            {"now": now},
        )
        is_new = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            """UPDATE elements_duplicatepair d SET state = 'GONE' FROM elements_element e
               WHERE e.id = d.low_id AND e.kind = %(kind)s AND d.state = ANY(%(open)s) AND d.seen_at < %(now)s""",
            {"kind": kind.value, "open": list(_OPEN), "now": now},
        )
        return {"new": sum(is_new), "still": len(is_new) - sum(is_new), "gone": int(cursor.rowcount)}


@dataclass(slots=True)
class Judged:
    """What became of several pairs: merges made, pairs judged, and (pair id, message) of those that could not be."""

    merges: list[Merge] = field(default_factory=list)
    judged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@transaction.atomic
def judge_pairs(*, pair_ids: Sequence[int], state: PairState, note: str, actor: Actor, now: datetime) -> int:
    """Says of open pairs that they are not one thing, or that somebody will look later, or that they are open again.

    Raises:
        NotAllowed: the actor may not correct.
        NotVisible: one of the pairs is not there for the actor.
        DomainError: MERGED and GONE are no judgements of a person.
    """
    if state not in (PairState.DIFFERENT, PairState.DEFERRED, PairState.PROPOSED):
        raise DomainError("PAIR_STATE", "这不是一种人工判断。")
    pairs = _own(pair_ids, actor)
    judged = DuplicatePair.objects.filter(pk__in=[pair.pk for pair in pairs]).exclude(state=PairState.MERGED)
    count = judged.update(state=state, note=note.strip()[:200], decided_at=now, decided_by_id=actor.pk)
    record_audit(
        actor_id=actor.pk, verb="DUPLICATE_JUDGED", subject_table="elements_duplicatepair",
        subject_id=",".join(str(pair.pk) for pair in pairs)[:60], count=count, reason=note.strip(), now=now,
    )  # fmt: skip
    return count


def merge_pairs(*, pair_ids: Sequence[int], reason: str, actor: Actor, now: datetime) -> Judged:
    """Merges several pairs, each its own decision: the one with more claims stays, of equals the older.

    A pair whose elements were merged meanwhile is refused by name, the others go on.

    Raises:
        NotAllowed, NotVisible: as `judge_pairs`.
    """
    result = Judged()
    for pair in _own(pair_ids, actor):
        keep_id, drop_id = suggested(pair)
        try:
            result.merges.append(merge_elements(keep_id=keep_id, drop_id=drop_id, reason=reason, actor=actor, now=now))
        except DomainError as error:
            result.refused.append((pair.pk, str(error.message)))
    result.judged = len(result.merges)
    return result


def suggested(pair: DuplicatePair) -> tuple[int, int]:
    """Which of a pair stays and which goes: more claims stay, of equals the older number."""
    low, high = pair.low.claims.count(), pair.high.claims.count()
    return (pair.high_id, pair.low_id) if high > low else (pair.low_id, pair.high_id)


def _own(pair_ids: Sequence[int], actor: Actor) -> list[DuplicatePair]:
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    pairs = list(visible_pairs(actor).filter(pk__in=pair_ids).order_by("pk"))
    if not pairs or len(pairs) != len(set(pair_ids)):
        raise NotVisible
    return pairs
