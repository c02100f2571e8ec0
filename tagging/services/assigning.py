"""Bringing tags in line with verdicts, in sets: only what differs is written, in one transaction a batch.

One process at a time writes the tags of a rule (an advisory lock of the rule), so that the reader of changes, the minute's look at
the clock and the nightly run never give one tag twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from common.models import ChangeRow
from tagging.choices import EndCause
from tagging.models import Assignment
from tagging.rules.changes import TAGS
from tagging.selectors.rules import ReadyRule
from tagging.services import alerts
from tagging.services.judging import Judged


@dataclass(slots=True)
class Written:
    """What a batch changed: tags given, taken off, and given anew with other evidence."""

    added: int = 0
    removed: int = 0
    renewed: int = 0

    def __iadd__(self, other: Written) -> Written:
        self.added, self.removed, self.renewed = (
            self.added + other.added,
            self.removed + other.removed,
            self.renewed + other.renewed,
        )
        return self


def lock_rules(rule_ids: Iterable[int]) -> None:
    """Waits until nobody else writes tags of these rules; until the transaction ends."""
    with connection.cursor() as cursor:
        for pk in sorted(set(rule_ids)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"rule:{pk}"])


@transaction.atomic
def assign(
    rules: Sequence[ReadyRule], ids: Sequence[int], judged: Iterable[Judged], *, now: datetime, is_alerting: bool
) -> Written:
    """Writes the verdicts of rules on things.

    Args:
        rules: what was asked.
        ids: the things that were asked about; one without a verdict does not stand any more.
        judged: the verdicts, made inside this transaction, after `lock_rules`.
        is_alerting: new tags and new evidence alert.
    """
    by_pair = {(one.rule.row.pk, one.element_id): one for one in judged}
    standing = {element_id for _rule, element_id in by_pair}
    rows = Assignment.objects.filter(rule_id__in=[one.row.pk for one in rules], element_id__in=list(ids))
    open_rows = {(row.rule_id, row.element_id): row for row in rows.filter(until__isnull=True)}
    held = _held(rows.filter(held_until__gt=now, until__isnull=False))
    written, fresh, renewed, ended = Written(), [], [], []
    for pair, one in by_pair.items():
        row = open_rows.get(pair)
        if one.is_hit and row is None and not any(_is_same(one, old) for old in held.get(pair, ())):
            fresh.append(_made(one, now))
        elif one.is_hit and row is not None and _renew(row, one):
            renewed.append(row)
        elif not one.is_hit and row is not None and not (row.kept_until and row.kept_until > now):
            ended.append((row, EndCause.RULE))
    ended += [(row, EndCause.GONE) for (_rule, element_id), row in open_rows.items() if element_id not in standing]
    Assignment.objects.bulk_create(fresh)
    grown = [row for row in renewed if row.has_new_records]
    Assignment.objects.bulk_update(renewed, ["evidence", "record_ids", "evidence_key", "next_check_at", "version_id"])
    for row, cause in ended:
        row.until, row.end_cause = now, cause
    Assignment.objects.bulk_update([row for row, _cause in ended], ["until", "end_cause"])
    tell_changes(fresh, "TAGGED", now)
    tell_changes([row for row, _cause in ended], "UNTAGGED", now)
    alerts.close_for_ended([row for row, _cause in ended], now=now)
    if is_alerting:
        alerts.raise_for_tags([*fresh, *grown], now=now)
    written.added, written.renewed, written.removed = len(fresh), len(renewed), len(ended)
    return written


def tell_changes(rows: Iterable[Assignment], verb: str, now: datetime, actor_id: int | None = None) -> None:
    """A change row for each tag given or taken off."""
    ChangeRow.objects.bulk_create(
        ChangeRow(at=now, actor_id=actor_id, verb=verb, subject_table=TAGS, subject_id=row.pk) for row in rows
    )


def open_elements(rule_id: int, extra: Q | None = None) -> list[int]:
    """Things that bear the tag of a rule now."""
    rows = Assignment.objects.filter(extra or Q(), rule_id=rule_id, until__isnull=True)
    return list(rows.values_list("element_id", flat=True))


def _made(one: Judged, now: datetime) -> Assignment:
    return Assignment(
        tag_id=one.rule.tag_id, element_id=one.element_id, rule_id=one.rule.row.pk, version_id=one.rule.version_id, since=now,
        evidence=one.evidence, record_ids=one.record_ids, evidence_key=one.key, next_check_at=one.next_check_at,
    )  # fmt: skip


def _renew(row: Assignment, one: Judged) -> bool:
    """Takes over what is new; tells whether anything is."""
    before = (row.evidence, row.next_check_at, row.version_id, row.record_ids)
    row.has_new_records = not set(one.record_ids) <= set(row.record_ids)
    row.evidence, row.record_ids, row.evidence_key = one.evidence, one.record_ids, one.key
    row.next_check_at, row.version_id = one.next_check_at, one.rule.version_id
    return before != (row.evidence, row.next_check_at, row.version_id, row.record_ids)


def _held(rows: Iterable[Assignment]) -> dict[tuple[int | None, int], list[Assignment]]:
    found: dict[tuple[int | None, int], list[Assignment]] = {}
    for row in rows:
        found.setdefault((row.rule_id, row.element_id), []).append(row)
    return found


def _is_same(one: Judged, old: Assignment) -> bool:
    """The reasons are those that an outcome has answered already."""
    return one.key == old.evidence_key and set(one.record_ids) <= set(old.record_ids)
