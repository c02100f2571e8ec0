"""The result of a trial of a scheme in words, as this reader may see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from common.scope import Actor
from elements.models import Element
from elements.selectors.masking import may_read_names, shown_label
from tagging.selectors.grade_levels import level_named
from tagging.selectors.grade_list import points_text
from tagging.selectors.simulation import NONE


def worded(result: dict[str, Any], user: Actor) -> dict[str, Any]:
    """Matrix, movers and squadrons for the template: one query.

    Args:
        result: what `simulation.simulate` gave.
        user: the reader, whose scope and rights decide which movers are named and how.
    """
    old_levels, new_levels = [*result["old_levels"], _none()], [*result["new_levels"], _none()]
    return {
        **{name: result[name] for name in ("graded", "moved", "up", "down", "one_of")},
        "at": datetime.fromisoformat(result["at"]),
        "matrix": _matrix({(old, new): n for old, new, n in result["counts"]}, old_levels, new_levels),
        "new_levels": new_levels,
        "levels": result["new_levels"],
        "movers": _movers(result["movers"], old_levels, new_levels, user),
        "squadrons": [_squadron(one, result["new_levels"]) for one in result["squadrons"]],
    }


def _none() -> dict[str, str]:
    return {"code": NONE, "name": _("不分级"), "colour": "idle"}


def _matrix(
    counts: dict[tuple[str, str], int], old_levels: Sequence[dict[str, str]], new_levels: Sequence[dict[str, str]]
) -> list[dict[str, Any]]:
    rows = [
        {
            "level": old,
            "cells": [
                {"count": counts.get((old["code"], new["code"]), 0), "is_same": old["code"] == new["code"]}
                for new in new_levels
            ],
        }
        for old in old_levels
    ]
    return [row for row in rows if any(cell["count"] for cell in row["cells"])]


def _movers(
    moves: Sequence[dict[str, Any]], old_levels: list[dict[str, Any]], new_levels: list[dict[str, Any]], user: Actor
) -> list[dict[str, Any]]:
    in_full = may_read_names(user)
    rows = Element.objects.visible_to(user).filter(pk__in=[one["id"] for one in moves]).select_related("block")
    elements = {row.pk: row for row in rows.defer("point", "block__geom")}
    return [
        {
            "id": one["id"],
            "label": shown_label(element.kind, element.label, in_full=in_full) or _("（无名称）"),
            "block": element.block.name,
            "old": level_named(old_levels, one["old"]),
            "new": level_named(new_levels, one["new"]),
            "old_score": _points(one["old_score"]),
            "new_score": _points(one["new_score"]),
        }
        for one in moves
        if (element := elements.get(one["id"])) is not None
    ]


def _points(text: str | None) -> str:
    return points_text(Decimal(text)) if text is not None else "—"


def _squadron(found: dict[str, Any], levels: Sequence[dict[str, str]]) -> dict[str, Any]:
    old, new = found["old"], found["new"]
    cells = [
        {
            "level": level,
            "new": new.get(level["code"], 0),
            "change": new.get(level["code"], 0) - old.get(level["code"], 0),
        }
        for level in levels
    ]
    return {"name": found["name"] or _("未落地"), "moved": found["moved"], "cells": cells}
