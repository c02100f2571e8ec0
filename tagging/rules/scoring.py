"""Arithmetic of grading: values to points, points to a score, a score to a level. Decimals, four digits, halves away from zero.

Everything that a score was made of stands in its items, so that an old score is computed again from them alone, whatever became
of the scheme, the mean or the facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

DIGIT = Decimal("0.0001")
ZERO = Decimal("0.0000")
MOST_SCORE = Decimal("99999.9999")
# A mean that moved by less than this share of itself stays: else every grade would be written anew every day.
STEADY = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Scale:
    """How a value becomes a share of the weight: evenly from `start` to `end`, or by the last row of the table it reaches."""

    start: Decimal | None = None
    end: Decimal | None = None
    table: tuple[tuple[Decimal, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """How an indicator counts.

    Attributes:
        kind: raw (the value), rate (value to exposure), flag (all or nothing).
        weight: the most points with a scale or of a flag, else the points of each unit.
        cap: the most points, None: no limit.
        per: the exposure is counted in so many units, e.g. 1000 for km of a length in m.
        prior: k, how many units of exposure the mean of all weighs against the own rate.
        cure: what brings the value down by `{n}`, in words; "": it only passes with time.
    """

    key: str
    label: str
    kind: str
    weight: Decimal
    unit: str = ""
    cap: Decimal | None = None
    scale: Scale | None = None
    per: Decimal = Decimal(1)
    prior: Decimal = Decimal(0)
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """What an indicator made of a value: `basis` is what was scaled (the shrunk rate of a rate), None: nothing is known."""

    basis: Decimal | None
    points: Decimal


def fixed(number: Decimal) -> Decimal:
    """Four digits."""
    return number.quantize(DIGIT, ROUND_HALF_UP)


def number_of(value: Any) -> Decimal | None:
    """A value as a number: yes is 1."""
    if value is None:
        return None
    if isinstance(value, bool):
        return Decimal(int(value))
    return value if isinstance(value, Decimal) else Decimal(str(value))


def mean_rate(pairs: Iterable[tuple[Decimal | None, Decimal | None]], per: Decimal) -> Decimal:
    """Events of all over exposure of all, of those of whom both are known and the exposure is above 0; nobody: 0."""
    events, exposure = Decimal(0), Decimal(0)
    for value, base in pairs:
        if value is not None and base is not None and base > 0:
            events, exposure = events + value, exposure + base / per
    return fixed(events / exposure) if exposure else ZERO


def steady(now: Decimal, before: Decimal | None) -> Decimal:
    """The mean to use: the one before as long as the new one is within a twentieth of it."""
    return before if before is not None and abs(now - before) <= before * STEADY else now


def shrunk(value: Decimal, exposure: Decimal | None, mean: Decimal, definition: Definition) -> Decimal | None:
    """(events + k·mean) / (exposure + k). No exposure counts as 0; with neither exposure nor k there is no rate."""
    base = max(exposure or Decimal(0), Decimal(0)) / definition.per
    if base + definition.prior == 0:
        return None
    return fixed((value + definition.prior * mean) / (base + definition.prior))


def count(
    definition: Definition, value: Decimal | None, exposure: Decimal | None = None, mean: Decimal = ZERO
) -> Counted:
    """Points of an indicator. What nobody registered gives none."""
    if value is None:
        return Counted(None, ZERO)
    if definition.kind == "flag":
        return Counted(value, _capped(definition, definition.weight if value > 0 else ZERO))
    basis = shrunk(value, exposure, mean, definition) if definition.kind == "rate" else value
    if basis is None:
        return Counted(None, ZERO)
    return Counted(basis, _capped(definition, definition.weight * _share(definition.scale, basis)))


def _share(scale: Scale | None, basis: Decimal) -> Decimal:
    if scale is None:
        return max(basis, Decimal(0))
    if scale.table:
        return max((share for start, share in scale.table if basis >= start), default=Decimal(0))
    if scale.start is None or scale.end is None:
        raise ValueError(scale)
    return min(max((basis - scale.start) / (scale.end - scale.start), Decimal(0)), Decimal(1))


def _capped(definition: Definition, points: Decimal) -> Decimal:
    return fixed(points if definition.cap is None else min(points, definition.cap))


def total(points: Iterable[Decimal]) -> Decimal:
    """The score, within what its column holds."""
    return fixed(min(sum(points, Decimal(0)), MOST_SCORE))


def item_of(
    definition: Definition,
    value: Decimal | None,
    exposure: Decimal | None,
    mean: Decimal,
    records: Sequence[int],
    table: str,
) -> dict[str, Any]:
    """One indicator as it is kept with the grade: all that its points are made of, numbers as text."""
    counted = count(definition, value, exposure, mean)
    item: dict[str, Any] = {
        "key": definition.key, "label": definition.label, "kind": definition.kind, "unit": definition.unit,
        "weight": _text(definition.weight), "value": _text(value), "points": str(counted.points), "table": table,
        "records": list(records),
    }  # fmt: skip
    if definition.cap is not None:
        item["cap"] = _text(definition.cap)
    if definition.cure:
        item["cure"] = definition.cure
    if definition.scale is not None:
        item["scale"] = _scale_json(definition.scale)
    if definition.kind == "rate":
        item |= {
            "exposure": _text(exposure), "per": _text(definition.per), "prior": _text(definition.prior),
            "mean": str(mean), "basis": _text(counted.basis),
        }  # fmt: skip
    return item


def definition_of(item: Mapping[str, Any]) -> Definition:
    """How a kept indicator counted."""
    scale = item.get("scale")
    return Definition(
        key=item["key"], label=item["label"], kind=item["kind"], unit=item.get("unit", ""), weight=Decimal(item["weight"]),
        cap=Decimal(item["cap"]) if "cap" in item else None, scale=_scale_of(scale) if scale else None,
        per=Decimal(item.get("per", 1)), prior=Decimal(item.get("prior", 0)), cure=item.get("cure", ""),
    )  # fmt: skip


def again(item: Mapping[str, Any], value: Decimal | None = None) -> Decimal:
    """Points of a kept indicator computed again; with a value as if that had been found."""
    found = value if value is not None else number_of(item["value"])
    return count(definition_of(item), found, number_of(item.get("exposure")), Decimal(item.get("mean", "0"))).points


def score_again(items: Sequence[Mapping[str, Any]]) -> Decimal:
    """The score of kept items computed again."""
    return total(again(item) for item in items if "weight" in item)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number.normalize(), "f")


def _scale_json(scale: Scale) -> dict[str, Any]:
    if scale.table:
        return {"table": [[_text(start), _text(share)] for start, share in scale.table]}
    return {"from": _text(scale.start), "to": _text(scale.end)}


def _scale_of(document: Mapping[str, Any]) -> Scale:
    if "table" in document:
        return Scale(table=tuple((Decimal(start), Decimal(share)) for start, share in document["table"]))
    return Scale(Decimal(document["from"]), Decimal(document["to"]))
