"""A rule and its verdict in Chinese: the sentence read back, and what stands behind each part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from common.facts import Fact, FactType, Parameter
from elements.choices import ElementKind
from tagging.rules.compare import filled, holds
from tagging.rules.nodes import (
    All,
    Any_,
    Arguments,
    Became,
    ChangedTerm,
    Compare,
    FactTerm,
    GradeTerm,
    Node,
    Not,
    RelatedTerm,
    Rule,
    StayedTerm,
    TagTerm,
    Term,
)

WORDS = {
    "=": "等于", "!=": "不等于", ">": "大于", ">=": "不少于", "<": "少于", "<=": "不超过", "between": "介于",
    "contains": "含", "starts": "开头是", "in": "是", "not_in": "不是", "any_of": "含", "none_of": "不含",
    "before": "早于", "after": "晚于", "known": "已登记", "unknown": "未登记",
}  # fmt: skip
NOT_KNOWN = "未登记"


@dataclass(frozen=True, slots=True)
class Names:
    """Names of tags and schemes by code."""

    tags: Mapping[str, str]
    schemes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a verdict.

    Attributes:
        text: what is asked.
        is_met: whether it holds.
        actual: what was found, "" for and, or, not.
        table, records: rows behind it.
        parts: of and, or, not.
    """

    text: str
    is_met: bool
    actual: str = ""
    table: str = ""
    records: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()


def sentence(rule: Rule, names: Names) -> str:
    """The whole rule as one sentence."""
    return f"{ElementKind(rule.kind).label}：{phrase(rule.where, names)}"


def phrase(node: Node, names: Names, *, is_inner: bool = False) -> str:
    """A condition in words; an inner and/or stands in brackets."""
    match node:
        case Compare():
            return _compared(node, names)
        case All() | Any_():
            word = "，并且" if isinstance(node, All) else "，或者"
            text = word.join(phrase(one, names, is_inner=True) for one in node.nodes)
            return f"（{text}）" if is_inner and len(node.nodes) > 1 else text
        case Not():
            return f"不符合（{phrase(node.node, names)}）"
        case Became():
            return f"{_span(node.days)}内由否转为：{phrase(node.node, names, is_inner=True)}"
    raise TypeError(node)


def verdict_parts(
    node: Node, values: Mapping[Term, Any], names: Names, records: Mapping[Term, Sequence[int]] | None = None
) -> Part:
    """A condition with what was found; its `is_met` is the verdict."""
    match node:
        case Compare():
            value = values[node.term]
            return Part(
                _compared(node, names),
                holds(node, value),
                actual(node.term, value),
                _table(node.term),
                tuple((records or {}).get(node.term) or ()),
            )
        case All() | Any_():
            parts = tuple(verdict_parts(one, values, names, records) for one in node.nodes)
            met = [part.is_met for part in parts]
            return Part(
                "以下都符合" if isinstance(node, All) else "以下至少一项",
                all(met) if isinstance(node, All) else any(met),
                parts=parts,
            )
        case Not():
            part = verdict_parts(node.node, values, names, records)
            return Part("不符合", not part.is_met, parts=(part,))
        case Became():
            now, before = (verdict_parts(one, values, names, records) for one in (node.node, node.before))
            return Part(f"{_span(node.days)}内由否转为是", now.is_met and not before.is_met, parts=(now, before))
    raise TypeError(node)


def asked(term: Term, names: Names) -> str:
    """What a term asks, without a comparison."""
    match term:
        case FactTerm():
            return _with_arguments(term.fact.label, term.fact.parameters, term.arguments).strip()
        case RelatedTerm():
            label = _with_arguments(term.path.label, term.path.parameters, term.arguments).strip()
            return f"{label}（{phrase(term.where, names)}）" if term.where is not None else label
    return _compared(Compare(term, "is"), names)


def actual(term: Term, value: Any) -> str:
    """A value that was found, in words."""
    value = filled(term, value)
    if value is None:
        return NOT_KNOWN
    if term.type is FactType.BOOL:
        return "是" if value else "否"
    if isinstance(term, FactTerm):
        return _value_text(term.fact, value)
    return f"{value} 个" if isinstance(term, RelatedTerm) else str(value)


def _compared(compare: Compare, names: Names) -> str:
    term, word = compare.term, WORDS.get(compare.op, "")
    before = f"{_span(term.back)}前" if term.back else ""
    match term:
        case TagTerm():
            return f"{before}{'没有' if compare.op == 'is_not' else '有'}标签“{names.tags.get(term.tag, term.tag)}”"
        case GradeTerm():
            levels = "、".join(compare.value or ())
            return f"{before}{names.schemes.get(term.scheme, term.scheme)}的等级{word}{levels}"
        case StayedTerm():
            return f"{before}连续{_span(term.days)}{_compared(term.compare, names)}"
        case ChangedTerm():
            return f"{before}{_span(term.days)}内变更过{FactTerm(term.key).fact.label}"
        case RelatedTerm():
            where = f"（{phrase(term.where, names)}）" if term.where is not None else ""
            label = _with_arguments(term.path.label, term.path.parameters, term.arguments)
            return f"{before}{label}中{where or '的对象'}{_number(compare, '个')}"
        case FactTerm():
            label = _with_arguments(term.fact.label, term.fact.parameters, term.arguments)
            return f"{before}{label}{_operation(compare, term.fact)}"
    raise TypeError(term)


def _operation(compare: Compare, fact: Fact) -> str:
    word, given = WORDS.get(compare.op, ""), compare.value
    if compare.op in ("known", "unknown"):
        return word
    if fact.type is FactType.BOOL:
        return "" if compare.op == "is" else "：否"
    if fact.type is FactType.NUMBER:
        return _number(compare, fact.unit)
    if isinstance(given, tuple) and compare.op != "between":
        codes = fact.codes() if fact.codes else {}
        return f"{word}{'、'.join(str(codes.get(one, one)) for one in given)}"
    if compare.op == "between":
        return f"在 {_plain(given[0])} 至 {_plain(given[1])} 之间"
    return f"{word}{_plain(given)}"


def _number(compare: Compare, unit: str) -> str:
    tail = f" {unit}" if unit else ""
    if compare.op == "between":
        return f"在 {compare.value[0]} 至 {compare.value[1]}{tail}之间"
    return f"{WORDS[compare.op]} {compare.value}{tail}"


def _with_arguments(label: str, parameters: Sequence[Parameter], arguments: Arguments) -> str:
    """The label with its window and choices: "近 12 个月的交通违法起数（酒驾）"."""
    given = dict(arguments)
    window = f"近{_span(given['days'])}的" if "days" in given else ""
    chosen = []
    for parameter in parameters:
        value = given.get(parameter.name)
        if parameter.name == "days" or value in (None, ()):
            continue
        if parameter.type is FactType.NUMBER:
            chosen.append(f"{parameter.label} {value} {parameter.unit}".strip())
            continue
        choices = parameter.choices() if parameter.choices else {}
        chosen.append("、".join(str(choices.get(one, one)) for one in ([value] if isinstance(value, str) else value)))
    return f"{window}{label}{'（' + '；'.join(chosen) + '）' if chosen else ''}"


def _span(days: int) -> str:
    if days % 365 == 0:
        return f" {days // 365} 年" if days > 365 else " 12 个月"
    return f" {days} 天"


def _value_text(fact: Fact, value: Any) -> str:
    if fact.codes and fact.type is FactType.CODE:
        return str(fact.codes().get(value, value))
    if fact.codes and fact.type is FactType.LETTERS:
        codes = fact.codes()
        return "、".join(str(codes.get(one, one)) for one in value) or NOT_KNOWN
    text = _plain(value)
    return f"{text} {fact.unit}" if fact.unit else text


def _plain(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)


def _table(term: Term) -> str:
    if isinstance(term, RelatedTerm):
        return "elements_element"
    return term.fact.record_table if isinstance(term, FactTerm) else ""
