"""Alerts as a reader sees them: the list, what is open for a reader, what is new for him."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common.scope import Actor
from elements.selectors.keyset_pages import RowPage, order_among, read_models
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.paging import Order
from tagging.choices import OPEN_ALERTS, AlertLevel, AlertState
from tagging.models import Alert, AlertRecipient
from tagging.querysets import AlertQuerySet
from tagging.workflow import is_overdue, is_unanswered

LIST_NAME = "alerts"
SORTABLE = ("last_at", "first_at", "count", "due_at")
USUAL_ORDER = "-last_at"
# What is this old is looked up, not told.
NEWS_FOR = timedelta(days=7)
NEWS_LIMIT = 100
STATE_MARKS = {
    AlertState.NEW: "warn", AlertState.ACCEPTED: "note", AlertState.ACTING: "note", AlertState.CLOSED: "ok", AlertState.MUTED: "idle",
}  # fmt: skip
LEVEL_MARKS = {AlertLevel.NORMAL: "warn", AlertLevel.URGENT: "bad"}


def visible_alerts(user: Actor) -> AlertQuerySet:
    """Every alert that the reader may see."""
    return Alert.objects.visible_to(user)


def told_to(alerts: QuerySet[Alert], user: Actor, *, is_unseen: bool = False) -> QuerySet[Alert]:
    """Those of which the reader was told, or that he has not seen yet."""
    rows = AlertRecipient.objects.filter(alert_id=OuterRef("pk"), user_id=user.pk)
    return alerts.filter(Exists(rows.filter(seen_at__isnull=True) if is_unseen else rows))


def with_element(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """The alerts with what a row shows of the thing and its block."""
    return alerts.select_related("tag", "element__block__parent").defer(
        "element__point", "element__block__geom", "element__block__parent__geom"
    )


def order_of(text: str) -> Order:
    """The order of rows that `sort=` asks for.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    return order_among(Alert, text, usual=USUAL_ORDER, sortable=SORTABLE)


def read_page(alerts: QuerySet[Alert], *, order: Order, size: int, cursor: str) -> RowPage[Alert]:
    """A page of the list with what a row shows."""
    return read_models(
        alerts, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=with_element(Alert.objects.all())
    )


def worded(alerts: Sequence[Alert], user: Actor, now: datetime) -> list[dict[str, Any]]:
    """Rows in words, with whether the reader has seen them: one query."""
    unseen = unseen_ids([one.pk for one in alerts], user)
    in_full = may_read_names(user)
    return [
        {
            "alert": one,
            "label": label_of(one, in_full=in_full),
            "level": LEVEL_MARKS[AlertLevel(one.level)],
            "state": STATE_MARKS[AlertState(one.state)],
            "block": one.element.block.name,
            "district": one.element.block.parent.name if one.element.block.parent else "",
            "is_unseen": one.pk in unseen,
            "is_open": one.state in OPEN_ALERTS,
            "late": late_words(one, now),
        }
        for one in alerts
    ]


def late_words(alert: Alert, now: datetime) -> str:
    """What is late about an open alert; "" = nothing."""
    if is_unanswered(alert.state, alert.level, alert.first_at, now):
        return _("超时未接收")
    return _("逾期未办结") if is_overdue(alert.state, alert.level, alert.accepted_at, now) else ""


def label_of(alert: Alert, *, in_full: bool) -> str:
    """What the thing is called, as the reader may see it."""
    return shown_label(alert.element.kind, alert.element.label, in_full=in_full)


def unseen_ids(alert_ids: Iterable[int], user: Actor) -> set[int]:
    """Those that the reader was told of and has not seen: one query."""
    rows = AlertRecipient.objects.filter(user_id=user.pk, alert_id__in=list(alert_ids), seen_at__isnull=True)
    return set(rows.values_list("alert_id", flat=True))


def open_alerts_of(user: Actor, limit: int) -> list[Alert]:
    """Open alerts of which the reader was told, urgent and new ones first: one query."""
    alerts = told_to(with_element(visible_alerts(user)).filter(state__in=OPEN_ALERTS), user)
    return list(alerts.order_by("-level", "-last_at", "-pk")[:limit])


def overdue_count_of(user: Actor, now: datetime) -> int:
    """How many alerts of which the reader was told were taken and not closed in time: one query."""
    return told_to(visible_alerts(user).overdue(now), user).count()


def open_alerts_on(element_id: int, user: Actor) -> list[Alert]:
    """Open alerts of one thing: one query."""
    return list(visible_alerts(user).filter(element_id=element_id, state__in=OPEN_ALERTS).order_by("-last_at"))


def names_of(user_ids: Iterable[int | None]) -> dict[int, str]:
    """User id → name: one query."""
    users = User.objects.filter(pk__in={one for one in user_ids if one is not None})
    return {user.pk: str(user) for user in users}
