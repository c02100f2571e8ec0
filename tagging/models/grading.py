"""Grading schemes, their versions, the grades they gave, and grades set by people."""

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from elements.choices import ElementKind
from elements.models import Element
from tagging.choices import OverrideState
from tagging.models.version import Version
from tagging.querysets import GradeQuerySet


@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(level=pghistory.Statement))
class Scheme(models.Model):
    """A way of grading elements of one kind, e.g. 运输企业 重点/关注/一般; natural key: code."""

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    kind = models.CharField(_("对象种类"), max_length=10, choices=ElementKind)
    source = models.CharField(_("依据"), max_length=300, blank=True)
    is_shipped = models.BooleanField(_("随平台提供"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)
    published = models.ForeignKey(
        "tagging.SchemeVersion", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("现行版本")
    )
    failure = models.CharField(_("故障"), max_length=300, blank=True)
    failed_at = models.DateTimeField(_("故障时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("分级方案")
        verbose_name_plural = _("分级方案")

    def __str__(self) -> str:
        return self.name


class SchemeVersion(Version):
    """One version of a scheme; natural key: scheme and number. The body never changes once it was submitted.

    `body` is JSON as `tagging.rules.scheme` reads it: whom it grades, indicators with weights, thresholds, levels.
    """

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="versions", verbose_name=_("分级方案"))
    body = models.JSONField(_("内容"))

    class Meta:
        verbose_name = _("方案版本")
        verbose_name_plural = _("方案版本")
        constraints = [
            models.UniqueConstraint(fields=["scheme", "number"], name="scheme_version_number"),
            models.UniqueConstraint(
                fields=["scheme"], condition=Q(state="PUBLISHED"), name="scheme_version_published_once"
            ),
            models.UniqueConstraint(
                fields=["scheme"],
                condition=Q(state__in=["DRAFT", "SUBMITTED"]),
                name="scheme_version_open_once",
                violation_error_message=_("这一方案已有未完成的版本。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme_id} v{self.number}"


class Grade(models.Model):
    """The grade of an element by a scheme in a period; natural key: scheme, element, since.

    `score` is what the version gave, `level` the code it led to after hysteresis and overrides. `items` holds every indicator
    with its value, exposure, shrunk value, points and records, from which the score can be computed again to the digit.
    """

    scheme = models.ForeignKey(
        Scheme, models.PROTECT, db_index=False, related_name="grades", verbose_name=_("分级方案")
    )
    version = models.ForeignKey(SchemeVersion, models.PROTECT, related_name="grades", verbose_name=_("方案版本"))
    element = models.ForeignKey(Element, models.PROTECT, db_index=False, related_name="grades", verbose_name=_("要素"))
    score = models.DecimalField(_("得分"), max_digits=9, decimal_places=4)
    computed_level = models.CharField(_("按得分的等级"), max_length=20)
    level = models.CharField(_("等级"), max_length=20)
    items = models.JSONField(_("各项"), default=list)
    since = models.DateTimeField(_("起"))
    until = models.DateTimeField(_("止"), null=True)
    override = models.ForeignKey(
        "tagging.GradeOverride", models.PROTECT, null=True, related_name="grades", verbose_name=_("人工定级")
    )

    objects = GradeQuerySet.as_manager()

    class Meta:
        verbose_name = _("等级")
        verbose_name_plural = _("等级")
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "element"], condition=Q(until__isnull=True), name="grade_open_once"
            ),
        ]
        indexes = [
            models.Index(fields=["element", "scheme", "-since"], name="grade_element"),
            models.Index(
                fields=["scheme", "level", "-score", "id"], condition=Q(until__isnull=True), name="grade_list"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme_id} #{self.element_id}"


class GradeOverride(models.Model):
    """A grade that people set against the score: asked for by one, confirmed by another, until a day."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="overrides", verbose_name=_("分级方案"))
    element = models.ForeignKey(
        Element, models.PROTECT, db_index=False, related_name="grade_overrides", verbose_name=_("要素")
    )
    level = models.CharField(_("等级"), max_length=20)
    reason = models.CharField(_("理由"), max_length=200)
    state = models.CharField(_("状态"), max_length=10, choices=OverrideState, default=OverrideState.REQUESTED)
    expires_on = models.DateField(_("到期日"))
    requested_by_id = models.BigIntegerField(_("申请人"))
    requested_at = models.DateTimeField(_("申请时间"))
    decided_by_id = models.BigIntegerField(_("复核人"), null=True)
    decided_at = models.DateTimeField(_("复核时间"), null=True)
    decision_note = models.CharField(_("复核意见"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("人工定级")
        verbose_name_plural = _("人工定级")
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "element"],
                condition=Q(state__in=["REQUESTED", "APPROVED"]),
                name="grade_override_open_once",
                violation_error_message=_("该要素已有未结束的人工定级。"),
            ),
        ]
        indexes = [models.Index(fields=["element"], name="grade_override_element")]

    def __str__(self) -> str:
        return f"{self.scheme_id} #{self.element_id}"
