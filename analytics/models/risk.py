"""Risk sheets: how dangerous a road, a unit or a police district is, why, and who does what about it until when."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from addresses.models import Area
from analytics.choices import RiskState, RiskSubject
from analytics.querysets import RiskSheetQuerySet
from elements.models import Element

# A signed sheet stays as it was signed, whatever code runs.
_SIGNED_STAYS = pgtrigger.Protect(
    name="signed_stays", operation=pgtrigger.Update | pgtrigger.Delete, condition=pgtrigger.Q(old__state="SIGNED")
)
_MEASURES_STAY = pgtrigger.Trigger(
    name="signed_measures_stay",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert
    | pgtrigger.UpdateOf("sheet_id", "number", "text", "role", "area_id", "due_on")
    | pgtrigger.Delete,
    func="""
        IF EXISTS (SELECT 1 FROM analytics_risksheet s WHERE s.state = 'SIGNED'
                   AND s.id = CASE WHEN TG_OP = 'INSERT' THEN NEW.sheet_id ELSE OLD.sheet_id END) THEN
            RAISE EXCEPTION 'the measures of a signed risk sheet stay' USING ERRCODE = '23000';
        END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    """,
)


class RiskSheet(models.Model):
    """One edition of the sheet of a road, unit or police district; natural key: subject and edition.

    `content` holds what was known: sections with score, level and items as a grade keeps them, figures with their queries, tags.
    `score` and `level` are those of the gravest section; no score = nothing grades the subject. Its state of signing is final.
    """

    kind = models.CharField(_("对象种类"), max_length=10, choices=RiskSubject)
    element = models.ForeignKey(Element, models.PROTECT, null=True, related_name="risk_sheets", verbose_name=_("要素"))
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+", verbose_name=_("警务区"))
    subject_key = models.CharField(_("对象"), max_length=30)
    edition = models.SmallIntegerField(_("版次"))
    state = models.CharField(_("状态"), max_length=10, choices=RiskState, default=RiskState.DRAFT)
    score = models.DecimalField(_("得分"), max_digits=9, decimal_places=4, null=True)
    level = models.CharField(_("等级"), max_length=20, blank=True)
    colour = models.CharField(_("等级颜色"), max_length=10, default="idle")
    content = models.JSONField(_("内容"))
    conclusion = models.TextField(_("研判结论"), blank=True)
    review_on = models.DateField(_("复评日期"), null=True)
    revision = models.IntegerField(_("修改次数"), default=0)
    as_of = models.DateTimeField(_("数据截至"))
    author_id = models.BigIntegerField(_("编制"))
    edited_by_id = models.BigIntegerField(_("修改"), null=True)
    edited_at = models.DateTimeField(_("修改时间"), null=True)
    signed_by_id = models.BigIntegerField(_("签发"), null=True)
    signed_at = models.DateTimeField(_("签发时间"), null=True)

    objects = RiskSheetQuerySet.as_manager()

    class Meta:
        verbose_name = _("风险评估表")
        verbose_name_plural = _("风险评估表")
        triggers = [_SIGNED_STAYS]
        constraints = [
            models.UniqueConstraint(fields=["subject_key", "edition"], name="risk_sheet_once"),
            models.UniqueConstraint(
                fields=["subject_key"], condition=~Q(state=RiskState.SIGNED), name="risk_sheet_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(element__isnull=False, area__isnull=True) | Q(element__isnull=True, area__isnull=False),
                name="risk_sheet_subject",
            ),
        ]
        indexes = [
            models.Index(fields=["-as_of", "-id"], name="risk_sheet_list"),
            models.Index(fields=["review_on"], condition=Q(state=RiskState.SIGNED), name="risk_sheet_review"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.element_id or self.area_id} ({self.edition})"


class RiskMeasure(models.Model):
    """What is to be done, by which post (role of an area, none = the brigade), until when. Natural key: sheet and number.

    The plan stays with the signed sheet; `done_on` and `result` are told afterwards.
    """

    sheet = models.ForeignKey(
        RiskSheet, models.CASCADE, db_index=False, related_name="measures", verbose_name=_("风险评估表")
    )
    number = models.SmallIntegerField(_("序号"))
    text = models.CharField(_("措施"), max_length=200)
    role = models.CharField(_("责任岗位"), max_length=12, choices=Role)
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+", verbose_name=_("责任区"))
    due_on = models.DateField(_("完成期限"))
    done_on = models.DateField(_("完成日期"), null=True)
    result = models.CharField(_("完成情况"), max_length=200, blank=True)
    done_by_id = models.BigIntegerField(_("填报"), null=True)

    class Meta:
        verbose_name = _("管控措施")
        verbose_name_plural = _("管控措施")
        triggers = [_MEASURES_STAY]
        constraints = [models.UniqueConstraint(fields=["sheet", "number"], name="risk_measure_once")]

    def __str__(self) -> str:
        return f"{self.sheet_id} #{self.number}"
