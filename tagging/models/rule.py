"""Rules and their versions, and what happened when they ran."""

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tagging.choices import RunKind
from tagging.models.tag import Tag
from tagging.models.version import Version


@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(level=pghistory.Statement))
class Rule(models.Model):
    """What gives a tag to elements; several rules may give one tag. Natural key: code.

    `published` is the version in force. `failure` says why it could not be run; what it had tagged stays. `checked_at` is the
    moment up to which the passing of time was taken into account.
    """

    code = models.CharField(_("代码"), max_length=40, unique=True)
    title = models.CharField(_("名称"), max_length=60)
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="rules", verbose_name=_("标签"))
    source = models.CharField(_("依据"), max_length=300, blank=True)
    is_shipped = models.BooleanField(_("随平台提供"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)
    published = models.ForeignKey(
        "tagging.RuleVersion", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("现行版本")
    )
    failure = models.CharField(_("故障"), max_length=300, blank=True)
    failed_at = models.DateTimeField(_("故障时间"), null=True, blank=True)
    checked_at = models.DateTimeField(_("时间核对至"), null=True, blank=True)

    class Meta:
        verbose_name = _("规则")
        verbose_name_plural = _("规则")

    def __str__(self) -> str:
        return self.title


class RuleVersion(Version):
    """One version of a rule; natural key: rule and number. The body never changes once it was submitted.

    `body` is JSON as `tagging.rules.schema` reads it. Who publishes it is somebody else than who wrote it.
    """

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions", verbose_name=_("规则"))
    body = models.JSONField(_("条件"))
    hits = models.IntegerField(_("提交时命中"), null=True)

    class Meta:
        verbose_name = _("规则版本")
        verbose_name_plural = _("规则版本")
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_version_number"),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(state="PUBLISHED"), name="rule_version_published_once"
            ),
            models.UniqueConstraint(
                fields=["rule"],
                condition=Q(state__in=["DRAFT", "SUBMITTED"]),
                name="rule_version_open_once",
                violation_error_message=_("这条规则已有未完成的版本。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"


class RuleRun(models.Model):
    """A version that was run over all elements, or tried on the past: what it did, how long it took, why it failed.

    `result` of a back-test holds its days and grids; of a nightly run `added` and `removed` are defects of what ran in between.
    """

    version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="runs", verbose_name=_("规则版本"))
    kind = models.CharField(_("种类"), max_length=10, choices=RunKind)
    at = models.DateTimeField(_("时间"))
    job_id = models.BigIntegerField(_("任务"), null=True)
    hits = models.IntegerField(_("命中"), null=True)
    added = models.IntegerField(_("新增"), default=0)
    removed = models.IntegerField(_("解除"), default=0)
    seconds = models.FloatField(_("用时（秒）"), null=True)
    failure = models.CharField(_("故障"), max_length=300, blank=True)
    result = models.JSONField(_("结果"), null=True)

    class Meta:
        verbose_name = _("规则运行")
        verbose_name_plural = _("规则运行")
        indexes = [models.Index(fields=["version", "-at"], name="rule_run_version")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.kind}"
