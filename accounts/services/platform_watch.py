"""Letters to the administrators: once when the platform itself is in trouble, once when it is well again.

A letter is sent before it is written down that it was: after a kill between the two it comes twice, never not at all.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from redis import Redis

from accounts.choices import RIGHTS_BY_ROLE
from accounts.models import User
from common import clock
from common.disks import nearly_full_disks
from common.letters import send_letter
from common.models import PlatformTrouble
from common.scope import Right

Name = PlatformTrouble.Name
# Lies in Redis for as long as Redis keeps what it is given.
MARK = "laizhou:kept"
TIMEOUT_S = 2.0


def watch_platform(*, now: datetime) -> int:
    """Looks at everything that is watched; what could not be sent is due again at the next look. Returns the letters sent."""
    full = nearly_full_disks()
    return (
        _look(Name.FILES_DISK, _disk_words(full.get("files")), now)
        + _look(Name.DATABASE_DISK, _disk_words(full.get("database")), now)
        + _look(Name.QUEUE_EMPTIED, _queue_words(), now)
    )


def _disk_words(used_pct: int | None) -> str:
    return f"已用 {used_pct}%。写满后平台会拒绝上传和登记；请清理磁盘或扩容。" if used_pct is not None else ""


def _queue_words() -> str:
    """Empty while the mark is where it was laid. A platform that never laid one has lost nothing."""
    with Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S) as queue:
        was_missing = bool(queue.set(MARK, 1, nx=True))
    is_known = PlatformTrouble.objects.filter(pk=Name.QUEUE_EMPTIED).exists()
    is_owed = PlatformTrouble.objects.filter(pk=Name.QUEUE_EMPTIED, since__isnull=False, told_at=None).exists()
    if is_owed or (was_missing and is_known):
        return "Redis 的数据丢失或被清空。任务和消息都登记在数据库中，平台会自行重新排队；请检查 Redis 的磁盘和持久化设置。"
    return ""


@transaction.atomic
def _look(name: PlatformTrouble.Name, words: str, now: datetime) -> int:
    """What is ill is told once, what is well again too; who comes second finds the row locked and leaves it to the first."""
    PlatformTrouble.objects.get_or_create(pk=name)
    row = PlatformTrouble.objects.select_for_update(skip_locked=True).filter(pk=name).first()
    if row is None or bool(words) == (row.since is not None) == (row.told_at is not None):
        return 0
    row.since = (row.since or now) if words else None
    sent = _tell(row, words) if words or row.told_at else 0
    if sent:
        row.told_at = now if words else None
    row.save(update_fields=["since", "told_at"])
    return sent


def _tell(row: PlatformTrouble, words: str) -> int:
    lines = (
        [words, f"发现时间：{timezone.localtime(row.since):%Y-%m-%d %H:%M}", "恢复后另有邮件。"] if row.since else []
    )
    subject = f"[平台] {row}" if words else f"[平台] {row}：已恢复正常"
    page = reverse("admin:index")
    return sum(
        send_letter(subject=subject, lines=lines or [f"“{row}”已恢复正常。"], page=page, to=email, about=row.pk)
        for email in _administrators()
    )


def _administrators() -> list[str]:
    """Addresses of who may configure the platform today."""
    roles = [role for role, rights in RIGHTS_BY_ROLE.items() if Right.CONFIGURE in rights]
    today = clock.today()
    held = Q(posts__role__in=roles, posts__valid_from__lte=today) & (
        Q(posts__valid_to=None) | Q(posts__valid_to__gt=today)
    )
    found = User.objects.filter(held, is_active=True).exclude(email="")
    return list(found.order_by("email").values_list("email", flat=True).distinct())
