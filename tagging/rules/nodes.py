"""What a rule consists of, as plain values: conditions joined by and, or, not; each asks one term and compares.

A term is a question with one answer for one thing at one moment. A comparison with an unknown answer never holds, its negation
does: two values, everywhere the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from common.facts import Fact, FactType, Nulls, Path, fact, path

Arguments = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class FactTerm:
    """A fact with its arguments, `back` days before the moment of judgement."""

    key: str
    arguments: Arguments = ()
    back: int = 0

    @property
    def fact(self) -> Fact:
        return fact(self.key)

    @property
    def type(self) -> FactType:
        return self.fact.type

    @property
    def is_none_at_null(self) -> bool:
        return self.fact.nulls is Nulls.NONE


@dataclass(frozen=True, slots=True)
class RelatedTerm:
    """How many others, each counted once, a path leads to that meet a condition of their own."""

    key: str
    arguments: Arguments = ()
    kind: str = ""
    where: Node | None = None
    back: int = 0
    type: FactType = FactType.NUMBER
    is_none_at_null: bool = True

    @property
    def path(self) -> Path:
        return path(self.key)


@dataclass(frozen=True, slots=True)
class TagTerm:
    """Whether the thing bears a tag."""

    tag: str
    back: int = 0
    type: FactType = FactType.BOOL
    is_none_at_null: bool = True


@dataclass(frozen=True, slots=True)
class GradeTerm:
    """The level that a grading scheme gave the thing."""

    scheme: str
    back: int = 0
    type: FactType = FactType.CODE
    is_none_at_null: bool = False


@dataclass(frozen=True, slots=True)
class StayedTerm:
    """Whether a comparison of a registered value held without a break for `days` days, today included."""

    compare: Compare
    days: int
    back: int = 0
    type: FactType = FactType.BOOL
    is_none_at_null: bool = True


@dataclass(frozen=True, slots=True)
class ChangedTerm:
    """Whether a registered value became another one in the last `days` days."""

    key: str
    days: int
    back: int = 0
    type: FactType = FactType.BOOL
    is_none_at_null: bool = True


Term = FactTerm | RelatedTerm | TagTerm | GradeTerm | StayedTerm | ChangedTerm


@dataclass(frozen=True, slots=True)
class Compare:
    """A term, how it is compared and with what; lists are tuples."""

    term: Term
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class All:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any_:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    node: Node


@dataclass(frozen=True, slots=True)
class Became:
    """The condition holds now and did not `days` days ago."""

    node: Node
    before: Node
    days: int


Node = Compare | All | Any_ | Not | Became


@dataclass(frozen=True, slots=True)
class Rule:
    """A whole rule: kind of the things and their condition."""

    kind: str
    where: Node
    terms: tuple[Term, ...] = field(default=())


def comparisons(node: Node) -> Iterator[Compare]:
    """Every comparison of a condition, in reading order; those inside a related term are its own."""
    match node:
        case Compare():
            yield node
        case All() | Any_():
            for one in node.nodes:
                yield from comparisons(one)
        case Not():
            yield from comparisons(node.node)
        case Became():
            yield from comparisons(node.node)
            yield from comparisons(node.before)


def terms(node: Node) -> tuple[Term, ...]:
    """Every term of a condition, each once, in reading order."""
    return tuple(dict.fromkeys(one.term for one in comparisons(node)))


def deep_terms(node: Node) -> Iterator[Term]:
    """Every term, those inside related and stayed terms as well."""
    for term in terms(node):
        yield term
        if isinstance(term, RelatedTerm) and term.where is not None:
            yield from deep_terms(term.where)
        if isinstance(term, StayedTerm):
            yield term.compare.term


def deep_comparisons(node: Node) -> Iterator[Compare]:
    """Every comparison, those inside related and stayed terms as well."""
    for one in comparisons(node):
        yield one
        if isinstance(one.term, RelatedTerm) and one.term.where is not None:
            yield from deep_comparisons(one.term.where)
        if isinstance(one.term, StayedTerm):
            yield one.term.compare
