"""Rules as SQL: for all things one statement a rule, for some things one statement for all rules together.

For all: `SELECT id … WHERE kind AND condition`, in which what is counted elsewhere is `id IN (SELECT … GROUP BY …)`, each group
read once. For some: every term once as a joined value, narrowed to the ids, and each rule's verdict over these values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.facts import Asked, Bind, ColumnRead, GroupRead, Moment
from elements.facts import standing
from tagging.rules.compare import holds, sql_of
from tagging.rules.nodes import (
    All,
    Any_,
    Became,
    ChangedTerm,
    Compare,
    FactTerm,
    GradeTerm,
    Node,
    Not,
    RelatedTerm,
    Rule,
    StayedTerm,
    TagTerm,
    Term,
)
from tagging.rules.schema import KNOWN, UNKNOWN

Leaf = Callable[[Compare], str]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its parameters."""

    sql: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fused:
    """The statement for some things.

    Its rows: id, then `value, records, until` of every term, then one verdict a rule.
    """

    sql: str
    parameters: dict[str, Any]
    terms: tuple[Term, ...]


def for_all(rule: Rule, moment: Moment) -> Statement:
    """SELECT of the ids of all things that the rule hits."""
    bind = Bind()
    return Statement(_all_sql(rule.kind, rule.where, bind, moment, None), bind.parameters)


def for_some(rules: Sequence[Rule], moment: Moment, ids: Sequence[int]) -> Fused:
    """One statement for several rules of one kind over the given things; things that do not stand are not among its rows."""
    bind = Bind()
    only = f"{bind(list(ids))}::bigint[]"
    asked = tuple(dict.fromkeys(term for rule in rules for term in rule.terms))
    joins = _Joins(bind, moment, only, rules[0].kind)
    columns, values = [], {}
    for number, term in enumerate(asked):
        read = joins.value_of(term, number)
        values[term] = read.value
        columns += [f"{read.value} AS v{number}", f"{read.records} AS r{number}", f"{read.until} AS u{number}"]

    def leaf(compare: Compare) -> str:
        return sql_of(compare, values[compare.term], bind)

    for number, rule in enumerate(rules):
        columns.append(f"coalesce({condition(rule.where, leaf, bind)}, false) AS verdict{number}")
    listed = "".join(f", {one}" for one in columns)
    sql = f"""SELECT e.id{listed} FROM ({standing(bind, moment, only)}) e {joins.sql}
              WHERE e.kind = {bind(rules[0].kind)} ORDER BY e.id"""
    return Fused(sql, bind.parameters, asked)


def condition(node: Node, leaf: Leaf, bind: Bind, *, is_denied: bool = False) -> str:
    """SQL of a condition. Unknown counts as no; where it would be turned into yes or no by NOT, it is said so first."""
    match node:
        case Compare():
            sql = leaf(node)
            return f"coalesce({sql}, false)" if is_denied else f"({sql})"
        case All() | Any_():
            word = " AND " if isinstance(node, All) else " OR "
            return f"({word.join(condition(one, leaf, bind, is_denied=is_denied) for one in node.nodes)})"
        case Not():
            return f"(NOT {condition(node.node, leaf, bind, is_denied=True)})"
        case Became():
            now = condition(node.node, leaf, bind, is_denied=is_denied)
            return f"({now} AND NOT {condition(node.before, leaf, bind, is_denied=True)})"
    raise TypeError(node)


def _all_sql(kind: str, where: Node, bind: Bind, moment: Moment, only: str | None) -> str:
    joins = _Joins(bind, moment, only, kind)

    def leaf(compare: Compare) -> str:
        term = compare.term
        if isinstance(term, FactTerm) and isinstance(term.fact.read, ColumnRead):
            return sql_of(compare, joins.column(term, term.fact.read), bind)
        return _is_among(compare, group_sql(term, bind, moment, only, kind=kind, with_evidence=False), bind)

    sql = condition(where, leaf, bind)
    return f"""SELECT e.id FROM ({standing(bind, moment, only)}) e {joins.sql} WHERE e.kind = {bind(kind)} AND {sql}"""


def _is_among(compare: Compare, group: str, bind: Bind) -> str:
    """Whether the thing is among those of a group that meet the comparison; no row in the group means none, or unknown."""
    if compare.op == UNKNOWN:
        return f"e.id NOT IN (SELECT g.id FROM ({group}) g)"
    if compare.op == KNOWN:
        return f"e.id IN (SELECT g.id FROM ({group}) g)"
    met = sql_of(compare, "g.value", bind)
    if holds(compare, None):
        return f"e.id NOT IN (SELECT g.id FROM ({group}) g WHERE NOT ({met}))"
    return f"e.id IN (SELECT g.id FROM ({group}) g WHERE {met})"


def group_sql(term: Term, bind: Bind, moment: Moment, only: str | None, *, kind: str, with_evidence: bool) -> str:
    """SELECT `id, value[, records, until]` of a term that is not a column of the thing's own row."""
    at = moment.back(term.back)
    match term:
        case FactTerm():
            read = term.fact.read
            if not isinstance(read, GroupRead):
                raise TypeError(term.key)
            return read.sql(Asked(bind, at, dict(term.arguments), only, with_evidence, kind))
        case RelatedTerm():
            return _related_sql(term, bind, at, only, kind)
        case TagTerm():
            narrowed = f" AND a.element_id = ANY({only})" if only else ""
            when = bind(at.at)
            return f"""SELECT a.element_id AS id, true AS value, array_agg(a.id) AS records, NULL::timestamptz AS until
                       FROM tagging_assignment a JOIN tagging_tag t ON t.id = a.tag_id AND t.code = {bind(term.tag)}
                       WHERE a.since <= {when} AND (a.until IS NULL OR a.until > {when}){narrowed} GROUP BY 1"""
        case GradeTerm():
            narrowed = f" AND a.element_id = ANY({only})" if only else ""
            when = bind(at.at)
            return f"""SELECT a.element_id AS id, a.level AS value, ARRAY[a.id] AS records, NULL::timestamptz AS until
                       FROM tagging_grade a JOIN tagging_scheme s ON s.id = a.scheme_id AND s.code = {bind(term.scheme)}
                       WHERE a.since <= {when} AND (a.until IS NULL OR a.until > {when}){narrowed}"""
        case StayedTerm():
            return _stayed_sql(term, bind, at, only)
        case ChangedTerm():
            return _changed_sql(term, bind, at, only)
    raise TypeError(term)


def _related_sql(term: RelatedTerm, bind: Bind, moment: Moment, only: str | None, kind: str) -> str:
    pairs = term.path.pairs(Asked(bind, moment, dict(term.arguments), only, kind=kind))
    # Asked about some, only the others that these lead to are judged.
    others = f"(ARRAY(SELECT o.other FROM ({pairs}) o))" if only else None
    where = term.where
    met = (
        f"SELECT s.id FROM ({standing(bind, moment, others)}) s WHERE s.kind = {bind(term.kind)}"
        if where is None
        else _all_sql(term.kind, where, bind, moment, others)
    )
    return f"""SELECT p.id, count(DISTINCT p.other) AS value, (array_agg(DISTINCT p.other))[1:20] AS records,
                      NULL::timestamptz AS until
               FROM ({pairs}) p WHERE p.other IN ({met}) GROUP BY p.id"""


def _stayed_sql(term: StayedTerm, bind: Bind, moment: Moment, only: str | None) -> str:
    read, start = _kept(term.compare.term), moment.back(term.days)
    met_first = sql_of(term.compare, read.expression.format(t="w", today=""), bind)
    met_then = sql_of(term.compare, read.expression.format(t="v", today=""), bind)
    versions = read.versions(bind, start.as_of, moment.as_of, only)  # type: ignore[misc]
    return f"""SELECT w.element_id AS id, true AS value, NULL::bigint[] AS records, NULL::timestamptz AS until
               FROM {read.table(bind, start, only)} w WHERE {met_first} AND w.element_id NOT IN (
                   SELECT v.element_id FROM ({versions}) v WHERE v.pgh_label = 'delete' OR NOT coalesce({met_then}, false))"""


def _changed_sql(term: ChangedTerm, bind: Bind, moment: Moment, only: str | None) -> str:
    read, start = _kept(FactTerm(term.key)), moment.back(term.days)
    versions = read.versions(bind, start.as_of, moment.as_of, only)  # type: ignore[misc]
    before, then = (read.expression.format(t=one, today="") for one in ("w", "v"))
    return f"""SELECT w.element_id AS id, true AS value, NULL::bigint[] AS records, NULL::timestamptz AS until
               FROM {read.table(bind, start, only)} w JOIN ({versions}) v ON v.element_id = w.element_id
               WHERE v.pgh_label = 'delete' OR {then} IS DISTINCT FROM {before} GROUP BY w.element_id"""


def _kept(term: Term) -> ColumnRead:
    if not isinstance(term, FactTerm) or not isinstance(term.fact.read, ColumnRead):
        raise TypeError(term)
    return term.fact.read


@dataclass(frozen=True, slots=True)
class _Value:
    value: str
    records: str = "NULL::bigint[]"
    until: str = "NULL::timestamptz"


@dataclass
class _Joins:
    """The joined rows of a statement, each table and moment once."""

    bind: Bind
    moment: Moment
    only: str | None
    kind: str
    _aliases: dict[Any, str] = field(default_factory=dict)
    _parts: list[str] = field(default_factory=list)

    @property
    def sql(self) -> str:
        return " ".join(self._parts)

    def column(self, term: FactTerm, read: ColumnRead, expression: str | None = None) -> str:
        """The value of a column term; joins its table if nobody has."""
        moment = self.moment.back(term.back)
        key = (read.table, term.back)
        if key not in self._aliases:
            alias = self._aliases[key] = f"c{len(self._aliases)}"
            table = read.table(self.bind, moment, self.only)
            self._parts.append(f"LEFT JOIN {table} {alias} ON {alias}.element_id = e.id")
        return (expression or read.expression).format(t=self._aliases[key], today=f"{self.bind(moment.today)}::date")

    def value_of(self, term: Term, number: int) -> _Value:
        """The value of any term, with its records and when it changes by itself."""
        if isinstance(term, FactTerm) and isinstance(term.fact.read, ColumnRead):
            read = term.fact.read
            if read.due is None or term.back:
                return _Value(self.column(term, read))
            due = self.column(term, read, f"({read.due}{'' if read.slides else ' + 1'})")
            return _Value(self.column(term, read), until=f"({due}::timestamp AT TIME ZONE 'Asia/Shanghai')")
        alias = f"g{number}"
        group = group_sql(term, self.bind, self.moment, self.only, kind=self.kind, with_evidence=True)
        self._parts.append(f"LEFT JOIN ({group}) {alias} ON {alias}.id = e.id")
        return _Value(f"{alias}.value", f"{alias}.records", f"{alias}.until")
