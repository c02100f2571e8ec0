"""What tests of tags need: the reader of changes inside a test's transaction, and a rule's answer in every way it is asked."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from django.db import connection

from common import clock
from common.changes import start_reader
from common.models import ChangeReader, ChangeRow
from elements.models import Element
from tagging.models import Assignment
from tagging.rules import explain
from tagging.rules.compile import for_all, for_some
from tagging.rules.evaluate import verdict
from tagging.rules.schema import read_rule
from tagging.selectors.rules import moment_at, names, ready_rules, spoken_names
from tagging.services import running

# A tag that waits for a tag that waits for a tag.
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Answers:
    """Whether a rule hits a thing: as the words of the verdict say, as Python judges, as SQL over all finds, as it is stored."""

    words: bool
    python: bool
    database: bool
    stored: bool

    @property
    def agree(self) -> bool:
        return len(set(astuple(self))) == 1


def take_changes() -> int:
    """Asks the rules about what changed since the last call, until nothing more changes; returns how often they were asked.

    Changes of a running transaction are not settled: they are made old.
    """
    start_reader(running.READER)
    for turn in range(_ROUNDS):
        ChangeRow.objects.filter(xid=1).update(xid=0)
        ChangeRow.objects.filter(xid__gt=1).update(xid=1)
        ChangeReader.objects.filter(name=running.READER).update(xid=1)
        if running.run_changes(now=clock.now()) is None:
            return turn
    raise AssertionError("the rules do not come to rest")


def answers(code: str, element: Element) -> Answers:
    """What a rule in force says of a thing now."""
    now = clock.now()
    ready, broken = ready_rules()
    assert broken == []
    one = next(found for found in ready if found.row.code == code)
    moment = moment_at(now, now=now)
    fused = for_some([one.rule], moment, [element.pk])
    with connection.cursor() as cursor:
        cursor.execute(fused.sql, fused.parameters)
        ((_pk, *cells),) = cursor.fetchall()
    values = {term: cells[3 * number] for number, term in enumerate(fused.terms)}
    said = explain.verdict_parts(one.rule.where, values, spoken_names())
    stored = Assignment.objects.standing().filter(rule=one.row, element=element).exists()
    return Answers(said.is_met, verdict(one.rule.where, values), element.pk in hits(one.row.published.body), stored)


def hits(body: dict) -> set[int]:
    """Ids of the things that a body hits now."""
    now = clock.now()
    statement = for_all(read_rule(body, names()), moment_at(now, now=now))
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.parameters)
        return {row[0] for row in cursor.fetchall()}
