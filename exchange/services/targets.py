"""Where landed rows go: claims that fold into elements, or versions that make events. Landing itself is the same for both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from common import clock
from common.jobs import JobRun
from common.statistics import refresh_when_grown
from elements.choices import ElementKind
from elements.kinds import KINDS, Kind
from elements.models import ClaimBatch
from elements.services.claims import (
    StagedClaim,
    apply_claims,
    drop_working_rows,
    plan_claims,
    resolve_staged,
    retract_batch,
    stage_claims,
)
from elements.services.duplicates import request_search
from elements.services.sections import request_cut
from events.kinds import EVENT_TABLES, EventTable
from events.services.placing import resolve_places
from events.services.recording import apply_events, plan_events
from events.services.retracting import retract_events
from events.services.staging import drop_staged, stage_events
from exchange.kinds import LandedKind
from exchange.models import LandingBatch
from exchange.services.address_checks import complete_stated_codes, hold_back_unaddressed, mark_unknown_codes
from exchange.services.fates import (
    mark_doubtful_points,
    mark_doubtful_points_given,
    write_event_fates,
    write_key_problems,
    write_planned_events,
    write_planned_outcomes,
    write_row_fates,
)
from exchange.services.known_rows import KnownRow, confirm_known_rows, contradicted_rows, find_known_rows
from exchange.services.section_checks import hold_back_stray_sections


class Target(ABC):
    """What becomes of the rows of one kind. `job_id` is the number of the batch's working rows."""

    kind: LandedKind

    @abstractmethod
    def stage(self, batch: ClaimBatch, job_id: int, claims: list[StagedClaim]) -> None:
        """Copies rows into the stage table."""

    @abstractmethod
    def plan(self, batch: LandingBatch, job_id: int, run: JobRun) -> None:
        """Checks the staged rows and plans what they will do; writes working tables and problems of rows only."""

    @abstractmethod
    def write_outcomes(self, cursor: CursorWrapper, batch: LandingBatch, job_id: int) -> None:
        """What the import will do, on every landed row."""

    @abstractmethod
    def apply(self, batch: LandingBatch, claim_batch: ClaimBatch, job_id: int, run: JobRun) -> None:
        """Writes everything that is staged, rows with their fate."""

    @abstractmethod
    def retract(self, claim_batch: ClaimBatch, job_id: int, run: JobRun) -> int:
        """Takes the batch back; returns how many rows."""

    @abstractmethod
    def drop(self, job_id: int) -> None:
        """Forgets the working rows."""

    def find_known(self, batch: LandingBatch, hashes: Sequence[bytes]) -> dict[bytes, KnownRow]:
        """Rows that need not be read again."""
        return {}

    def contradicted(self, batch: LandingBatch, job_id: int) -> set[int]:
        """Known rows that must be read all the same."""
        return set()

    def confirm_known(self, batch: LandingBatch, run: JobRun) -> int:
        """Writes what the known rows support; how many have to be planned again."""
        return 0

    @abstractmethod
    def follow_up(self) -> None:
        """What has to be made anew when things came or went."""

    def count_staged(self, job_id: int) -> int:
        """Rows that wait to be applied."""
        return int(self.kind.stage_model._default_manager.filter(job_id=job_id, is_applied=False).count())

    def _check_addresses(self, batch: LandingBatch, job_id: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            mark_unknown_codes(cursor, batch, self.kind, job_id)
            hold_back_unaddressed(cursor, batch, self.kind, job_id)
            mark_doubtful_points(cursor, batch, self.kind, job_id)


class ElementTarget(Target):
    """Claims about things."""

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind

    def stage(self, batch: ClaimBatch, job_id: int, claims: list[StagedClaim]) -> None:
        stage_claims(kind=self.kind, job_id=job_id, batch=batch, claims=claims)

    def plan(self, batch: LandingBatch, job_id: int, run: JobRun) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            complete_stated_codes(cursor, batch, self.kind, job_id)
        resolve_staged(kind=self.kind, job_id=job_id, run=run)
        self._check_addresses(batch, job_id)
        with transaction.atomic(), connection.cursor() as cursor:
            hold_back_stray_sections(cursor, batch, job_id)
        plan_claims(kind=self.kind, job_id=job_id, run=run)

    def write_outcomes(self, cursor: CursorWrapper, batch: LandingBatch, job_id: int) -> None:
        write_planned_outcomes(cursor, batch, self.kind, job_id)
        write_key_problems(cursor, batch, self.kind, job_id)

    def apply(self, batch: LandingBatch, claim_batch: ClaimBatch, job_id: int, run: JobRun) -> None:
        apply_claims(
            kind=self.kind, job_id=job_id, batch=claim_batch, run=run, actor_id=batch.owner_id, now=clock.now(),
            on_batch=lambda cursor, span: write_row_fates(cursor, batch, self.kind, span),
        )  # fmt: skip
        # Who reads keys next, for a file of events say, must not take their table for the empty one that it was.
        refresh_when_grown("elements_elementkey", batch.rows.count())

    def retract(self, claim_batch: ClaimBatch, job_id: int, run: JobRun) -> int:
        return retract_batch(batch=claim_batch, actor=None, run=run, job_id=job_id, now=clock.now())

    def drop(self, job_id: int) -> None:
        drop_working_rows(kind=self.kind, job_id=job_id)

    def find_known(self, batch: LandingBatch, hashes: Sequence[bytes]) -> dict[bytes, KnownRow]:
        return find_known_rows(batch, hashes)

    def contradicted(self, batch: LandingBatch, job_id: int) -> set[int]:
        return contradicted_rows(batch, job_id)

    def confirm_known(self, batch: LandingBatch, run: JobRun) -> int:
        return confirm_known_rows(batch, run)

    def follow_up(self) -> None:
        """What looks alike is searched again; the sections of roads are cut anew."""
        request_search(ElementKind(self.kind.code))
        if self.kind.code == ElementKind.ROAD:
            request_cut()


class EventTarget(Target):
    """Versions of events."""

    def __init__(self, kind: EventTable) -> None:
        self.kind: EventTable = kind

    def stage(self, batch: ClaimBatch, job_id: int, claims: list[StagedClaim]) -> None:
        stage_events(kind=self.kind, job_id=job_id, batch=batch, claims=claims)

    def plan(self, batch: LandingBatch, job_id: int, run: JobRun) -> None:
        if self.kind.has_place:
            with transaction.atomic(), connection.cursor() as cursor:
                complete_stated_codes(cursor, batch, self.kind, job_id)
            resolve_places(self.kind, job_id, run)
            self._check_addresses(batch, job_id)
        plan_events(kind=self.kind, job_id=job_id, run=run)

    def write_outcomes(self, cursor: CursorWrapper, batch: LandingBatch, job_id: int) -> None:
        write_planned_events(cursor, batch, self.kind, job_id)
        mark_doubtful_points_given(cursor, batch, self.kind, job_id)

    def apply(self, batch: LandingBatch, claim_batch: ClaimBatch, job_id: int, run: JobRun) -> None:
        apply_events(
            kind=self.kind, job_id=job_id, batch=claim_batch, run=run, now=clock.now(), actor_id=batch.owner_id,
            on_rows=lambda cursor, first, last: write_event_fates(cursor, batch, self.kind, job_id, first, last),
        )  # fmt: skip
        refresh_when_grown("events_eventkey", batch.rows.count())

    def retract(self, claim_batch: ClaimBatch, job_id: int, run: JobRun) -> int:
        return retract_events(batch=claim_batch, actor_id=None, run=run, job_id=job_id, now=clock.now())

    def drop(self, job_id: int) -> None:
        drop_staged(kind=self.kind, job_id=job_id)

    def follow_up(self) -> None:
        """Nothing: what reads change rows comes by itself."""


_TARGETS: dict[str, Target] = {
    **{code: ElementTarget(kind) for code, kind in KINDS.items()},
    **{code: EventTarget(kind) for code, kind in EVENT_TABLES.items()},
}


def target_of(kind_code: str) -> Target:
    """Where rows of a kind go."""
    return _TARGETS[kind_code]
