"""What another version of a scheme would do, counted before anybody publishes it: nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from common.facts import Moment
from common.scope import Actor
from elements.models import Element
from elements.selectors.masking import may_read_names, shown_label
from tagging.models import Grade, Scheme
from tagging.rules.levels import Held
from tagging.rules.scheme import Scheme as Body
from tagging.selectors import graded
from tagging.selectors.grade_levels import level_named, levels_of
from tagging.selectors.grade_list import points_text
from tagging.selectors.rules import moment_at

MOVERS = 20
NONE = ""
# So many elements are read and counted in about two seconds; of more, every so-manieth is taken.
MOST = 4_000


@dataclass(frozen=True, slots=True)
class Move:
    """An element whose level would be another; a blank level: not graded."""

    element_id: int
    old: str
    new: str
    old_score: Decimal | None
    new_score: Decimal | None

    @property
    def difference(self) -> Decimal:
        return abs((self.new_score or Decimal(0)) - (self.old_score or Decimal(0)))


def simulate(*, scheme: Scheme, body: Body, user: Actor, now: datetime, most: int = MOST) -> dict[str, Any]:
    """Matrix of levels, the first movers and counts by squadron, of what the reader may see.

    Of more than `most` elements a sample is counted, and `one_of` says how large it is.

    Each element would keep its slowness of leaving, as if the version were run now. Grades set by people are left out of it.
    """
    moment = moment_at(now, now=now)
    ids = graded.candidates(body, moment)
    step = -(-len(ids) // most) or 1
    moves = _moves(scheme, body, user, moment, ids[::step], left_out=set(ids) - set(ids[::step]))
    old_levels = levels_of(scheme)
    new_levels = [{"code": one.code, "name": one.name, "colour": one.colour} for one in body.levels]
    movers = [one for one in moves if one.old != one.new]
    rank = {one["code"]: n for n, one in enumerate(new_levels)}
    counts = Counter((one.old, one.new) for one in moves)
    order = sorted(movers, key=lambda one: (-rank.get(one.new, -1), -one.difference, one.element_id))
    return {
        "graded": sum(1 for one in moves if one.new),
        "moved": len(movers),
        "up": sum(1 for one in movers if rank.get(one.new, -1) > rank.get(one.old, -1)),
        "down": sum(1 for one in movers if rank.get(one.new, -1) < rank.get(one.old, -1)),
        "matrix": _matrix(counts, old_levels, new_levels),
        "new_levels": [*new_levels, _none()],
        "movers": _worded(order[:MOVERS], old_levels, new_levels, user),
        "squadrons": _by_squadron(moves, new_levels, user),
        "levels": new_levels,
        "one_of": step if step > 1 else None,
    }


def _moves(
    scheme: Scheme, body: Body, user: Actor, moment: Moment, ids: Sequence[int], *, left_out: set[int]
) -> list[Move]:
    rows = Grade.objects.visible_to(user).filter(scheme=scheme, until__isnull=True)
    standing = {row.element_id: row for row in rows if row.element_id not in left_out}
    found = [each for batch in graded.batches(ids) for each in graded.found_of(body, batch, moment)]
    means = graded.means_of(body, found, graded.used_means(scheme.pk))
    seen = _seen([each.element_id for each in found], user)
    moves = []
    for each in found:
        if each.element_id not in seen:
            continue
        row = standing.pop(each.element_id, None)
        held = graded.held_of(row.computed_level, row.items) if row else Held()
        made = graded.scored(body, each, means, held, moment.at)
        moves.append(
            Move(
                each.element_id,
                row.computed_level if row else NONE,
                made.placed.level,
                row.score if row else None,
                made.score,
            )
        )
    moves += [Move(row.element_id, row.computed_level, NONE, row.score, None) for row in standing.values()]
    return moves


def _seen(ids: Sequence[int], user: Actor) -> set[int]:
    if user.scope.all_blocks:
        return set(ids)
    return set(Element.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))


def _none() -> dict[str, Any]:
    return {"code": NONE, "name": _("不分级"), "colour": "idle"}


def _matrix(
    counts: Counter[tuple[str, str]], old_levels: list[dict[str, Any]], new_levels: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    columns = [*new_levels, _none()]
    return [
        {
            "level": old,
            "cells": [
                {"count": counts[old["code"], new["code"]], "is_same": old["code"] == new["code"]} for new in columns
            ],
        }
        for old in (*old_levels, _none())
        if any(counts[old["code"], new["code"]] for new in columns)
    ]


def _worded(
    moves: Sequence[Move], old_levels: list[dict[str, Any]], new_levels: list[dict[str, Any]], user: Actor
) -> list[dict[str, Any]]:
    in_full = may_read_names(user)
    rows = Element.objects.visible_to(user).filter(pk__in=[one.element_id for one in moves]).select_related("block")
    elements = {row.pk: row for row in rows.defer("point", "block__geom")}
    return [
        {
            "id": one.element_id,
            "label": shown_label(element.kind, element.label, in_full=in_full) or _("（无名称）"),
            "block": element.block.name,
            "old": level_named(old_levels, one.old) if one.old else _none(),
            "new": level_named(new_levels, one.new) if one.new else _none(),
            "old_score": points_text(one.old_score) if one.old_score is not None else "—",
            "new_score": points_text(one.new_score) if one.new_score is not None else "—",
        }
        for one in moves
        if (element := elements.get(one.element_id)) is not None
    ]


def _by_squadron(moves: Sequence[Move], levels: list[dict[str, Any]], user: Actor) -> list[dict[str, Any]]:
    rows = Element.objects.visible_to(user).filter(pk__in=[one.element_id for one in moves])
    names = dict(rows.values_list("pk", "block__parent__parent__name"))
    counts: dict[str, Counter[tuple[str, str]]] = {}
    for one in moves:
        of_squadron = counts.setdefault(names.get(one.element_id) or _("未落地"), Counter())
        of_squadron["old", one.old] += 1
        of_squadron["new", one.new] += 1
        of_squadron["moved", ""] += one.old != one.new
    return [
        {
            "name": name,
            "moved": found["moved", ""],
            "cells": [
                {"level": level, "old": found["old", level["code"]], "new": found["new", level["code"]],
                 "change": found["new", level["code"]] - found["old", level["code"]]}
                for level in levels
            ],
        }
        for name, found in sorted(counts.items())
    ]  # fmt: skip
