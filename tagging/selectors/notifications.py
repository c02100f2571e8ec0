"""What a reader has been told: how much he has not seen, what is new for his browser, the notification centre."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from addresses.models import Area
from common.scope import Actor
from elements.selectors.masking import may_read_names, shown_label
from tagging.choices import OPEN_ALERTS, AlertLevel
from tagging.models import Alert, AlertMute, AlertRecipient
from tagging.selectors.alert_list import NEWS_FOR, NEWS_LIMIT, told_to, visible_alerts, with_element, worded

SHOWN_OF_GROUP = 5
MOST_GROUPS = 40


@dataclass(frozen=True, slots=True)
class News:
    """What a browser does not have yet.

    Attributes:
        unread: open alerts that the reader has not seen.
        rows: new ones, the newest first.
        recipient_ids: of these, to be marked as delivered.
        has_more: more wait than one answer holds.
    """

    unread: int
    rows: list[Alert]
    recipient_ids: list[int]
    has_more: bool


def unread_count(user: Actor) -> int:
    """Open alerts that the reader was told of and has not seen: one query."""
    return told_to(visible_alerts(user).filter(state__in=OPEN_ALERTS), user, is_unseen=True).count()


def waiting_ids(user: Actor, *, after: int, now: datetime) -> list[int]:
    """Alerts that have not reached any browser of the reader, or that he was told of after recipient row `after`: one query."""
    rows = (
        _undelivered(user, now)
        if not after
        else _recent(user, now).filter(Q(delivered_at__isnull=True) | Q(pk__gt=after))
    )
    return list(rows.order_by("-pk").values_list("alert_id", flat=True)[:NEWS_LIMIT])


def last_told(user: Actor) -> int:
    """The newest of the reader's rows: what a browser says when it comes back."""
    newest = AlertRecipient.objects.filter(user_id=user.pk).order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def news(user: Actor, now: datetime) -> News:
    """What has not reached a browser of the reader: three queries."""
    recipients = dict(_undelivered(user, now).order_by("-pk").values_list("alert_id", "pk")[:NEWS_LIMIT])
    rows = with_element(visible_alerts(user)).filter(pk__in=list(recipients), state__in=OPEN_ALERTS)
    is_full = len(recipients) == NEWS_LIMIT
    return News(unread_count(user), list(rows.order_by("-level", "-last_at")), list(recipients.values()), is_full)


def groups(alerts: QuerySet[Alert], user: Actor, now: datetime) -> list[dict[str, Any]]:
    """What the reader was told, by tag or kind of event, those with unseen first: three queries.

    Args:
        alerts: visible to the reader and filtered already.
        user: the reader.
        now: for what is late.
    """
    told = told_to(alerts, user)
    unseen = AlertRecipient.objects.filter(alert_id=OuterRef("pk"), user_id=user.pk, seen_at__isnull=True)
    found = list(
        told.annotate(is_unseen=Exists(unseen))
        .values("tag_id", "title")
        .annotate(
            count=Count("pk"), unread=Count("pk", filter=Q(is_unseen=True)), last=Max("last_at"), top=Max("level")
        )
        .order_by("-unread", "-top", "-last")[:MOST_GROUPS]
    )
    shown: dict[tuple[int | None, str], list[dict[str, Any]]] = {}
    for row in worded(_newest_of_each(told, found), user, now):
        shown.setdefault((row["alert"].tag_id, row["alert"].title), []).append(row)
    for group in found:
        group["rows"] = shown.get((group["tag_id"], group["title"]), [])
        group["mark"] = "bad" if group["top"] == AlertLevel.URGENT else "warn"
        group["rest"] = group["count"] - len(group["rows"])
    return found


def _newest_of_each(told: QuerySet[Alert], found: list[dict[str, Any]]) -> list[Alert]:
    """The newest few of every group, by one window."""
    ranked = told.annotate(
        place=Window(
            RowNumber(), partition_by=[F("tag_id"), F("title")], order_by=[F("last_at").desc(), F("pk").desc()]
        )
    ).filter(place__lte=SHOWN_OF_GROUP, title__in={group["title"] for group in found})
    ids = list(ranked.values_list("pk", flat=True))
    return list(with_element(Alert.objects.filter(pk__in=ids)).order_by("-last_at", "-pk"))


def mutes_in_sight(user: Actor, now: datetime) -> list[AlertMute]:
    """Mutes that stand: of the reader's scope, and those that hold everywhere; one query."""
    scope = user.scope
    rows = AlertMute.objects.filter(lifted_at__isnull=True, ends_at__gt=now).select_related("tag", "element")
    if not scope.all_blocks:
        own = Q(block_id__in=scope.block_ids) | Q(block_id__isnull=True, element__block_id__in=scope.block_ids)
        rows = rows.filter(own | Q(block_id__isnull=True, element__isnull=True))
    return list(rows.defer("element__point").order_by("ends_at")[:100])


def muted_label(row: AlertMute, user: Actor) -> str:
    """What a muted thing is called, as the reader may see it."""
    return shown_label(row.element.kind, row.element.label, in_full=may_read_names(user)) if row.element else ""


def block_names(block_ids: Iterable[int | None]) -> dict[int, str]:
    """Block id → name: one query."""
    wanted = {one for one in block_ids if one is not None}
    return dict(Area.objects.filter(pk__in=wanted).values_list("pk", "name"))


def _recent(user: Actor, now: datetime) -> QuerySet[AlertRecipient]:
    return AlertRecipient.objects.filter(user_id=user.pk, sent_at__gt=now - NEWS_FOR, alert__state__in=OPEN_ALERTS)


def _undelivered(user: Actor, now: datetime) -> QuerySet[AlertRecipient]:
    return _recent(user, now).filter(delivered_at__isnull=True)
