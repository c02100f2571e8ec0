"""Letters to the owner of a link: once when it is in trouble, once when it is well again. Numbers and a link, never data.

A letter is sent before it is written down that it was: after a kill between the two it comes twice, never not at all.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from common.letters import send_letter
from exchange.choices import RunState
from exchange.connectors import expected_every
from exchange.models import Connector, ConnectorRun
from exchange.selectors.links import silence_of, span_words, with_heard

# One lost reading is everyday life; the second in a row is an outage.
FAILURES = 2
MOST_LETTERS = 50


def tell_owners(*, now: datetime) -> int:
    """Sends what is due; what could not be sent is due again at the next look. Returns how many letters went out."""
    held = ConnectorRun.objects.filter(connector=OuterRef("pk"), state=RunState.HELD)
    links = with_heard(Connector.objects.filter(is_active=True)).annotate(is_held=Exists(held))
    due = [link.pk for link in links.order_by("pk") if _is_due(link)]
    return sum(_tell(pk, now) for pk in due[:MOST_LETTERS])


def _is_due(link: Connector) -> bool:
    """In trouble and not told, or told and well again; after one failure it is neither ill nor well."""
    is_ill = link.failures >= FAILURES or link.is_held or silence_of(link) is not None  # type: ignore[attr-defined]
    return is_ill if link.alerted_at is None else not is_ill and link.failures == 0


@transaction.atomic
def _tell(connector_id: int, now: datetime) -> bool:
    free = Connector.objects.select_for_update(of=("self",), skip_locked=True).select_related("owner", "source")
    connector = with_heard(free.filter(pk=connector_id)).first()
    if connector is None:
        return False
    held = connector.runs.filter(state=RunState.HELD).order_by("-pk").first()
    is_ill = connector.failures >= FAILURES or held is not None or silence_of(connector) is not None
    if is_ill == (connector.alerted_at is not None):
        return False
    if connector.owner is None or not connector.owner.email:
        # Nobody to tell: the page shows it; whoever becomes the owner is told then.
        return False
    subject, lines = _trouble(connector, held) if is_ill else _recovery(connector)
    if not send_letter(
        subject=f"[链路] {connector.name}：{subject}", lines=lines, page=reverse("exchange:link", args=[connector.code]),
        to=connector.owner.email, about=connector.code,
    ):  # fmt: skip
        return False
    connector.alerted_at = now if is_ill else None
    connector.save(update_fields=["alerted_at"])
    return True


def _trouble(connector: Connector, held: ConnectorRun | None) -> tuple[str, list[str]]:
    if held is not None:
        subject, code, said = "数据被保留，等您确认", held.problem, held.message
    elif connector.failures < FAILURES:
        return _silence(connector)
    else:
        last = connector.runs.filter(state=RunState.FAILED).order_by("-pk").first()
        subject = f"连续 {connector.failures} 次读取失败"
        code, said = (last.problem, last.message) if last else ("", "")
    lines = [f"链路“{connector.name}”（来源：{connector.source.name}）{subject}。", f"原因：{said}（{code}）"]
    if connector.last_ok_at:
        lines.append(f"上次成功：{timezone.localtime(connector.last_ok_at):%Y-%m-%d %H:%M}")
    lines.append("平台会自动重试；恢复后另有邮件。" if held is None else "在您确认之前，数据不会入库。")
    return subject, lines


def _silence(connector: Connector) -> tuple[str, list[str]]:
    """Everything can be read, and nothing comes."""
    expected, silence = expected_every(connector.transport, connector.options), silence_of(connector)
    since = timezone.localtime(connector.heard_at)  # type: ignore[attr-defined]
    lines = [f"链路“{connector.name}”（来源：{connector.source.name}）能够读取，但没有来文。"]
    if expected and silence:
        lines.append(
            f"自 {since:%Y-%m-%d %H:%M} 起，已有 {span_words(silence)}没有新文件或新数据，约定至少每 {span_words(expected)}一次。"
        )
    return "没有来文", [*lines, "请联系对方，或检查摆渡设备；来文恢复后另有邮件。"]


def _recovery(connector: Connector) -> tuple[str, list[str]]:
    last = connector.runs.filter(state=RunState.DONE).order_by("-pk").first()
    lines = [f"链路“{connector.name}”（来源：{connector.source.name}）已恢复正常。"]
    if last is not None:
        lines.append(f"最近一次收到 {last.counts.get('received', last.rows or 0):,} 行。")
    return "已恢复正常", lines
