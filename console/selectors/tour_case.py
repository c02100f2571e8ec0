"""What a case of the tour is, and how it is asked for: by one scoped statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.urls import reverse

from common.scope import Actor
from elements.selectors.masking import may_read_names, shown_label


@dataclass(frozen=True, slots=True)
class Case:
    """One case: which card it belongs to, what it is called, where it is looked at, and its figures by name."""

    key: str
    label: str
    url: str
    figures: dict[str, Any]


def first_row(sql: str, user: Actor, **parameters: Any) -> tuple[Any, ...] | None:
    """First row of a statement in which `{within}` narrows `e.block_id` to the user's scope."""
    within = "true" if user.scope.all_blocks else "e.block_id = ANY(%(blocks)s)"
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("{within}", within), {"blocks": list(user.scope.block_ids), **parameters})
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def element_case(key: str, row: tuple[Any, ...], user: Actor, tab: str = "", **figures: Any) -> Case:
    """The case of an element: `row` begins with its id, kind and label."""
    element_id, kind, label = row[:3]
    url = reverse("console:element", args=[element_id]) + (f"?tab={tab}" if tab else "")
    return Case(key, shown_label(kind, label, in_full=may_read_names(user)) or f"#{element_id}", url, figures)
