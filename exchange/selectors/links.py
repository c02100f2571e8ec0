"""Links in as their pages show them: who sees which, how well they are, what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from common.errors import NotVisible
from common.scope import Actor
from exchange.choices import RunState, Transport
from exchange.connectors import expected_every
from exchange.connectors.base import LinkError
from exchange.connectors.folder import FerryFolder, WaitingFile
from exchange.models import Connector, ConnectorRun
from exchange.selectors.sources import require_sources, sources_of

TREND_RUNS, SHOWN_RUNS = 14, 40
# Later than this many intervals, and a few minutes, is late.
LATE_INTERVALS, LATE_AFTER = 3, timedelta(minutes=5)
# What comes every day comes some minutes earlier or later: a tenth more than expected is no silence yet.
SILENT_AFTER = 1.1


@dataclass(frozen=True, slots=True)
class LinkLine:
    """One link on the list."""

    connector: Connector
    health: dict[str, str]
    lag: str
    last_run: ConnectorRun | None
    trend: list[dict[str, Any]]

    @property
    def is_stopped(self) -> bool:
        """Nothing is read until a person has acted."""
        return self.health["level"] == "idle" or (self.last_run is not None and self.last_run.state == RunState.HELD)

    @property
    def trend_text(self) -> str:
        """The bars as numbers, for who does not see them."""
        return "、".join(f"{bar['rows']:,}" for bar in self.trend)


def visible_links(user: Actor) -> QuerySet[Connector]:
    """Links of the sources that the user may see: its own for a liaison.

    Raises:
        NotAllowed: the user neither imports nor configures.
    """
    require_sources(user)
    links = Connector.objects.filter(source__in=sources_of(user))
    return with_heard(links).select_related("source", "owner").order_by("code")


def with_heard(links: QuerySet[Connector]) -> QuerySet[Connector]:
    """`heard_at`: when something new came last, whatever became of it; since when it is read where nothing ever came."""
    runs = ConnectorRun.objects.filter(connector=OuterRef("pk"))
    came = runs.filter(
        Q(fingerprint__isnull=False)
        | Q(state__in=[RunState.LANDING, RunState.DONE, RunState.HELD, RunState.REFUSED])
    )  # fmt: skip
    last, first = (found.values("started_at")[:1] for found in (came.order_by("-pk"), runs.order_by("pk")))
    return links.annotate(heard_at=Coalesce(Subquery(last), Subquery(first)))


def silence_of(connector: Connector) -> timedelta | None:
    """How long the link has been looked at without anything new, where that is longer than expected; of `with_heard`.

    Until the last look, not until now: while nobody looks, something may lie there.
    """
    expected = expected_every(connector.transport, connector.options)
    heard_at, looked_at = connector.heard_at, connector.last_ok_at  # type: ignore[attr-defined]
    if expected is None or heard_at is None or looked_at is None or looked_at - heard_at <= expected * SILENT_AFTER:
        return None
    return looked_at - heard_at


def visible_link(code: str, user: Actor) -> Connector:
    """One link.

    Raises:
        NotVisible: it does not exist, or is another's: one answer for both.
    """
    found = visible_links(user).filter(code=code).first()
    if found is None:
        raise NotVisible
    return found


def visible_run(connector: Connector, run_id: int) -> ConnectorRun:
    """One reading of a link that is visible.

    Raises:
        NotVisible: no such reading of this link.
    """
    found = connector.runs.filter(pk=run_id).select_related("connector").first()
    if found is None:
        raise NotVisible
    return found


def link_lines(user: Actor, now: datetime) -> list[LinkLine]:
    """All links with health, lag, last run and trend: two queries beside the rights."""
    runs = ConnectorRun.objects.filter(connector=OuterRef("pk"))
    done = runs.filter(state=RunState.DONE, rows__isnull=False)
    links = list(
        visible_links(user).annotate(
            is_held=Exists(runs.filter(state=RunState.HELD)),
            last_run_id=Subquery(runs.order_by("-pk").values("pk")[:1]),
            trend_rows=ArraySubquery(done.order_by("-pk").values("rows")[:TREND_RUNS]),
        )
    )
    last = ConnectorRun.objects.select_related("batch").in_bulk(
        [link.last_run_id for link in links if link.last_run_id]
    )
    return [
        LinkLine(
            link, health_of(link, is_held=link.is_held, now=now), lag_words(link, now),
            last.get(link.last_run_id), bars(list(reversed(link.trend_rows))),
        )
        for link in links
    ]  # fmt: skip


def health_of(connector: Connector, *, is_held: bool, now: datetime) -> dict[str, str]:
    """Level and word for `includes/badge.html`; `is_silent` where all is well but nothing comes."""
    if not connector.is_active:
        return {"level": "idle", "label": _("已停用")}
    if is_held:
        return {"level": "warn", "label": _("待确认")}
    if connector.failures > 1:
        return {"level": "bad", "label": _("中断")}
    if connector.failures:
        return {"level": "warn", "label": _("重试中")}
    if connector.last_ok_at is None:
        return {"level": "note", "label": _("未读过")}
    late = LATE_INTERVALS * timedelta(seconds=connector.every_s) + LATE_AFTER
    if now - connector.last_ok_at > late:
        return {"level": "warn", "label": _("延迟")}
    if silence_of(connector):
        return {"level": "warn", "label": _("没有来文"), "is_silent": "1"}
    return {"level": "ok", "label": _("正常")}


def lag_words(connector: Connector, now: datetime) -> str:
    """How long ago it was last up to date; of a silent one, how long ago something came."""
    if connector.last_ok_at is None:
        return _("从未成功")
    if silence_of(connector):
        return span_words(now - connector.heard_at)  # type: ignore[attr-defined]
    return span_words(now - connector.last_ok_at)


def span_words(span: timedelta) -> str:
    """A span as people say it."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return _("不到 1 分钟")
    if seconds < 3600:
        return _("%(count)s 分钟") % {"count": seconds // 60}
    if seconds < 86_400:
        return _("%(count)s 小时") % {"count": seconds // 3600}
    return _("%(count)s 天") % {"count": seconds // 86_400}


def bars(rows: list[int]) -> list[dict[str, Any]]:
    """Bars of a chart 24 high, 8 apart: {rows, x, y, height}."""
    most = max(rows, default=0) or 1
    found = []
    for place, count in enumerate(rows):
        height = max(1, round(count * 22 / most))
        found.append({"rows": count, "x": place * 8, "y": 24 - height, "height": height})
    return found


def recent_runs(connector: Connector) -> list[ConnectorRun]:
    """The last readings, newest first; those without news are one line: only the last of them."""
    runs = connector.runs.select_related("batch", "upload").exclude(state=RunState.EMPTY)
    found = list(runs.order_by("-pk")[:SHOWN_RUNS])
    empty = connector.runs.filter(state=RunState.EMPTY).order_by("-pk").first()
    if empty is not None and (not found or empty.pk > found[0].pk):
        found.insert(0, empty)
    return found


def held_runs(connector: Connector) -> list[ConnectorRun]:
    """Readings that wait for a person, oldest first."""
    return list(connector.runs.filter(state=RunState.HELD).select_related("batch", "upload").order_by("pk")[:20])


def waiting_files(connector: Connector, now: datetime) -> list[WaitingFile]:
    """Files of a ferry that cannot be taken yet; none while the folder cannot be read, which its runs say."""
    if connector.transport != Transport.FOLDER:
        return []
    try:
        return FerryFolder(connector.options).waiting(now)[:20]
    except LinkError:
        return []
