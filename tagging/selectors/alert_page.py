"""One alert with what its page shows: why it was raised, who was told and when, what was done."""

from __future__ import annotations

from typing import Any

from common.errors import NotVisible
from common.scope import Actor
from elements.selectors.masking import may_read_names
from tagging.models import Alert, AlertStep, Assignment, OutcomeEffect
from tagging.selectors import evidence
from tagging.selectors.alert_list import label_of, names_of, visible_alerts, with_element


def visible_alert(alert_id: int, user: Actor) -> Alert:
    """One alert with its thing, block and tag: one query.

    Raises:
        NotVisible: there is none, or it is outside the scope.
    """
    shown = with_element(visible_alerts(user)).select_related("assignment").defer(None)
    alert = shown.defer("element__block__geom", "element__block__parent__geom").filter(pk=alert_id).first()
    if alert is None:
        raise NotVisible
    return alert


def is_of_scope(alert: Alert, user: Actor) -> bool:
    """The thing lies in the reader's scope, so that its own page opens for him."""
    return user.scope.all_blocks or alert.block_id in user.scope.block_ids


def people(alert: Alert) -> list[dict[str, Any]]:
    """Who was told, why, and when it reached them: two queries."""
    rows = list(alert.recipients.order_by("rung", "pk"))
    names = names_of(row.user_id for row in rows)
    return [{"row": row, "name": names.get(row.user_id, "")} for row in rows]


def steps(alert: Alert) -> list[dict[str, Any]]:
    """What was done, in order: two queries."""
    rows: list[AlertStep] = list(alert.steps.order_by("pk"))
    names = names_of(row.actor_id for row in rows)
    return [{"row": row, "actor": names.get(row.actor_id or 0, "")} for row in rows]


def grounds(alert: Alert, user: Actor) -> list[dict[str, Any]]:
    """What the rule asked and found, a row a term, with the records behind it; no query.

    A value that may name somebody is left out for who may not read names.
    """
    row: Assignment | None = alert.assignment
    if row is None:
        return []
    return evidence.grounds(row.evidence, shows_values=may_read_names(user) and is_of_scope(alert, user))


def outcomes(effects: list[OutcomeEffect]) -> list[tuple[str, str]]:
    """Choices of a closing, each with what it does to the tag."""
    return [(one.outcome, f"{one.name}（{_effect_words(one)}）") for one in effects]


def title_of(alert: Alert, user: Actor) -> str:
    """What the alert says in one line, as the reader may see it."""
    return f"{alert.title}：{label_of(alert, in_full=may_read_names(user))}"


def _effect_words(effect: OutcomeEffect) -> str:
    label = str(effect.get_effect_display())
    return f"标签{label}" if not effect.days else f"标签{label}，{effect.days} 天"
