"""What the engine found about a text, in words that an officer would say: levels, faults, and what to do about each result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from addresses.choices import AddressLevel, ResolveStatus

LEVEL_WORDS: dict[str, Any] = {level.name.lower(): level.label for level in AddressLevel} | {
    "floor": gettext_lazy("楼层")
}
# By code; `{text}` is the piece of the text that it is about, with personal numbers cut.
_FAULTS: dict[str, Any] = {
    "unread_text": gettext_lazy("没有读懂“{text}”"),
    "unread_number": gettext_lazy("没有读懂号码“{text}”"),
    "unaccounted": gettext_lazy("有的字没有归到任何一部分"),
    "stray_dash": gettext_lazy("横线的意思不明：“{text}”"),
    "zero_number": gettext_lazy("号码是零：“{text}”"),
    "decorated_number": gettext_lazy("用了带圈或上标的数字，无法确定是几"),
    "too_long": gettext_lazy("文字太长，不像一个地址"),
    "fuzzy_name": gettext_lazy("可能写错了字：{text}"),
    "second_place": gettext_lazy("写了两个地方：“{text}”"),
    "unplaced_number": gettext_lazy("“{text}”不知道是哪一级的号码"),
    "number_without_place": gettext_lazy("只有号码“{text}”，没有路名、村名或小区名"),
    "floor_contradicts_room": gettext_lazy("楼层与户室不符：“{text}”"),
    "town_contradiction": gettext_lazy("写的镇街与登记的不符（{text}）"),
    "village_contradiction": gettext_lazy("写的村居与登记的不符（{text}）"),
    "road_contradiction": gettext_lazy("写的街路巷与登记的不符（{text}）"),
    "number_contradiction": gettext_lazy("写的门牌与登记的不符（{text}）"),
    "number_unverified": gettext_lazy("登记中这个小区没有写门牌，无法核对“{text}”"),
    "number_not_found": gettext_lazy("没有登记这个门牌：{text}"),
    "building_not_found": gettext_lazy("没有登记这栋楼：{text}"),
    "unit_not_found": gettext_lazy("没有登记这个单元：{text}"),
    "room_not_found": gettext_lazy("没有登记这一户：{text}"),
    "floor_not_found": gettext_lazy("只写了楼层，没有写户室：{text}"),
    "former_name": gettext_lazy("这是旧名，现在另有地方叫这个名字（{text}）"),
    "name_not_yet_valid": gettext_lazy("这个名称还没有启用（{text}）"),
    "merged_division": gettext_lazy("所写镇街或村居已并入别处，门牌可能不同（{text}）"),
    "several_places": gettext_lazy("有 {text} 处同样符合"),
    "too_many_places": gettext_lazy("叫这个名字的地方太多"),
    "county_not_stated": gettext_lazy("只写了路名或小区，没有写镇街、村居，无法确定是莱州的"),
    "other_county": gettext_lazy("是外地地址：{text}"),
    "only_county": gettext_lazy("只写到莱州市"),
    "no_place": gettext_lazy("没有认出任何路名、村名或小区名"),
    "no_address": gettext_lazy("没有填写地址"),
    "not_in_registry": gettext_lazy("标准地址库里没有这个地方"),
    "operators_disagree": gettext_lazy("两人裁定不一致，撤销其中一个后另一个生效"),
}
_CURES: dict[str, Any] = {
    ResolveStatus.AMBIGUOUS: gettext_lazy("请补写镇街、村居或楼栋单元，使它只指一处。"),
    ResolveStatus.RELATIVE: gettext_lazy("这是“某处附近”的说法。请改写那里的门牌；没有门牌的，写最近的标准地址。"),
    ResolveStatus.OUTSIDE: gettext_lazy("这里只收莱州的标准地址；确是外地的，请填入“外地地址”栏。"),
    ResolveStatus.UNMATCHED: gettext_lazy("请写明镇街、村居或路名和门牌号。"),
    ResolveStatus.REVIEW: gettext_lazy("请按原件改正后再提交；原件确实如此的，到“地址待核”由人裁定。"),
    ResolveStatus.NONE: gettext_lazy("已裁定这不是地址，请改填真实地址。"),
}


def level_word(level: str) -> str:
    """镇街, 门牌 … for the name of a level; "" for none."""
    return str(LEVEL_WORDS.get(level, level))


def fault_word(code: str, text: str = "") -> str:
    """One fault as a clause. A code without words is shown as it stands, so that nothing is hidden."""
    sentence = str(_FAULTS.get(code, code))
    # A bracket without content says nothing.
    return sentence.replace("{text}", text) if text else sentence.replace("（{text}）", "").replace("：{text}", "").replace("“{text}”", "").replace("{text}", "")  # fmt: skip


def fault_words(faults: Iterable[Any]) -> list[str]:
    """Clauses of faults, each once and in order."""
    return list(dict.fromkeys(fault_word(fault.code, fault.text) for fault in faults))


def cure_word(status: str) -> str:
    """What the writer of a text that was not accepted should do."""
    return str(_CURES.get(status, ""))


def refusal(status: str, faults: Iterable[Any]) -> str:
    """Why a text is not accepted and what to do: one or two sentences."""
    reasons = "；".join(fault_words(faults)) or str(ResolveStatus(status).label)
    return _("%(reasons)s。%(cure)s") % {"reasons": reasons, "cure": cure_word(status)}
