"""Letters to the owner of a partner: once when it cannot be told or refuses, once when it is well again.

A letter is sent before it is written down that it was: after a kill between the two it comes twice, never not at all.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from common.letters import send_letter
from exchange.choices import MessageState
from exchange.models import OutboxMessage, Partner

# Pauses double from five seconds: the fifth failure on end is an outage of about two minutes.
FAILURES = 5
MOST_LETTERS = 50


def tell_partner_owners(*, now: datetime) -> int:
    """Sends what is due; what could not be sent is due again at the next look. Returns how many letters went out."""
    dead = OutboxMessage.objects.filter(partner=OuterRef("pk"), state=MessageState.DEAD)
    partners = Partner.objects.annotate(has_dead=Exists(dead)).filter(is_active=True)
    ill, well = Q(failures__gte=FAILURES) | Q(has_dead=True), Q(failures=0, has_dead=False)
    due = partners.filter(Q(ill, alerted_at__isnull=True) | Q(well, alerted_at__isnull=False))
    return sum(_tell(pk, now) for pk in list(due.order_by("pk").values_list("pk", flat=True)[:MOST_LETTERS]))


@transaction.atomic
def _tell(partner_id: int, now: datetime) -> bool:
    locked = Partner.objects.select_for_update(of=("self",), skip_locked=True).select_related("owner")
    partner = locked.filter(pk=partner_id).first()
    if partner is None or partner.owner is None or not partner.owner.email:
        return False
    dead = OutboxMessage.objects.filter(partner=partner, state=MessageState.DEAD).count()
    is_ill = partner.failures >= FAILURES or dead > 0
    if is_ill == (partner.alerted_at is not None):
        return False
    subject, lines = _trouble(partner, dead) if is_ill else ("已恢复正常", [f"伙伴“{partner.name}”已恢复正常。"])
    if not send_letter(
        subject=f"[交换伙伴] {partner.name}：{subject}", lines=lines, page=reverse("exchange:partner", args=[partner.code]),
        to=partner.owner.email, about=partner.code,
    ):  # fmt: skip
        return False
    Partner.objects.filter(pk=partner.pk).update(alerted_at=now if is_ill else None)
    return True


def _trouble(partner: Partner, dead: int) -> tuple[str, list[str]]:
    waiting = OutboxMessage.objects.filter(partner=partner, state=MessageState.PENDING).count()
    subject = f"连续 {partner.failures} 次没有送达" if partner.failures >= FAILURES else f"有 {dead} 条死信"
    lines = [f"伙伴“{partner.name}”{subject}。", f"待发 {waiting:,} 条，死信 {dead:,} 条。"]
    if partner.last_ok_at:
        lines.append(f"上次送达：{timezone.localtime(partner.last_ok_at):%Y-%m-%d %H:%M}")
    return subject, [*lines, "待发的会自动重试；死信要在页面上重发或放弃。恢复后另有邮件。"]
