"""Pairs that look like one thing, and merges, as one reader sees them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.scope import Actor
from elements.models import DuplicatePair, Element, Merge

# Grounds of likeness in words; figures stand beside them.
GROUNDS = {
    "SAME_NAME": _("名称相同"),
    "SIMILAR_NAME": _("名称相近"),
    "SAME_BIRTH": _("出生日期相同"),
    "SAME_PHONE": _("电话相同"),
    "SAME_ADDRESS": _("标准地址相同"),
    "SAME_OWNER": _("产权人相同"),
    "SAME_AREA": _("面积相同"),
    "SAME_USE": _("用途相同"),
    "SAME_ENGINE": _("发动机号相同"),
    "SAME_PLATE": _("号牌号码相同"),
    "SAME_BRAND": _("品牌相同"),
    "SAME_TYPE": _("车辆类型相同"),
    "SAME_COLOUR": _("颜色相同"),
    "SAME_LEADER": _("法定代表人同名"),
    "SAME_LINE": _("线位重合或相接"),
    "SAME_SORT": _("设施类型相同"),
    "SAME_SPOT": _("位置重合（米）"),
    "NEAR": _("位置相近（米）"),
    "OTHER_ID": _("身份证号不同"),
    "OTHER_VIN": _("车辆识别代号不同"),
    "OTHER_CODE": _("代码不同"),
    "OTHER_AREA": _("面积不同"),
    "OTHER_OWNER": _("产权人不同"),
    "OTHER_STAKE": _("桩号相差（米）"),
}


def visible_pairs(user: Actor) -> QuerySet[DuplicatePair]:
    """Pairs whose both elements lie in the user's scope, with them."""
    visible = Element.objects.visible_to(user)
    return DuplicatePair.objects.filter(low__in=visible, high__in=visible).select_related("low", "high")


def visible_merges(user: Actor) -> QuerySet[Merge]:
    """Merges whose remaining element lies in the user's scope, newest first."""
    return (
        Merge.objects.filter(keep__in=Element.objects.visible_to(user))
        .select_related("keep", "drop")
        .order_by("-decided_at", "-pk")
    )
