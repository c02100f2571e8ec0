"""Tags that elements bear, and what follow-up did to them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from elements.models import Element
from tagging.choices import Effect, EndCause
from tagging.models.rule import Rule, RuleVersion
from tagging.models.tag import Tag
from tagging.querysets import AssignmentQuerySet


class Assignment(models.Model):
    """One element bears one tag for one reason in a period: a rule, or a person (`rule` null).

    `evidence` holds what the rule asked and was told, one `{key, value, records}` a term; `record_ids` the rows behind it, so
    that a change of one of them asks the rule again. `evidence_key` is equal as long as the reasons are. `next_check_at` is when
    time alone may change it. An outcome that ended it holds it off until `held_until` while the evidence key is the same; one
    that extended it keeps it until `kept_until` whatever the rule says.
    """

    tag = models.ForeignKey(Tag, models.PROTECT, db_index=False, related_name="assignments", verbose_name=_("标签"))
    element = models.ForeignKey(
        Element, models.PROTECT, db_index=False, related_name="tag_assignments", verbose_name=_("要素")
    )
    rule = models.ForeignKey(
        Rule, models.PROTECT, null=True, db_index=False, related_name="assignments", verbose_name=_("规则")
    )
    version = models.ForeignKey(
        RuleVersion, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("规则版本")
    )
    since = models.DateTimeField(_("起"))
    until = models.DateTimeField(_("止"), null=True)
    evidence = models.JSONField(_("依据"), default=list)
    record_ids = ArrayField(models.BigIntegerField(), verbose_name=_("依据的记录"), default=list)
    evidence_key = models.CharField(_("依据摘要"), max_length=16, blank=True)
    next_check_at = models.DateTimeField(_("下次核对"), null=True)
    level = models.SmallIntegerField(_("升级"), default=0)
    reason = models.CharField(_("理由"), max_length=200, blank=True)
    actor_id = models.BigIntegerField(_("标注人"), null=True)
    ends_on = models.DateField(_("到期日"), null=True)
    kept_until = models.DateTimeField(_("保留至"), null=True)
    held_until = models.DateTimeField(_("不再标注至"), null=True)
    end_cause = models.CharField(_("解除原因"), max_length=10, choices=EndCause, blank=True)
    ended_by_id = models.BigIntegerField(_("解除人"), null=True)
    end_note = models.CharField(_("解除说明"), max_length=200, blank=True)

    # Set by who renews the evidence: a record came that was not behind the tag before.
    has_new_records = False

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("标签记录")
        verbose_name_plural = _("标签记录")
        constraints = [
            models.UniqueConstraint(
                fields=["tag", "element", "rule"],
                condition=Q(until__isnull=True),
                nulls_distinct=False,
                name="assignment_open_once",
                violation_error_message=_("该要素已有这一标签。"),
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")), name="assignment_period"
            ),
        ]
        indexes = [
            models.Index(fields=["element", "tag"], name="assignment_element"),
            models.Index(fields=["rule", "element"], condition=Q(until__isnull=True), name="assignment_open"),
            models.Index(fields=["tag", "-since", "-id"], condition=Q(until__isnull=True), name="assignment_list"),
            models.Index(fields=["next_check_at"], condition=Q(until__isnull=True), name="assignment_next"),
            GinIndex(fields=["record_ids"], condition=Q(until__isnull=True), name="assignment_records"),
        ]

    def __str__(self) -> str:
        return f"{self.tag_id} #{self.element_id}"


class OutcomeEffect(models.Model):
    """What an outcome of follow-up does to a tag: a row a tag and outcome; without a tag for all that have no row of their own."""

    tag = models.ForeignKey(
        Tag, models.CASCADE, null=True, blank=True, related_name="outcome_effects", verbose_name=_("标签")
    )
    outcome = models.CharField(_("结果代码"), max_length=20)
    name = models.CharField(_("处置结果"), max_length=40)
    effect = models.CharField(_("作用"), max_length=10, choices=Effect)
    days = models.SmallIntegerField(_("天数"), null=True, blank=True)
    position = models.SmallIntegerField(_("顺序"), default=100)

    class Meta:
        verbose_name = _("结果作用")
        verbose_name_plural = _("结果作用")
        constraints = [
            models.UniqueConstraint(
                fields=["tag", "outcome"],
                nulls_distinct=False,
                name="outcome_effect_once",
                violation_error_message=_("这一标签已有这一结果。"),
            ),
            models.CheckConstraint(
                condition=~Q(effect__in=["END", "EXTEND"]) | Q(days__gte=0, days__isnull=False),
                name="outcome_effect_days",
                violation_error_message=_("解除、延长须写明天数：解除后多少天内同样的依据不再标注，或保留多少天。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Outcome(models.Model):
    """What came of follow-up on a tag: who reported what, and what that did. Append-only."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="outcomes", verbose_name=_("标签记录"))
    outcome = models.CharField(_("结果代码"), max_length=20)
    name = models.CharField(_("处置结果"), max_length=40)
    effect = models.CharField(_("作用"), max_length=10, choices=Effect)
    days = models.SmallIntegerField(_("天数"), null=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    actor_id = models.BigIntegerField(_("报告人"), null=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("处置结果")
        verbose_name_plural = _("处置结果")

    def __str__(self) -> str:
        return f"{self.assignment_id} {self.outcome}"
