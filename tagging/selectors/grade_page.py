"""The grades of one element: level, how each point came about, what would lower the level, and how it was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock
from common.scope import Actor, Right
from elements.models import Element
from tagging.choices import OverrideState
from tagging.grade_charts import waterfall
from tagging.models import Grade, GradeOverride
from tagging.rules.leaving import Leaving, ways_down
from tagging.rules.scoring import number_of
from tagging.selectors.grade_levels import level_named, levels_of
from tagging.selectors.grade_list import points_text
from tagging.selectors.grade_records import Link, links_of, record_links
from tagging.selectors.graded import HELD

HISTORY = 12
OPEN = (OverrideState.REQUESTED, OverrideState.APPROVED)


def standing_grades(element: Element) -> list[Grade]:
    """Grades of an element that the caller may see: one query, however often it is asked of the same instance."""
    standing = _with_scheme(Grade.objects.filter(until__isnull=True)).order_by("scheme_id")
    prefetch_related_objects([element], Prefetch("grades", queryset=standing, to_attr="standing_grades"))
    found: list[Grade] = element.standing_grades  # type: ignore[attr-defined]
    return found


def has_grades(element: Element, _user: Actor) -> bool:
    """Whether the element's page has the tab."""
    return bool(standing_grades(element))


def chips(element: Element) -> list[dict[str, Any]]:
    """Scheme and level for the head of page and card, with colour and link."""
    return [_chip(grade) for grade in standing_grades(element)]


def _chip(grade: Grade) -> dict[str, Any]:
    level = level_named(levels_of(grade.scheme), grade.level)
    url = reverse("console:element", args=[grade.element_id]) + "?tab=grades"
    return {"label": f"{grade.scheme.name}：{level['name']}", "colour": level["colour"], "url": url}


def grades_panel(element: Element, user: Actor) -> dict[str, Any]:
    """What the tab shows: a section a scheme."""
    grades = standing_grades(element)
    links = record_links([item for grade in grades for item in grade.items], user)
    before = _history(element)
    overrides = {row.scheme_id: row for row in GradeOverride.objects.filter(element_id=element.pk, state__in=OPEN)}
    names = _names(list(overrides.values()))
    may_correct = Right.CORRECT in user.scope.rights
    return {
        "grades": [_section(grade, links, before, overrides.get(grade.scheme_id), names, user) for grade in grades],
        "may_correct": may_correct,
        "tomorrow": clock.today(),
        "element": element,
    }


def _section(
    grade: Grade,
    links: Mapping[tuple[str, int], Link],
    before: Mapping[int, list[Grade]],
    override: GradeOverride | None,
    names: Mapping[int, str],
    user: Actor,
) -> dict[str, Any]:
    levels = levels_of(grade.scheme)
    return {
        "grade": grade,
        "scheme": grade.scheme,
        "level": level_named(levels, grade.level),
        "computed": level_named(levels, grade.computed_level),
        "score": points_text(grade.score),
        "levels": levels,
        "items": [_item(item, links) for item in grade.items if "weight" in item],
        "listed": [one for item in grade.items for one in item.get("lists", ())],
        "held": next((item["below_since"][:10] for item in grade.items if item["key"] == HELD), ""),
        "chart": waterfall(
            grade.items, [(one["name"], Decimal(str(one["from_score"]))) for one in levels[1:]], grade.score
        ),
        "leaving": leaving_of(grade, levels),
        "history": [_period(row, levels) for row in before.get(grade.scheme_id, ())],
        "override": override,
        "override_level": level_named(levels, override.level) if override else None,
        "requested_by": names.get(override.requested_by_id, "") if override else "",
        "decided_by": names.get(override.decided_by_id or 0, "") if override else "",
        "is_own_request": override is not None and override.requested_by_id == user.pk,
    }


def leaving_of(grade: Grade, levels: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What brings the computed level one down, in words; None for the lowest."""
    rank = next((n for n, one in enumerate(levels) if one["code"] == grade.computed_level), 0)
    if rank == 0:
        return None
    hysteresis = (grade.scheme.published.body if grade.scheme.published else {}).get("hysteresis", {})
    below = Decimal(str(levels[rank]["from_score"])) - Decimal(str(hysteresis.get("points") or 0))
    listed = [
        one["label"] for item in grade.items for one in item.get("lists", ()) if _rank(levels, one["level"]) >= rank
    ]
    ways: Leaving = ways_down(grade.items, grade.score, below)
    return {
        "level": levels[rank]["name"],
        "below": f"{below.normalize():f}",
        "needed": points_text(ways.needed) if ways.needed else "",
        "days": hysteresis.get("days"),
        "threshold": levels[rank]["from_score"],
        "listed": listed,
        "alone": [step.text for step in ways.alone],
        "together": [step.text for step in ways.together],
        "is_one": len(ways.together) == 1,
    }


def _rank(levels: Sequence[Mapping[str, Any]], code: str) -> int:
    return next((n for n, one in enumerate(levels) if one["code"] == code), 0)


def _item(item: Mapping[str, Any], links: Mapping[tuple[str, int], Link]) -> dict[str, Any]:
    shown, hidden = links_of(item, links)
    weight = Decimal(item["weight"])
    return {
        "label": item["label"],
        "value": _value(item),
        "how": how(item),
        "points": points_text(Decimal(item["points"])),
        "has_points": Decimal(item["points"]) > 0,
        "most": f"{min(weight, Decimal(item['cap'])) if 'cap' in item and 'scale' in item else item.get('cap', '')}",
        "links": shown,
        "hidden": hidden,
    }


def _value(item: Mapping[str, Any]) -> str:
    if item["value"] is None:
        return _("未登记")
    return f"{item['value']} {item.get('unit', '')}".strip()


def how(item: Mapping[str, Any]) -> str:
    """How a kept indicator came to its points, in plain words with its numbers."""
    if item["value"] is None:
        return _("没有登记，不计分")
    counted = points_rule(item)
    if item["kind"] != "rate":
        return counted
    if item["basis"] is None:
        return _("没有基数，不计分")
    exposure = (number_of(item.get("exposure")) or Decimal(0)) / Decimal(item["per"])
    words = {
        "value": item["value"],
        "exposure": _digits(exposure),
        "mean": item["mean"],
        "prior": item["prior"],
        "basis": item["basis"],
    }
    if Decimal(item["prior"]) == 0:
        rate = _("%(value)s ÷ %(exposure)s = %(basis)s") % words
    else:
        rate = (
            _(
                "本身 %(value)s ÷ %(exposure)s；为免数量少时忽高忽低，按全部对象的平均 %(mean)s 补入 %(prior)s 个单位，折合 %(basis)s"
            )
            % words
        )
    return f"{rate}；{counted}"


def points_rule(item: Mapping[str, Any]) -> str:
    """How what was found becomes points, in words."""
    scale = item.get("scale")
    if item["kind"] == "flag":
        return _("有则计 %(weight)s 分") % {"weight": item["weight"]}
    cap = _("，最多 %(cap)s 分") % {"cap": item["cap"]} if "cap" in item else ""
    if scale is None:
        return _("每单位 %(weight)s 分%(cap)s") % {"weight": item["weight"], "cap": cap}
    if "table" in scale:
        steps = "、".join(f"{start} 起 {_digits(Decimal(share) * 100)}%" for start, share in scale["table"])
        return _("满分 %(weight)s 分：%(steps)s%(cap)s") % {"weight": item["weight"], "steps": steps, "cap": cap}
    words = {"from": scale["from"], "to": scale["to"], "weight": item["weight"], "cap": cap}
    return _("从 %(from)s 到 %(to)s，由 0 分升到 %(weight)s 分%(cap)s") % words


def _digits(number: Decimal) -> str:
    return f"{number.quantize(Decimal('0.001')).normalize():f}"


def _period(row: Grade, levels: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "grade": row,
        "level": level_named(levels, row.level),
        "score": points_text(row.score),
        "is_set": row.override_id is not None,
    }


def _history(element: Element) -> dict[int, list[Grade]]:
    """The last grades of each scheme: one query."""
    rows = Grade.objects.filter(element_id=element.pk).defer("items").order_by("-since", "-pk")[: HISTORY * 4]
    found: dict[int, list[Grade]] = {}
    for row in rows:
        kept = found.setdefault(row.scheme_id, [])
        if len(kept) < HISTORY:
            kept.append(row)
    return found


def _names(overrides: Sequence[GradeOverride]) -> dict[int, str]:
    ids = {pk for row in overrides for pk in (row.requested_by_id, row.decided_by_id) if pk is not None}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=ids)} if ids else {}


def _with_scheme(grades: QuerySet[Grade]) -> QuerySet[Grade]:
    return grades.select_related("scheme__published", "override")
