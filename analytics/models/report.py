"""Reports: what they consist of, the ones that were made, and who gets them."""

from typing import ClassVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from addresses.models import Area
from analytics.choices import Cycle, Level, ReportState


@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(level=pghistory.Statement))
class ReportTemplate(models.Model):
    """A kind of report; natural key: code. `blocks` is an ordered list of `{"type": …, …}` as `analytics.reports.blocks` reads it.

    `shell` is the DOCX that the text is put into, as its user uploaded it; empty = the one of the platform.
    """

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    level = models.CharField(_("层级"), max_length=10, choices=Level)
    cycle = models.CharField(_("周期"), max_length=10, choices=Cycle)
    blocks = models.JSONField(_("内容"), default=list)
    shell = models.FileField(_("公文模板"), upload_to="report-shells/", blank=True)
    is_shipped = models.BooleanField(_("随平台提供"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("报告模板")
        verbose_name_plural = _("报告模板")

    def __str__(self) -> str:
        return self.name


class Report(models.Model):
    """One report of an area and a period; natural key: template, area, first and last day, number of the edition.

    `content` holds every block with its values, the query of each figure and the moment it was asked: both renderers read it and
    nothing else, so that an approved report never changes. `query` narrows the events of a special topic.
    """

    FIXED: ClassVar = (ReportState.APPROVED, ReportState.SENT)

    template = models.ForeignKey(ReportTemplate, models.PROTECT, related_name="reports", verbose_name=_("模板"))
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+", verbose_name=_("责任区"))
    title = models.CharField(_("标题"), max_length=120)
    first_day = models.DateField(_("起"))
    last_day = models.DateField(_("止"))
    edition = models.SmallIntegerField(_("版次"), default=1)
    state = models.CharField(_("状态"), max_length=10, choices=ReportState, default=ReportState.DRAFT)
    query = models.JSONField(_("事件范围"), default=dict)
    content = models.JSONField(_("内容"), default=dict)
    as_of = models.DateTimeField(_("数据截至"))
    author_id = models.BigIntegerField(_("编制"), null=True)
    edited_by_id = models.BigIntegerField(_("修改"), null=True)
    edited_at = models.DateTimeField(_("修改时间"), null=True)
    approved_by_id = models.BigIntegerField(_("签发"), null=True)
    approved_at = models.DateTimeField(_("签发时间"), null=True)
    sent_at = models.DateTimeField(_("发送时间"), null=True)

    class Meta:
        verbose_name = _("研判报告")
        verbose_name_plural = _("研判报告")
        constraints = [
            models.UniqueConstraint(
                fields=["template", "area", "first_day", "last_day", "edition"],
                nulls_distinct=False,
                name="report_once",
            ),
        ]
        indexes = [models.Index(fields=["-last_day", "-id"], name="report_list")]

    def __str__(self) -> str:
        return self.title


class Subscription(models.Model):
    """Somebody who gets the reports of a template by e-mail, each of an area inside the own scope. Natural key: template, user.

    `sent_through` is the last day of the last period that was sent, `sent_at` when; a missed one is made up for once.
    """

    template = models.ForeignKey(ReportTemplate, models.PROTECT, related_name="subscriptions", verbose_name=_("模板"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("订阅人"))
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+", verbose_name=_("责任区"))
    created_at = models.DateTimeField(_("订阅时间"))
    sent_through = models.DateField(_("已发至"), null=True)
    sent_at = models.DateTimeField(_("发送时间"), null=True)
    failure = models.CharField(_("未能发送的原因"), max_length=200, blank=True)
    ended_at = models.DateTimeField(_("退订时间"), null=True)

    class Meta:
        verbose_name = _("报告订阅")
        verbose_name_plural = _("报告订阅")
        constraints = [
            models.UniqueConstraint(
                fields=["template", "user"], condition=Q(ended_at__isnull=True), name="subscription_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} #{self.user_id}"
