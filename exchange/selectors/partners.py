"""Partners as their readers may see them: health of each, messages, ledger, contracts, disputes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery

from common.errors import NotAllowed, NotVisible
from common.scope import Actor, Right
from exchange.choices import DisputeState, MessageState
from exchange.models import Contract, Disclosure, Dispute, OutboxMessage, Partner

PAGE_ROWS = 50
# A ledger of so many days stands on the page.
LEDGER_DAYS = 31
_UNDONE = (MessageState.PENDING, MessageState.DEAD, MessageState.SENT)
# Told, and no receipt for so long: shown as a warning.
RECEIPT_LATE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """How one partner fares.

    Attributes:
        waiting, dead, unreceipted: messages that wait, are parked, were told and never answered for a day.
        oldest: since when the oldest one waits, None when nothing does.
        level, health: for the badge.
    """

    partner: Partner
    waiting: int
    dead: int
    unreceipted: int
    oldest: datetime | None
    last_receipt: datetime | None
    open_disputes: int
    level: str
    health: str

    def lag_s(self, now: datetime) -> int:
        """Seconds for which the oldest message has been waiting."""
        return int((now - self.oldest).total_seconds()) if self.oldest else 0


@dataclass(slots=True)
class Page:
    """Rows of one page, and the id after which the next begins."""

    rows: Sequence[Any]
    after: int | None = None


def sees_all_partners(user: Actor) -> bool:
    """Who configures, audits, or leads the brigade; a liaison sees its own."""
    rights = user.scope.rights
    return bool(rights & {Right.CONFIGURE, Right.AUDIT}) or (user.scope.all_blocks and Right.CORRECT in rights)


def may_configure(user: Actor) -> bool:
    return Right.CONFIGURE in user.scope.rights


def is_liaison_of(partner: Partner, user: Actor) -> bool:
    return partner.source is not None and partner.source.code in user.scope.source_codes


def may_see_partners(user: Actor) -> bool:
    """Whether there is a page of partners for the user at all."""
    return sees_all_partners(user) or bool(user.scope.source_codes)


def require_partners(user: Actor) -> None:
    """Raises NotAllowed for who has nothing to do with partners."""
    if not may_see_partners(user):
        raise NotAllowed


def visible_partners(user: Actor) -> QuerySet[Partner]:
    """All partners, or those that the user speaks for."""
    if user is None:
        raise TypeError("visible_partners needs a user")
    found = Partner.objects.select_related("source", "owner")
    if sees_all_partners(user):
        return found
    return found.filter(source__code__in=user.scope.source_codes) if user.scope.source_codes else found.none()


def visible_partner(code: str, user: Actor) -> Partner:
    """Raises NotVisible for a foreign one as for a missing one."""
    found = visible_partners(user).filter(code=code).first()
    if found is None:
        raise NotVisible
    return found


def partner_lines(partners: Sequence[Partner], now: datetime) -> list[PartnerLine]:
    """The partners with their figures, in their order: three queries; what is done with is not counted."""
    late = Q(state=MessageState.SENT, sent_at__lt=now - RECEIPT_LATE)
    counted: Any = (
        OutboxMessage.objects.filter(partner__in=partners, state__in=_UNDONE)
        .values("partner")
        .annotate(
            waiting=Count("pk", filter=Q(state=MessageState.PENDING)),
            dead=Count("pk", filter=Q(state=MessageState.DEAD)),
            unreceipted=Count("pk", filter=late),
            oldest=Min("created_at", filter=Q(state=MessageState.PENDING, due_at__lte=now)),
        )
    )
    figures = {row.pop("partner"): row for row in counted}
    disputes = dict(
        Dispute.objects.filter(partner__in=partners, state=DisputeState.OPEN)
        .values_list("partner")
        .annotate(count=Count("pk"))
    )
    receipts = _last_receipts(partners)
    blank: dict[str, Any] = {"waiting": 0, "dead": 0, "unreceipted": 0, "oldest": None}
    lines = []
    for one in partners:
        row: dict[str, Any] = figures.get(one.pk, blank)
        other = {"last_receipt": receipts.get(one.pk), "open_disputes": disputes.get(one.pk, 0)}
        lines.append(PartnerLine(one, **row, **other, **_health(one, row)))
    return lines


def _last_receipts(partners: Sequence[Partner]) -> dict[int, datetime | None]:
    """When each partner last acknowledged something: one step into the index for each, however many messages it has."""
    newest = OutboxMessage.objects.filter(partner=OuterRef("pk"), acknowledged_at__isnull=False).order_by(
        "-acknowledged_at"
    )
    asked = Partner.objects.filter(pk__in=[one.pk for one in partners])
    return dict(asked.values_list("pk", Subquery(newest.values("acknowledged_at")[:1])))


def _health(partner: Partner, figures: dict[str, Any]) -> dict[str, Any]:
    if not partner.is_active:
        return {"level": "idle", "health": "停用"}
    if partner.failures:
        return {"level": "bad", "health": f"连不上（连续 {partner.failures} 次）"}
    if figures["dead"]:
        return {"level": "warn", "health": "有死信"}
    if figures["unreceipted"]:
        return {"level": "warn", "health": "回执迟迟未到"}
    return {"level": "ok", "health": "正常"}


def contract_history(partner: Partner) -> list[Contract]:
    """Every version, the newest first within its subject."""
    return list(Contract.objects.filter(partner=partner).order_by("subject", "-version"))


def message_page(partner: Partner, *, state: str = "", record: str = "", after: int | None = None) -> Page:
    """Messages of a partner, newest first; `record` is the number of a record."""
    found = OutboxMessage.objects.filter(partner=partner)
    if state in MessageState.values:
        found = found.filter(state=state)
    if record.isdigit():
        found = found.filter(subject_id=min(int(record), 2**62))
    if after:
        found = found.filter(pk__lt=after)
    return _page(found.order_by("-pk"))


def ledger_rows(partner: Partner, *, record: str = "", field: str = "") -> QuerySet[Disclosure]:
    """The recipient ledger of a partner, newest first."""
    found = Disclosure.objects.filter(partner=partner).select_related("message")
    if record.isdigit():
        found = found.filter(subject_id=min(int(record), 2**62))
    if field:
        found = found.filter(field=field)
    return found.order_by("-disclosed_at", "-pk")


def ledger_page(partner: Partner, *, record: str = "", field: str = "", after: int | None = None) -> Page:
    """A page of it; the next begins after the row of that id."""
    found = ledger_rows(partner, record=record, field=field)
    last = Disclosure.objects.filter(partner=partner, pk=after or 0).values_list("disclosed_at", flat=True).first()
    if last is not None:
        found = found.filter(Q(disclosed_at__lt=last) | Q(disclosed_at=last, pk__lt=after))
    return _page(found)


def _page(found: QuerySet[Any]) -> Page:
    rows = list(found[: PAGE_ROWS + 1])
    return Page(rows[:PAGE_ROWS], rows[PAGE_ROWS - 1].pk if len(rows) > PAGE_ROWS else None)


def ledger_days(partner: Partner, now: datetime) -> list[dict[str, Any]]:
    """{day, made, sent, acknowledged, skipped, dead} of the last days, newest first, by the day on which a message arose."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*), count(*) FILTER (WHERE sent_at IS NOT NULL),
                      count(*) FILTER (WHERE state = 'ACKNOWLEDGED'), count(*) FILTER (WHERE state = 'SKIPPED'),
                      count(*) FILTER (WHERE state = 'DEAD')
               FROM exchange_outboxmessage WHERE partner_id = %s AND created_at >= %s GROUP BY 1 ORDER BY 1 DESC""",
            [partner.pk, now - timedelta(days=LEDGER_DAYS)],
        )
        names = ("day", "made", "sent", "acknowledged", "skipped", "dead")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def disputes_of(partner: Partner) -> list[Dispute]:
    """What the partner says is wrong, open ones first."""
    found = Dispute.objects.filter(partner=partner).select_related("message")
    return sorted(found.order_by("-pk")[:200], key=lambda one: one.state != DisputeState.OPEN)


def holders_of(subject: str, subject_id: int) -> list[Partner]:
    """The partners that hold, or may hold, something of a record: one query."""
    held = Disclosure.objects.filter(
        subject=subject, subject_id=subject_id, recalled_at__isnull=True, superseded_at__isnull=True
    )
    return list(Partner.objects.filter(pk__in=held.values("partner")).order_by("name"))
