"""What happened: one row an event, with where it was and whom it concerns, kept in parts by time."""

from typing import Any, ClassVar

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import BrinIndex, GistIndex
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from addresses.models import Area
from common.fields import SealedIndex
from common.partitions import Partitioning
from elements.models import Element, Source
from events.choices import EventKind, EventPlaceQuality, Procedure
from events.models.fields import AccidentFields, CaptureFields, IncidentFields, PartyFields, ViolationFields
from events.querysets import EventQuerySet


def _element(label: Any) -> models.ForeignKey:
    """An element found by key. No index of its own: the ones below lead with it. No constraint: elements are never deleted."""
    return models.ForeignKey(
        Element, models.PROTECT, null=True, db_index=False, db_constraint=False, related_name="+", verbose_name=label
    )


def _block() -> models.ForeignKey:
    """The responsible grid, or the unplaced block of a town or the city."""
    return models.ForeignKey(
        Area, models.PROTECT, db_index=False, db_constraint=False, related_name="+", verbose_name=_("块")
    )


class EventKey(models.Model):
    """Number of an event in the files of its source; its id is the id of the event. Natural key: kind, source, number.

    `occurred_at` leads to the part of the table that holds the event; `known_at` is when the platform first heard of it.
    """

    kind = models.CharField(_("种类"), max_length=10, choices=EventKind)
    source = models.ForeignKey(Source, models.PROTECT, db_index=False, related_name="+", verbose_name=_("来源"))
    number = models.CharField(_("编号"), max_length=60)
    occurred_at = models.DateTimeField(_("发生时间"), null=True)
    known_at = models.DateTimeField(_("获知时间"), db_default=Now())

    class Meta:
        verbose_name = _("事件编号")
        verbose_name_plural = _("事件编号")
        constraints = [models.UniqueConstraint(fields=["kind", "source", "number"], name="event_key_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class Event(models.Model):
    """What every recorded event has: its source and number, where it is, whether it was taken back.

    `version_id` is the version that it was made from. `is_withdrawn`: the source took it back, or the import was undone.
    """

    id = models.BigIntegerField(primary_key=True)
    source = models.ForeignKey(Source, models.PROTECT, db_index=False, related_name="+", verbose_name=_("来源"))
    number = models.CharField(_("编号"), max_length=60)
    version_id = models.BigIntegerField(_("版本"))
    is_withdrawn = models.BooleanField(_("已撤回"), default=False)
    block = _block()
    updated_at = models.DateTimeField(_("更新时间"))

    objects = EventQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


class PlacedEvent(Event):
    """An event with a place of its own; `address` is the standard address that its text was read as."""

    place_quality = models.CharField(_("位置精度"), max_length=10, choices=EventPlaceQuality)
    address_id = models.BigIntegerField(_("标准地址"), null=True)
    road = models.ForeignKey(
        Element,
        models.PROTECT,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name=_("道路"),
    )

    class Meta:
        abstract = True


class Accident(PlacedEvent, AccidentFields):
    """A road traffic accident; handled by summary or general procedure, which are counted apart."""

    partitioning: ClassVar = Partitioning("occurred_at", every="year", ahead_days=200)
    occurred_at = models.DateTimeField(_("发生时间"))
    procedure = models.CharField(_("处理程序"), max_length=10, choices=Procedure)

    class Meta:
        verbose_name = _("交通事故")
        verbose_name_plural = _("交通事故")
        indexes = [
            models.Index(fields=["block", "-occurred_at", "-id"], name="accident_block"),
            models.Index(fields=["-occurred_at", "-id"], name="accident_time"),
            models.Index(fields=["road", "occurred_at"], name="accident_road"),
            GistIndex(fields=["point"], name="accident_point"),
        ]


class Violation(PlacedEvent, ViolationFields):
    """A traffic violation, tied to the vehicle by the plate of that day and to the person by number.

    `points_by_rule` is what the rules in force on the day give, NULL where they leave a range or the code is unknown.
    """

    partitioning: ClassVar = Partitioning("occurred_at", every="month", ahead_days=70)
    occurred_at = models.DateTimeField(_("违法时间"))
    points_by_rule = models.SmallIntegerField(_("按当日规则应记分"), null=True)
    vehicle = _element(_("机动车"))
    person = _element(_("人员"))

    class Meta:
        verbose_name = _("交通违法")
        verbose_name_plural = _("交通违法")
        indexes = [
            models.Index(fields=["block", "-occurred_at", "-id"], name="violation_block"),
            models.Index(fields=["-occurred_at", "-id"], name="violation_time"),
            models.Index(fields=["vehicle", "-occurred_at"], condition=Q(vehicle__isnull=False), name="violation_car"),
            models.Index(fields=["person", "-occurred_at"], condition=Q(person__isnull=False), name="violation_person"),
            models.Index(fields=["plate_number", "-occurred_at"], name="violation_plate"),
            models.Index(SealedIndex("citizen_id"), name="violation_citizen"),
            models.Index(fields=["road", "-occurred_at"], condition=Q(road__isnull=False), name="violation_road"),
            GistIndex(fields=["point"], name="violation_point"),
        ]


class Incident(PlacedEvent, IncidentFields):
    """A call to the police: when it came, what it was about, who went and what became of it."""

    partitioning: ClassVar = Partitioning("occurred_at", every="year", ahead_days=200)
    occurred_at = models.DateTimeField(_("接警时间"))
    vehicle = _element(_("机动车"))

    class Meta:
        verbose_name = _("警情")
        verbose_name_plural = _("警情")
        indexes = [
            models.Index(fields=["block", "-occurred_at", "-id"], name="incident_block"),
            models.Index(fields=["-occurred_at", "-id"], name="incident_time"),
            models.Index(fields=["vehicle", "-occurred_at"], condition=Q(vehicle__isnull=False), name="incident_car"),
            models.Index(fields=["plate_number", "-occurred_at"], name="incident_plate"),
            models.Index(fields=["road", "-occurred_at"], condition=Q(road__isnull=False), name="incident_road"),
            GistIndex(fields=["point"], name="incident_point"),
        ]


class AccidentParty(Event, PartyFields):
    """Somebody in an accident. Waits for its accident, its vehicle and its person as long as they are not known.

    Block and time are those of the accident; until it is known, the unplaced block of the city and what the row says.
    """

    accident_id = models.BigIntegerField(_("事故"), null=True)
    vehicle = _element(_("机动车"))
    person = _element(_("人员"))

    class Meta:
        verbose_name = _("事故当事人")
        verbose_name_plural = _("事故当事人")
        indexes = [
            models.Index(fields=["accident_id"], name="party_accident"),
            models.Index(fields=["source", "accident_number"], name="party_accident_number"),
            models.Index(fields=["vehicle"], condition=Q(vehicle__isnull=False), name="party_car"),
            models.Index(fields=["person"], condition=Q(person__isnull=False), name="party_person"),
            models.Index(fields=["plate_number"], name="party_plate"),
            models.Index(SealedIndex("citizen_id"), name="party_citizen"),
        ]


class Capture(CaptureFields):
    """A vehicle that passed a checkpoint. Written once, never corrected; natural key: source, number and time."""

    partitioning: ClassVar = Partitioning("occurred_at", every="month", ahead_days=70, keep_days=730)
    id = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField(_("通过时间"))
    source = models.ForeignKey(Source, models.PROTECT, db_index=False, related_name="+", verbose_name=_("来源"))
    number = models.CharField(_("编号"), max_length=60)
    batch_id = models.BigIntegerField(_("批次"))
    block = _block()
    vehicle = _element(_("机动车"))

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("过车记录")
        verbose_name_plural = _("过车记录")
        constraints = [models.UniqueConstraint(fields=["source", "number", "occurred_at"], name="capture_once")]
        indexes = [
            models.Index(fields=["block", "-occurred_at", "-id"], name="capture_block"),
            models.Index(fields=["vehicle", "-occurred_at"], condition=Q(vehicle__isnull=False), name="capture_car"),
            models.Index(fields=["plate_number", "-occurred_at"], name="capture_plate"),
            models.Index(fields=["-occurred_at", "-id"], name="capture_time"),
            # Rows of a batch lie together: enough to find them for an undo.
            BrinIndex(fields=["batch_id"], name="capture_batch"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"
