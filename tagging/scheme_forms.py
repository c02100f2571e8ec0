"""The numbers of a scheme as a form: which fields there are, and the body that filled-in fields make of another body."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from common.errors import DomainError
from tagging.rules.scheme import COLOURS


def colours() -> list[tuple[str, str]]:
    """Colours of levels with their names."""
    names = {"ok": _("绿"), "note": _("蓝"), "warn": _("橙"), "bad": _("红"), "idle": _("灰")}
    return [(code, names[code]) for code in COLOURS]


def fields_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body for the template of the form: levels upwards, indicators in their order."""
    return {
        "levels": [{**level, "number": n, "is_lowest": n == 0} for n, level in enumerate(body["levels"])],
        "indicators": [_indicator(one) for one in body["indicators"]],
        "hysteresis": body.get("hysteresis", {}),
        "colours": colours(),
    }


def body_of(base: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The base with what was filled in: names, thresholds, weights, caps, priors, scales, hysteresis; left-out indicators go.

    Raises:
        DomainError: something that is no number.
    """
    body = deepcopy(dict(base))
    for n, level in enumerate(body["levels"]):
        level["name"] = str(data.get(f"level-{n}-name", level["name"])).strip()
        level["colour"] = str(data.get(f"level-{n}-colour", level.get("colour", "note")))
        level["consequence"] = str(data.get(f"level-{n}-consequence", level.get("consequence", ""))).strip()
        if n:
            level["from_score"] = _number(
                data, f"level-{n}-from", level["from_score"], _("“%s”的起始分") % level["name"]
            )
    body["indicators"] = [_filled(one, data) for one in body["indicators"] if f"indicator-{one['key']}-on" in data]
    hysteresis = {
        "points": _optional(data, "hysteresis-points", _("降级余量")),
        "days": _optional(data, "hysteresis-days", _("降级天数")),
    }
    body["hysteresis"] = {name: value for name, value in hysteresis.items() if value is not None}
    return body


def _indicator(one: Mapping[str, Any]) -> dict[str, Any]:
    weight = Decimal(str(one["weight"]))
    scale = one.get("scale", {})
    return {
        "key": one["key"],
        "label": one["label"],
        "weight": one["weight"],
        # A slider that reaches twice the weight it begins with.
        "most": max(int(weight * 2), 10),
        "step": "0.1" if weight < 5 else "1",
        "cap": one.get("cap"),
        "prior": one.get("prior"),
        "is_rate": one["kind"] == "rate",
        "scale_from": scale.get("from"),
        "scale_to": scale.get("to"),
        "is_linear": "from" in scale,
        "is_each": not scale and one["kind"] != "flag",
    }


def _filled(one: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    changed, name = deepcopy(dict(one)), f"indicator-{one['key']}"
    changed["weight"] = _number(data, f"{name}-weight", one["weight"], _("“%s”的分值") % one["label"])
    cap = _optional(data, f"{name}-cap", _("“%s”的上限") % one["label"])
    if cap is None:
        changed.pop("cap", None)
    else:
        changed["cap"] = cap
    if one["kind"] == "rate":
        changed["prior"] = _number(data, f"{name}-prior", one.get("prior", 0), _("“%s”的收缩强度") % one["label"])
    if "from" in one.get("scale", {}):
        changed["scale"] = {
            end: _number(data, f"{name}-{end}", one["scale"][end], _("“%s”的刻度") % one["label"])
            for end in ("from", "to")
        }
    return changed


def _optional(data: Mapping[str, Any], name: str, label: str) -> int | float | None:
    return _read(str(data[name]), label) if str(data.get(name, "")).strip() else None


def _number(data: Mapping[str, Any], name: str, kept: Any, label: str) -> int | float:
    return _read(str(data.get(name, kept)), label)


def _read(text: str, label: str) -> int | float:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise DomainError("BAD_NUMBER", f"{label}须是数字。") from None
    if not number.is_finite():
        raise DomainError("BAD_NUMBER", f"{label}须是数字。")
    return int(number) if number == number.to_integral_value() else float(number)
