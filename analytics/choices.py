"""Words of analysis that are stored."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SpotMethod(models.TextChoices):
    """How accident-prone places are found."""

    WINDOW = "WINDOW", _("滑动窗口（认定标准）")
    DENSITY = "DENSITY", _("路网核密度")
    BAYES = "BAYES", _("经验贝叶斯")


class SpotKind(models.TextChoices):
    """Whether a place is a point or a stretch of road."""

    POINT = "POINT", _("多发点")
    SECTION = "SECTION", _("多发段")


class Level(models.TextChoices):
    """Of which areas figures and reports are made."""

    CITY = "CITY", _("全市")
    SQUADRON = "SQUADRON", _("中队")
    DISTRICT = "DISTRICT", _("警务区")
    GRID = "GRID", _("网格")


class Cycle(models.TextChoices):
    """How often a report is made; the period is the last whole one."""

    DAY = "DAY", _("日报")
    WEEK = "WEEK", _("周报")
    MONTH = "MONTH", _("月报")
    QUARTER = "QUARTER", _("季报")
    ONCE = "ONCE", _("专题")


class ReportState(models.TextChoices):
    """Life of a report."""

    DRAFT = "DRAFT", _("起草")
    EDITED = "EDITED", _("待审核")
    APPROVED = "APPROVED", _("已签发")
    SENT = "SENT", _("已发送")


class RiskSubject(models.TextChoices):
    """What a risk sheet is about."""

    ROAD = "ROAD", _("道路")
    UNIT = "UNIT", _("单位")
    DISTRICT = "DISTRICT", _("警务区")


class RiskState(models.TextChoices):
    """Life of a risk sheet."""

    DRAFT = "DRAFT", _("起草")
    WAITING = "WAITING", _("待签发")
    SIGNED = "SIGNED", _("已签发")
