"""Published rules, read and in the order in which they may be run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from graphlib import TopologicalSorter

from common.errors import DomainError
from common.facts import Moment
from elements.facts import first_record_at
from tagging.models import Rule, RuleVersion, Scheme, Tag
from tagging.rules import explain, nodes, schema

# What the platform was first loaded with takes up to a day; from then on the as-of store is whole.
_FIRST_LOAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """A rule in force with its condition read."""

    row: Rule
    version_id: int
    rule: nodes.Rule

    @property
    def tag_id(self) -> int:
        return int(self.row.tag_id)


def moment_at(at: datetime, *, now: datetime) -> Moment:
    """A moment of judgement: the tables as they stand for now, the as-of store for a past one."""
    first = first_record_at()
    began = min(first + _FIRST_LOAD, now) if first else now
    return Moment(at, began, is_past=at < now)


def names() -> schema.Names:
    """What a rule may name besides facts."""
    schemes = {
        code: [level["code"] for level in (body or {}).get("levels", [])]
        for code, body in Scheme.objects.values_list("code", "published__body")
    }
    return schema.Names(set(Tag.objects.values_list("code", flat=True)), schemes)


def spoken_names() -> explain.Names:
    """Names of tags and schemes for sentences."""
    return explain.Names(
        dict(Tag.objects.values_list("code", "name")), dict(Scheme.objects.values_list("code", "name"))
    )


def ready_rules(only: Iterable[int] | None = None) -> tuple[list[ReadyRule], list[tuple[Rule, str]]]:
    """Rules in force, each after those whose tags it reads; and those that cannot be read, with the reason.

    Args:
        only: ids of rules; None: all.
    """
    rows = (
        Rule.objects.filter(is_active=True, published__isnull=False).select_related("published", "tag").order_by("pk")
    )
    if only is not None:
        rows = rows.filter(pk__in=list(only))
    known, ready, broken = names(), [], []
    for row in rows:
        version: RuleVersion = row.published
        try:
            ready.append(ReadyRule(row, version.pk, schema.read_rule(version.body, known)))
        except DomainError as error:
            broken.append((row, error.message))
    return in_order(ready), broken


def in_order(ready: list[ReadyRule]) -> list[ReadyRule]:
    """Rules so that each comes after those that give the tags it reads.

    Raises:
        graphlib.CycleError: two rules wait for each other; publishing refuses that.
    """
    by_tag: dict[str, list[ReadyRule]] = {}
    for one in ready:
        by_tag.setdefault(one.row.tag.code, []).append(one)
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for one in ready:
        before = [other.row.pk for tag in tags_read(one.rule) for other in by_tag.get(tag, ())]
        sorter.add(one.row.pk, *before)
    by_pk = {one.row.pk: one for one in ready}
    return [by_pk[pk] for pk in sorter.static_order()]


def tags_read(rule: nodes.Rule) -> set[str]:
    """Codes of the tags that a rule asks for."""
    return {term.tag for term in nodes.deep_terms(rule.where) if isinstance(term, nodes.TagTerm)}
