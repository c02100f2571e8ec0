"""Reading a grading scheme out of JSON: whom it grades, by what, and a clear refusal for what cannot be.

    {"kind": "UNIT", "whom": NODE, "levels": [LEVEL…], "hysteresis": {"points": N, "days": N},
     "indicators": [INDICATOR…], "lists": [{"key", "label", "level", "condition": NODE}…]}
    LEVEL:     {"code", "name", "colour", "from_score", "consequence"}      upwards, the first from 0
    INDICATOR: {"key", "label", "term": TERM, "weight", "kind": "raw" | "rate" | "flag", "scale", "cap", "cure",
                "exposure": TERM, "per": N, "prior": K}                     exposure, per, prior: of a rate
    TERM:      {"fact": KEY, "args": {…}} | {"related": PATH, "args": {…}, "where": NODE} | {"tag": CODE}
    scale:     {"from": A, "to": B} (a share that grows evenly) | {"table": [[from, share]…]}; none: points for each unit

NODE is a condition as `tagging.rules.schema` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from common.facts import FactType, fact
from elements.choices import ElementKind
from tagging.rules.nodes import Compare, FactTerm, GradeTerm, Node, Rule, Term, deep_terms, terms
from tagging.rules.schema import BadRule, Names, read_rule
from tagging.rules.scoring import Definition, Scale

MAX_INDICATORS, MAX_LISTS, MAX_LEVELS, MAX_TEXT, MAX_WEIGHT = 30, 20, 8, 200, 1_000
COLOURS = ("ok", "note", "warn", "bad", "idle")
KINDS = ("raw", "rate", "flag")
_PARTS = {"kind", "whom", "levels", "hysteresis", "indicators", "lists"}
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,19}\Z")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")


@dataclass(frozen=True, slots=True)
class Level:
    """One level; `colour` is a status of the pages, `consequence` what follows for who is in it."""

    code: str
    name: str
    colour: str
    from_score: Decimal
    consequence: str


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """When a level is left for a lower one: so many points below its threshold, or below it for so many days; neither: at once."""

    points: Decimal | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator: how it counts, and what it asks."""

    definition: Definition
    term: Term
    exposure: Term | None

    @property
    def key(self) -> str:
        return self.definition.key


@dataclass(frozen=True, slots=True)
class Listing:
    """A condition that leads to a level whatever the score."""

    key: str
    label: str
    level: str
    condition: Node


@dataclass(frozen=True, slots=True)
class Scheme:
    """A whole scheme; levels upwards."""

    kind: str
    whom: Node
    levels: tuple[Level, ...]
    hysteresis: Hysteresis
    indicators: tuple[Indicator, ...]
    lists: tuple[Listing, ...]

    @property
    def rules(self) -> list[Rule]:
        """What is asked of each element by one statement: whom it grades with every term, then each listing."""
        asked = dict.fromkeys(terms(self.whom))
        for one in self.indicators:
            asked |= dict.fromkeys(term for term in (one.term, one.exposure) if term is not None)
        first = Rule(self.kind, self.whom, tuple(asked))
        return [first, *(Rule(self.kind, one.condition, terms(one.condition)) for one in self.lists)]

    def rank(self, code: str) -> int | None:
        """Place of a level from below; None: there is none of this code."""
        return next((rank for rank, level in enumerate(self.levels) if level.code == code), None)


def read_scheme(document: Any, names: Names) -> Scheme:
    """The scheme that a document says.

    Raises:
        BadRule: it says something that is no scheme, or is too large. UnknownFact: it names a fact or path that there is not.
    """
    if not isinstance(document, dict) or not {"kind", "whom", "levels", "indicators"} <= set(document):
        raise BadRule("分级方案须写明对象种类、分级范围、等级和指标", "方案")
    _only(document, _PARTS, "方案")
    if document["kind"] not in ElementKind.values:
        raise BadRule(f"没有“{document['kind']}”这一对象种类", "kind")
    kind = str(document["kind"])
    levels = _levels(document["levels"])
    indicators = tuple(
        _indicator(one, kind, names, f"indicators[{n}]")
        for n, one in enumerate(_rows(document["indicators"], "indicators", MAX_INDICATORS, least=1))
    )
    lists = tuple(
        _listing(one, kind, levels, names, f"lists[{n}]")
        for n, one in enumerate(_rows(document.get("lists", []), "lists", MAX_LISTS))
    )
    _once([one.key for one in (*indicators, *lists)], "指标与直接列入条件的代号", "indicators")
    whom = _condition(document["whom"], kind, names, "whom")
    return Scheme(kind, whom, levels, _hysteresis(document.get("hysteresis", {})), indicators, lists)


def _levels(document: Any) -> tuple[Level, ...]:
    found = tuple(_level(one, f"levels[{n}]") for n, one in enumerate(_rows(document, "levels", MAX_LEVELS, least=2)))
    _once([one.code for one in found], "等级代号", "levels")
    _once([one.name for one in found], "等级名称", "levels")
    if found[0].from_score != 0:
        raise BadRule("最低一级须从 0 分起", "levels[0].from_score")
    for n in range(1, len(found)):
        if found[n].from_score <= found[n - 1].from_score:
            raise BadRule("等级须由低到高排列，每级的起始分须高于前一级", f"levels[{n}].from_score")
    return found


def _level(document: Any, at: str) -> Level:
    _table(document, {"code", "name", "colour", "from_score", "consequence"}, at)
    code = document.get("code")
    if not isinstance(code, str) or not _CODE.match(code):
        raise BadRule("等级代号须是大写字母开头的字母、数字，不超过 20 个", f"{at}.code")
    colour = document.get("colour", "note")
    if colour not in COLOURS:
        raise BadRule(f"颜色只能是：{'、'.join(COLOURS)}", f"{at}.colour")
    name = _text(document.get("name"), f"{at}.name", most=20)
    consequence = _text(document.get("consequence", ""), f"{at}.consequence", is_optional=True)
    return Level(code, name, colour, _number(document.get("from_score"), f"{at}.from_score", least=0), consequence)


def _hysteresis(document: Any) -> Hysteresis:
    _table(document, {"points", "days"}, "hysteresis")
    points, days = document.get("points"), document.get("days")
    if days is not None and (isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 366):
        raise BadRule("连续天数须是 1 至 366 的整数", "hysteresis.days")
    return Hysteresis(None if points is None else _number(points, "hysteresis.points", least=0), days)


def _indicator(document: Any, kind: str, names: Names, at: str) -> Indicator:
    _table(document, {"key", "label", "term", "weight", "kind", "scale", "cap", "cure", "exposure", "per", "prior"}, at)
    key, how = document.get("key"), document.get("kind")
    if not isinstance(key, str) or not _KEY.match(key):
        raise BadRule("指标代号须是小写字母开头的字母、数字和下划线", f"{at}.key")
    if how not in KINDS:
        raise BadRule("指标的算法只能是 raw（数量）、rate（比率）、flag（有无）", f"{at}.kind")
    label = _text(document.get("label"), f"{at}.label", most=40)
    term = _term(document.get("term"), kind, names, f"{at}.term")
    if how != "flag" and term.type is not FactType.NUMBER:
        raise BadRule(f"“{label}”不是数量，只能按“有无”计分", f"{at}.term")
    if term.type not in (FactType.NUMBER, FactType.BOOL):
        raise BadRule(f"“{label}”既不是数量也不是是否，不能计分", f"{at}.term")
    exposure = None
    if how == "rate":
        exposure = _term(document.get("exposure"), kind, names, f"{at}.exposure")
        if exposure.type is not FactType.NUMBER:
            raise BadRule(f"“{label}”的基数须是数量", f"{at}.exposure")
    elif {"exposure", "per", "prior"} & set(document):
        raise BadRule("只有比率才有基数、单位和收缩强度", at)
    if how == "flag" and "scale" in document:
        raise BadRule("有无只有满分和零分，不能再设刻度", f"{at}.scale")
    definition = Definition(
        key=key, label=label, kind=how, unit=_unit(term),
        weight=_number(document.get("weight"), f"{at}.weight", above=0, most=MAX_WEIGHT),
        cap=None if document.get("cap") is None else _number(document["cap"], f"{at}.cap", above=0, most=MAX_WEIGHT),
        scale=_scale(document.get("scale"), f"{at}.scale"),
        per=_number(document.get("per", 1), f"{at}.per", above=0),
        prior=_number(document.get("prior", 0), f"{at}.prior", least=0),
        cure=_text(document.get("cure", ""), f"{at}.cure", most=60, is_optional=True),
    )  # fmt: skip
    return Indicator(definition, term, exposure)


def _scale(document: Any, at: str) -> Scale | None:
    if document is None:
        return None
    _table(document, {"from", "to", "table"}, at)
    if "table" in document:
        if len(document) != 1:
            raise BadRule("刻度只能是一种", at)
        rows = _rows(document["table"], at, 20, least=1)
        steps = []
        for n, row in enumerate(rows):
            if not isinstance(row, list) or len(row) != 2:
                raise BadRule("分段表的每一行是“从几起、占满分的几成”", f"{at}.table[{n}]")
            steps.append((_number(row[0], f"{at}.table[{n}]"), _number(row[1], f"{at}.table[{n}]", least=0, most=1)))
        for before, then in pairwise(steps):
            if then[0] <= before[0] or then[1] < before[1]:
                raise BadRule("分段表须由低到高，占比不能变小", f"{at}.table")
        return Scale(table=tuple(steps))
    start, end = _number(document.get("from"), f"{at}.from"), _number(document.get("to"), f"{at}.to")
    if start == end:
        raise BadRule("刻度的起点和终点不能相同", at)
    return Scale(start=start, end=end)


def _listing(document: Any, kind: str, levels: Sequence[Level], names: Names, at: str) -> Listing:
    _table(document, {"key", "label", "level", "condition"}, at)
    key = document.get("key")
    if not isinstance(key, str) or not _KEY.match(key):
        raise BadRule("直接列入条件的代号须是小写字母开头的字母、数字和下划线", f"{at}.key")
    if document.get("level") not in [one.code for one in levels]:
        raise BadRule(f"没有“{document.get('level')}”这一等级", f"{at}.level")
    condition = _condition(document.get("condition"), kind, names, f"{at}.condition")
    return Listing(key, _text(document.get("label"), f"{at}.label", most=80), document["level"], condition)


def _condition(document: Any, kind: str, names: Names, at: str) -> Node:
    try:
        where = read_rule({"kind": kind, "where": document}, names).where
    except BadRule as error:
        raise BadRule(error.message.split("（位置")[0], at + error.extra["at"].removeprefix("where")) from None
    if any(isinstance(term, GradeTerm) for term in deep_terms(where)):
        raise BadRule("分级方案里不能再引用等级，否则会互相等待", at)
    return where


def _term(document: Any, kind: str, names: Names, at: str) -> Term:
    """A term alone: read as a comparison of which only the term is kept."""
    if not isinstance(document, dict) or not {"fact", "related", "tag"} & set(document):
        raise BadRule("指标须是一个事实项、一种关联的数量或一个标签", at)
    if {"op", "value"} & set(document):
        raise BadRule("指标只写问什么，不写比较", at)
    type_ = FactType.NUMBER
    if "fact" in document:
        type_ = fact(str(document["fact"])).type
    elif "tag" in document:
        type_ = FactType.BOOL
    compared = {FactType.NUMBER: {"op": ">=", "value": 0}, FactType.BOOL: {"op": "is"}}.get(type_)
    if compared is None:
        raise BadRule("这一事实项既不是数量也不是是否，不能计分", at)
    node = _condition({**document, **compared}, kind, names, at)
    if not isinstance(node, Compare):
        raise BadRule("指标须是一个事实项、一种关联的数量或一个标签", at)
    return node.term


def _unit(term: Term) -> str:
    if isinstance(term, FactTerm):
        return term.fact.unit
    return "" if term.type is FactType.BOOL else "个"


def _table(document: Any, allowed: set[str], at: str) -> None:
    if not isinstance(document, dict):
        raise BadRule("写法不对，须是一组名称和值", at)
    _only(document, allowed, at)


def _only(document: dict[str, Any], allowed: set[str], at: str) -> None:
    strange = sorted(map(str, set(document) - allowed))
    if strange:
        raise BadRule(f"不认识“{'、'.join(strange)[:80]}”", at)


def _rows(document: Any, at: str, most: int, *, least: int = 0) -> list[Any]:
    if not isinstance(document, list):
        raise BadRule("须是一组", at)
    if not least <= len(document) <= most:
        raise BadRule(f"须有 {least} 至 {most} 项，现有 {len(document)} 项", at)
    return document


def _once(values: Sequence[str], label: str, at: str) -> None:
    twice = sorted({one for one in values if values.count(one) > 1})
    if twice:
        raise BadRule(f"{label}重复：{'、'.join(twice)}", at)


def _number(
    value: Any, at: str, *, least: int | None = None, above: int | None = None, most: int = 1_000_000
) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadRule("须是数字", at)
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) > most:
        raise BadRule(f"须在 {most} 以内", at)
    if above is not None and number <= above:
        raise BadRule(f"须大于 {above}", at)
    if least is not None and number < least:
        raise BadRule(f"不能小于 {least}", at)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -4:
        raise BadRule("小数最多四位", at)
    return number


def _text(value: Any, at: str, *, most: int = MAX_TEXT, is_optional: bool = False) -> str:
    if not isinstance(value, str) or (not value.strip() and not is_optional) or len(value) > most:
        raise BadRule(f"须是不超过 {most} 字的文字", at)
    return value.strip()
