"""What sources said about events: the versions that an event is made from, and the working tables on the way."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.geometry import SRID
from elements.models import ClaimBatch
from events.choices import EventKind
from events.models.event import EventKey
from events.models.fields import AccidentFields, CaptureFields, IncidentFields, PartyFields, ViolationFields


class EventVersion(models.Model):
    """What a row said about an event: append-only but for `withdrawn_at`, which undo sets.

    An event is made from its versions that are not withdrawn, in the order of (`observed_at`, id): what a later one says wins,
    what it leaves blank stays. `takes_back`: the source says that the event is void. `payload` holds what was said, sealed
    where personal.
    """

    event = models.ForeignKey(EventKey, models.PROTECT, db_index=False, related_name="versions", verbose_name=_("事件"))
    batch = models.ForeignKey(ClaimBatch, models.PROTECT, db_index=False, related_name="+", verbose_name=_("批次"))
    row_number = models.IntegerField(_("行号"))
    observed_at = models.DateTimeField(_("声明时间"))
    payload = models.JSONField(_("内容"))
    takes_back = models.BooleanField(_("撤回"), default=False)
    withdrawn_at = models.DateTimeField(_("撤销时间"), null=True)

    class Meta:
        verbose_name = _("事件版本")
        verbose_name_plural = _("事件版本")
        constraints = [models.UniqueConstraint(fields=["batch", "row_number", "event"], name="event_version_row")]
        indexes = [
            models.Index(
                fields=["event", "-observed_at", "-id"],
                condition=Q(withdrawn_at__isnull=True),
                name="event_version_standing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id}/{self.pk}"


class EventStage(models.Model):
    """A parsed row on its way to an event. Unlogged: after a crash it is staged again from the landing row.

    `outcome`: NEW, CHANGED, UNCHANGED or SUPERSEDED (a later row of the file speaks for the event). `payload` is what the row
    said; the typed fields of the row that speaks are those of the event as it will be, made from what it knew and what all
    rows say, as is `is_void`: the event is taken back. `base_version_id` is the newest version that this was made from: another one by now, and it is made again.
    `is_replay`: no row of a file, but an event to be made again from what still stands.
    """

    job_id = models.BigIntegerField()
    row_number = models.IntegerField()
    source_id = models.BigIntegerField()
    batch_id = models.BigIntegerField()
    number = models.CharField(max_length=60)
    observed_at = models.DateTimeField()
    takes_back = models.BooleanField(default=False)
    event_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=10, null=True)
    payload = models.JSONField(null=True)
    base_version_id = models.BigIntegerField(null=True)
    is_void = models.BooleanField(null=True)
    is_replay = models.BooleanField(default=False)
    is_applied = models.BooleanField(default=False)
    block_id = models.BigIntegerField(null=True)
    place_quality = models.CharField(max_length=10, null=True)
    address_id = models.BigIntegerField(null=True)
    road_id = models.BigIntegerField(null=True)
    placed_point = models.PointField(srid=SRID, null=True, spatial_index=False)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["job_id", "row_number"], name="%(class)s_row")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.row_number}"


class AccidentStage(EventStage, AccidentFields):
    """Staged rows about accidents."""


class PartyStage(EventStage, PartyFields):
    """Staged rows about parties of accidents."""


class ViolationStage(EventStage, ViolationFields):
    """Staged rows about violations."""


class IncidentStage(EventStage, IncidentFields):
    """Staged rows about incidents."""


class CaptureStage(EventStage, CaptureFields):
    """Staged rows of checkpoints."""


class EventFinding(models.Model):
    """Something about an event that only a person can settle: one plate in two places, a colour unlike the register.

    `evidence`: what was compared, in numbers and codes. Natural key: kind, event and the other event.
    """

    kind = models.CharField(_("种类"), max_length=20)
    event_kind = models.CharField(_("事件种类"), max_length=10, choices=EventKind)
    event_id = models.BigIntegerField(_("事件"))
    other_id = models.BigIntegerField(_("另一事件"), null=True)
    element_id = models.BigIntegerField(_("机动车"), null=True)
    block_id = models.BigIntegerField(_("块"))
    occurred_at = models.DateTimeField(_("发生时间"))
    evidence = models.JSONField(_("依据"))
    state = models.CharField(_("状态"), max_length=10, default="OPEN")
    note = models.CharField(_("说明"), max_length=200, blank=True)
    opened_at = models.DateTimeField(_("发现时间"))
    closed_at = models.DateTimeField(_("了结时间"), null=True)
    closed_by = models.BigIntegerField(_("了结人"), null=True)

    class Meta:
        verbose_name = _("事件疑点")
        verbose_name_plural = _("事件疑点")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "event_kind", "event_id", "other_id"], nulls_distinct=False, name="event_finding_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["block_id", "-occurred_at"], condition=Q(closed_at__isnull=True), name="event_finding_open"
            ),
            models.Index(fields=["element_id"], name="event_finding_element"),
            models.Index(fields=["event_kind", "event_id"], name="event_finding_event"),
            models.Index(
                fields=["event_kind", "other_id"], condition=Q(other_id__isnull=False), name="event_finding_other"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
