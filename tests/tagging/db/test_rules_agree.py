"""A rule compiled for all, compiled for some, judged in Python and explained says the same, whatever it is and whatever is unknown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import clock
from common.facts import ColumnRead, FactType, facts_of, paths_of
from elements.models import Element
from tagging.rules import explain
from tagging.rules.compile import for_all, for_some
from tagging.rules.evaluate import verdict
from tagging.rules.schema import OPERATORS, read_rule
from tagging.selectors.rules import moment_at, names
from tests.factories.claims import claim, owned_by, submit
from tests.factories.events import days_ago, report, row
from tests.factories.numbers import citizen_id, plate, vin

KINDS = ("PERSON", "VEHICLE", "UNIT")
NO_NAMES = explain.Names({}, {})


@pytest.fixture
def mixed(city) -> None:
    """Persons and vehicles with much, little and nothing known of them, some with violations, and a past that was different."""
    today = timezone.localdate()
    submit(
        "SECURITY_PERSON", "PERSON",
        *(claim(citizen_id=citizen_id(n), name=f"测{n}", sex="12"[n % 2], grid=n % 3) for n in range(1, 7)),
    )  # fmt: skip
    submit(
        "TMRI_DRIVER", "PERSON",
        *(
            claim(
                citizen_id=citizen_id(n), licence_classes=("A1", "C1", None)[n % 3], points=(0, 6, 12, None)[n % 4],
                licence_state=("A", "H", "BD", None)[n % 4], licence_valid_to=today + timedelta(days=40 * n - 100),
                review_due_on=today - timedelta(days=20 * n),
            )
            for n in range(1, 6)
        ),
    )  # fmt: skip
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(
            claim(
                vin=vin(n), plate_number=plate(n), plate_type="02", use_nature=("A", "F", None)[n % 3],
                vehicle_type=("K33", "H11", None)[n % 3], total_mass_kg=(1_500, 12_000, None)[n % 3],
                inspection_valid_to=None if n == 4 else today + timedelta(days=30 * n - 100),
                state=("A", "GQ", None)[n % 3], grid=n % 4, relations=[owned_by(n)] if n % 2 else [],
            )
            for n in range(1, 9)
        ),
    )  # fmt: skip
    report(
        "VIOLATION",
        *(
            row(
                "VIOLATION", f"R{n}", occurred_at=days_ago(n * 37 % 500), plate_number=plate(1 + n % 4), plate_type="02",
                citizen_id=citizen_id(1 + n % 3), code=("1712", "1625", "1352")[n % 3], points=(12, 6, None)[n % 3],
                processed_at=days_ago(n * 20 % 300) if n % 2 else None,
            )
            for n in range(12)
        ),
    )  # fmt: skip
    _make_a_past()


def _make_a_past() -> None:
    """What was written now is said to have been written half a year ago; then some values change."""
    past = clock.now() - timedelta(days=180)
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.columns WHERE column_name = 'pgh_created_at'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"UPDATE {table} SET pgh_created_at = %s", [past])
        cursor.execute("UPDATE events_eventkey SET known_at = occurred_at")
    submit("TMRI_VEHICLE", "VEHICLE", *(claim(30, vin=vin(n), use_nature="B", state="Q") for n in (1, 2, 5)))


def _value(draw: Any, type_: FactType, operands: int, codes: list[str]) -> Any:
    if operands == 0:
        return None
    if operands == -1:
        return draw(st.lists(st.sampled_from(codes or ["A", "K3", "C"]), min_size=1, max_size=3, unique=True))
    single = {
        FactType.NUMBER: st.integers(-5, 400),
        FactType.TEXT: st.sampled_from(["测", "1", "京"]),
        FactType.DATE: st.integers(-300, 300).map(lambda n: (timezone.localdate() + timedelta(days=n)).isoformat()),
    }[type_]
    if operands == 2:
        return sorted([draw(single), draw(single)])
    return draw(single)


def _arguments(draw: Any, parameters: Any) -> dict[str, Any]:
    given_ = {}
    for one in parameters:
        if one.type is FactType.NUMBER:
            given_[one.name] = draw(st.integers(one.least, min(one.most, 600)))
        else:
            choices = list(one.choices())
            some = st.lists(st.sampled_from(choices), min_size=1 if one.default is None else 0, max_size=3, unique=True)
            given_[one.name] = draw(st.sampled_from(choices) if one.type is FactType.TEXT else some)
    return given_


@st.composite
def comparison(draw: Any, kind: str, *, is_kept: bool = False) -> dict[str, Any]:
    """One comparison of any fact, with any operator that it has."""
    facts = [f for f in facts_of(kind) if not (is_kept and isinstance(f.read, ColumnRead) and f.read.versions is None)]
    fact = draw(st.sampled_from(facts))
    operators = OPERATORS[fact.type] | ({} if fact.nulls == "NONE" else {"known": 0, "unknown": 0})
    op = draw(st.sampled_from(sorted(operators)))
    codes = list(fact.codes()) if fact.codes else []
    value = _value(draw, fact.type, operators[op], codes[:6])
    node = {"fact": fact.key, "args": _arguments(draw, fact.parameters), "op": op}
    return node | ({} if value is None else {"value": value})


@st.composite
def node(draw: Any, kind: str, depth: int = 0, *, is_inside: bool = False) -> dict[str, Any]:
    """Any condition up to three levels deep."""
    forms = ["fact", "fact"]
    forms += ["all", "any", "not"] if depth < 3 else []
    forms += ["related"] if depth < 2 else []
    forms += ["became", "stayed", "changed"] if not is_inside and depth < 2 else []
    form = draw(st.sampled_from(forms))
    if form == "fact":
        return draw(comparison(kind, is_kept=is_inside))
    if form in ("all", "any"):
        return {form: draw(st.lists(node(kind, depth + 1, is_inside=is_inside), min_size=1, max_size=3))}
    if form == "not":
        return {"not": draw(node(kind, depth + 1, is_inside=is_inside))}
    if form == "became":
        return {"became": draw(node(kind, 2, is_inside=True)), "days": draw(st.integers(1, 300))}
    if form in ("stayed", "changed"):
        kept = [
            f for f in facts_of(kind)
            if isinstance(f.read, ColumnRead) and f.read.versions and not f.read.changes_with_the_day and f.type is FactType.CODE
        ]  # fmt: skip
        fact, days = draw(st.sampled_from(kept)), draw(st.integers(1, 300))
        if form == "changed":
            return {"changed": fact.key, "days": days}
        return {"stayed": {"fact": fact.key, "op": "in", "value": list(fact.codes())[:4]}, "days": days}
    path = draw(st.sampled_from([p for p in paths_of(kind) if p.object_kind in ("", *KINDS)]))
    arguments = _arguments(draw, path.parameters)
    other = path.object_kind or arguments["kind"]
    where = draw(st.none() | node(other, depth + 1, is_inside=True)) if other in KINDS else None
    asked = {
        "related": path.key,
        "args": arguments,
        "op": draw(st.sampled_from(["=", ">=", "<"])),
        "value": draw(st.integers(0, 3)),
    }
    return asked | ({} if where is None else {"where": where})


@st.composite
def rule(draw: Any) -> dict[str, Any]:
    """Any rule."""
    kind = draw(st.sampled_from(KINDS))
    return {"kind": kind, "where": draw(node(kind))}


def test_four_ways_to_ask_a_rule_agree(mixed):
    ids = list(Element.objects.values_list("pk", flat=True))
    now, known = clock.now(), names()
    moments = [moment_at(now, now=now), moment_at(now - timedelta(days=90), now=now)]
    seen = {True: 0, False: 0}

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(rule())
    def agree(document: dict[str, Any]) -> None:
        read = read_rule(document, known)
        for moment in moments:
            statement, fused = for_all(read, moment), for_some([read], moment, ids)
            with connection.cursor() as cursor:
                cursor.execute(statement.sql, statement.parameters)
                hit = {row[0] for row in cursor.fetchall()}
                cursor.execute(fused.sql, fused.parameters)
                rows = cursor.fetchall()
            for element_id, *cells in rows:
                values = {term: cells[3 * n] for n, term in enumerate(fused.terms)}
                said = (
                    element_id in hit,
                    cells[-1],
                    verdict(read.where, values),
                    explain.verdict_parts(read.where, values, NO_NAMES).is_met,
                )
                assert len(set(said)) == 1, (document, element_id, said)
                seen[said[0]] += 1
            assert hit <= {element_id for element_id, *_ in rows}

    agree()
    # Rules that always or never hold would agree as well.
    assert min(seen.values()) > 100
