"""One resolution in words and colours: what the page 地址解析 shows."""

from __future__ import annotations

from typing import Any

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from addresses.choices import ResolveStatus
from addresses.fault_words import cure_word, fault_words, level_word
from addresses.matching.result import Resolution
from addresses.models import StandardAddress
from addresses.selectors.visible import visible_addresses
from addresses.services.reading import ReadToken, TextReading
from common.scope import Actor

# Texts to click: each shows another thing that the engine does.
EXAMPLES: tuple[tuple[Any, str], ...] = (
    (gettext_lazy("门牌"), "莱州市文昌路街道崇文社区府前街24-1号"),
    (gettext_lazy("楼栋单元户室"), "文昌路街道崇文社区凯棠园12#1单元502"),
    (gettext_lazy("简写"), "嘉桂家园9-2-202"),
    (gettext_lazy("多了字"), "城港路街道路个庄村新33号"),
    (gettext_lazy("号码不存在"), "驿道镇西马村9999号"),
    (gettext_lazy("几处同名"), "莱州市府前街2号"),
    (gettext_lazy("相对位置"), "程郭镇东苑社区御和花园西100米"),
    (gettext_lazy("全角和部首字"), "⻄马村 第６１号"),
    (gettext_lazy("外地"), "烟台市招远市温泉路128号"),
)
MAX_TEXT = 1_000

STATUS_LEVELS = {
    ResolveStatus.EXACT: "ok", ResolveStatus.PARTIAL: "ok", ResolveStatus.AMBIGUOUS: "warn", ResolveStatus.RELATIVE: "note",
    ResolveStatus.OUTSIDE: "idle", ResolveStatus.UNMATCHED: "bad", ResolveStatus.REVIEW: "warn", ResolveStatus.NONE: "idle",
}  # fmt: skip
ROLE_WORDS = {
    "name": gettext_lazy("地名"),
    "number": gettext_lazy("号码"),
    "unit-word": gettext_lazy("量词"),
    "position": gettext_lazy("相对位置"),
    "filler": gettext_lazy("无关字"),
    "personal": gettext_lazy("号码已遮去"),
    "unread": gettext_lazy("没有读懂"),
}
_SHAPE_WORDS = {
    "group": gettext_lazy("组、排、巷"),
    "number": gettext_lazy("门牌"),
    "building": gettext_lazy("楼栋"),
    "hash": gettext_lazy("井号，多为楼栋"),
    "tower": gettext_lazy("楼栋或楼层"),
    "unit": gettext_lazy("单元"),
    "floor": gettext_lazy("楼层"),
    "room": gettext_lazy("户室"),
    "chain": gettext_lazy("连写号码"),
    "bare": gettext_lazy("没有量词的号码"),
    "route": gettext_lazy("公路"),
    "stake": gettext_lazy("桩号"),
    "distance": gettext_lazy("距离"),
    "position": gettext_lazy("方位"),
    "joiner": gettext_lazy("连接词"),
    "filler": gettext_lazy("无关字"),
    "dash": gettext_lazy("横线"),
    "separator": gettext_lazy("分隔符"),
    "personal": gettext_lazy("号码已遮去"),
    "unread": gettext_lazy("没有读懂"),
}
_ADMIN_WORDS = {
    "county": gettext_lazy("莱州市"),
    "ancestor": gettext_lazy("省、市"),
    "outside": gettext_lazy("外地地名"),
}
_OUTCOMES = {
    "found": ("ok", gettext_lazy("一致")),
    "filled": ("note", gettext_lazy("由登记册补全")),
    "missing": ("warn", gettext_lazy("登记册没有")),
    "contradicts": ("bad", gettext_lazy("矛盾")),
}


def status_words(status: str) -> dict[str, str]:
    """Badge of a result: {level, label}."""
    one = ResolveStatus(status)
    return {"level": STATUS_LEVELS[one], "label": str(one.label)}


def answer_of(reading: TextReading, user: Actor) -> dict[str, Any]:
    """Context of the answer: one query for the nodes that it names."""
    resolution = reading.resolution
    nodes = _nodes(resolution, user)
    status = str(resolution.status)
    return {
        "reading": reading,
        "badge": status_words(status),
        "tokens": [_token(token) for token in reading.tokens],
        "changes": _changes(reading),
        "steps": _steps(resolution),
        "faults": fault_words(resolution.faults),
        "cure": "" if resolution.is_accepted else cure_word(status),
        "address": nodes.get(resolution.node.code) if resolution.node else None,
        "candidates": [
            {**nodes[c.node.code], "faults": fault_words(c.faults), "percent": _percent(c.confidence)}
            for c in resolution.candidates
            if c.node.code in nodes
        ],
        "relative": _relative(resolution),
        "wanted": level_word(resolution.level_wanted),
        "reached": level_word(resolution.level_reached),
        "percent": _percent(resolution.confidence),
        "points": _points(resolution, nodes),
        "example": _example(reading),
    }


def _percent(confidence: float) -> str:
    return f"{confidence * 100:.1f}%"


def _nodes(resolution: Resolution, user: Actor) -> dict[str, dict[str, Any]]:
    """{code, full_text, level, lon, lat, is_visible} by code; a link is for who has the address in the area."""
    codes = [candidate.node.code for candidate in resolution.candidates]
    if resolution.node is not None:
        codes.append(resolution.node.code)
    if not codes:
        return {}
    found = StandardAddress.objects.filter(code__in=codes).select_related("block").defer("block__geom")
    visible = set(visible_addresses(user).filter(code__in=codes).values_list("code", flat=True))
    return {
        one.code: {
            "code": one.code, "full_text": one.full_text, "level": one.get_level_display(), "block": one.block,
            "lon": one.point.x if one.point else None, "lat": one.point.y if one.point else None,
            "is_sheet": one.level >= 4 and one.code in visible,
        }
        for one in found
    }  # fmt: skip


def _token(token: ReadToken) -> dict[str, Any]:
    if token.meanings:
        words = [str(_ADMIN_WORDS.get(one) or level_word(one)) for one in token.meanings]
        label = _("、").join(words) if len(words) < 3 else _("%(first)s等") % {"first": words[0]}
    else:
        label = str(_SHAPE_WORDS.get(token.shape, token.shape))
    return {
        "role": token.role,
        "label": label,
        "text": token.text,
        "characters": [_character(c) for c in token.characters],
    }


def _character(character: Any) -> dict[str, str]:
    role = str(ROLE_WORDS[character.role])
    hint = _("%(role)s · 原文第 %(at)s 字“%(raw)s”") % {
        "role": role, "at": character.raw_at + 1, "raw": _visible(character.raw),
    }  # fmt: skip
    return {"text": character.text, "role": character.role, "hint": hint, "is_changed": character.is_changed}


def _visible(character: str) -> str:
    """A character that prints nothing, by its number."""
    return character if character.isprintable() and not character.isspace() else f"U+{ord(character):04X}"


def _changes(reading: TextReading) -> list[dict[str, Any]]:
    """Where the normalised text differs from the raw one: {at, raw, text}; `text` is "" for what was left out."""
    rows: dict[int, dict[str, Any]] = {
        at: {"at": at + 1, "raw": _visible(raw), "text": ""} for at, raw in reading.dropped
    }
    for token in reading.tokens:
        for one in token.characters:
            if one.is_changed:
                row = rows.setdefault(one.raw_at, {"at": one.raw_at + 1, "raw": _visible(one.raw), "text": ""})
                row["text"] += one.text
    return [rows[at] for at in sorted(rows)]


def _steps(resolution: Resolution) -> list[dict[str, Any]]:
    return [
        {"level": level_word(step.level), "stated": step.stated, "held": step.held, "badge": _OUTCOMES[step.outcome][0],
         "outcome": str(_OUTCOMES[step.outcome][1])}
        for step in resolution.steps
    ]  # fmt: skip


def _relative(resolution: Resolution) -> str:
    position = resolution.relative
    if position is None:
        return ""
    metres = _("%(metres)s 米") % {"metres": position.metres} if position.metres is not None else ""
    return " ".join(part for part in (position.anchor, position.stake, position.direction, metres) if part)


def _points(resolution: Resolution, nodes: dict[str, dict[str, Any]]) -> str:
    """What the map draws, JSON: [{lon, lat, name, is_answer}]; "" for nothing. A script in a fragment would be cut out."""
    answer = resolution.node.code if resolution.node else None
    points = [
        {"lon": one["lon"], "lat": one["lat"], "name": one["full_text"], "is_answer": code == answer}
        for code, one in nodes.items()
        if one["lon"] is not None
    ]
    return orjson.dumps(points).decode() if points else ""


def _example(reading: TextReading) -> str:
    """A labelled example, as the engine's tests and the export of decisions write it: text, status and code by tabs."""
    node = reading.resolution.node
    return "\t".join((reading.text, str(reading.resolution.status), node.code if node else ""))
