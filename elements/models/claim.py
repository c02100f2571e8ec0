"""Claims: what sources said, what they say now, and the working tables between a file and the elements."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from elements.choices import ElementKind
from elements.models.element import Element
from elements.models.fields import (
    DangerFields,
    FacilityFields,
    HouseFields,
    LicenceFields,
    PersonFields,
    RoadFields,
    UnitFields,
    VehicleFields,
)
from elements.models.source import Source


class ClaimBatch(models.Model):
    """The unit of undo: claims that came together (one file, one phone's upload, one answer)."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("处理中")
        APPLIED = "APPLIED", _("已入库")
        RETRACTED = "RETRACTED", _("已撤销")

    source = models.ForeignKey(Source, models.PROTECT, related_name="batches", verbose_name=_("来源"))
    kind = models.CharField(_("种类"), max_length=10, choices=ElementKind)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.OPEN)
    actor_id = models.BigIntegerField(_("提交人"), null=True)
    created_at = models.DateTimeField(_("提交时间"))
    retracted_at = models.DateTimeField(_("撤销时间"), null=True)

    class Meta:
        verbose_name = _("声明批次")
        verbose_name_plural = _("声明批次")

    def __str__(self) -> str:
        return f"{self.source} #{self.pk}"


class ClaimLog(models.Model):
    """One claim as it was made, append-only: source S said at `observed_at` that the thing with this key has these fields.

    `payload` holds the fields that were said, sealed where personal. `against` is what a correction corrected.
    """

    source = models.ForeignKey(Source, models.PROTECT, db_index=False, related_name="+", verbose_name=_("来源"))
    kind = models.CharField(_("种类"), max_length=10, choices=ElementKind)
    subject_key = models.CharField(_("对象键"), max_length=100)
    element = models.ForeignKey(Element, models.PROTECT, db_index=False, related_name="claims", verbose_name=_("要素"))
    batch = models.ForeignKey(ClaimBatch, models.PROTECT, db_index=False, related_name="claims", verbose_name=_("批次"))
    row_number = models.IntegerField(_("行号"))
    observed_at = models.DateTimeField(_("声明时间"))
    payload = models.JSONField(_("内容"))
    cleared = ArrayField(models.CharField(max_length=40), verbose_name=_("清空字段"), default=list)
    against = models.JSONField(_("所更正的值"), null=True)

    class Meta:
        verbose_name = _("声明")
        verbose_name_plural = _("声明")
        indexes = [
            models.Index(fields=["source", "subject_key"], name="claim_subject"),
            models.Index(fields=["element"], name="claim_element"),
            models.Index(fields=["batch"], name="claim_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class ClaimSupport(models.Model):
    """A row that supports a claim: the one that made it, and every later one that repeats it word for word.

    A claim stands while one support is not withdrawn, and counts as said on the latest date of those that are not.
    """

    claim = models.ForeignKey(ClaimLog, models.PROTECT, db_index=False, related_name="supports", verbose_name=_("声明"))
    batch = models.ForeignKey(
        ClaimBatch, models.PROTECT, db_index=False, related_name="supports", verbose_name=_("批次")
    )
    row_number = models.IntegerField(_("行号"))
    observed_at = models.DateTimeField(_("声明时间"))
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True)

    class Meta:
        verbose_name = _("声明依据")
        verbose_name_plural = _("声明依据")
        constraints = [models.UniqueConstraint(fields=["batch", "row_number", "claim"], name="claim_support_row")]
        indexes = [
            models.Index(fields=["claim"], condition=Q(withdrawn_at__isnull=True), name="claim_support_standing")
        ]

    def __str__(self) -> str:
        return f"#{self.claim_id} {self.batch_id}/{self.row_number}"


class CurrentClaim(models.Model):
    """What a source says now about one subject, all its rows taken together. Rebuilt from the log on undo.

    `rank` numbers the claims of one source on one element, latest first; `relations` is a list of
    {type, kind, scheme, value, label}. `against` of a correction: field → what the other sources said when it was made.
    `absent_since`: the last full reading of the source no longer held the subject; the claim stands all the same.
    """

    source = models.ForeignKey(Source, models.PROTECT, db_index=False, related_name="+", verbose_name=_("来源"))
    subject_key = models.CharField(_("对象键"), max_length=100)
    element = models.ForeignKey(Element, models.PROTECT, db_index=False, related_name="+", verbose_name=_("要素"))
    claim = models.ForeignKey(ClaimLog, models.PROTECT, related_name="+", verbose_name=_("最近声明"))
    observed_at = models.DateTimeField(_("声明时间"))
    rank = models.SmallIntegerField(_("序"), default=0)
    cleared = ArrayField(models.CharField(max_length=40), verbose_name=_("清空字段"), default=list)
    relations = models.JSONField(_("关系"), default=list)
    against = models.JSONField(_("所更正的值"), null=True)
    absent_since = models.DateTimeField(_("来源中已不见"), null=True)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["source", "subject_key"], name="%(class)s_subject")]
        indexes = [models.Index(fields=["element", "source", "rank"], name="%(class)s_element")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


class PersonClaim(CurrentClaim, PersonFields, LicenceFields):
    """What a source says now about a person and his or her licence."""

    class Meta(CurrentClaim.Meta):
        verbose_name = _("人员现行声明")
        verbose_name_plural = _("人员现行声明")


class VehicleClaim(CurrentClaim, VehicleFields):
    """What a source says now about a vehicle."""

    class Meta(CurrentClaim.Meta):
        verbose_name = _("机动车现行声明")
        verbose_name_plural = _("机动车现行声明")


class UnitClaim(CurrentClaim, UnitFields):
    """What a source says now about a unit."""

    class Meta(CurrentClaim.Meta):
        verbose_name = _("单位现行声明")
        verbose_name_plural = _("单位现行声明")


class HouseClaim(CurrentClaim, HouseFields):
    """What a source says now about a house."""

    class Meta(CurrentClaim.Meta):
        verbose_name = _("房屋现行声明")
        verbose_name_plural = _("房屋现行声明")


class RoadClaim(CurrentClaim, RoadFields):
    """What a source says now about a road or section."""

    class Meta(CurrentClaim.Meta):
        verbose_name = _("道路现行声明")
        verbose_name_plural = _("道路现行声明")


class FacilityClaim(CurrentClaim, FacilityFields, DangerFields):
    """What a source says now about a facility and the danger that it may be."""

    class Meta(CurrentClaim.Meta):
        verbose_name = _("设施现行声明")
        verbose_name_plural = _("设施现行声明")


class StageRow(models.Model):
    """A parsed row on its way to a claim. Unlogged: after a crash it is staged again from the landing row.

    `outcome`: NEW, CHANGED, UNCHANGED or SUPERSEDED (a later row of the same file speaks for the subject).
    `element_id` is reserved from the sequence for a new subject. `needs_replay`: the subject's current claim must be made
    again from the log (several rows in the file, an older row, or something cleared). `source_row_id` is the source's own id of the row.
    `is_direct`: the row names its element, not a key (a correction); `against` as in the current claim.
    """

    job_id = models.BigIntegerField()
    row_number = models.IntegerField()
    source_id = models.BigIntegerField()
    batch_id = models.BigIntegerField()
    subject_key = models.CharField(max_length=100)
    source_row_id = models.CharField(max_length=60, null=True)
    observed_at = models.DateTimeField()
    element_id = models.BigIntegerField(null=True)
    is_new = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, null=True)
    claim_id = models.BigIntegerField(null=True)
    needs_replay = models.BooleanField(default=False)
    is_applied = models.BooleanField(default=False)
    cleared = ArrayField(models.CharField(max_length=40), default=list)
    relations = models.JSONField(default=list)
    is_direct = models.BooleanField(default=False)
    against = models.JSONField(null=True)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["job_id", "row_number"], name="%(class)s_row")]
        indexes = [models.Index(fields=["job_id", "element_id"], name="%(class)s_element")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.row_number}"


class PersonStage(StageRow, PersonFields, LicenceFields):
    """Staged rows about persons."""


class VehicleStage(StageRow, VehicleFields):
    """Staged rows about vehicles."""


class UnitStage(StageRow, UnitFields):
    """Staged rows about units."""


class HouseStage(StageRow, HouseFields):
    """Staged rows about houses."""


class RoadStage(StageRow, RoadFields):
    """Staged rows about roads."""


class FacilityStage(StageRow, FacilityFields, DangerFields):
    """Staged rows about facilities."""


class PlanRow(models.Model):
    """What a fold will write to one element: the new values, and the version they were computed against. Unlogged.

    `is_placed_anew`: something that decides its place changes. `parts_differ`: a row of its kind's tables is to come or go.
    """

    job_id = models.BigIntegerField()
    element_id = models.BigIntegerField()
    version = models.IntegerField()
    conflicts = ArrayField(models.CharField(max_length=40), default=list)
    has_claims = models.BooleanField()
    is_placed_anew = models.BooleanField(default=False)
    parts_differ = models.BooleanField(default=False)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["job_id", "element_id"], name="%(class)s_element")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.element_id}"


class PersonPlan(PlanRow, PersonFields, LicenceFields):
    """Planned persons."""


class VehiclePlan(PlanRow, VehicleFields):
    """Planned vehicles."""


class UnitPlan(PlanRow, UnitFields):
    """Planned units."""


class HousePlan(PlanRow, HouseFields):
    """Planned houses."""


class RoadPlan(PlanRow, RoadFields):
    """Planned roads."""


class FacilityPlan(PlanRow, FacilityFields, DangerFields):
    """Planned facilities."""
