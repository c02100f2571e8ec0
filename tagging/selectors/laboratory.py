"""What a condition hits now, and what it would change: for the laboratory, inside the time that a page has."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Count, QuerySet
from psycopg.errors import QueryCanceled

from common.errors import DomainError
from common.facts import Moment
from common.scope import Actor
from elements.models import Element
from elements.selectors.masking import may_read_names, shown_label
from tagging.rules import compile as compiling
from tagging.rules import explain, nodes
from tagging.selectors.rules import moment_at, spoken_names

FIRST = 20
# A request has three and a half seconds for the database altogether.
PAGE_S = 3.0


class TooSlow(DomainError):
    """A condition is not answered while somebody waits."""

    def __init__(self) -> None:
        super().__init__(
            "RULE_TOO_SLOW",
            f"{PAGE_S:.0f} 秒内没有算完，已停止。请减少“附近的要素”和多层嵌套；或先保存并回溯试算，它在后台运行，不受此限。",
        )


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing with what was asked and found; parts as `explain.Part`."""

    element: Element
    label: str
    block: str
    parts: tuple[explain.Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A set of things as the reader sees it: how many, where (town → count, most first), the first of them."""

    count: int
    towns: list[tuple[str, int]]
    first: list[Hit]


@contextmanager
def page_time() -> Iterator[None]:
    """Statements inside end in time.

    Raises:
        TooSlow: one did not.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(PAGE_S * 1000)}")
            yield
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlow from error
        raise


def hits(rule: nodes.Rule, moment: Moment) -> list[int]:
    """Ids of all that a condition hits at a moment."""
    statement = compiling.for_all(rule, moment)
    with transaction.atomic(), connection.cursor() as cursor:
        # The planner takes the rows of the as-of store for a handful and goes through them in loops: 21 s for a day of a rule
        # over vehicles of drivers, 0.4 s without.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(f"SELECT coalesce(array_agg(h.id), '{{}}') FROM ({statement.sql}) h", statement.parameters)
        found: list[int] = cursor.fetchone()[0]
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
    return found


def hits_now(rule: nodes.Rule, *, now: datetime) -> int:
    """How many things a condition hits in the whole city: it is the rule that is judged, not what its reader sees.

    Raises:
        TooSlow.
    """
    with page_time():
        return len(hits(rule, moment_at(now, now=now)))


def count_of_kind(kind: str) -> int:
    """How many things of a kind stand in the whole city."""
    return Element.objects.standing().filter(kind=kind).count()


def preview(rule: nodes.Rule, user: Actor, *, now: datetime) -> dict[str, Any]:
    """Whom a condition hits now inside the reader's scope: `{picture, total, share, seconds}`.

    Raises:
        TooSlow.
    """
    began, moment = time.monotonic(), moment_at(now, now=now)
    with page_time():
        picture = pictured(hits(rule, moment), user, rule=rule, moment=moment)
        total = Element.objects.visible_to(user).standing().filter(kind=rule.kind).count()
    return {
        "picture": picture, "total": total, "share": share_text(picture.count, total),
        "seconds": round(time.monotonic() - began, 2),
    }  # fmt: skip


def difference(rule: nodes.Rule, before: nodes.Rule, user: Actor, *, now: datetime) -> dict[str, Any]:
    """What changes when a condition takes the place of another: `{came, went, same, seconds}`.

    Raises:
        TooSlow.
    """
    began, moment = time.monotonic(), moment_at(now, now=now)
    with page_time():
        after, earlier = set(hits(rule, moment)), set(hits(before, moment))
        came = pictured(sorted(after - earlier), user, rule=rule, moment=moment)
        went = pictured(sorted(earlier - after), user, rule=rule, moment=moment)
        same = _seen(sorted(after & earlier), user).count()
    return {"came": came, "went": went, "same": same, "seconds": round(time.monotonic() - began, 2)}


def pictured(ids: Sequence[int], user: Actor, *, rule: nodes.Rule, moment: Moment) -> Picture:
    """Those of some things that the reader sees: three queries, and one for what stands behind the first."""
    seen = _seen(ids, user)
    towns = (
        seen.order_by().values("block__town__name").annotate(count=Count("pk")).order_by("-count", "block__town__name")
    )
    counted = [(row["block__town__name"] or "未落地", row["count"]) for row in towns]
    first = list(
        seen.select_related("block__parent").defer("point", "block__geom", "block__parent__geom").order_by("pk")[:FIRST]
    )
    parts = _parts(rule, [one.pk for one in first], moment) if first else {}
    in_full = may_read_names(user)
    return Picture(
        sum(count for _town, count in counted),
        counted,
        [
            Hit(one, shown_label(one.kind, one.label, in_full=in_full), _place(one), parts.get(one.pk, ()))
            for one in first
        ],
    )


def share_text(hits: int, total: int) -> str:
    """A share as pages say it."""
    return f"{hits * 100 / total:.1f}%" if total else "0%"


def _seen(ids: Sequence[int], user: Actor) -> QuerySet[Element]:
    return Element.objects.visible_to(user).filter(pk__any=ids)


def _place(element: Element) -> str:
    above = element.block.parent
    return f"{above.name} › {element.block.name}" if above else element.block.name


def _parts(rule: nodes.Rule, ids: list[int], moment: Moment) -> dict[int, tuple[explain.Part, ...]]:
    """Every comparison of the condition with what was found, by thing."""
    fused, names = compiling.for_some([rule], moment, ids), spoken_names()
    with connection.cursor() as cursor:
        cursor.execute(fused.sql, fused.parameters)
        rows = cursor.fetchall()
    found = {}
    for pk, *cells in rows:
        values = {term: _plain(cells[3 * number]) for number, term in enumerate(fused.terms)}
        found[pk] = tuple(
            explain.verdict_parts(one, {one.term: values[one.term]}, names) for one in nodes.comparisons(rule.where)
        )
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
