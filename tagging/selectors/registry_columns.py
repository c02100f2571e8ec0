"""Tags and grades as columns of the registries: for the rows of a page or of a part of a file at once."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from common.scope import Actor
from elements.selectors.columns import Column
from tagging.selectors.grade_levels import level_named, levels_of
from tagging.selectors.grade_list import active_schemes, visible_grades
from tagging.selectors.tag_list import visible_assignments


def tag_names(element_ids: Sequence[int], user: Actor) -> dict[int, list[str]]:
    """Element → names of its standing tags, the gravest first: one query."""
    rows = visible_assignments(user).filter(element_id__any=list(element_ids))
    found: dict[int, dict[str, None]] = {}
    order = rows.order_by("-tag__level", "tag__position", "tag_id")
    for element_id, name in order.values_list("element_id", "tag__name"):
        # Several rules may give one tag.
        found.setdefault(element_id, {})[name] = None
    return {element_id: list(names) for element_id, names in found.items()}


def grade_names(element_ids: Sequence[int], user: Actor) -> dict[int, list[str]]:
    """Element → scheme and level of its standing grades: two queries, one of them of the schemes."""
    rows = visible_grades(user).filter(element_id__any=list(element_ids)).order_by("scheme_id")
    schemes = {one.pk: (one.name, levels_of(one)) for one in active_schemes()}
    found: dict[int, list[str]] = {}
    for element_id, scheme_id, level in rows.values_list("element_id", "scheme_id", "level"):
        if scheme_id in schemes:
            name, levels = schemes[scheme_id]
            found.setdefault(element_id, []).append(f"{name}：{level_named(levels, level)['name']}")
    return found


# A registry has many columns already: who wants these turns them on.
COLUMNS = (
    Column("tags", "", _("标签"), read=tag_names, is_off=True, is_long=True, hint=_("现在带有的标签，最重的在前")),
    Column("grades", "", _("等级"), read=grade_names, is_off=True, is_long=True, hint=_("现行分级方案评出的等级")),
)
