"""Reading a rule out of JSON: what it may say, and a clear refusal for what it may not.

{"kind": "PERSON", "where": NODE}
NODE: {"all": [NODE…]} | {"any": [NODE…]} | {"not": NODE}
    | {"fact": KEY, "args": {…}, "op": OP, "value": V}
    | {"related": PATH, "args": {…}, "where": NODE, "op": OP, "value": N}      where is optional
    | {"tag": CODE, "op": "is" | "is_not"} | {"grade": SCHEME, "op": "in" | "not_in", "value": [LEVEL…]}
    | {"became": NODE, "days": N} | {"rose_over": {"fact": …, "args": …}, "value": V, "days": N}
    | {"stayed": {"fact": …, "op": …, "value": …}, "days": N} | {"changed": KEY, "days": N}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from common.errors import DomainError
from common.facts import ANY_KIND, ColumnRead, Fact, FactType, Parameter, fact, path
from elements.choices import ElementKind
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
    comparisons,
    terms,
)

MAX_NODES, MAX_DEPTH, MAX_DAYS, MAX_VALUES, MAX_TEXT = 200, 8, 3_660, 500, 120
IS, IS_NOT, KNOWN, UNKNOWN = "is", "is_not", "known", "unknown"
# Comparisons of each type, each with the number of its operands: 0, 1, 2, or -1 for a list.
OPERATORS: dict[FactType, dict[str, int]] = {
    FactType.NUMBER: {"=": 1, "!=": 1, ">": 1, ">=": 1, "<": 1, "<=": 1, "between": 2},
    FactType.TEXT: {"=": 1, "!=": 1, "contains": 1, "starts": 1},
    FactType.CODE: {"in": -1, "not_in": -1, "starts": -1},
    FactType.LETTERS: {"any_of": -1, "none_of": -1},
    FactType.DATE: {"before": 1, "after": 1, "between": 2},
    FactType.BOOL: {IS: 0, IS_NOT: 0},
}
_FORMS = ("all", "any", "not", "fact", "related", "tag", "grade", "became", "rose_over", "stayed", "changed")


class BadRule(DomainError):
    """A rule that cannot be read: `extra["at"]` is the way to the place, e.g. "where.all[1].value"."""

    def __init__(self, message: str, at: str) -> None:
        super().__init__("BAD_RULE", f"{message}（位置：{at}）", {"at": at})


class Names:
    """Names that a rule may use besides facts and paths: codes of tags, and of schemes with their levels."""

    def __init__(self, tags: Collection[str] = (), schemes: Mapping[str, Collection[str]] | None = None) -> None:
        self.tags, self.schemes = tags, schemes or {}


def read_rule(document: Any, names: Names) -> Rule:
    """The rule that a document says.

    Raises:
        BadRule: it says something that is no rule, is too large or too deep, compares what cannot be compared.
        UnknownFact: it names a fact or path that there is not.
    """
    if not isinstance(document, dict) or set(document) != {"kind", "where"}:
        raise BadRule("规则须由“对象种类”和“条件”两部分组成", "规则")
    if document["kind"] not in ElementKind.values:
        raise BadRule(f"没有“{document['kind']}”这一对象种类", "kind")
    where = _Reader(names).node(document["where"], document["kind"], "where", 1)
    return Rule(document["kind"], where, terms(where))


class _Reader:
    def __init__(self, names: Names) -> None:
        self._names, self._count = names, 0

    def node(self, document: Any, kind: str, at: str, depth: int, *, is_inside: bool = False) -> Node:
        self._count += 1
        if self._count > MAX_NODES:
            raise BadRule(f"条件超过 {MAX_NODES} 个，请拆成几条规则", at)
        if depth > MAX_DEPTH:
            raise BadRule(f"条件嵌套超过 {MAX_DEPTH} 层，请简化", at)
        if not isinstance(document, dict):
            raise BadRule("条件的写法不对", at)
        forms = [one for one in _FORMS if one in document]
        if len(forms) != 1:
            raise BadRule("一个条件只能是一种，且须是已有的种类", at)
        form = forms[0]
        match form:
            case "all" | "any":
                self._only(document, {form}, at)
                nodes = document[form]
                if not isinstance(nodes, list) or not nodes:
                    raise BadRule("“并且”“或者”下面至少要有一个条件", at)
                read = tuple(
                    self.node(one, kind, f"{at}.{form}[{n}]", depth + 1, is_inside=is_inside)
                    for n, one in enumerate(nodes)
                )
                return All(read) if form == "all" else Any_(read)
            case "not":
                self._only(document, {"not"}, at)
                return Not(self.node(document["not"], kind, f"{at}.not", depth + 1, is_inside=is_inside))
            case "fact":
                return self._fact(document, kind, at)
            case "related":
                return self._related(document, kind, at, depth)
            case "tag":
                return self._tag(document, at)
            case "grade":
                return self._grade(document, at)
            case "stayed":
                return self._stayed(document, kind, at)
            case "changed":
                return self._changed(document, kind, at)
        if is_inside:
            raise BadRule("“由否转是”里面不能再套时间变化", at)
        return self._became(document, kind, at, depth)

    def _fact(self, document: dict[str, Any], kind: str, at: str) -> Compare:
        self._only(document, {"fact", "args", "op", "value"}, at)
        found = self._fact_of(document["fact"], kind, at)
        arguments = _arguments(found.parameters, document.get("args") or {}, f"{at}.args")
        term = FactTerm(found.key, arguments)
        return _compare(term, document, at, found)

    def _fact_of(self, key: Any, kind: str, at: str) -> Fact:
        found = fact(str(key))
        if found.kind not in (kind, ANY_KIND):
            raise BadRule(f"“{found.label}”不是{ElementKind(kind).label}的事实项", f"{at}.fact")
        return found

    def _related(self, document: dict[str, Any], kind: str, at: str, depth: int) -> Compare:
        self._only(document, {"related", "args", "where", "op", "value"}, at)
        found = path(str(document["related"]))
        if found.kind not in (kind, ANY_KIND):
            raise BadRule(f"“{found.label}”不是{ElementKind(kind).label}的关联", f"{at}.related")
        arguments = _arguments(found.parameters, document.get("args") or {}, f"{at}.args")
        other = found.object_kind or str(dict(arguments).get("kind"))
        where = None
        if document.get("where") is not None:
            where = self.node(document["where"], other, f"{at}.where", depth + 1, is_inside=True)
        return _compare(RelatedTerm(found.key, arguments, other, where), document, at, None)

    def _tag(self, document: dict[str, Any], at: str) -> Compare:
        self._only(document, {"tag", "op"}, at)
        if not isinstance(document["tag"], str) or document["tag"] not in self._names.tags:
            raise BadRule(f"没有“{document['tag']}”这一标签", f"{at}.tag")
        return _compare(TagTerm(document["tag"]), document, at, None)

    def _grade(self, document: dict[str, Any], at: str) -> Compare:
        self._only(document, {"grade", "op", "value"}, at)
        levels = self._names.schemes.get(str(document["grade"]))
        if levels is None:
            raise BadRule(f"没有“{document['grade']}”这一分级方案", f"{at}.grade")
        read = _compare(GradeTerm(str(document["grade"])), document, at, None)
        if read.op == "starts" or not set(read.value or ()) <= set(levels):
            raise BadRule(f"这一方案的等级只有：{'、'.join(levels)}", f"{at}.value")
        return read

    def _stayed(self, document: dict[str, Any], kind: str, at: str) -> Compare:
        self._only(document, {"stayed", "days"}, at)
        inner = document["stayed"]
        if not isinstance(inner, dict) or "fact" not in inner:
            raise BadRule("“持续”里须是一个登记项的比较", at)
        compare = self._fact(inner, kind, f"{at}.stayed")
        self._registered(compare.term, f"{at}.stayed")
        return Compare(StayedTerm(compare, _days(document, at)), IS)

    def _changed(self, document: dict[str, Any], kind: str, at: str) -> Compare:
        self._only(document, {"changed", "days"}, at)
        found = self._fact_of(document["changed"], kind, at)
        self._registered(FactTerm(found.key), f"{at}.changed")
        return Compare(ChangedTerm(found.key, _days(document, at)), IS)

    def _registered(self, term: Any, at: str) -> None:
        read = term.fact.read if isinstance(term, FactTerm) else None
        if not isinstance(read, ColumnRead) or read.versions is None or read.changes_with_the_day:
            raise BadRule("只有登记项可以问“持续”和“变更”，统计的和随日期变的不可以", at)

    def _became(self, document: dict[str, Any], kind: str, at: str, depth: int) -> Became:
        form = "became" if "became" in document else "rose_over"
        self._only(document, {form, "days"} | ({"value"} if form == "rose_over" else set()), at)
        days = _days(document, at)
        inner = document[form]
        if form == "rose_over":
            if not isinstance(inner, dict) or "fact" not in inner:
                raise BadRule("“升至超过”须针对一个数量", at)
            inner = {**inner, "op": ">", "value": document.get("value")}
        node = self.node(inner, kind, f"{at}.{form}", depth + 1, is_inside=True)
        for one in comparisons(node):
            if isinstance(one.term, (StayedTerm, ChangedTerm)):
                raise BadRule("“由否转是”里面不能再套时间变化", at)
            if isinstance(one.term, FactTerm) and _keeps_nothing(one.term.fact):
                raise BadRule(f"“{one.term.fact.label}”没有逐次留存，不能问何时变化", at)
        return Became(node, _shifted(node, days), days)

    def _only(self, document: dict[str, Any], allowed: set[str], at: str) -> None:
        strange = sorted(set(document) - allowed)
        if strange:
            raise BadRule(f"不认识“{'、'.join(map(str, strange))}”", at)


def _keeps_nothing(asked: Fact) -> bool:
    return isinstance(asked.read, ColumnRead) and asked.read.versions is None


def _shifted(node: Node, days: int) -> Node:
    match node:
        case Compare():
            return Compare(replace(node.term, back=days), node.op, node.value)
        case All():
            return All(tuple(_shifted(one, days) for one in node.nodes))
        case Any_():
            return Any_(tuple(_shifted(one, days) for one in node.nodes))
        case Not():
            return Not(_shifted(node.node, days))
    raise TypeError(node)


def _days(document: dict[str, Any], at: str) -> int:
    days = document.get("days")
    if not _is_whole(days) or not 1 <= days <= MAX_DAYS:
        raise BadRule(f"天数须是 1 至 {MAX_DAYS} 的整数（不超过十年）", f"{at}.days")
    return int(days)


def _arguments(parameters: tuple[Parameter, ...], given: Any, at: str) -> Arguments:
    if not isinstance(given, dict):
        raise BadRule("参数的写法不对", at)
    strange = sorted(set(given) - {one.name for one in parameters})
    if strange:
        raise BadRule(f"不认识参数“{'、'.join(map(str, strange))}”", at)
    return tuple((one.name, _argument(one, given.get(one.name, one.default), f"{at}.{one.name}")) for one in parameters)


def _argument(parameter: Parameter, value: Any, at: str) -> Any:
    if value is None:
        raise BadRule(f"请填写“{parameter.label}”", at)
    if parameter.type is FactType.NUMBER:
        if not _is_whole(value) or not parameter.least <= value <= parameter.most:
            unit = f" {parameter.unit}" if parameter.unit else ""
            raise BadRule(f"“{parameter.label}”须是 {parameter.least} 至 {parameter.most} 的整数{unit}", at)
        return int(value)
    choices = parameter.choices() if parameter.choices else {}
    if parameter.type is FactType.TEXT:
        if not isinstance(value, str) or value not in choices:
            raise BadRule(f"“{parameter.label}”没有“{value}”这一项", at)
        return value
    values = _list(value, at)
    strange = [str(one) for one in values if str(one) not in choices]
    if strange:
        raise BadRule(f"“{parameter.label}”没有“{'、'.join(strange)}”", at)
    if not values and parameter.default is None:
        raise BadRule(f"“{parameter.label}”至少选一项", at)
    return tuple(str(one) for one in values)


def _compare(term: Any, document: dict[str, Any], at: str, about: Fact | None) -> Compare:
    op, operators = document.get("op"), OPERATORS[term.type]
    if op in (KNOWN, UNKNOWN):
        if term.is_none_at_null:
            raise BadRule("这一项没有“未登记”之说，没有就是零", f"{at}.op")
        return Compare(term, op)
    if not isinstance(op, str) or op not in operators:
        label = about.label if about else "这一项"
        raise BadRule(f"“{label}”不能用“{op}”比较，可用：{'、'.join(operators)}", f"{at}.op")
    return Compare(term, op, _value(term.type, operators[op], document.get("value"), about, op, f"{at}.value"))


def _value(type_: FactType, operands: int, value: Any, about: Fact | None, op: str, at: str) -> Any:
    if operands == 0:
        return None
    if operands == -1:
        values = _list(value, at)
        if not values:
            raise BadRule("至少选一项", at)
        if about is not None and about.codes is not None and op != "starts":
            known = about.codes()
            strange = [str(one) for one in values if str(one) not in known]
            if strange:
                raise BadRule(f"“{about.label}”没有代码“{'、'.join(strange)}”", at)
        return tuple(str(one) for one in values)
    if operands == 2:
        if not isinstance(value, list) or len(value) != 2:
            raise BadRule("“介于”需要两个值", at)
        low, high = (_single(type_, one, at) for one in value)
        if low > high:
            raise BadRule("“介于”的前一个值不能大于后一个", at)
        return low, high
    return _single(type_, value, at)


def _single(type_: FactType, value: Any, at: str) -> Any:
    if type_ is FactType.NUMBER:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e9:
            raise BadRule("须是数字", at)
        return value
    if type_ is FactType.DATE:
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise BadRule("须是日期，如 2026-01-31", at) from None
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise BadRule(f"须是 1 至 {MAX_TEXT} 字的文字", at)
    return value


def _list(value: Any, at: str) -> list[Any]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, (str, int)) for one in value):
        raise BadRule("须是一组值", at)
    if len(value) > MAX_VALUES:
        raise BadRule(f"一组值不超过 {MAX_VALUES} 个", at)
    return list(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
