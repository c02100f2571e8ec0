"""What another version of a scheme would do, counted before anybody publishes it: nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from addresses.choices import AreaKind
from common.facts import Moment
from common.scope import Actor
from elements.models import Element
from tagging.models import Grade, Scheme
from tagging.rules.levels import Held
from tagging.rules.scheme import Scheme as Body
from tagging.selectors import graded
from tagging.selectors.grade_levels import levels_of
from tagging.selectors.rules import moment_at

MOVERS = 20
NONE = ""
# So many elements are read and counted in about half a minute; of more, every so-manieth is taken.
MOST = 40_000


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

    @property
    def as_json(self) -> dict[str, Any]:
        scores = {"old_score": self.old_score, "new_score": self.new_score}
        texts = {name: None if value is None else str(value) for name, value in scores.items()}
        return {"id": self.element_id, "old": self.old, "new": self.new, **texts}


def simulate(
    *,
    scheme: Scheme,
    body: Body,
    user: Actor,
    now: datetime,
    most: int = MOST,
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, Any]:
    """Counts of moves between levels, the first movers and counts by squadron, of what the reader may see.

    Plain values without names or plates, so that they may be kept: `simulation_page` words them for who reads them.
    Of more than `most` elements a sample is counted, and `one_of` says how large it is.
    Each element would keep its slowness of leaving, as if the version were run now. Grades set by people are left out of it.

    Args:
        tell: is told how many elements of how many have been read, batch by batch; may stop the work by raising.
    """
    moment = moment_at(now, now=now)
    ids = graded.candidates(body, moment)
    step = -(-len(ids) // most) or 1
    moves = _moves(scheme, body, user, moment, ids[::step], left_out=set(ids) - set(ids[::step]), tell=tell)
    movers = [one for one in moves if one.old != one.new]
    rank = {one.code: n for n, one in enumerate(body.levels)}
    order = sorted(movers, key=lambda one: (-rank.get(one.new, -1), -one.difference, one.element_id))
    return {
        "at": now.isoformat(),
        "graded": sum(1 for one in moves if one.new),
        "moved": len(movers),
        "up": sum(1 for one in movers if rank.get(one.new, -1) > rank.get(one.old, -1)),
        "down": sum(1 for one in movers if rank.get(one.new, -1) < rank.get(one.old, -1)),
        "counts": [[old, new, n] for (old, new), n in Counter((one.old, one.new) for one in moves).items()],
        "old_levels": _plain((one["code"], one["name"], one.get("colour", "note")) for one in levels_of(scheme)),
        "new_levels": _plain((one.code, one.name, one.colour) for one in body.levels),
        "movers": [one.as_json for one in order[:MOVERS]],
        "squadrons": _by_squadron(moves, user),
        "one_of": step if step > 1 else None,
    }


def _plain(levels: Any) -> list[dict[str, str]]:
    return [{"code": code, "name": name, "colour": colour} for code, name, colour in levels]


def _moves(
    scheme: Scheme,
    body: Body,
    user: Actor,
    moment: Moment,
    ids: Sequence[int],
    *,
    left_out: set[int],
    tell: Callable[[int, int], None],
) -> list[Move]:
    rows = Grade.objects.visible_to(user).filter(scheme=scheme, until__isnull=True)
    standing = {row.element_id: row for row in rows if row.element_id not in left_out}
    found: list[graded.Found] = []
    done = 0
    for batch in graded.batches(ids):
        tell(done, len(ids))
        found += graded.found_of(body, batch, moment)
        done += len(batch)
    tell(done, len(ids))
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


def _by_squadron(moves: Sequence[Move], user: Actor) -> list[dict[str, Any]]:
    """Elements by level before and after, and how many move; the name "" = outside any squadron."""
    rows = Element.objects.visible_to(user).filter(pk__any=[one.element_id for one in moves])
    # A pseudo-block hangs right below the squadron, or below the brigade.
    parts = rows.values_list("pk", "block__parent__kind", "block__parent__name", "block__parent__parent__name")
    names = {pk: name if kind == AreaKind.SQUADRON else above for pk, kind, name, above in parts}
    found: dict[str, tuple[Counter[str], Counter[str], list[Move]]] = {}
    for one in moves:
        old, new, moved = found.setdefault(names.get(one.element_id) or "", (Counter(), Counter(), []))
        old[one.old] += 1
        new[one.new] += 1
        if one.old != one.new:
            moved.append(one)
    return [
        {"name": name, "old": dict(old), "new": dict(new), "moved": len(moved)}
        for name, (old, new, moved) in sorted(found.items())
    ]
