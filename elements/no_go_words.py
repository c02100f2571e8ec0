"""No-go rules in words, as a notice says them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.codes import code_table
from elements.choices import DayKind
from elements.models import NoGoRule

# Beginnings of codes that notices name. Source: GA/T 16.4, first letter and size.
TYPE_GROUPS = {
    "H1": gettext_lazy("重型货车"),
    "H2": gettext_lazy("中型货车"),
    "H3": gettext_lazy("轻型货车"),
    "H4": gettext_lazy("微型货车"),
    "H5": gettext_lazy("低速货车"),
    "Q": gettext_lazy("牵引车"),
    "G": gettext_lazy("挂车"),
    "Z": gettext_lazy("专项作业车"),
    "J": gettext_lazy("轮式机械车"),
    "K1": gettext_lazy("大型客车"),
    "K2": gettext_lazy("中型客车"),
    "K3": gettext_lazy("小型客车"),
    "K4": gettext_lazy("微型客车"),
    "N": gettext_lazy("三轮汽车"),
    "M": gettext_lazy("摩托车"),
    "T": gettext_lazy("拖拉机"),
}

# What is not offered but may be written: whole letters.
_TYPE_WORDS = TYPE_GROUPS | {"H": gettext_lazy("货车"), "K": gettext_lazy("客车")}


def minute_in_words(minute: int) -> str:
    """7:00; the end of a day is 24:00."""
    return f"{minute // 60}:{minute % 60:02d}"


def hours_in_words(rule: NoGoRule) -> str:
    """7:00—19:00, 22:00—次日6:00, or 全天."""
    if rule.from_minute is None or rule.to_minute is None or (rule.from_minute, rule.to_minute) == (0, 1440):
        return _("全天")
    start, end = minute_in_words(rule.from_minute), minute_in_words(rule.to_minute)
    return (
        f"{start}—{end}"
        if rule.from_minute < rule.to_minute
        else _("%(start)s—次日%(end)s") % {"start": start, "end": end}
    )


def days_in_words(rule: NoGoRule) -> str:
    """每天, 工作日 or 休息日和节假日."""
    return str(DayKind(rule.days).label)


def vehicles_in_words(types: Sequence[str]) -> str:
    """重型货车、挂车; every vehicle when no type is named."""
    names = code_table("cllx")
    return "、".join(str(_TYPE_WORDS.get(one) or names.get(one, one)) for one in types) or _("所有机动车")


def uses_in_words(uses: Sequence[str]) -> str:
    """货运、危险化学品运输; "" when no use is named."""
    names = code_table("syxz")
    return "、".join(names.get(one, one) for one in uses)
