"""SQL of the fold, built from field names that come from the models alone (never from input).

Parameters are left as `%(job)s` and the like; numbers of sources are inlined as integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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


def in_span(alias: str) -> str:
    """Condition on staged or planned rows: they belong to the batch."""
    return f"{alias}.job_id = %(job)s AND {alias}.element_id BETWEEN %(first)s AND %(last)s"


def column_list(names: Sequence[str], alias: str = "") -> str:
    """`a, b, c` or `x.a, x.b, x.c`."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(f"{prefix}{name}" for name in names)


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
        f" AND {row}.cleared <@ {claim}.cleared)"
    )


def replay(kind: Kind, said: str) -> str:
    """Current claims from everything said: per field the latest row that says or clears it.

    Args:
        kind: whose fields.
        said: SQL of rows (source_id, subject_key, element_id, observed_at, seq, claim_id, cleared, relations, fields…).
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
               coalesce(l.payload -> 'relations', '[]') AS relations, {column_list(kind.fields, "t")}
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
               9000000000000000000 + s.row_number AS seq, s.claim_id, s.cleared, s.relations,
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
    columns = (
        f"source_id, subject_key, element_id, claim_id, observed_at, cleared, relations, {column_list(kind.fields)}"
    )
    return f"""
        SELECT s.source_id, s.subject_key, s.element_id, s.claim_id, s.observed_at,
               coalesce(c.cleared, '{{}}') AS cleared,
               CASE WHEN s.relations = '[]' THEN coalesce(c.relations, '[]') ELSE s.relations END AS relations,
               {merged}
        FROM {kind.stage_table} s
        LEFT JOIN {kind.claim_table} c ON c.source_id = s.source_id AND c.subject_key = s.subject_key
        WHERE {plain}
        UNION ALL
        SELECT {columns} FROM ({replay(kind, said)}) replayed"""


def _winner(rule: FieldRule, columns: Sequence[tuple[int, int]], has_cleared: bool, table: str) -> str:
    """Value of one field: the first claim, by source precedence then rank, that says something."""
    aliases = [
        f"c{source}_{rank}" for source in rule.source_ids for (present, rank) in sorted(columns) if present == source
    ]
    if not aliases:
        # No claim at all speaks: NULL of the column's own type.
        return f"(SELECT x.{rule.name} FROM {table} x WHERE false)"
    if not has_cleared:
        return f"coalesce({', '.join(f'{a}.{rule.name}' for a in aliases)})"
    cases = " ".join(
        f"WHEN {a}.{rule.name} IS NOT NULL THEN {a}.{rule.name} WHEN '{rule.name}' = ANY({a}.cleared) THEN NULL"
        for a in aliases
    )
    return f"CASE {cases} END"


def _conflict(kind: Kind, rule: FieldRule, columns: Sequence[tuple[int, int]]) -> str | None:
    """The field's name when two sources' latest claims differ; None when it cannot be.

    Addresses differ by the place they resolve to, not by their wording.
    """
    aliases = [f"c{source}_{rank}" for source, rank in columns if rank == 0]
    if not rule.is_official or len(aliases) < 2:
        return None
    is_address = rule.name in {name for _role, name in kind.address_fields}
    pairs = []
    for i, a in enumerate(aliases):
        for b in aliases[i + 1 :]:
            differ = f"{a}.{rule.name} <> {b}.{rule.name}"
            if is_address:
                differ = f"({differ} AND addresses_differ({a}.{rule.name}, {b}.{rule.name}))"
            pairs.append(differ)
    return f"CASE WHEN {' OR '.join(pairs)} THEN '{rule.name}' END"


def _place_differs(kind: Kind) -> str:
    """True when a field that decides the place changes; such fields stand in one of the kind's parts."""
    part_of = {field: i for i, part in enumerate(kind.parts) for field in part.fields}
    names = [name for name in (*(name for _role, name in kind.address_fields), "point") if name in part_of]
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
    values = ",\n".join(f"{_winner(rule, columns, has_cleared, kind.claim_table)} AS {rule.name}" for rule in rules)
    conflicts = [c for rule in rules if (c := _conflict(kind, rule, columns))]
    conflict_array = f"array_remove(ARRAY[{', '.join(conflicts)}]::varchar[], NULL)" if conflicts else "'{}'::varchar[]"
    joins = "\n".join(
        f"LEFT JOIN {claims} c{s}_{r} ON c{s}_{r}.element_id = t.element_id AND c{s}_{r}.source_id = {s}"
        f" AND c{s}_{r}.rank = {r}"
        for s, r in columns
    )
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
              FROM {touched} t {joins}) n
        LEFT JOIN elements_element e ON e.id = n.element_id
        {details}
        WHERE e.id IS NULL OR d0.element_id IS NULL OR e.is_withdrawn = n.has_claims OR NOT e.is_owned
           OR e.conflicts IS DISTINCT FROM n.conflicts
           OR ROW({new}) IS DISTINCT FROM ROW({old})"""
