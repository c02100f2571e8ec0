"""Words of the builder of rules, which draws itself in the browser."""

from __future__ import annotations

from django.utils.translation import gettext as _


def builder_texts() -> dict[str, str]:
    """Key → text; `{…}` is filled in by the builder."""
    return {
        "all": _("并且"), "any": _("或者"), "allHead": _("以下都符合"), "anyHead": _("以下至少一项符合"),
        "notHead": _("以下不符合"), "add": _("添加条件"), "empty": _("这里还没有条件，点“添加条件”开始。"),
        "became": _("由否转是"), "becameHead": _("以下条件由否转为是"), "roseOver": _("升至超过"), "stayed": _("持续"),
        "stayedHead": _("连续符合"), "changed": _("变更"), "changedHead": _("变更过"), "within": _("在最近"),
        "days": _("天"), "above": _("超过"), "conditions": _("组合"), "times": _("时间变化"), "related": _("关联对象"),
        "tags": _("标签"), "grades": _("分级"), "groupAll": _("条件组（都符合）"), "groupAny": _("条件组（至少一项）"),
        "groupNot": _("条件组（不符合）"), "hasTag": _("有标签"), "hasNoTag": _("没有标签"), "gradeOf": _("的等级"),
        "count": _("的个数"), "piece": _("个"), "ofWhich": _("其中符合："), "anyOther": _("（不限条件）"), "narrow": _("限定条件"),
        "search": _("输入关键词查找"), "nothing": _("没有找到，换个关键词。"), "choose": _("选择"),
        "chooseMore": _("选择…"), "everything": _("全部"), "done": _("完成"), "cancel": _("取消"), "up": _("上移"), "down": _("下移"),
        "copy": _("复制"), "negate": _("取反"), "remove": _("删除"), "unwrap": _("去掉外层"), "to": _("至"), "prefixes": _("用逗号分开"),
        "blank": _("未登记时：{text}"), "source": _("依据：{text}"), "pickFact": _("选择事实项"), "pickCodes": _("选择“{label}”"),
        "pickRose": _("选择一个数量"), "pickStayed": _("选择一个登记项"), "failed": _("没有取到，请检查网络后重试。"),
        "saved": _("草稿已保存（第 {number} 版）"), "unsaved": _("有未保存的修改"), "clean": _("已保存"), "counting": _("正在计算…"),
        "signedOut": _("登录已过期，请在新窗口登录后重试。"), "condition": _("条件"),
        "unknown": _("这一项平台里已经没有，请删除："),
    }  # fmt: skip
