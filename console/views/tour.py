"""A way round the platform by cases that stand in the data."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.errors import NotAllowed
from common.scope import Right
from console.selectors.tour import cases
from console.selectors.tour_case import Case
from console.tour_steps import steps_of

# What to look at, and the figure in words.
_WORDS: dict[str, tuple[str, Any, Any, Any]] = {
    "reissued_plate": (
        "id",
        gettext_lazy("号牌换发"),
        gettext_lazy("同一号牌先后属于两辆车：键带起止日期，旧车的记录仍在，新车不会被误并。看“变更历史”和“声明”。"),
        gettext_lazy("自 %(since)s 起属于这辆车"),
    ),
    "three_sources": (
        "git-merge",
        gettext_lazy("三个来源说法不一"),
        gettext_lazy("同一身份证号，三个部门登记的姓名不同：按来源次序取值，其余说法保留，形成取值冲突等人核定。"),
        gettext_lazy("%(names)s 种姓名"),
    ),
    "full_building": (
        "building",
        gettext_lazy("一栋楼住满"),
        gettext_lazy("楼盘表按单元、楼层、户室画出一栋楼，点一格看谁住在里面、有什么车。"),
        gettext_lazy("%(households)s 户有人居住，%(persons)s 人"),
    ),
    "overdue_bus_fleet": (
        "car",
        gettext_lazy("整队逾期未检验的客运企业"),
        gettext_lazy("企业名下的营运客车全部逾期未检验：从单位的关系看到每一辆车，到期事项写明依据。"),
        gettext_lazy("%(vehicles)s 辆全部逾期"),
    ),
    "broken_signal": (
        "traffic-lights",
        gettext_lazy("损坏的信号灯"),
        gettext_lazy("设施状态在地图上换了颜色；从这里报修、派单、修复、验收，状态随办结回到登记。"),
        gettext_lazy("状态：损坏"),
    ),
    "told_anew": (
        "history",
        gettext_lazy("先后说法不同的事件"),
        gettext_lazy(
            "来源后来补充或更正过：每个版本都保留，页面写明哪一版改了哪些字段；撤销一版，事件回到之前的说法。"
        ),
        gettext_lazy("%(kind)s，%(versions)s 个版本"),
    ),
    "impossible_pair": (
        "alert-triangle",
        gettext_lazy("同一号牌同时出现在两地"),
        gettext_lazy("两处卡口先后拍到同一号牌，任何车都开不了这么快：并排看两张过车记录，认定套牌、误读或说明情况。"),
        gettext_lazy("%(evidence)s"),
    ),
    "moving_vehicles": (
        "current-location",
        gettext_lazy("路上的车"),
        gettext_lazy("公交和重点车辆的位置每隔几十秒到达，地图上的车随之移动；点一辆看速度、时间和它的档案。"),
        gettext_lazy("半小时内 %(vehicles)s 辆有位置，最新 %(at)s"),
    ),
    "told_to_three": (
        "send",
        gettext_lazy("告知了几家单位的驾驶人"),
        gettext_lazy("按约定，这个人的资料提供给了几家单位。改一个字段，看谁收到更正；要求删除，看谁被召回。"),
        gettext_lazy("%(holders)s 家持有：%(names)s"),
    ),
}


class TourView(LoginRequiredMixin, View):
    """GET: cards, each with the question it answers and the case that the data hold now."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if Right.READ not in request.user.scope.rights:
            raise NotAllowed
        cards = [_card(case) for case in cases(request.user, clock.today(), clock.now())]
        context = {"page_title": _("看一看"), "cards": cards, "desk_url": settings.DEMO_DESK_URL}
        return render(request, "console/tour.html", context)


def _card(case: Case) -> dict[str, Any]:
    icon, title, text, figure = _WORDS[case.key]
    return {
        "icon": icon, "title": title, "text": text, "figure": str(figure) % case.figures, "label": case.label,
        "url": case.url, "key": case.key, "steps": steps_of(case, settings.DEMO_DESK_URL),
    }  # fmt: skip
