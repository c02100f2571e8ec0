"""States and kinds of duty."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderCause(models.TextChoices):
    """Why somebody has to go there."""

    FAULT = "FAULT", _("设施故障")
    DANGER = "DANGER", _("隐患治理")


class OrderState(models.TextChoices):
    """Way of a work order; CHECKED and REJECTED end it."""

    REPORTED = "REPORTED", _("待派单")
    DISPATCHED = "DISPATCHED", _("待修复")
    REPAIRED = "REPAIRED", _("待验收")
    RETURNED = "RETURNED", _("退回重修")
    CHECKED = "CHECKED", _("已验收")
    REJECTED = "REJECTED", _("不属实")


OPEN_STATES = (OrderState.REPORTED, OrderState.DISPATCHED, OrderState.REPAIRED, OrderState.RETURNED)


class InspectionResult(models.TextChoices):
    GOOD = "GOOD", _("完好")
    FAULT = "FAULT", _("有故障")
