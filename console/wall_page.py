"""What the wall view (大屏) shows, made anew every few seconds: figures, the ticker, the map's shapes; no personal data."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from analytics.periods import same_last_year
from analytics.query import Query
from analytics.selectors.indicator_standing import standing
from analytics.selectors.recent import Recent
from console import board_page
from console.selectors import board, wall
from console.selectors.board import Ground, Happened
from tagging.choices import AlertState

# Longer than this after it was counted a tile is marked as old: three refreshes, two nights, a quarter of a year.
LIVE_S, NIGHT_S, RUN_S = 60, 2 * 86_400, 92 * 86_400
LINES = 8
_AREA_KEYS = ("general", "summary", "violations", "alerts")
_KPIS = ("open", "urgent", "late", "overdue", "today")


def title_of(where: Ground) -> str:
    """Whose wall it is."""
    return where.top.name if where.top else _("全部辖区")


def panels_context(user: Any, where: Ground, now: datetime) -> dict[str, Any]:
    """Everything that a refresh replaces."""
    today = timezone.localdate(now)
    what = board.happened(user, where, today)
    hours = [board.last_hours(user, of, now) for of in (what.general, what.summary)]
    shares = standing(where.tree, where.place, today)
    tiles = {one["key"]: one for one in board_page.tiles("alerts", board.work_counts(user, where), where, now)}
    lines = board_page.area_rows(board.area_lines(user, where, what)[:LINES], what, _AREA_KEYS)
    run, shapes = wall.spots_shown(user, where)
    alerts = wall.alert_places(user, where)
    return {
        "now": now, "live_s": LIVE_S, "night_s": NIGHT_S, "run_s": RUN_S,
        "kpis": [tiles[key] for key in _KPIS] + [_violations(what, now)],
        "accidents": _accidents(what), "hours": board_page.hour_chart(*hours, what),
        "indicators": board_page.indicator_rows(shares), "indicator_day": shares.day,
        "indicators_at": _midnight(shares.day) if shares.day else None,
        "ticker": [_told(one) for one in wall.newest_alerts(user, where)],
        "areas_title": board_page.BELOW_WORDS[where.grouped_by], "area_rows": lines,
        "area_columns": board_page.area_columns(_AREA_KEYS),
        "links": board_page.link_troubles(user, where, now), "run": run, "has_spots": bool(shapes),
        "map_data": {"spots": shapes, "alerts": [asdict(one) for one in alerts]},
    }  # fmt: skip


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))


def _violations(what: Happened, now: datetime) -> dict[str, Any]:
    count, of = what.violations.count(what.today), what.violations
    return {
        "key": "violations", "label": _("今日违法"), "value": f"{count:,}", "count": count, "url": of.rows(what.today).url,
        "definition": _("今天发生的交通违法，现场和非现场一并计入"), "level": "", "as_of": board_page.clock_words(now),
    }  # fmt: skip


def _told(alert: wall.Told) -> dict[str, Any]:
    return asdict(alert) | {"state": AlertState(alert.state).label, "is_new": alert.state == AlertState.NEW}


def _accidents(what: Happened) -> list[dict[str, Any]]:
    """Rows of today, yesterday and the same day of last year."""
    return [
        _counted(_("一般程序"), what.general, what),
        _hurt(_("死亡"), "deaths", "is_fatal", what),
        _hurt(_("受伤"), "injured", "is_injury", what),
        _counted(_("简易程序"), what.summary, what),
    ]


def _counted(label: str, of: Recent, what: Happened) -> dict[str, Any]:
    known = [(of.count(one), of.rows(one)) for one in (what.today, what.yesterday)]
    return _row(label, pgettext("events", "起"), [*known, (of.before(what.today), of.rows(same_last_year(what.today)))])


def _hurt(label: str, key: str, asked: str, what: Happened) -> dict[str, Any]:
    earlier = same_last_year(what.today)
    spans = (what.today, what.yesterday, earlier)
    values = [getattr(what.victims[one], key) for one in spans]
    if what.general.before(what.today) is None:
        values[-1] = None
    rows = [what.general.rows(one).narrowed(**{asked: "true"}) for one in spans]
    return _row(label, _("人"), list(zip(values, rows, strict=True)), is_count=False)


def _row(label: str, unit: str, figures: list[tuple[int | None, Query]], *, is_count: bool = True) -> dict[str, Any]:
    shown = [{"value": value, "url": query.url} for value, query in figures]
    return {"label": label, "unit": unit, "figures": shown, "is_count": is_count}


def session_end(session: Any) -> datetime | None:
    """When the reader will be signed out."""
    return session.model.objects.filter(pk=session.session_key).values_list("expire_date", flat=True).first()
