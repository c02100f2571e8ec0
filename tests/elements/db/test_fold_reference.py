"""The fold by SQL ≡ a reference fold of thirty lines, over random claims, orders, blanks, cleared fields, retractions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from elements.models import Element, FieldPolicy, Vehicle
from tests.factories.claims import claim, submit, undo, vehicle_of
from tests.factories.numbers import plate, vin

FIELDS = {"brand": ["甲", "乙"], "use_nature": ["A", "B"], "seats": [5]}
# In the order of precedence of every field above.
SOURCES = ["TMRI_VEHICLE", "TRANSPORT"]
# A history costs half a second: shrinking one would take minutes, and histories are short anyway.
PHASES = (Phase.explicit, Phase.generate)


@dataclass
class ReferenceFold:
    """The rules in plain Python: everything ever said, (source, subject) → [day, values, cleared, batch] as it came."""

    said: dict[tuple, list] = field(default_factory=lambda: defaultdict(list))

    def current(self, subject: tuple) -> tuple[dict[str, Any], int] | None:
        """Per field what the latest row says (None = cleared), and the day of the latest row."""
        rows = sorted(self.said[subject], key=lambda row: row[0])
        now: dict[str, Any] = {}
        for _, values, cleared, _ in rows:
            now |= values | dict.fromkeys(cleared)
        return (now, rows[-1][0]) if rows else None

    def submit(self, batch: int, rows: list[tuple]) -> None:
        for subject, day, values, cleared in rows:
            self.said[subject].append([day, values, cleared, batch])

    def undo(self, batch: int) -> None:
        for subject, rows in self.said.items():
            self.said[subject] = [row for row in rows if row[3] != batch]

    def element(self, number: int, orders: dict[str, list[str]]) -> tuple[dict[str, Any], set[str]]:
        """Winner of each field, and the official fields on which the latest claims of two sources differ."""
        claims = [(s[0], now[1], s[1], now[0]) for s in list(self.said) if s[2] == number and (now := self.current(s))]
        claims.sort(key=lambda c: (SOURCES.index(c[0]), -c[1], c[2]))
        latest = {c[0]: c[3] for c in reversed(claims)}
        values = {
            name: next((c[3][name] for s in orders[name] for c in claims if c[0] == s and name in c[3]), None)
            for name in FIELDS
        }
        words = {said["use_nature"] for said in latest.values() if said.get("use_nature") is not None}
        return values, {"use_nature"} if len(words) > 1 else set()


@st.composite
def histories(draw) -> list[tuple]:
    """Submits ("in", source, rows) and undos ("out", n-th batch)."""
    row = st.fixed_dictionaries(
        {
            "number": st.sampled_from([1, 1, 2]),
            "by": st.sampled_from(["VIN", "VIN", "PLATE"]),
            "day": st.integers(1, 3),
            "values": st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in FIELDS.items()}),
            "clear": st.sets(st.sampled_from(list(FIELDS)), max_size=1),
        }
    )
    into = st.tuples(st.just("in"), st.sampled_from(SOURCES), st.lists(row, min_size=1, max_size=2))
    out = st.tuples(st.just("out"), st.integers(0, 7), st.none())
    return draw(st.lists(st.one_of(into, into, out), min_size=2, max_size=12))


def _row(by: str, day: int, clear: str = "", **values: str) -> dict[str, Any]:
    return {"number": 1, "by": by, "day": day, "values": values, "clear": {clear} - {""}}


# A source that names one vehicle by two keys; what is merely said again comes to go before what is said anew.
SAID_AGAIN_BESIDE = [
    ("in", "TRANSPORT", [_row("PLATE", 2, brand="乙")]),
    ("in", "TRANSPORT", [_row("VIN", 3, clear="brand"), _row("PLATE", 3)]),
]
SAID_AGAIN_TOGETHER = [
    ("in", "TRANSPORT", [_row("PLATE", 2, brand="甲")]),
    ("in", "TRANSPORT", [_row("VIN", 3, clear="brand")]),
    ("in", "TRANSPORT", [_row("PLATE", 3, brand="乙"), _row("PLATE", 3, brand="甲")]),
]


def _run(history: list[tuple]) -> None:
    reference, batches = ReferenceFold(), []
    for number in (1, 2):
        keys = {"vin": vin(number), "plate_number": plate(number), "plate_type": "02"}
        submit("MARKET", "VEHICLE", claim(0, **keys))
    for step, (verb, what, rows) in enumerate(history):
        if verb == "out":
            if batches:
                number, batch = batches[what % len(batches)]
                undo(batch)
                reference.undo(number)
            continue
        plain, staged = [], []
        for row in rows:
            cleared = frozenset(row["clear"] - set(row["values"]))
            key = f"VIN:{vin(row['number'])}" if row["by"] == "VIN" else f"PLATE:02:{plate(row['number'])}"
            own = (
                {"vin": vin(row["number"])}
                if row["by"] == "VIN"
                else {"plate_number": plate(row["number"]), "plate_type": "02"}
            )
            plain.append(((what, key, row["number"]), row["day"], row["values"], cleared))
            staged.append(claim(row["day"], cleared=sorted(cleared), **own, **row["values"]))
        batches.append((step, submit(what, "VEHICLE", *staged)))
        reference.submit(step, plain)
    _compare(reference, history)


def _compare(reference: ReferenceFold, history: list[tuple]) -> None:
    policies = dict(FieldPolicy.objects.filter(kind="VEHICLE", field__in=FIELDS).values_list("field", "source_order"))
    for number in (1, 2):
        element = vehicle_of(vin(number))
        folded = Vehicle.objects.filter(element=element).values(*FIELDS).get()
        values, conflicts = reference.element(number, policies)
        # The whole history: pytest cuts what it shows of arguments.
        assert (folded, set(element.conflicts)) == (values, conflicts), repr(history)
    assert Element.objects.count() == 2


@pytest.mark.usefixtures("city")
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=PHASES,
)
@given(history=histories())
@example(history=SAID_AGAIN_BESIDE)
@example(history=SAID_AGAIN_TOGETHER)
def test_the_fold_in_sql_says_what_the_reference_says(history):
    with transaction.atomic():
        _run(history)
        transaction.set_rollback(True)


@pytest.mark.deep
@pytest.mark.usefixtures("city")
@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck), database=None, phases=PHASES)
@given(history=histories())
def test_the_fold_in_sql_says_what_the_reference_says_at_length(history):
    with transaction.atomic():
        _run(history)
        transaction.set_rollback(True)
