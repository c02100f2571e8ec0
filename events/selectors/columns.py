"""The columns of the lists of events: what list, API and export show, in this order."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from elements.selectors.columns import Column
from events.choices import EventKind, EventPlaceQuality, Procedure
from events.selectors.states import IncidentState, Tie

_QUALITY = Column("place_quality", "place_quality", _("位置精度"), choices=dict(EventPlaceQuality.choices))
_PLACE = Column("place_text", "place_text", _("地点"), is_long=True)
_ROAD = Column("road_name", "road_name", _("道路"))
_AREA = (
    Column("block", "block__name", _("责任块"), hint=_("事件所在的勤务网格；列表、统计都按它归属")),
    Column("district", "block__parent__name", _("警务区")),
)
_SOURCE = (Column("source", "source__name", _("来源")), Column("number", "number", _("编号")))
_PLATE = (
    Column("plate_number", "plate_number", _("号牌号码")),
    Column("plate_type", "plate_type", _("号牌种类"), codes="hpzl"),
)
_TIE = Column(
    "tie", "", _("关联机动车"), choices=dict(Tie.choices), hint=_("按号牌和当日在册的机动车对上；等待关联的会自动再对")
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    EventKind.ACCIDENT: (
        Column("occurred_at", "occurred_at", _("发生时间")),
        Column("procedure", "procedure", _("处理程序"), choices=dict(Procedure.choices)),
        Column("accident_type", "accident_type", _("事故类型"), codes="sglx"),
        Column("form", "form", _("事故形态"), codes="sgxt"),
        Column("main_cause", "main_cause", _("认定原因"), codes="sgrdyy"),
        _PLACE,
        _ROAD,
        Column("deaths", "deaths", _("死亡"), is_numeric=True),
        Column("injured", "injured", _("受伤"), is_numeric=True),
        Column("property_loss_yuan", "property_loss_yuan", _("财产损失（元）"), is_numeric=True),
        Column("weather", "weather", _("天气"), codes="tq"),
        Column("light", "light", _("照明条件"), codes="zmtj"),
        Column("road_class", "road_class", _("道路类型"), codes="dllx"),
        _QUALITY,
        *_AREA,
        *_SOURCE,
    ),
    EventKind.VIOLATION: (
        Column("occurred_at", "occurred_at", _("违法时间")),
        Column("code", "code", _("违法行为"), codes="wfxw", is_long=True),
        Column("method", "method", _("查处方式"), codes="clfs"),
        *_PLATE,
        _TIE,
        Column("person_name", "person_name", _("当事人")),
        _PLACE,
        _ROAD,
        Column("speed_kmh", "speed_kmh", _("实测（千米/时）"), is_numeric=True),
        Column("limit_kmh", "limit_kmh", _("限速（千米/时）"), is_numeric=True),
        Column("processed_at", "processed_at", _("处理时间"), hint=_("空白为未处理")),
        Column("points", "points", _("记分"), is_numeric=True, hint=_("来源写明的记分")),
        Column("points_by_rule", "points_by_rule", _("应记分"), is_numeric=True, hint=_("按违法当日规则推出的记分")),
        Column("fine_yuan", "fine_yuan", _("罚款（元）"), is_numeric=True),
        _QUALITY,
        *_AREA,
        *_SOURCE,
    ),
    EventKind.INCIDENT: (
        Column("occurred_at", "occurred_at", _("接警时间")),
        Column("category", "category", _("警情类别"), codes="jqlb"),
        Column("channel", "channel", _("报警方式")),
        Column("state", "", _("状态"), choices=dict(IncidentState.choices)),
        _PLACE,
        _ROAD,
        *_PLATE,
        _TIE,
        Column("dispatched_at", "dispatched_at", _("派警时间")),
        Column("arrived_at", "arrived_at", _("到场时间")),
        Column("closed_at", "closed_at", _("处结时间")),
        Column("handled_by", "handled_by", _("处警单位")),
        _QUALITY,
        *_AREA,
        *_SOURCE,
    ),
    EventKind.CAPTURE: (
        Column("occurred_at", "occurred_at", _("通过时间")),
        *_PLATE,
        _TIE,
        Column("has_finding", "", _("疑点"), hint=_("有未了结的疑点，如同号牌异地同时出现")),
        Column("confidence_pct", "confidence_pct", _("置信度（%）"), is_numeric=True),
        Column("place_text", "place_text", _("卡口"), is_long=True),
        Column("device_number", "device_number", _("卡口编号")),
        Column("direction", "direction", _("行驶方向")),
        Column("lane", "lane", _("车道"), is_numeric=True),
        Column("speed_kmh", "speed_kmh", _("速度（千米/时）"), is_numeric=True),
        Column("vehicle_type", "vehicle_type", _("车辆类型"), codes="cllx"),
        Column("colour", "colour", _("车身颜色"), codes="csys", is_letters=True),
        *_AREA,
        *_SOURCE,
    ),
}
