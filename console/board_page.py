"""What the pages of boards (看板、大屏) show, in words: tiles, the table of events, charts, indicators, links."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from addresses.choices import AreaKind
from analytics.comparison import compare
from analytics.indicators.page import before_words, change_words, gap_words, percent_words
from analytics.periods import Span, same_last_year
from analytics.query import Query
from analytics.selectors.counting import Indices
from analytics.selectors.indicator_standing import Standing
from analytics.selectors.recent import Recent, last_days
from common.scope import Actor, Right
from console.charts import Chart, Point, Series, count_point
from console.selectors.board import ALERTS, INSPECTIONS, ORDERS, RISKS, AreaLine, Ground, Happened, params_of
from elements.filters import Count
from events.list_kinds import event_list
from exchange.selectors.links import link_lines

_TITLES = {
    AreaKind.BRIGADE: gettext_lazy("大队看板"), AreaKind.SQUADRON: gettext_lazy("中队看板"),
    AreaKind.DISTRICT: gettext_lazy("警务区看板"), AreaKind.GRID: gettext_lazy("网格看板"),
}  # fmt: skip
BELOW_WORDS = {
    "squadron": gettext_lazy("中队"), "district": gettext_lazy("警务区"), "grid": gettext_lazy("网格"), "": "",
}  # fmt: skip
# Group and figure → label, what is counted, level where it is not zero.
_TILES: dict[tuple[str, str], tuple[Any, Any, str]] = {
    ("alerts", "open"): (gettext_lazy("未办结预警"), gettext_lazy("待接收、已接收和处置中的预警"), ""),
    ("alerts", "urgent"): (gettext_lazy("其中紧急"), gettext_lazy("未办结预警里级别为紧急的"), "warn"),
    ("alerts", "new"): (gettext_lazy("待接收"), gettext_lazy("还没有人接收的预警"), ""),
    ("alerts", "accepted"): (gettext_lazy("已接收"), gettext_lazy("有人接收、还没有开始处置的预警"), ""),
    ("alerts", "acting"): (gettext_lazy("处置中"), gettext_lazy("正在处置的预警"), ""),
    ("alerts", "today"): (gettext_lazy("今日新增"), gettext_lazy("今天首次触发的预警，含已办结的"), ""),
    ("alerts", "late"): (gettext_lazy("超时未接收"), gettext_lazy("超过本级别的接收时限、仍没有人接收的预警"), "bad"),
    ("alerts", "overdue"): (gettext_lazy("逾期未办结"), gettext_lazy("已接收、超过本级别的办结时限仍未办结的预警"), "bad"),
    ("orders", "open"): (gettext_lazy("未办结工单"), gettext_lazy("设施故障和隐患整改的工单里还没有验收、也没有退单的"), ""),
    ("orders", "overdue"): (gettext_lazy("逾期工单"), gettext_lazy("未办结工单里修复期限已过的"), "bad"),
    ("inspections", "overdue"): (gettext_lazy("逾期巡检"), gettext_lazy("有巡检周期的设施里，到期日已过的"), "bad"),
    ("inspections", "soon"): (gettext_lazy("7 天内应巡检"), gettext_lazy("有巡检周期的设施里，7 天内到期和已逾期的"), ""),
    ("risks", "review"): (gettext_lazy("逾期未复评"), gettext_lazy("现行风险评估表里复评日期已过、还没有重新评估的"), "bad"),
    ("risks", "measures"): (gettext_lazy("有逾期措施"), gettext_lazy("现行风险评估表里有管控措施过了期限、没有填报完成的"), "bad"),
}  # fmt: skip
_LISTS = {
    "alerts": ("tagging:alerts", ALERTS), "orders": ("duty:orders", ORDERS), "inspections": ("duty:inspections", INSPECTIONS),
    "risks": ("analytics:risk-sheets", RISKS),
}  # fmt: skip
_TROUBLES = ("bad", "warn")
# The count of the night is of yesterday at the latest, where it ran.
_COUNTED_WITHIN = timedelta(days=1)


def title_of(where: Ground) -> str:
    """What the board is called; one of several parts of an area has no name of its own."""
    if where.top is None or not where.is_whole:
        return _("看板")
    return str(_TITLES[AreaKind(where.top.kind)])


def clock_words(now: datetime) -> str:
    """The time of day of an as-of mark."""
    return f"{timezone.localtime(now):%H:%M}"


def tiles(group: str, counts: dict[str, Count], where: Ground, now: datetime) -> list[dict[str, Any]]:
    """Tiles of a group for `includes/figure_tile.html`."""
    url_name, lists = _LISTS[group]
    found = []
    for name, asked in lists.items():
        label, definition, level = _TILES[group, name]
        count = counts[f"{group}:{name}"]
        found.append({
            "key": name, "label": label, "value": str(count), "count": count.value, "definition": definition,
            "url": f"{reverse(url_name)}?{urlencode(params_of(asked, where))}", "as_of": clock_words(now),
            "level": level if count.value else "",
        })  # fmt: skip
    return found


def event_rows(what: Happened) -> list[dict[str, Any]]:
    """Rows of today, yesterday, the month, the month of last year, and the change."""
    deaths, injured = (_victims(what, key) for key in ("deaths", "injured"))
    case, person = pgettext("events", "起"), _("人")
    rows = [
        _row(_("一般程序事故"), case, _("按一般程序处理的交通事故，按发生时间计"), *_counted(what.general, what)),
        _row(_("死亡"), person, _("一般程序事故里死亡的人数；点开是有人死亡的事故"), *deaths, is_count=False),
        _row(_("受伤"), person, _("一般程序事故里受伤的人数；点开是有人受伤的事故"), *injured, is_count=False),
        _row(_("简易程序事故"), case, _("按简易程序处理的交通事故，按发生时间计"), *_counted(what.summary, what)),
        _row(_("交通违法"), case, _("现场查处和非现场记录的交通违法，按违法时间计"), *_counted(what.violations, what)),
    ]
    for row, name in zip(rows, (*["accidents"] * 4, "violations"), strict=True):
        # Of a month that is not all there nothing is compared.
        row["change"] = None if name in what.stopped else row["change"]
    return rows


def stopped_notes(what: Happened) -> list[str]:
    """That events of a kind have stopped coming, each in a sentence."""
    said = _("最近一起%(events)s是 %(day)s，之后的可能还没有导入：本月的数字不全，不作比较。")
    return [said % {"events": event_list(name).label, "day": f"{day:%Y-%m-%d}"} for name, day in what.stopped.items()]


def _row(label: str, unit: str, definition: str, figures: list[Any], change: Any, *, is_count: bool = True) -> Any:
    return {
        "label": label, "unit": unit, "definition": definition, "figures": figures, "change": change, "is_count": is_count,
    }  # fmt: skip


def _figure(value: int | None, query: Query) -> dict[str, Any]:
    return {"value": value, "url": query.url}


def _counted(of: Recent, what: Happened) -> tuple[list[dict[str, Any]], Any]:
    figures = [_figure(of.count(span), of.rows(span)) for span in (what.today, what.yesterday, what.month)]
    figures.append(_figure(of.before(what.month), of.rows(same_last_year(what.month))))
    return figures, of.compared(what.month)


def _victims(what: Happened, key: str) -> tuple[list[dict[str, Any]], Any]:
    asked = {"deaths": {"is_fatal": "true"}, "injured": {"is_injury": "true"}}[key]

    def number(span: Span) -> int:
        found: Indices = what.victims[span]
        return int(getattr(found, key))

    earlier = same_last_year(what.month)
    before = None if what.general.before(what.month) is None else number(earlier)
    spans = (what.today, what.yesterday, what.month)
    figures = [_figure(number(span), what.general.rows(span).narrowed(**asked)) for span in spans]
    figures.append(_figure(before, what.general.rows(earlier).narrowed(**asked)))
    return figures, compare(number(what.month), before)


def accident_days(what: Happened, today: date) -> Chart:
    """Accidents of the last thirty days by day."""
    return Chart(
        "accident-days", _("近 30 天事故"), _("按发生日期计；一般程序与简易程序分开"), _("日期"),
        [f"{day:%m-%d}" for day in last_days(today)], _procedures(what, lambda of: _by_day(of, today)),
        unit=pgettext("events", "起"), is_stacked=True,
    )  # fmt: skip


def violation_days(what: Happened, today: date) -> Chart:
    """Violations of the last thirty days by day."""
    return Chart(
        "violation-days", _("近 30 天交通违法"), _("按违法日期计，现场和非现场一并计入"), _("日期"),
        [f"{day:%m-%d}" for day in last_days(today)],
        [Series(_("交通违法"), "accent", _by_day(what.violations, today))], unit=pgettext("events", "起"),
    )  # fmt: skip


def _procedures(what: Happened, points: Any) -> list[Series]:
    return [
        Series(_("一般程序"), "bad", points(what.general)), Series(_("简易程序"), "accent", points(what.summary)),
    ]  # fmt: skip


def _by_day(of: Recent, today: date) -> list[Point]:
    return [count_point(of.days.get(day, 0), of.rows(Span(day, day)).url) for day in last_days(today)]


def hour_chart(general: list[Any], summary: list[Any], what: Happened) -> Chart:
    """Accidents of the last twenty-four hours; both lists as `last_hours` gives them."""
    return Chart(
        "hours", _("近 24 小时事故"), _("按发生时刻计；最后一格是正在过去的这一小时"), _("时段"),
        [_("%(hour)s时") % {"hour": hour} for _day, hour, _count in general],
        [
            Series(name, role, [count_point(n, of.rows(Span(day, day)).narrowed(hour=str(hour)).url) for day, hour, n in hours])
            for name, role, of, hours in (
                (_("一般程序"), "bad", what.general, general), (_("简易程序"), "accent", what.summary, summary),
            )
        ],
        unit=pgettext("events", "起"), is_stacked=True,
    )  # fmt: skip


_COLUMNS = {
    "general": (pgettext_lazy("procedure", "一般"), gettext_lazy("本月按一般程序处理的事故")),
    "summary": (pgettext_lazy("procedure", "简易"), gettext_lazy("本月按简易程序处理的事故")),
    "violations": (gettext_lazy("违法"), gettext_lazy("本月发生的交通违法")),
    "alerts": (gettext_lazy("预警"), gettext_lazy("现在待接收、已接收和处置中的预警")),
    "late": (gettext_lazy("超时"), gettext_lazy("现在超过接收时限、仍没有人接收的预警")),
    "orders": (gettext_lazy("逾期工单"), gettext_lazy("现在修复期限已过、仍未办结的工单")),
}  # fmt: skip


def area_columns(keys: Iterable[str] = tuple(_COLUMNS)) -> list[dict[str, Any]]:
    """Columns of the table of areas below."""
    return [{"key": key, "label": _COLUMNS[key][0], "definition": _COLUMNS[key][1]} for key in keys]


def area_rows(lines: list[AreaLine], what: Happened, keys: Iterable[str] = tuple(_COLUMNS)) -> list[dict[str, Any]]:
    """Rows of the table of areas below, in the order of their accidents."""
    return [
        {
            "name": line.place.name, "url": f"{reverse('console:dashboard')}?{urlencode(line.place.params)}",
            "figures": [{"key": key, "value": line.counts[key], "url": _area_url(key, line, what)} for key in keys],
        }
        for line in lines
    ]  # fmt: skip


def _area_url(key: str, line: AreaLine, what: Happened) -> str:
    if key in what.lists:
        return what.lists[key].rows(what.month).narrowed(**line.place.params).url
    url_name, asked = {
        "alerts": ("tagging:alerts", ALERTS["open"]), "late": ("tagging:alerts", ALERTS["late"]),
        "orders": ("duty:orders", ORDERS["overdue"]),
    }[key]  # fmt: skip
    return f"{reverse(url_name)}?{asked}&{urlencode(line.place.params)}"


def area_chart(lines: list[AreaLine], what: Happened, grouped_by: str) -> Chart:
    """Accidents of the month in each area below."""

    def points(key: str) -> list[Point]:
        return [count_point(line.counts[key], _area_url(key, line, what)) for line in lines]

    return Chart(
        "areas", _("本月事故，按%(areas)s") % {"areas": BELOW_WORDS[grouped_by]}, _("本月 1 日到今天发生的事故，按事故所在的责任区分"),
        str(BELOW_WORDS[grouped_by]), [line.place.name for line in lines],
        [Series(_("一般程序"), "bad", points("general")), Series(_("简易程序"), "accent", points("summary"))],
        unit=pgettext("events", "起"), is_lying=True, is_stacked=True,
    )  # fmt: skip


def indicator_rows(found: Standing) -> list[dict[str, Any]]:
    """Shares of the last count with target and a year before."""
    return [
        {
            "label": one.indicator.label, "definition": one.indicator.definition, "percent": one.percent,
            "value": percent_words(one.percent), "target": one.target, "gap": gap_words(one),
            "gap_points": "" if one.gap is None else f"{one.gap:+.2f}", "before": before_words(one), "change": change_words(one),
            "url": f"{reverse('analytics:indicators')}?indicator={one.indicator.key}#indicator-table",
        }
        for one in found.readings
    ]  # fmt: skip


def indicator_chart(rows: list[dict[str, Any]]) -> Chart:
    """Shares as bars, targets as strokes across them."""

    def shares(key: str) -> list[Point]:
        return [Point(*_share(row[key]), row["url"]) for row in rows]

    targets = [Series(_("目标"), "bad", shares("target"), drawn="mark", is_count=False)]
    return Chart(
        "indicators", _("指标与目标"), _("昨夜统计的比例；竖线是目标"), pgettext("list", "指标"), [str(row["label"]) for row in rows],
        [
            Series(pgettext("list", "指标"), "accent", shares("percent"), is_count=False),
            *(targets if any(row["target"] is not None for row in rows) else []),
        ],
        unit="%", is_lying=True,
    )  # fmt: skip


def _share(value: Any) -> tuple[float | None, str]:
    return (None, "—") if value is None else (float(value), percent_words(value))


def is_old(found: Standing, today: date) -> bool:
    """The count of the night did not run, or never did."""
    return found.day is None or today - found.day > _COUNTED_WITHIN


def link_troubles(user: Actor, where: Ground, now: datetime) -> dict[str, Any] | None:
    """Links that are not well, the worst first; None on the board of a part, and for who has nothing to do with links."""
    if where.area_id or not user.scope.all_blocks or not user.scope.rights & {Right.IMPORT, Right.CONFIGURE}:
        return None
    lines = link_lines(user, now)
    troubles = [
        {
            "name": line.connector.name, "url": reverse("exchange:link", args=[line.connector.code]), "lag": line.lag,
            "level": line.health["level"], "label": line.health["label"],
        }
        for line in lines
        if line.health["level"] in _TROUBLES
    ]  # fmt: skip
    troubles.sort(key=lambda one: _TROUBLES.index(one["level"]))
    return {"has_links": bool(lines), "troubles": troubles, "url": reverse("exchange:links")}
