"""SQL of the fold, built from field names that come from the models alone (never from input).

Parameters are left as `%(job)s` and the like; numbers of sources are inlined as integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from elements.choices import KeyScheme
from elements.fold.rules import FieldRule
from elements.kinds import Kind


@dataclass(frozen=True, slots=True)
class Span:
    """Elements of one batch of a job: ids from `first` to `last`.

    Without the lower bound every batch would read again through the rows that the batches before it deleted.
    """

    job_id: int
    first: int
    last: int

    @property
    def parameters(self) -> dict[str, Any]:
        """What `in_span` needs."""
        return {"job": self.job_id, "first": self.first, "last": self.last}


def local_day(moment: str) -> str:
    """SQL of the day in Laizhou on which a moment falls: at midnight there it is still yesterday in UTC."""
    return f"({moment} AT TIME ZONE '{settings.TIME_ZONE}')::date"


def in_span(alias: str) -> str:
    """Condition on staged or planned rows: they belong to the batch."""
    return f"{alias}.job_id = %(job)s AND {alias}.element_id BETWEEN %(first)s AND %(last)s"


def column_list(names: Sequence[str], alias: str = "") -> str:
    """`a, b, c` or `x.a, x.b, x.c`."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(f"{prefix}{name}" for name in names)


def claim_columns(kind: Kind) -> str:
    """Columns of a current claim, in the order in which `replay` and `merged_claims` give them."""
    return f"source_id, subject_key, element_id, claim_id, observed_at, cleared, relations, against, {column_list(kind.fields)}"


def payload(kind: Kind, alias: str) -> str:
    """What the row said, as the JSON of the claim log; sealed values as hex, geometries as EWKB hex.

    In two halves, since a function takes at most 100 arguments.
    """
    half = len(kind.fields) // 2
    objects = (
        ", ".join(f"'{name}', {alias}.{name}{'::text' if name in kind.geometry_fields else ''}" for name in part)
        for part in (kind.fields[:half], kind.fields[half:])
    )
    merged = " || ".join(f"jsonb_build_object({members})" for members in objects)
    relations = f"CASE WHEN {alias}.relations = '[]' THEN NULL ELSE {alias}.relations END"
    return f"jsonb_strip_nulls({merged} || jsonb_build_object('relations', {relations}))"


def keys_of_rows(kind: Kind, alias: str) -> str:
    """`LATERAL (VALUES …) AS k(priority, scheme, value)`: every key that a row states, best first."""
    values = ", ".join(
        f"({priority}, {int(rule.scheme)}::smallint, {rule.expression.format(row=alias)})"
        for priority, rule in enumerate(kind.keys)
    )
    return f"LATERAL (VALUES {values}) AS k(priority, scheme, value)"


def scheme_name() -> str:
    """CASE over `scheme` that gives its name, the prefix of subject keys."""
    cases = " ".join(f"WHEN {int(scheme)} THEN '{scheme.name}'" for scheme in KeyScheme)
    return f"CASE scheme {cases} END"


def is_repeated(kind: Kind, row: str, claim: str) -> str:
    """True when the current claim already says everything the row says."""
    same = " AND ".join(f"({row}.{f} IS NULL OR {row}.{f} = {claim}.{f})" for f in kind.fields)
    return (
        f"({same} AND ({row}.relations = '[]' OR {row}.relations = {claim}.relations)"
        f" AND {row}.cleared <@ {claim}.cleared AND ({row}.against IS NULL OR {row}.against = {claim}.against))"
    )


def replay(kind: Kind, said: str) -> str:
    """Current claims from everything said: per field the latest row that says or clears it.

    Args:
        kind: whose fields.
        said: SQL of rows (source_id, subject_key, element_id, observed_at, seq, claim_id, cleared, relations, against, fields…).
    """
    order = "ORDER BY r.observed_at DESC, r.seq DESC"
    fields = ",\n".join(
        f"(array_agg(r.{f} {order}) FILTER (WHERE r.{f} IS NOT NULL OR '{f}' = ANY(r.cleared)))[1] AS {f}"
        for f in kind.fields
    )
    cleared = ", ".join(
        f"CASE WHEN (array_agg(r.{f} IS NULL {order}) FILTER (WHERE r.{f} IS NOT NULL OR '{f}' = ANY(r.cleared)))[1]"
        f" THEN '{f}' END"
        for f in kind.fields
    )
    return f"""
        SELECT r.source_id, r.subject_key, (array_agg(r.element_id {order}))[1] AS element_id,
               (array_agg(r.claim_id {order}))[1] AS claim_id, max(r.observed_at) AS observed_at,
               array_remove(ARRAY[{cleared}]::varchar[], NULL) AS cleared,
               coalesce((array_agg(r.relations {order}) FILTER (WHERE r.relations <> '[]'))[1], '[]') AS relations,
               (array_agg(r.against {order}))[1] AS against,
               {fields}
        FROM ({said}) r GROUP BY r.source_id, r.subject_key"""


def said_in_log(kind: Kind, where: str) -> str:
    """Standing rows of the claim log `l`, typed, each as of the last time that it was said.

    Only payloads of the kind are typed, in whatever order the planner takes the conditions: a state of a vehicle (GQ) does
    not fit into that of a facility.
    """
    payload_of_kind = f"CASE WHEN l.kind = '{kind.code.value}' THEN l.payload - 'relations' END"
    return f"""
        SELECT l.source_id, l.subject_key, l.element_id, p.observed_at, p.id AS seq, l.id AS claim_id, l.cleared,
               coalesce(l.payload -> 'relations', '[]') AS relations, l.against, {column_list(kind.fields, "t")}
        FROM elements_claimlog l
        CROSS JOIN LATERAL (
            SELECT s.id, s.observed_at FROM elements_claimsupport s WHERE s.claim_id = l.id AND s.withdrawn_at IS NULL
            ORDER BY s.observed_at DESC, s.id DESC LIMIT 1) p
        CROSS JOIN LATERAL jsonb_populate_record(NULL::{kind.claim_table}, {payload_of_kind}) t
        WHERE l.kind = '{kind.code.value}' AND {where}"""


def said_in_stage(kind: Kind, where: str) -> str:
    """Staged rows `s` in the shape of the log; within one file the later row speaks last."""
    return f"""
        SELECT s.source_id, s.subject_key, s.element_id, s.observed_at,
               9000000000000000000 + s.row_number AS seq, s.claim_id, s.cleared, s.relations, s.against,
               {column_list(kind.fields, "s")}
        FROM {kind.stage_table} s WHERE {where}"""


def merged_claims(kind: Kind, where: str) -> str:
    """Current claims as they will be once the staged rows `s` are in.

    A subject with one staged row that is not older than its current claim is merged by COALESCE; one with several
    rows, an older row, or something cleared is replayed from the log.
    """
    merged = ", ".join(f"coalesce(s.{f}, c.{f}) AS {f}" for f in kind.fields)
    speaks = f"{where} AND s.outcome IN ('NEW', 'CHANGED', 'SUPERSEDED')"
    plain = f"{where} AND s.outcome IN ('NEW', 'CHANGED') AND NOT s.needs_replay"
    replayed = f"{speaks} AND s.needs_replay"
    log_where = f"""(l.source_id, l.subject_key) IN (
        SELECT s.source_id, s.subject_key FROM {kind.stage_table} s WHERE {replayed})"""
    said = f"{said_in_log(kind, log_where)} UNION ALL {said_in_stage(kind, replayed)}"
    return f"""
        SELECT s.source_id, s.subject_key, s.element_id, s.claim_id, s.observed_at,
               coalesce(c.cleared, '{{}}') AS cleared,
               CASE WHEN s.relations = '[]' THEN coalesce(c.relations, '[]') ELSE s.relations END AS relations,
               coalesce(s.against, c.against) AS against,
               {merged}
        FROM {kind.stage_table} s
        LEFT JOIN {kind.claim_table} c ON c.source_id = s.source_id AND c.subject_key = s.subject_key
        WHERE {plain}
        UNION ALL
        SELECT {claim_columns(kind)} FROM ({replay(kind, said)}) replayed"""


def winner(rule: FieldRule, columns: Sequence[tuple[int, int]], has_cleared: bool, table: str) -> str:
    """Value of one field: the first claim, by source precedence then rank, that says something.

    A correction of a field that is not official goes before them all.
    """
    name = rule.name
    aliases = [
        f"c{source}_{rank}" for source in rule.source_ids for (present, rank) in sorted(columns) if present == source
    ]
    if not aliases:
        # No claim at all speaks: NULL of the column's own type.
        return f"(SELECT x.{name} FROM {table} x WHERE false)"
    corrections = [
        f"WHEN {a}.against ? '{name}' AND {says} THEN {a}.{name}"
        for a in aliases
        if not rule.is_official and a.startswith(f"c{rule.correcting_id}_")
        for says in (f"({a}.{name} IS NOT NULL OR '{name}' = ANY({a}.cleared))",)
    ]
    if not has_cleared:
        said = f"coalesce({', '.join(f'{a}.{name}' for a in aliases)})"
        return f"CASE {' '.join(corrections)} ELSE {said} END" if corrections else said
    cases = " ".join(
        f"WHEN {a}.{name} IS NOT NULL THEN {a}.{name} WHEN '{name}' = ANY({a}.cleared) THEN NULL" for a in aliases
    )
    return f"CASE {' '.join(corrections)} {cases} END"


def _conflict(kind: Kind, rule: FieldRule, columns: Sequence[tuple[int, int]], has_cleared: bool) -> str | None:
    """The field's name when sources disagree on it; None when they cannot."""
    grounds = _official_grounds(kind, rule, columns) + _correction_grounds(kind, rule, columns, has_cleared)
    return f"CASE WHEN {' OR '.join(grounds)} THEN '{rule.name}' END" if grounds else None


def _official_grounds(kind: Kind, rule: FieldRule, columns: Sequence[tuple[int, int]]) -> list[str]:
    """The latest claims of two sources on an official field differ; addresses by their place, not by their wording."""
    aliases = [f"c{source}_{rank}" for source, rank in columns if rank == 0]
    if not rule.is_official or len(aliases) < 2:
        return []
    is_address = rule.name in {name for _role, name in kind.address_fields}
    pairs = []
    for i, a in enumerate(aliases):
        for b in aliases[i + 1 :]:
            differ = f"{a}.{rule.name} <> {b}.{rule.name}"
            if is_address:
                differ = f"({differ} AND addresses_differ({a}.{rule.name}, {b}.{rule.name}))"
            pairs.append(differ)
    return pairs


def _correction_grounds(
    kind: Kind, rule: FieldRule, columns: Sequence[tuple[int, int]], has_cleared: bool
) -> list[str]:
    """The others no longer say what a correction corrected, nor what it says itself."""
    name = rule.name
    others = winner(rule.without_corrections(), columns, has_cleared, kind.claim_table)
    return [
        f"""(({alias}.{name} IS NOT NULL OR '{name}' = ANY({alias}.cleared)) AND {alias}.against ? '{name}'
             AND {alias}.against -> '{name}' <> {as_json(kind, name, others)} AND {others} IS DISTINCT FROM {alias}.{name})"""
        for alias in (f"c{source}_{rank}" for source, rank in columns if source == rule.correcting_id and rank == 0)
    ]


def as_json(kind: Kind, name: str, expression: str) -> str:
    """A value of a field as JSON, as `against` of a correction keeps it; what is not said is JSON null."""
    cast = "::text" if name in kind.geometry_fields else ""
    return f"coalesce(to_jsonb(({expression}){cast}), 'null')"


def claim_joins(columns: Sequence[tuple[int, int]], claims: str) -> str:
    """One left join of `claims` to `t.element_id` for each (source, rank)."""
    return "\n".join(
        f"LEFT JOIN {claims} c{s}_{r} ON c{s}_{r}.element_id = t.element_id AND c{s}_{r}.source_id = {s}"
        f" AND c{s}_{r}.rank = {r}"
        for s, r in columns
    )


def _place_differs(kind: Kind) -> str:
    """True when a field that decides the place, or what is drawn there, changes."""
    part_of = {field: i for i, part in enumerate(kind.parts) for field in part.fields}
    addresses = (name for _role, name in kind.address_fields)
    names = [name for name in (*addresses, "point", *kind.map_fields) if name in part_of]
    return f"ROW({column_list(names, 'n')}) IS DISTINCT FROM ROW({', '.join(f'd{part_of[n]}.{n}' for n in names)})"


def plan(
    kind: Kind,
    rules: Sequence[FieldRule],
    columns: Sequence[tuple[int, int]],
    *,
    claims: str,
    touched: str,
    has_cleared: bool,
) -> str:
    """INSERT of plan rows for the touched elements whose folded values or conflicts would change.

    Args:
        kind: what is folded.
        rules: precedence of every field.
        columns: the (source id, rank) pairs that occur in `claims`; one join each.
        claims: relation with element_id, source_id, rank, cleared and the fields.
        touched: relation with element_id.
        has_cleared: some claim clears a field.
    """
    values = ",\n".join(f"{winner(rule, columns, has_cleared, kind.claim_table)} AS {rule.name}" for rule in rules)
    conflicts = [c for rule in rules if (c := _conflict(kind, rule, columns, has_cleared))]
    conflict_array = f"array_remove(ARRAY[{', '.join(conflicts)}]::varchar[], NULL)" if conflicts else "'{}'::varchar[]"
    any_claim = " OR ".join(f"c{s}_{r}.element_id IS NOT NULL" for s, r in columns) or "false"
    details = "\n".join(
        f"LEFT JOIN {part.table} d{i} ON d{i}.element_id = n.element_id" for i, part in enumerate(kind.parts)
    )
    old = ", ".join(f"d{i}.{f}" for i, part in enumerate(kind.parts) for f in part.fields)
    new = column_list(kind.fields, "n")
    parts_differ = " OR ".join(f"(d{i}.element_id IS NULL) = ({part.known('n')})" for i, part in enumerate(kind.parts))
    is_placed_anew = (
        f"(e.id IS NULL OR NOT e.is_owned OR e.is_withdrawn = n.has_claims OR {parts_differ} OR {_place_differs(kind)})"
    )
    return f"""
        INSERT INTO {kind.plan_table} (job_id, element_id, version, conflicts, has_claims, is_placed_anew, parts_differ,
                                       {column_list(kind.fields)})
        SELECT %(job)s, n.element_id, coalesce(e.version, 0), n.conflicts, n.has_claims, {is_placed_anew}, {parts_differ}, {new}
        FROM (SELECT t.element_id, {conflict_array} AS conflicts, ({any_claim}) AS has_claims, {values}
              FROM {touched} t {claim_joins(columns, claims)}) n
        LEFT JOIN elements_element e ON e.id = n.element_id
        {details}
        WHERE e.id IS NULL OR d0.element_id IS NULL OR e.is_withdrawn = n.has_claims OR NOT e.is_owned
           OR e.conflicts IS DISTINCT FROM n.conflicts
           OR ROW({new}) IS DISTINCT FROM ROW({old})"""
