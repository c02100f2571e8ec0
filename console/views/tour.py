"""A way round the platform by cases that stand in the data."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.errors import NotAllowed
from common.scope import Right
from console.selectors.tour import Case, cases

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
}


class TourView(LoginRequiredMixin, View):
    """GET: cards, each with the question it answers and the case that the data hold now."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if Right.READ not in request.user.scope.rights:
            raise NotAllowed
        cards = [_card(case) for case in cases(request.user, clock.today())]
        return render(request, "console/tour.html", {"page_title": _("看一看"), "cards": cards})


def _card(case: Case) -> dict[str, Any]:
    icon, title, text, figure = _WORDS[case.key]
    return {
        "icon": icon, "title": title, "text": text, "figure": str(figure) % case.figures, "label": case.label,
        "url": case.url, "key": case.key,
    }  # fmt: skip
