"""Reports by e-mail: who gets them, a short letter with four figures and a link, and no letter to who may not read it any more.

A letter holds no personal data and nothing attached: the report itself is read after signing in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from smtplib import SMTPException
from typing import Any

import structlog
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from addresses.models import Area
from analytics.models import Report, ReportTemplate, Subscription
from analytics.selectors import reports as reading
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor

logger = structlog.get_logger(__name__)
TIMEOUT_S = 10
_SALT = "report-subscription"
_TABLE = Subscription._meta.db_table
NO_POST = "订阅人已没有这个责任区的岗位，邮件没有发出。请调整岗位，或退订。"
NO_ADDRESS = "订阅人没有登记邮箱，邮件没有发出。请管理员在“系统设置”的用户里填写邮箱。"
NO_SERVER = "邮件服务器没有收下，平台会自动再试。持续如此的，请管理员检查邮件服务器设置。"


@transaction.atomic
def subscribe(*, template: ReportTemplate, area: Area | None, actor: Any, now: datetime) -> Subscription:
    """From now on the actor gets this report of an area.

    Raises:
        NotAllowed: no right to read. NotVisible: the area is not the actor's, or not of the template's level.
        Conflict: SUBSCRIBED. DomainError: NO_ADDRESS, ONCE.
    """
    kind = reading.LEVEL_KINDS.get(template.level)  # type: ignore[call-overload]
    if not reading.templates(actor).filter(pk=template.pk).exists():
        raise NotAllowed
    if (area.kind if area else None) != kind or not reading.covers(actor.scope, area):
        raise NotVisible
    if template.cycle == "ONCE":
        raise DomainError("ONCE", "专题报告不定期，不能订阅。")
    if not actor.email:
        raise DomainError("NO_ADDRESS", "您还没有登记邮箱。请管理员在“系统设置”的用户里填写，再来订阅。")
    try:
        with transaction.atomic():
            made = Subscription.objects.create(template=template, area=area, user_id=actor.pk, created_at=now)
    except IntegrityError as error:
        raise Conflict("SUBSCRIBED", "这种报告您已经订阅了。要换责任区，请先退订。") from error
    _audit("REPORT_SUBSCRIBED", made, actor.pk, now)
    return made


@transaction.atomic
def unsubscribe(*, subscription_id: int, actor: Actor, now: datetime) -> None:
    """Ends the actor's own subscription, or anybody's for who keeps the templates.

    Raises:
        NotVisible.
    """
    found = Subscription.objects.select_for_update().filter(pk=subscription_id, ended_at=None).first()
    if found is None or not (found.user_id == actor.pk or reading.may_manage(actor)):
        raise NotVisible
    _end(found, actor.pk, now)


def token_of(subscription: Subscription) -> str:
    """What the link in a letter carries: it ends this subscription and opens nothing else."""
    return signing.dumps(subscription.pk, salt=_SALT)


def subscription_of(token: str) -> Subscription:
    """The subscription of a link, ended or not.

    Raises:
        NotVisible: nobody of us signed the link.
    """
    try:
        found = Subscription.objects.select_related("template").filter(pk=signing.loads(token, salt=_SALT)).first()
    except signing.BadSignature:
        found = None
    if found is None:
        raise NotVisible
    return found


@transaction.atomic
def unsubscribe_by_link(*, token: str, now: datetime) -> Subscription:
    """Ends the subscription of a letter's link; again and again changes nothing.

    Raises:
        NotVisible: nobody of us signed the link.
    """
    subscription = Subscription.objects.select_for_update(of=("self",)).get(pk=subscription_of(token).pk)
    if subscription.ended_at is None:
        _end(subscription, None, now)
    return subscription


def _end(subscription: Subscription, actor_id: int | None, now: datetime) -> None:
    subscription.ended_at = now
    subscription.save(update_fields=["ended_at"])
    _audit("REPORT_UNSUBSCRIBED", subscription, actor_id, now)


def refusal(subscription: Subscription) -> str:
    """Why the reader cannot get the report now; "" = nothing stands in the way. The user is loaded anew, with the posts of today."""
    user = User.objects.filter(pk=subscription.user_id).first()
    if user is None or not reading.covers(user.scope, subscription.area):
        return NO_POST
    return "" if user.email else NO_ADDRESS


def note_failure(subscription: Subscription, why: str, now: datetime) -> None:
    """Stores why a letter was not sent; a new reason is audited once."""
    if Subscription.objects.filter(pk=subscription.pk).exclude(failure=why).update(failure=why[:200]):
        _audit("REPORT_NOT_SENT", subscription, None, now, why)


def send(*, subscription: Subscription, report: Report, figures: Mapping[str, str], now: datetime) -> bool:
    """One letter, inside the lock that the caller holds; False when the mail server would not take it.

    Args:
        figures: name → number in words, the first four of the report.
    """
    letter = _letter(subscription, report, figures)
    try:
        letter.send()
    except (OSError, SMTPException) as error:
        logger.warning("report_not_sent", subscription=subscription.pk, why=type(error).__name__)
        note_failure(subscription, NO_SERVER, now)
        return False
    Subscription.objects.filter(pk=subscription.pk).update(sent_through=report.last_day, sent_at=now, failure="")
    _audit("REPORT_LETTER", subscription, None, now)
    return True


def _letter(subscription: Subscription, report: Report, figures: Mapping[str, str]) -> EmailMessage:
    root = settings.PUBLIC_URL.rstrip("/")
    end = root + reverse("analytics:report-unsubscribe", args=[token_of(subscription)])
    lines = [
        f"{report.title}已经生成。", "", *(f"{name}：{value}" for name, value in figures.items()), "",
        f"查看全文（需登录）：{root}{reverse('analytics:report', args=[report.pk])}", "",
        "本邮件不含个人信息，也没有附件。", f"不再接收：{end}",
    ]  # fmt: skip
    mail = get_connection(timeout=TIMEOUT_S) if "smtp" in settings.EMAIL_BACKEND else get_connection()
    return EmailMessage(
        subject=report.title.replace("\n", " "), body="\n".join(lines), from_email=settings.DEFAULT_FROM_EMAIL,
        to=[subscription.user.email], connection=mail, headers={"List-Unsubscribe": f"<{end}>"},
    )  # fmt: skip


def sent_before(subscription: Subscription) -> date:
    """The last day that the subscriber has reports of; periods that were over before the subscription are not owed."""
    begun = timezone.localtime(subscription.created_at).date() - timedelta(days=2)
    return subscription.sent_through or begun


def is_owed(subscription: Subscription, last_day: date) -> bool:
    """Whether the report of a period that ended on a day should go out and did not."""
    return last_day > sent_before(subscription)


def has(subscription: Subscription, last_day: date) -> bool:
    """Whether the report of a period that ended on a day, or a later one, was sent to the subscriber."""
    return subscription.sent_through is not None and subscription.sent_through >= last_day


def _audit(verb: str, subscription: Subscription, actor_id: int | None, now: datetime, reason: str = "") -> None:
    record_audit(actor_id=actor_id, verb=verb, subject_table=_TABLE, subject_id=subscription.pk, now=now, reason=reason)
