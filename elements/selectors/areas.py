"""Areas that a scope touches."""

from __future__ import annotations

from typing import Any

from addresses.choices import AreaKind
from addresses.selectors.blocks import current_areas
from common import clock
from common.scope import Right, Scope


def areas_of_scope(scope: Scope) -> list[dict[str, Any]]:
    """Squadrons (depth 1) each followed by its districts (depth 2) that hold a block of the scope: one query.

    An area that reaches beyond the scope shows only what the scope has of it, since every list intersects the two.
    """
    if Right.READ not in scope.rights or scope.sees_nothing:
        return []
    districts = current_areas(clock.today()).filter(kind=AreaKind.DISTRICT)
    if not scope.all_blocks:
        own = current_areas(clock.today()).filter(pk__in=scope.block_ids).values("parent_id")
        districts = districts.filter(pk__in=own)
    rows = districts.order_by("parent__code", "code").values("pk", "name", "parent_id", "parent__name")
    result: list[dict[str, Any]] = []
    squadrons: set[int] = set()
    for row in rows:
        if row["parent_id"] and row["parent_id"] not in squadrons:
            squadrons.add(row["parent_id"])
            result.append({"pk": row["parent_id"], "name": row["parent__name"], "depth": 1})
        result.append({"pk": row["pk"], "name": row["name"], "depth": 2})
    # One district is all there is: nothing to switch.
    return result if len(rows) > 1 else []
