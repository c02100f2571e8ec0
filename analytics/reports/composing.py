"""Blocks of a template to blocks with values. What comes out is plain JSON that both renderers read and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from analytics.comparison import Comparison, percent_of
from analytics.periods import Span, month_of, months_between, same_last_year, to_date
from analytics.query import Query
from analytics.reports import figures, phrases, standing
from analytics.reports.annexes import annex
from analytics.reports.figures import Asked
from analytics.reports.groupings import EVENT_VERBS, EVENT_WORDS, GROUPINGS
from analytics.reports.maps import map_values
from analytics.reports.phrases import Figure, Index, Sentence
from common.errors import DomainError
from events.choices import Procedure

Block = dict[str, Any]
CITY = "全市"


def compose(blocks: Sequence[Block], asked: Asked) -> dict[str, Any]:
    """The content of a report.

    Raises:
        DomainError: NO_DATA: nothing is known of a period as long as this: it is not imported yet.
    """
    used = {one["events"] for one in blocks if "events" in one}
    for events in sorted(used):
        if asked.span.days >= figures.SURELY_SOMETHING_DAYS and not figures.is_known(events, asked.span):
            raise DomainError(
                "NO_DATA",
                f"{phrases.span_text(asked.span)}没有任何{EVENT_WORDS[events]}数据，可能还没有导入。"
                "请先导入这段时间的数据，或换一个期间。",
            )
    return {"blocks": _told_once([compose_block(one, asked) for one in blocks]), "revision": 0}


def _told_once(blocks: Sequence[Block]) -> list[Block]:
    """That nothing is known of some events is said at the first block about them alone."""
    kept: list[Block] = []
    for block in blocks:
        if block.get("rule") != "unknown" or block not in kept:
            kept.append(block)
    return kept


def compose_block(block: Block, asked: Asked) -> Block:
    """One block with its values."""
    if block["type"] in {"heading", "text"}:
        return dict(block)
    if "events" in block and not figures.is_known(block["events"], asked.span):
        return _unknown(block, asked)
    made = _MAKERS[block["type"], block["rule"]](block, asked)
    return {"type": block["type"], "rule": block["rule"], "as_of": asked.as_of.isoformat(), **made}


def _unknown(block: Block, asked: Asked) -> Block:
    """What a block says of events that the platform does not know: never a zero."""
    said = f"{phrases.span_text(asked.span)}的{EVENT_WORDS[block['events']]}数据未知，可能还没有导入，不作统计。"
    return {"type": "sentences", "rule": "unknown", "as_of": asked.as_of.isoformat(), "parts": [said]}


def _query(block: Block, asked: Asked) -> Query:
    query = asked.query(block["events"])
    if block["events"] == "accidents" and (procedure := block.get("procedure", Procedure.GENERAL.value)):
        query = query.narrowed(procedure=procedure)
    return query


def _what(block: Block) -> str:
    """适用一般程序处理的道路交通事故."""
    labels = {"GENERAL": "适用一般程序处理的", "SUMMARY": "适用简易程序处理的"}
    kind = block.get("procedure", "GENERAL") if block["events"] == "accidents" else ""
    return labels.get(kind, "") + EVENT_WORDS[block["events"]]


def _place(asked: Asked) -> str:
    return asked.area.name if asked.area else CITY


def _said(*sentences: Sentence) -> Block:
    """Sentences as JSON; neighbouring texts are joined."""
    parts: list[Any] = []
    for part in [one for sentence in sentences for one in sentence]:
        if isinstance(part, Figure):
            parts.append(cell(part))
        elif parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return {"parts": parts}


def cell(figure: Figure) -> dict[str, Any]:
    """A figure as JSON."""
    return {"text": str(figure), "value": figure.value, "url": figure.url, "is_count": figure.is_count}


def _four(block: Block, asked: Asked) -> Block:
    found = figures.four_indices(_query(block, asked))
    said = _said(phrases.four_indices(phrases.span_text(asked.span), _place(asked), found))
    named = [[label, f"{found[name].figure}{unit}"] for name, (label, unit) in _NAMES.items()]
    return said | {"named": named}


# What letters call the figures.
_NAMES = {
    "accidents": ("事故起数（一般程序）", "起"), "deaths": ("死亡人数", "人"), "injured": ("受伤人数", "人"),
    "loss": ("直接财产损失", "万元"),
}  # fmt: skip


def _summary(block: Block, asked: Asked) -> Block:
    found = figures.index(_query(block | {"procedure": "SUMMARY"}, asked))
    return _said(phrases.also("适用简易程序处理的道路交通事故", found))


def _total(block: Block, asked: Asked) -> Block:
    found = figures.index(asked.query(block["events"]))
    said = _said(phrases.total(phrases.span_text(asked.span), _place(asked), EVENT_VERBS[block["events"]], found))
    return said | {"named": [[EVENT_WORDS[block["events"]], f"{found.figure}起"]]}


def _ranking(block: Block, asked: Asked) -> Block:
    query, grouping = _query(block, asked), GROUPINGS[block["events"]][block["by"]]
    # Of three the sum is told, which parties have none of.
    ranked = figures.grouped(query, grouping)[: min(2 if grouping.is_party else 3, block["limit"])]
    return _said(phrases.ranking(str(grouping.aspect), figures.count(query), "起", ranked))


def _unfinished(block: Block, asked: Asked) -> Block:
    if figures.known_days("incidents") == (None, None):
        return _said(["警情数据未知，可能还没有导入，不作统计。"])
    states = ["RECEIVED", "DISPATCHED", "ARRIVED"]
    query = Query.of("incidents", area=str(asked.area.pk) if asked.area else None, state=states)
    moment = timezone.localtime(asked.as_of)
    said = f"{phrases.day_text(moment.date())}{date_format(moment, 'H:i')}"
    return _said(phrases.unfinished(said, "未处结的警情", Figure(figures.count(query), url=query.url), "起"))


def _orders(_block: Block, asked: Asked) -> Block:
    said = phrases.open_orders(standing.orders(asked.area, "open"), standing.orders(asked.area, "overdue"))
    return _said(said)


def _hot_spots(block: Block, asked: Asked) -> Block:
    rows = standing.hot_spots(asked.area, block["limit"])
    if rows is None:
        return {"type": "sentences", **_said(["尚无现行的事故多发点段排查结果。"])}
    head = ["名次", "位置", "类型", "一般程序（起）", "简易程序（起）", "死亡（人）", "受伤（人）"]
    written = [[cell(one) if isinstance(one, Figure) else one for one in row] for row in rows]
    return {"title": block.get("title") or "现行事故多发点段", "head": head, "rows": written}


_HEAD = ["指标", "本期", "上年同期", "同比", "上期", "环比", "同比变化判断"]
_ROWS = {
    "accidents": "事故起数（起）",
    "deaths": "死亡人数（人）",
    "injured": "受伤人数（人）",
    "loss": "直接财产损失（万元）",
}


def _indices(block: Block, asked: Asked) -> Block:
    query = _query(block, asked)
    found = figures.four_indices(query)
    span = asked.span
    earlier = [query.during(same_last_year(span)), query.during(figures.previous(span))]
    rows = [_index_row(_ROWS[name], name, one, earlier) for name, one in found.items()]
    title = block.get("title") or f"{_what(block)}四项指数"
    return {"title": title, "head": _HEAD, "rows": rows}


def _index_row(label: str, name: str, one: Index, earlier: Sequence[Query]) -> list[Any]:
    row: list[Any] = [label, cell(one.figure)]
    for compared, query in zip((one.by_year, one.by_period), earlier, strict=True):
        if compared is None or compared.before is None:
            row += ["未知", "—"]
            continue
        text = phrases.money(compared.before) if name == "loss" else ""
        narrowed = query.narrowed(
            is_fatal="true" if name == "deaths" else None, is_injury="true" if name == "injured" else None
        )
        row.append(cell(Figure(compared.before, text, narrowed.url, name == "accidents")))
        row.append(_percent(compared, name))
    return [*row, _judgement(one.by_year)]


def _percent(compared: Comparison, name: str) -> str:
    if name == "loss" and compared.percent is None and compared.difference:
        return f"—(+{phrases.money(compared.difference)})"
    if compared.is_small and compared.difference:
        # As the sentence says: no percentage of so few.
        return f"—({compared.difference:+d})"
    return compared.text


def _judgement(compared: Comparison | None) -> str:
    if compared is None or compared.may_be_chance is None or not compared.difference:
        return "—"
    return "可能出于偶然" if compared.may_be_chance else "显著"


def _areas(block: Block, asked: Asked) -> Block:
    query = _query(block, asked)
    rows = figures.by_area(query, asked.area)
    whole = Figure(sum(one.value for _name, one in rows), url=query.url)
    return {
        "title": block.get("title") or f"各责任区{_what(block)}",
        "head": ["责任区", "起数（起）", "占比"],
        "rows": [*([name, cell(one), _share(one, whole)] for name, one in rows), ["合计", cell(whole), _share(whole, whole)]],
    }  # fmt: skip


def _groups_table(block: Block, asked: Asked) -> Block:
    query, grouping = _query(block, asked), GROUPINGS[block["events"]][block["by"]]
    whole = Figure(figures.count(query), url=query.url)
    rows = figures.grouped(query, grouping)[: block["limit"]]
    return {
        "title": block.get("title") or f"{_what(block)}按{grouping.aspect}",
        "head": [str(grouping.aspect), "起数（起）", "占全部"],
        "rows": [*([name, cell(one), _share(one, whole)] for name, one in rows), ["全部", cell(whole), _share(whole, whole)]],
    }  # fmt: skip


def _share(part: Figure, whole: Figure) -> str:
    percent = percent_of(part.value, whole.value)
    return "—" if percent is None else f"{percent}%"


def _months(block: Block, asked: Asked) -> Block:
    query, year = _query(block, asked), to_date(asked.span)
    months = [month_of(one.first) for one in months_between(year)]
    series, (first, _last) = [], figures.known_days(block["events"])
    for span in (same_last_year(year), year):
        found = figures.by_month(query, span)
        days = [one if span == year else same_last_year(one) for one in months]
        cut = [one.within(span) or one for one in days]
        values = [found.get(one.first, 0) if not first or one.last >= first else None for one in days]
        series.append(_series(f"{span.last.year}年", values, query, cut))
    labels = [f"{one.first.month}月" for one in months]
    return {"title": block.get("title") or f"{_what(block)}逐月对比（起）", "labels": labels, "series": series}


def _days(block: Block, asked: Asked) -> Block:
    query, last = _query(block, asked), asked.span.last
    found = figures.by_day(query, Span(last - timedelta(13), last))
    series = _series("起数", list(found.values()), query, [Span(day, day) for day in found])
    labels = [f"{day.month}/{day.day}" for day in found]
    return {"title": block.get("title") or f"近14天{_what(block)}（起）", "labels": labels, "series": [series]}


def _series(name: str, values: Sequence[int | None], query: Query, spans: Sequence[Span]) -> dict[str, Any]:
    return {"name": name, "values": list(values), "urls": [query.during(one).url for one in spans]}


def _groups_chart(block: Block, asked: Asked) -> Block:
    query, grouping = _query(block, asked), GROUPINGS[block["events"]][block["by"]]
    rows = figures.grouped(query, grouping)[: min(block["limit"], 8)]
    series = {"name": "起数", "values": [one.value for _name, one in rows], "urls": [one.url for _name, one in rows]}
    title = block.get("title") or f"{_what(block)}按{grouping.aspect}（起）"
    return {"title": title, "labels": [name for name, _one in rows], "series": [series]}


def _points(block: Block, asked: Asked) -> Block:
    query = _query(block, asked)
    values = map_values(query, asked.area)
    said: Sentence = ["图中标出有位置的", Figure(values.pop("placed"), url=values.pop("url")), "起。"]
    return {"title": block.get("title") or f"{_what(block)}分布", **values, "note": _said(said)["parts"]}


def _annex(block: Block, asked: Asked) -> Block:
    found = annex(block["events"], _query(block, asked), block["limit"])
    return {"title": block.get("title") or f"{_what(block)}清单", **found}


_MAKERS: dict[tuple[str, str], Callable[[Block, Asked], Block]] = {
    ("sentences", "four_indices"): _four, ("sentences", "summary_procedure"): _summary, ("sentences", "total"): _total,
    ("sentences", "ranking"): _ranking, ("sentences", "unfinished"): _unfinished, ("table", "indices"): _indices,
    ("table", "areas"): _areas, ("table", "groups"): _groups_table, ("chart", "months"): _months, ("chart", "days"): _days,
    ("sentences", "orders"): _orders, ("table", "hot_spots"): _hot_spots, ("chart", "groups"): _groups_chart, ("map", "points"): _points, ("annex", "rows"): _annex,
}  # fmt: skip
