"""A letter that says how much waits and where: count and link, never anything of a record.

What waits is read on the partner's own page after signing in (`collect_messages`), and only then noted as told.
"""

from __future__ import annotations

from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from common.audit import record_audit
from common.errors import NotVisible
from common.scope import Actor
from exchange.choices import MessageState, PartnerTransport
from exchange.models import OutboxMessage, Partner
from exchange.services.delivery_claim import note_disclosed
from exchange.services.delivery_rendering import Rendered, render
from exchange.services.delivery_results import SUPERSEDED, Delivered, note_delivered, note_reached, rest_partner

_AT_ONCE = 500


def send_letter(partner: Partner, now: datetime) -> int:
    """One letter for all that is due. The messages are SENT when it is handed over, and wait on the page."""
    with transaction.atomic():
        due = OutboxMessage.objects.filter(partner=partner, state=MessageState.PENDING, due_at__lte=now)
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:_AT_ONCE])
        if not ids:
            return 0
        OutboxMessage.objects.filter(pk__in=ids).update(attempts=F("attempts") + 1)
    try:
        _letter(partner, len(ids)).send()
    except (SMTPException, OSError):
        rest_partner(partner, now)
        return 0
    OutboxMessage.objects.filter(pk__in=ids, state=MessageState.PENDING).update(state=MessageState.SENT, sent_at=now)
    note_reached(partner, now)
    return len(ids)


def _letter(partner: Partner, count: int) -> EmailMessage:
    link = settings.PUBLIC_URL.rstrip("/") + reverse("exchange:partner", args=[partner.code]) + "?tab=collect"
    text = (
        f"{partner.name}：\n\n交通要素管控平台有 {count} 条信息待贵单位查收。请登录平台查看：\n{link}\n\n"
        "本邮件不含任何业务数据。没有账号请联系大队管理员。\n"
    )
    return EmailMessage("交通要素管控平台：有信息待查收", text, settings.DEFAULT_FROM_EMAIL, [partner.email])


@transaction.atomic
def collect_messages(*, partner: Partner, actor: Actor, now: datetime) -> list[Rendered]:
    """The partner's own liaison reads what waits: written now, noted in the ledger, acknowledged, audited.

    Raises:
        NotVisible: not a partner that is told by letter, or the actor does not speak for it.
    """
    own = partner.source is not None and partner.source.code in actor.scope.source_codes
    if partner.transport != PartnerTransport.EMAIL or not own:
        raise NotVisible
    waiting = OutboxMessage.objects.filter(partner=partner, state=MessageState.SENT).order_by("pk")
    messages = list(waiting.select_for_update()[:_AT_ONCE])
    # A record that changed twice since the last visit is told once, as it is now.
    latest = {(one.subject, one.subject_id): one for one in messages}
    earlier = [one.pk for one in messages if latest[one.subject, one.subject_id] is not one]
    OutboxMessage.objects.filter(pk__in=earlier).update(state=MessageState.SKIPPED, error_code=SUPERSEDED)
    found = render(partner, sorted(latest.values(), key=lambda one: one.pk), now)
    OutboxMessage.objects.filter(pk__in=[one.message.pk for one in found.ready]).update(sent_at=None)
    note_disclosed(found.ready, now)
    receipt = Delivered(receipt=f"PAGE-{actor.pk}-{now:%Y%m%d%H%M%S}")
    note_delivered([(one, receipt) for one in found.ready], now)
    for message, reason in found.skipped:
        OutboxMessage.objects.filter(pk=message.pk).update(state=MessageState.SKIPPED, error_code=reason)
    record_audit(
        actor_id=actor.pk, verb="PARTNER_COLLECTED", subject_table="exchange_partner", subject_id=partner.pk,
        count=len(found.ready), now=now,
    )  # fmt: skip
    return found.ready
