"""Kinds of events, how sure their place is, and what may be wrong with a plate."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    ACCIDENT = "ACCIDENT", _("交通事故")
    PARTY = "PARTY", _("事故当事人")
    VIOLATION = "VIOLATION", _("交通违法")
    INCIDENT = "INCIDENT", _("警情")
    CAPTURE = "CAPTURE", _("过车记录")
    POSITION = "POSITION", _("车辆位置")


class EventPlaceQuality(models.TextChoices):
    """How near the point of an event is to where it happened."""

    EXACT = "EXACT", _("坐标")
    NUMBER = "NUMBER", _("门牌、桩号或路口")
    ROAD = "ROAD", _("道路")
    VILLAGE = "VILLAGE", _("村居")
    UNKNOWN = "UNKNOWN", _("未落点")


class Procedure(models.TextChoices):
    """How an accident is handled; the two are never added up unsaid. Source: 道路交通事故处理程序规定."""

    SUMMARY = "SUMMARY", _("简易程序")
    GENERAL = "GENERAL", _("一般程序")


class Severity(models.TextChoices):
    """How grave an accident was: the worst that its numbers or its type say."""

    FATAL = "FATAL", _("死亡事故")
    INJURY = "INJURY", _("伤人事故")
    LOSS = "LOSS", _("财产损失事故")


class EventFindingKind(models.TextChoices):
    IMPOSSIBLE_PAIR = "IMPOSSIBLE_PAIR", _("同号牌异地同时出现")
    UNLIKE_REGISTER = "UNLIKE_REGISTER", _("与登记的颜色或车型不符")


class EventFindingState(models.TextChoices):
    OPEN = "OPEN", _("待核查")
    CLONED = "CLONED", _("确认套牌")
    MISREAD = "MISREAD", _("误读")
    EXPLAINED = "EXPLAINED", _("已说明")
