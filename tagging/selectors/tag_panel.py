"""The tags of one element: which and why, what may be done, what was."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import User
from common import clock
from common.scope import Actor, Right
from elements.models import Element
from elements.selectors.masking import may_read_names
from tagging.choices import Effect
from tagging.models import Assignment, Outcome, OutcomeEffect, Tag
from tagging.selectors.evidence import grounds
from tagging.selectors.tag_list import mark_of, past_tags_of, tags_of


def tag_panel(element: Element, user: Any) -> dict[str, Any]:
    """What the tab of an element shows: six queries, however many tags there are."""
    may_write, in_full = Right.CORRECT in user.scope.rights, may_read_names(user)
    standing, past = tags_of(element.pk, user), past_tags_of(element.pk, user)
    effects = _effects({row.tag_id for row in standing})
    outcomes = _outcomes([*standing, *past])
    names = names_of([*(one.actor_id for rows in outcomes.values() for one in rows),
                      *(row.actor_id for row in standing), *(row.ended_by_id for row in past)])  # fmt: skip
    return {
        "tags": [
            {
                "row": row,
                "mark": mark_of(row.tag),
                "grounds": grounds(row.evidence, shows_values=in_full),
                "effects": effects[row.tag_id] if may_write else [],
                "outcomes": _spoken(outcomes.get(row.pk, []), names),
                "actor": names.get(row.actor_id or 0, ""),
                "may_end": may_write and row.rule_id is None,
            }
            for row in standing
        ],
        "past_tags": [
            {"row": row, "outcomes": _spoken(outcomes.get(row.pk, []), names), "actor": names.get(row.ended_by_id or 0, "")}
            for row in past
        ],
        "manual_tags": _manual_tags(element, {row.tag_id for row in standing if row.rule_id is None}) if may_write else [],
        "today": timezone.localdate(clock.now()),
    }  # fmt: skip


def names_of(user_ids: list[int | None]) -> dict[int, str]:
    """User id → name: one query."""
    return {user.pk: str(user) for user in User.objects.filter(pk__in={one for one in user_ids if one is not None})}


def effect_words(effect: OutcomeEffect | Outcome) -> str:
    """What an outcome does to the tag, in words."""
    match effect.effect:
        case Effect.END:
            return f"解除标签，{effect.days} 天内同样的依据不再标注" if effect.days else "解除标签"
        case Effect.EXTEND:
            return f"标签保留 {effect.days} 天"
        case Effect.ESCALATE:
            return "标签升级"
    return "标签保留"


def _effects(tag_ids: set[int]) -> dict[int, list[dict[str, Any]]]:
    rows = list(OutcomeEffect.objects.order_by("position", "pk")) if tag_ids else []
    found: dict[int, list[dict[str, Any]]] = {}
    for tag_id in tag_ids:
        own = {row.outcome: row for row in rows if row.tag_id == tag_id}
        every = {row.outcome: row for row in rows if row.tag_id is None} | own
        ordered = sorted(every.values(), key=lambda row: (row.position, row.pk))
        found[tag_id] = [{"row": row, "words": effect_words(row)} for row in ordered]
    return found


def _outcomes(rows: list[Assignment]) -> dict[int, list[Outcome]]:
    found: dict[int, list[Outcome]] = {}
    for one in Outcome.objects.filter(assignment_id__in=[row.pk for row in rows]).order_by("pk"):
        found.setdefault(one.assignment_id, []).append(one)
    return found


def _spoken(rows: list[Outcome], names: dict[int, str]) -> list[dict[str, Any]]:
    return [{"row": one, "words": effect_words(one), "actor": names.get(one.actor_id or 0, "")} for one in rows]


def _manual_tags(element: Element, there: set[int]) -> list[Tag]:
    rows = Tag.objects.filter(kind=element.kind, is_manual=True, is_active=True).exclude(pk__in=there)
    return list(rows.order_by("position", "pk"))


def head_tags(element: Element, user: Actor) -> list[dict[str, Any]]:
    """Badges beside the name of an element, each tag once: one query."""
    once = {row.tag_id: row for row in tags_of(element.pk, user)}
    return [{"tag": row.tag, "mark": mark_of(row.tag)} for row in once.values()]
