"""What a report may consist of: reading the blocks of a template, or refusing them with the place and the cure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from analytics.reports.groupings import GROUPINGS
from common.errors import DomainError
from events.list_kinds import EVENT_LISTS

MOST_BLOCKS, LONGEST_TEXT = 60, 2_000
TYPES = {
    "heading": _("标题"), "sentences": _("自动语句"), "table": _("表格"), "chart": _("图"), "map": _("分布图"),
    "annex": _("附表"), "text": _("文字"),
}  # fmt: skip
RULES: dict[str, dict[str, Any]] = {
    "sentences": {
        "four_indices": _("四项指数"), "summary_procedure": _("简易程序事故"), "total": _("总数与比较"), "ranking": _("分布与位次"),
        "unfinished": _("尚未办结"), "orders": _("未办结工单"),
    },
    "table": {"indices": _("四项指数表"), "areas": _("按责任区"), "groups": _("按类别"), "hot_spots": _("事故多发点段")},
    "chart": {"months": _("逐月对比"), "days": _("近14天"), "groups": _("按类别")},
    "map": {"points": _("位置分布")},
    "annex": {"rows": _("清单")},
}  # fmt: skip
# Rules that need to know by what is grouped.
_GROUPED = {("sentences", "ranking"), ("table", "groups"), ("chart", "groups")}
# Rules about what is not an event of the period.
_WITHOUT_EVENTS = {"orders", "hot_spots", "unfinished"}
_KEYS = {"type", "text", "level", "rule", "events", "by", "limit", "title", "procedure"}


def read_blocks(given: Any) -> list[dict[str, Any]]:
    """The blocks of a template.

    Raises:
        DomainError: BAD_BLOCK, with the number of the block and what is wrong with it.
    """
    if not isinstance(given, Sequence) or isinstance(given, str | bytes) or not given:
        raise DomainError("BAD_BLOCK", "报告模板没有内容：请至少写一个块。")
    if len(given) > MOST_BLOCKS:
        raise DomainError("BAD_BLOCK", f"报告模板有 {len(given)} 块，最多 {MOST_BLOCKS} 块。请拆成两个模板。")
    return [read_block(one, number) for number, one in enumerate(given, 1)]


def read_block(given: Any, number: int = 1) -> dict[str, Any]:
    """One block.

    Raises:
        DomainError: BAD_BLOCK.
    """
    if not isinstance(given, Mapping):
        raise _bad(number, "不是一个块")
    kind = given.get("type")
    if kind not in TYPES:
        raise _bad(number, f"种类“{kind}”不存在，可用：{'、'.join(TYPES)}", "type")
    if unknown := sorted(set(given) - _KEYS):
        raise _bad(number, f"有不认识的项“{unknown[0]}”，可用：{'、'.join(sorted(_KEYS))}", unknown[0])
    if kind in {"heading", "text"}:
        return _read_text(given, kind, number)
    return _read_computed(given, kind, number)


def _read_text(given: Mapping[str, Any], kind: str, number: int) -> dict[str, Any]:
    text = given.get("text", "")
    if not isinstance(text, str) or (kind == "heading" and not text.strip()) or len(text) > LONGEST_TEXT:
        raise _bad(number, f"文字为空、不是文字或超过 {LONGEST_TEXT} 字", "text")
    read: dict[str, Any] = {"type": kind, "text": text.replace("\x00", "").strip()}
    if kind == "heading":
        level = given.get("level", 1)
        if level not in (1, 2):
            raise _bad(number, "标题只有 1、2 两级", "level")
        read["level"] = level
    return read


def _read_computed(given: Mapping[str, Any], kind: str, number: int) -> dict[str, Any]:
    rules = RULES[kind]
    rule, events = given.get("rule", next(iter(rules))), given.get("events", "accidents")
    if rule not in rules:
        raise _bad(number, f"规则“{rule}”不存在，可用：{'、'.join(rules)}", "rule")
    if events not in EVENT_LISTS or events == "captures":
        raise _bad(number, f"事件“{events}”不存在，可用：accidents、violations、incidents", "events")
    read = {"type": kind, "rule": rule} if rule in _WITHOUT_EVENTS else {"type": kind, "rule": rule, "events": events}
    if (kind, rule) in _GROUPED:
        if given.get("by") not in GROUPINGS[events]:
            raise _bad(number, f"分组“{given.get('by')}”不存在，可用：{'、'.join(GROUPINGS[events])}", "by")
        read["by"] = given["by"]
    for name in ("title", "procedure"):
        if name in given:
            read[name] = str(given[name])[:60]
    if read.get("procedure", "GENERAL") not in ("GENERAL", "SUMMARY", ""):
        raise _bad(number, "处理程序只有 GENERAL、SUMMARY 或空", "procedure")
    limit = given.get("limit", 50 if kind == "annex" else 10)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= 200:
        raise _bad(number, "行数应在 1 到 200 之间；更长的清单请从列表导出", "limit")
    return read | {"limit": limit}


def _bad(number: int, why: str, key: str = "") -> DomainError:
    return DomainError("BAD_BLOCK", f"报告模板第 {number} 块：{why}。请改正后重试。", {"block": number, "key": key})


def addable() -> dict[str, tuple[str, dict[str, Any]]]:
    """What can be added to a report by hand: key → (group and name, block), in the order of the list."""
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "text": (str(TYPES["text"]), {"type": "text"}),
        "heading": (f"{TYPES['heading']}（一、）", {"type": "heading", "level": 1}),
        "subheading": (f"{TYPES['heading']}（（一））", {"type": "heading", "level": 2}),
    }
    for kind, rules in RULES.items():
        for rule in rules:
            for events in _events_of(rule):
                if rule in _WITHOUT_EVENTS:
                    blocks = {f"{kind}-{rule}": {"type": kind, "rule": rule}}
                elif (kind, rule) not in _GROUPED:
                    blocks = {f"{kind}-{rule}-{events}": {"type": kind, "rule": rule, "events": events}}
                else:
                    base = {"type": kind, "rule": rule, "events": events}
                    blocks = {f"{kind}-{rule}-{events}-{by}": base | {"by": by} for by in GROUPINGS[events]}
                found |= {key: (name_of(block), block) for key, block in blocks.items()}
    return found


def name_of(block: Mapping[str, Any]) -> str:
    """What a computed block is, in the words of `addable`."""
    kind, rule = block["type"], block["rule"]
    words = [
        str(TYPES[kind]),
        *([EVENT_LISTS[block["events"]].label] if "events" in block else []),
        str(RULES[kind][rule]),
    ]
    aspect = f"：{GROUPINGS[block['events']][block['by']].aspect}" if "by" in block else ""
    return " · ".join(map(str, words)) + aspect


def _events_of(rule: str) -> tuple[str, ...]:
    only_accidents = rule in {"four_indices", "summary_procedure", "indices", *_WITHOUT_EVENTS}
    return ("accidents",) if only_accidents else ("accidents", "violations", "incidents")
