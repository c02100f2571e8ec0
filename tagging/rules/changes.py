"""Which things a rule must be asked about again: because a row changed, or because time passed.

Both are sets made by SQL from what each fact says of itself. Too many is only work; the nightly run over all shows whether one
was missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from common.facts import Asked, Bind, ColumnRead, GroupRead, Moment
from tagging.rules.compare import sql_of
from tagging.rules.compile import Statement
from tagging.rules.nodes import (
    ChangedTerm,
    Compare,
    FactTerm,
    GradeTerm,
    Node,
    RelatedTerm,
    Rule,
    StayedTerm,
    TagTerm,
    comparisons,
)

ELEMENTS, TAGS, GRADES = "elements_element", "tagging_assignment", "tagging_grade"


def tables_of(rule: Rule) -> frozenset[str]:
    """Tables of change rows that can change what the rule says."""
    return frozenset(_tables(rule.where)) | {ELEMENTS}


def _tables(node: Node) -> Iterator[str]:
    for compare in comparisons(node):
        match compare.term:
            case FactTerm() as term:
                yield from term.fact.touched_by
            case RelatedTerm() as term:
                if term.where is not None:
                    yield from _tables(term.where)
            case TagTerm():
                yield TAGS
            case GradeTerm():
                yield GRADES


def touched(rule: Rule, table: str, ids: list[int], moment: Moment) -> Statement | None:
    """SELECT of the things that changed rows of a table may have changed for the rule; None: it does not read that table."""
    bind = Bind()
    array = f"{bind(ids)}::bigint[]"
    parts = list(dict.fromkeys(_touched(rule.where, table, array, bind, moment)))
    if table == ELEMENTS:
        parts.insert(0, f"SELECT unnest({array})")
    return Statement(" UNION ".join(parts), bind.parameters) if parts else None


def _touched(node: Node, table: str, ids: str, bind: Bind, moment: Moment) -> Iterator[str]:
    for compare in comparisons(node):
        match compare.term:
            case FactTerm() as term:
                touches = term.fact.touched_by.get(table)
                if touches:
                    yield touches(ids)
            case RelatedTerm() as term:
                found = list(_touched(term.where, table, ids, bind, moment)) if term.where is not None else []
                if table == ELEMENTS:
                    found.append(f"SELECT unnest({ids})")
                for one in dict.fromkeys(found):
                    yield term.path.subjects_of(bind, dict(term.arguments), f"(ARRAY({one}))")
            case TagTerm() if table == TAGS:
                yield f"SELECT element_id FROM tagging_assignment WHERE id = ANY({ids})"
            case GradeTerm() if table == GRADES:
                yield f"SELECT element_id FROM tagging_grade WHERE id = ANY({ids})"


def moved_by_time(rule: Rule, since: datetime, moment: Moment) -> Statement | None:
    """SELECT of the things for which time alone may have changed the answer since a moment; None: time changes nothing."""
    bind = Bind()
    parts = list(dict.fromkeys(_by_time(rule.where, since, moment, bind)))
    return Statement(" UNION ".join(parts), bind.parameters) if parts else None


def _by_time(node: Node, since: datetime, moment: Moment, bind: Bind) -> Iterator[str]:
    for compare in comparisons(node):
        term = compare.term
        now = moment.back(term.back)
        before = now.at - (moment.at - since)
        match term:
            case FactTerm():
                yield from _fact_by_time(compare, term, before, now, bind)
            case RelatedTerm():
                was = replace(now, at=before).today
                if term.path.by_time and was != now.today:
                    yield term.path.by_time(bind, was, now.today)
                if term.where is not None:
                    for one in dict.fromkeys(_by_time(term.where, before, now, bind)):
                        yield term.path.subjects_of(bind, dict(term.arguments), f"(ARRAY({one}))")
            case StayedTerm() | ChangedTerm():
                # What stood at the edge of the window leaves it.
                key = term.compare.term if isinstance(term, StayedTerm) else FactTerm(term.key)
                edge = now.back(term.days)
                yield from _versions(key, before - (now.at - edge.at), edge, bind)


def _fact_by_time(compare: Compare, term: FactTerm, before: datetime, now: Moment, bind: Bind) -> Iterator[str]:
    read = term.fact.read
    if isinstance(read, GroupRead):
        if read.by_time:
            yield read.by_time(Asked(bind, now, dict(term.arguments)), before)
        return
    if term.back:
        yield from _versions(term, before, now, bind)
    was = replace(now, at=before).today
    if read.changes_with_the_day and was != now.today:
        then, today = (
            sql_of(compare, read.expression.format(t="w", today=f"{bind(day)}::date"), bind) for day in (was, now.today)
        )
        yield f"SELECT w.element_id FROM {read.table(bind, now, None)} w WHERE ({then}) IS DISTINCT FROM ({today})"


def _versions(term: object, after: datetime, now: Moment, bind: Bind) -> Iterator[str]:
    read = term.fact.read if isinstance(term, FactTerm) else None
    if isinstance(read, ColumnRead) and read.versions is not None:
        versions = read.versions(bind, max(after, now.began), now.as_of, None)
        yield f"SELECT v.element_id FROM ({versions}) v"
