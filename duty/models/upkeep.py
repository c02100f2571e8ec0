"""Upkeep of traffic facilities and treatment of hidden dangers."""

import uuid

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from duty.choices import OPEN_STATES, InspectionResult, OrderCause, OrderState
from duty.querysets import InspectionQuerySet, WorkOrderQuerySet


@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(level=pghistory.Statement))
class InspectionPlan(models.Model):
    """How often facilities of one type are to be inspected; natural key: type of facility (GA/T-like code table sslx)."""

    facility_type = models.CharField(_("设施类型"), max_length=2, unique=True)
    every_days = models.SmallIntegerField(_("巡检周期（天）"))
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("巡检计划")
        verbose_name_plural = _("巡检计划")
        constraints = [
            models.CheckConstraint(
                condition=Q(every_days__gte=1),
                name="inspection_plan_days",
                violation_error_message=_("巡检周期至少一天。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.facility_type} / {self.every_days}"


class Inspection(models.Model):
    """Somebody looked at a facility on a day and found it good or not. `request_id` is made by the client: once is once."""

    facility = models.ForeignKey("elements.Element", models.PROTECT, db_index=False, related_name="inspections")
    done_on = models.DateField(_("巡检日期"))
    result = models.CharField(_("结果"), max_length=10, choices=InspectionResult)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    actor_id = models.BigIntegerField(_("巡检人"), null=True)
    created_at = models.DateTimeField(_("登记时间"))
    request_id = models.UUIDField(_("请求标识"), unique=True, default=uuid.uuid4)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("巡检")
        verbose_name_plural = _("巡检")
        indexes = [models.Index(fields=["facility", "-done_on"], name="inspection_latest")]

    def __str__(self) -> str:
        return f"#{self.pk}"


@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(level=pghistory.Statement))
class WorkOrder(models.Model):
    """A fault of a facility, or a hidden danger to be treated, from report to check. Natural key: number.

    `due_on` is the last day for the repair. `claim_batch_ids` holds what the steps say about the facility, one `{step, values,
    batch}` each: `batch` is the batch of claims that said it, null as long as nobody has.
    """

    number = models.CharField(_("工单编号"), max_length=20, unique=True)
    facility = models.ForeignKey(
        "elements.Element", models.PROTECT, db_index=False, related_name="work_orders", verbose_name=_("设施")
    )
    cause = models.CharField(_("事由"), max_length=10, choices=OrderCause)
    state = models.CharField(_("状态"), max_length=10, choices=OrderState, default=OrderState.REPORTED)
    fault = models.CharField(_("故障或隐患"), max_length=240)
    owner_department = models.CharField(_("责任单位"), max_length=120, blank=True)
    due_on = models.DateField(_("期限"), null=True)
    reported_by_id = models.BigIntegerField(_("报告人"), null=True)
    reported_at = models.DateTimeField(_("报告时间"))
    closed_at = models.DateTimeField(_("办结时间"), null=True)
    returned_count = models.SmallIntegerField(_("退回次数"), default=0)
    claim_batch_ids = models.JSONField(_("更正批次"), default=list)
    request_id = models.UUIDField(_("请求标识"), unique=True, default=uuid.uuid4)
    version = models.IntegerField(_("版本"), default=1)

    objects = WorkOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("工单")
        verbose_name_plural = _("工单")
        indexes = [
            models.Index(fields=["facility", "-reported_at"], name="work_order_facility"),
            models.Index(fields=["due_on", "id"], condition=Q(state__in=OPEN_STATES), name="work_order_open"),
            models.Index(fields=["-reported_at", "-id"], name="work_order_list"),
        ]

    def __str__(self) -> str:
        return self.number


class WorkOrderStep(models.Model):
    """One step of a work order: who did what when. Append-only."""

    order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="steps", verbose_name=_("工单"))
    from_state = models.CharField(_("原状态"), max_length=10, choices=OrderState, blank=True)
    to_state = models.CharField(_("新状态"), max_length=10, choices=OrderState)
    note = models.CharField(_("说明"), max_length=240, blank=True)
    actor_id = models.BigIntegerField(_("经办人"), null=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("工单步骤")
        verbose_name_plural = _("工单步骤")

    def __str__(self) -> str:
        return f"{self.order_id} {self.to_state}"


class WorkOrderPhoto(models.Model):
    """A picture that belongs to a step of a work order: the fault, the repair, the check."""

    step = models.ForeignKey(WorkOrderStep, models.PROTECT, related_name="photos", verbose_name=_("步骤"))
    photo = models.ForeignKey("elements.Photo", models.PROTECT, related_name="+", verbose_name=_("照片"))

    class Meta:
        verbose_name = _("工单照片")
        verbose_name_plural = _("工单照片")
        constraints = [models.UniqueConstraint(fields=["step", "photo"], name="work_order_photo_once")]

    def __str__(self) -> str:
        return f"#{self.pk}"
