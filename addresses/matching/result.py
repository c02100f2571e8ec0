"""What the engine answers: one `Resolution` for each text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from addresses.parsing.components import LEVELS, Components
from addresses.parsing.tokens import Fault

MAX_CANDIDATES = 8


class Status(StrEnum):
    """Outcome of resolving a text; exact and partial are accepted, the others are not."""

    EXACT = "exact"
    """Everything stated was found, at the level that was stated."""
    PARTIAL = "partial"
    """The deepest node that exists of what is stated; everything stated was read."""
    AMBIGUOUS = "ambiguous"
    """Several nodes fit equally."""
    RELATIVE = "relative"
    """A position relative to an address (西100米, 路口, K19+906)."""
    OUTSIDE = "outside"
    """In another county, which is named."""
    UNMATCHED = "unmatched"
    """No place of ours is in the text, or none that the registry holds."""
    REVIEW = "review"
    """Something was not read or contradicts: a person decides."""


ACCEPTED = frozenset({Status.EXACT, Status.PARTIAL})


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the registry as the look-up returns it. `key` is its `link_key`.

    `twins` are other places that the same key may mean: one with the same number, or one that had it before.
    """

    key: str
    code: str
    components: Components
    level: str
    id: int
    twins: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that the text may mean, with the named reasons against it."""

    node: Node
    confidence: float
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One level of the explanation: what the text states, what the registry holds, and how they meet.

    `outcome` is found, filled (not stated, known from the registry), missing or contradicts.
    """

    level: str
    stated: str
    held: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What the text states of each level, beside the node that was found; the explanation is made from it on demand."""

    node: Node
    values: Mapping[str, str]
    contradicted: frozenset[str] = frozenset()

    def steps(self) -> tuple[Step, ...]:
        """Explanation level by level, for the levels that are stated or held."""
        held_values = self.node.components.as_dict()
        steps = []
        for level in LEVELS:
            stated, held = self.values.get(level, ""), held_values[level]
            if not stated and not held:
                continue
            outcome = "found"
            if level in self.contradicted:
                outcome = "contradicts"
            elif not held:
                outcome = "missing"
            elif not stated:
                outcome = "filled"
            steps.append(Step(level, stated, held, outcome))
        return tuple(steps)


@dataclass(frozen=True, slots=True)
class RelativePosition:
    """A place described from another one: `direction` 东南 or "", `metres` when stated, `stake` such as K19+906."""

    anchor: str
    direction: str = ""
    metres: int | None = None
    stake: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer for one text.

    `node` is the deepest node accepted, None unless the status is accepted. `level_wanted` is the deepest level stated
    (floor is possible), `level_reached` that of the deepest node found. `outside` names the other county. `raw_confidence`
    is the engine's own figure when `confidence` was calibrated.
    """

    status: Status
    node: Node | None = None
    confidence: float = 0.0
    level_wanted: str = ""
    level_reached: str = ""
    candidates: tuple[Candidate, ...] = ()
    faults: tuple[Fault, ...] = ()
    stated: Stated | None = None
    relative: RelativePosition | None = None
    outside: str = ""
    raw_confidence: float | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether the text is linked without a person looking at it."""
        return self.status in ACCEPTED

    @property
    def steps(self) -> tuple[Step, ...]:
        """The explanation level by level, made on demand; empty when no single node was found."""
        return self.stated.steps() if self.stated is not None else ()


def _fault_rows(faults: tuple[Fault, ...]) -> list[dict[str, str]]:
    return [{"code": fault.code, "text": fault.text} for fault in faults]


def to_row(resolution: Resolution) -> dict[str, object]:
    """The JSON object of a result: status, code, components, confidence, levels, candidates, faults."""
    node = resolution.node
    return {
        "status": str(resolution.status),
        "code": node.code if node else None,
        "components": node.components.as_dict() if node else None,
        "confidence": resolution.confidence,
        "level_wanted": resolution.level_wanted or None,
        "level_reached": resolution.level_reached or None,
        "candidates": [
            {
                "code": candidate.node.code,
                "components": candidate.node.components.as_dict(),
                "confidence": candidate.confidence,
                "faults": _fault_rows(candidate.faults),
            }
            for candidate in resolution.candidates
        ],
        "faults": _fault_rows(resolution.faults),
    }
