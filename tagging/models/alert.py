"""Alerts: who was told of what, when they saw it, and what they did."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from elements.models import Element
from tagging.choices import AlertLevel, AlertState
from tagging.models.assignment import Assignment
from tagging.models.tag import Tag
from tagging.querysets import AlertQuerySet


class Alert(models.Model):
    """Something that those who answer for a block must know at once. One open alert per fingerprint; its count rises.

    `fingerprint` says what is the same: the tag and the element. After it was closed the same does not alert again before
    `cool_until`. `due_at`: not taken or, once somebody took it, not closed by then, it climbs to `rung` + 1.
    """

    fingerprint = models.CharField(_("指纹"), max_length=80)
    tag = models.ForeignKey(Tag, models.PROTECT, null=True, related_name="alerts", verbose_name=_("标签"))
    assignment = models.ForeignKey(
        Assignment, models.PROTECT, null=True, related_name="alerts", verbose_name=_("标签记录")
    )
    element = models.ForeignKey(Element, models.PROTECT, db_index=False, related_name="alerts", verbose_name=_("要素"))
    block_id = models.BigIntegerField(_("块"))
    level = models.SmallIntegerField(_("级别"), choices=AlertLevel)
    title = models.CharField(_("标题"), max_length=80)
    text = models.CharField(_("内容"), max_length=400, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=AlertState, default=AlertState.NEW)
    count = models.IntegerField(_("次数"), default=1)
    first_at = models.DateTimeField(_("首次"))
    last_at = models.DateTimeField(_("最近"))
    due_at = models.DateTimeField(_("答复期限"), null=True)
    rung = models.SmallIntegerField(_("上报层级"), default=0)
    accepted_at = models.DateTimeField(_("接收时间"), null=True)
    accepted_by_id = models.BigIntegerField(_("接收人"), null=True)
    closed_at = models.DateTimeField(_("办结时间"), null=True)
    closed_by_id = models.BigIntegerField(_("办结人"), null=True)
    cool_until = models.DateTimeField(_("冷却至"), null=True)
    version = models.IntegerField(_("版本"), default=1)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("预警")
        verbose_name_plural = _("预警")
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=Q(state__in=["NEW", "ACCEPTED", "ACTING"]),
                name="alert_open_once",
            )
        ]
        indexes = [
            models.Index(fields=["block_id", "-last_at", "-id"], name="alert_block"),
            models.Index(fields=["-last_at", "-id"], name="alert_list"),
            models.Index(fields=["element", "-last_at"], name="alert_element"),
            models.Index(fields=["fingerprint", "-closed_at"], name="alert_cooling"),
            models.Index(fields=["due_at"], condition=Q(state="NEW"), name="alert_due"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


class AlertRecipient(models.Model):
    """One user who is told of an alert, why it is they, and when it reached them. Natural key: alert and user."""

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="recipients", verbose_name=_("预警"))
    user_id = models.BigIntegerField(_("用户"))
    reason = models.CharField(_("缘由"), max_length=80)
    rung = models.SmallIntegerField(_("上报层级"), default=0)
    sent_at = models.DateTimeField(_("发出时间"))
    delivered_at = models.DateTimeField(_("到达时间"), null=True)
    seen_at = models.DateTimeField(_("看到时间"), null=True)

    class Meta:
        verbose_name = _("预警接收人")
        verbose_name_plural = _("预警接收人")
        constraints = [models.UniqueConstraint(fields=["alert", "user_id"], name="alert_recipient_once")]
        indexes = [
            models.Index(fields=["user_id", "-id"], name="alert_recipient_user"),
            models.Index(fields=["user_id"], condition=Q(seen_at__isnull=True), name="alert_recipient_unseen"),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id}/{self.user_id}"


class AlertStep(models.Model):
    """One step of an alert: raised again, accepted, escalated, closed; by whom. Append-only."""

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="steps", verbose_name=_("预警"))
    verb = models.CharField(_("动作"), max_length=12)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    actor_id = models.BigIntegerField(_("经办人"), null=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("预警步骤")
        verbose_name_plural = _("预警步骤")

    def __str__(self) -> str:
        return f"{self.alert_id} {self.verb}"


class AlertMute(models.Model):
    """What shall not alert for a while: a tag in a block, or one element; with reason and end. `block_id` null: everywhere."""

    tag = models.ForeignKey(Tag, models.CASCADE, null=True, related_name="mutes", verbose_name=_("标签"))
    element = models.ForeignKey(Element, models.PROTECT, null=True, related_name="alert_mutes", verbose_name=_("要素"))
    block_id = models.BigIntegerField(_("块"), null=True)
    reason = models.CharField(_("理由"), max_length=200)
    ends_at = models.DateTimeField(_("止"))
    actor_id = models.BigIntegerField(_("设置人"))
    created_at = models.DateTimeField(_("设置时间"))
    lifted_at = models.DateTimeField(_("取消时间"), null=True)

    class Meta:
        verbose_name = _("预警静默")
        verbose_name_plural = _("预警静默")
        constraints = [
            models.CheckConstraint(
                condition=Q(tag__isnull=False) | Q(element__isnull=False),
                name="alert_mute_what",
                violation_error_message=_("请指明静默的标签或要素。"),
            )
        ]
        indexes = [models.Index(fields=["ends_at"], condition=Q(lifted_at__isnull=True), name="alert_mute_open")]

    def __str__(self) -> str:
        return f"#{self.pk}"
