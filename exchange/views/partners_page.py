"""The tabs of a partner's page: what each shows, to whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from common import clock
from common.scope import Right
from events.kinds import EVENT_TABLES
from events.links import event_url
from exchange.choices import MessageState, PartnerTransport, Subject
from exchange.contracts import SUBJECTS
from exchange.forms_partners import SignatureForm
from exchange.models import Contract, Disclosure, OutboxMessage, Partner, PartnerKey
from exchange.selectors import partners
from exchange.selectors.partners_holdings import is_in_force
from exchange.selectors.partners_preview import sample_document
from exchange.selectors.partners_values import labels
from exchange.services.disputes import stated_of

# Codes that a message carries → words. `REFUSED_n` counts refusals.
REASONS = {
    "NO_CHANGE": "约定的字段没有变化", "NOT_HELD": "对方没有这条记录", "CONTRACT_OVER": "约定已到期或终止",
    "NOT_SELECTED": "不在约定的范围内", "SUPERSEDED": "由后一条消息代替", "GIVEN_UP": "人工放弃",
    "SEAL_BROKEN": "密文打不开，请联系管理员", "LOST": "对账时对方没有",
}  # fmt: skip
_LEVELS = {"PENDING": "note", "SENT": "note", "ACKNOWLEDGED": "ok", "SKIPPED": "idle", "DEAD": "bad"}


def tabs_of(partner: Partner, user: Any) -> dict[str, str]:
    """Key → label of the tabs that the reader has."""
    found = {
        "overview": _("概况"),
        "contracts": _("约定"),
        "messages": _("消息"),
        "ledger": _("台账"),
        "disputes": _("异议"),
    }
    if partner.transport == PartnerTransport.EMAIL and partners.is_liaison_of(partner, user):
        found["collect"] = _("查收")
    found["guide"] = _("接入说明")
    if partners.may_configure(user):
        found["keys"] = _("密钥")
    return found


def page_context(request: HttpRequest, partner: Partner, asked: str = "", **more: Any) -> dict[str, Any]:
    """The whole page with one tab open; an unknown tab is the first."""
    user: Any = request.user
    tabs = tabs_of(partner, user)
    tab = asked or request.GET.get("tab", "")
    tab = tab if tab in tabs else "overview"
    request.navigation_path = reverse("exchange:partners")  # type: ignore[attr-defined]
    base = reverse("exchange:partner", args=[partner.code])
    context = {
        "partner": partner,
        "page_title": partner.name,
        "breadcrumbs": [{"label": _("交换伙伴"), "url": reverse("exchange:partners")}],
        "tabs": [
            {"key": key, "label": label, "url": f"{base}?tab={key}", "active": key == tab}
            for key, label in tabs.items()
        ],
        "tab": tab,
        "panel": f"exchange/partner_{tab}.html",
        "may_configure": partners.may_configure(user),
        "line": partners.partner_lines([partner], clock.now())[0],
    }
    return context | _PANELS[tab](partner, request) | more


def _overview(partner: Partner, _request: HttpRequest) -> dict[str, Any]:
    current = [one for one in partners.contract_history(partner) if is_in_force(one, clock.today())]
    return {"contracts": [contract_row(one) for one in current], "lag": _lag(partner)}


def _lag(partner: Partner) -> str:
    line, now = partners.partner_lines([partner], clock.now())[0], clock.now()
    return span_text(line.lag_s(now)) if line.oldest else ""


def span_text(seconds: int) -> str:
    """45 秒, 12 分钟, 3 小时, 2 天."""
    for size, unit in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} 秒"


def contract_row(one: Contract) -> dict[str, Any]:
    """A version of a contract in words."""
    spec, today = SUBJECTS[one.subject], clock.today()
    selection = spec.selections.get(one.selection)
    is_open = one.ended_at is None
    state = ("ok", _("有效")) if is_in_force(one, today) else ("idle", _("已终止") if not is_open else _("已到期"))
    if is_open and one.valid_from > today:
        state = ("note", _("未开始"))
    personal = [name for name in one.fields if name in spec.fields and spec.fields[name].is_personal]
    return {
        "contract": one, "selection": str(selection.label) if selection else one.selection, "fields": labels(spec, one.fields),
        "personal": labels(spec, personal), "level": state[0], "state": state[1], "is_open": is_open,
    }  # fmt: skip


def _contracts(partner: Partner, _request: HttpRequest) -> dict[str, Any]:
    return {
        "contracts": [contract_row(one) for one in partners.contract_history(partner)],
        "subjects": [{"code": code, "label": label} for code, label in Subject.choices],
    }


def record_url(subject: str, subject_id: int, user: Any) -> str:
    """The page of a record, for who reads records; "" for others."""
    if Right.READ not in user.scope.rights:
        return ""
    if (kind := SUBJECTS[subject].kind.code) in EVENT_TABLES:
        return event_url(kind, subject_id)
    return reverse("console:element", args=[subject_id])


def _message_row(one: OutboxMessage, user: Any) -> dict[str, Any]:
    is_flying = one.state == MessageState.SENT and one.sent_at is None
    reason = REASONS.get(one.error_code, "")
    if one.error_code.startswith("REFUSED_"):
        reason = _("对方第 %(times)s 次不接收") % {"times": one.error_code.rpartition("_")[2]}
    return {
        "message": one, "level": _LEVELS[one.state], "state": _("发送中") if is_flying else one.get_state_display(),
        "reason": reason, "error": one.error_message, "record_url": record_url(one.subject, one.subject_id, user),
    }  # fmt: skip


def _number(text: str) -> int | None:
    return min(int(text), 2**62) if text.isdigit() else None


def _messages(partner: Partner, request: HttpRequest) -> dict[str, Any]:
    state, record = request.GET.get("state", ""), request.GET.get("record", "")
    page = partners.message_page(partner, state=state, record=record, after=_number(request.GET.get("after", "")))
    return {
        "may_preview": Right.READ in request.user.scope.rights or partners.is_liaison_of(partner, request.user),
        "rows": [_message_row(one, request.user) for one in page.rows], "after": page.after, "state_asked": state,
        "record_asked": record, "states": MessageState.choices,
    }  # fmt: skip


def _ledger(partner: Partner, request: HttpRequest) -> dict[str, Any]:
    record = request.GET.get("record", "")
    page = partners.ledger_page(partner, record=record, after=_number(request.GET.get("after", "")))
    subjects = {one.subject for one in page.rows} if record else set()
    return {
        # Numbers of several subjects may be alike: what is recalled is chosen for nobody who did not mean one thing.
        "subjects": Subject.choices, "subject_asked": subjects.pop() if len(subjects) == 1 else "",
        "days": partners.ledger_days(partner, clock.now()), "rows": [ledger_row(one, request.user) for one in page.rows],
        "after": page.after, "record_asked": record,
        "export_url": reverse("exchange:partner-ledger", args=[partner.code]) + (f"?record={record}" if record else ""),
    }  # fmt: skip


def ledger_row(one: Disclosure, user: Any) -> dict[str, Any]:
    """A row of the recipient ledger in words."""
    (label,) = labels(SUBJECTS[one.subject], [one.field])
    standing = ("ok", _("持有")) if one.acknowledged_at else ("note", _("已送出"))
    if one.message.sent_at is None:
        standing = ("warn", _("可能已收到"))
    if one.superseded_at:
        standing = ("idle", _("已更新"))
    if one.recalled_at:
        standing = ("idle", _("已召回"))
    return {
        "disclosure": one, "field": label, "level": standing[0], "standing": standing[1],
        "record_url": record_url(one.subject, one.subject_id, user) if user else "",
    }  # fmt: skip


def _disputes(partner: Partner, request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    may_read = Right.READ_NAMES in user.scope.rights or partners.is_liaison_of(partner, user)
    rows = []
    for one in partners.disputes_of(partner):
        (label,) = labels(SUBJECTS[one.subject], [one.field])
        field = SUBJECTS[one.subject].fields.get(one.field)
        is_shown = may_read and field is not None and not field.purpose
        rows.append(
            {"dispute": one, "field": label, "stated": stated_of(one) if is_shown else "",
             "record_url": record_url(one.subject, one.subject_id, user)}
        )  # fmt: skip
    return {"rows": rows, "may_decide": Right.CORRECT in user.scope.rights}


def _guide(partner: Partner, _request: HttpRequest) -> dict[str, Any]:
    now: datetime = timezone.localtime(clock.now())
    latest = {one.subject: one for one in reversed(partners.contract_history(partner))}
    subjects = list(latest) or [Subject.VIOLATION]
    samples = [
        {
            "label": Subject(subject).label,
            "text": json.dumps(
                sample_document(
                    subject, latest[subject].fields if subject in latest else list(SUBJECTS[subject].fields)[:6],
                    contract=latest.get(subject), sent_at=now,
                ),
                ensure_ascii=False, indent=2,
            ),
        }
        for subject in subjects
    ]  # fmt: skip
    return {
        "samples": samples, "public_url": settings.PUBLIC_URL.rstrip("/"), "check": SignatureForm(),
        "receipts_path": reverse("exchange:api-partner-receipts"), "disputes_path": reverse("exchange:api-partner-disputes"),
    }  # fmt: skip


def _keys(partner: Partner, _request: HttpRequest) -> dict[str, Any]:
    now = clock.now()
    keys = PartnerKey.objects.filter(partner=partner).order_by("-valid_from", "-pk")
    return {"keys": [{"key": one, "is_valid": one.valid_to is None or one.valid_to > now} for one in keys]}


def _collect(partner: Partner, _request: HttpRequest) -> dict[str, Any]:
    return {"waiting_count": OutboxMessage.objects.filter(partner=partner, state=MessageState.SENT).count()}


_PANELS: dict[str, Callable[[Partner, HttpRequest], dict[str, Any]]] = {
    "overview": _overview, "contracts": _contracts, "messages": _messages, "ledger": _ledger, "disputes": _disputes,
    "collect": _collect, "guide": _guide, "keys": _keys,
}  # fmt: skip
