"""Details of elements, one table a kind, written by the fold only."""

import pghistory
from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex, OpClass
from django.utils.translation import gettext_lazy as _

from common.fields import SealedIndex, SealedTail
from elements.models.element import FOLD_GUARD, Element, history
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


@pghistory.track(*history())
class Person(PersonFields):
    """A natural person; natural key: citizen ID (GB 11643). A driver is a person with a `DriverLicence`."""

    element = models.OneToOneField(
        Element, models.CASCADE, primary_key=True, related_name="person", verbose_name=_("要素")
    )

    class Meta:
        verbose_name = _("人员")
        verbose_name_plural = _("人员")
        triggers = [FOLD_GUARD]
        indexes = [
            models.Index(SealedIndex("citizen_id"), name="person_citizen_id"),
            models.Index(SealedIndex("phone"), name="person_phone"),
            models.Index(SealedTail("phone"), name="person_phone_tail"),
            models.Index(OpClass("name", name="text_pattern_ops"), name="person_name"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


@pghistory.track(*history(), pghistory.DeleteEvent(level=pghistory.Statement))
class DriverLicence(LicenceFields):
    """The driving licence of a person; natural key: file number."""

    element = models.OneToOneField(
        Element, models.CASCADE, primary_key=True, related_name="licence", verbose_name=_("要素")
    )

    class Meta:
        verbose_name = _("驾驶证")
        verbose_name_plural = _("驾驶证")
        triggers = [FOLD_GUARD]
        indexes = [
            models.Index(fields=["licence_valid_to", "element"], name="licence_valid_to"),
            models.Index(fields=["points", "element"], name="licence_points"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


@pghistory.track(*history())
class Vehicle(VehicleFields):
    """A motor vehicle; natural keys: VIN, and plate with plate type in its period."""

    element = models.OneToOneField(
        Element, models.CASCADE, primary_key=True, related_name="vehicle", verbose_name=_("要素")
    )

    class Meta:
        verbose_name = _("机动车")
        verbose_name_plural = _("机动车")
        triggers = [FOLD_GUARD]
        indexes = [
            models.Index(OpClass("plate_number", name="text_pattern_ops"), name="vehicle_plate"),
            models.Index(fields=["plate_number", "element"], name="vehicle_plate_order"),
            models.Index(OpClass("vin", name="text_pattern_ops"), name="vehicle_vin"),
            models.Index(fields=["inspection_valid_to", "element"], name="vehicle_inspection"),
            models.Index(fields=["scrap_due_on", "element"], name="vehicle_scrap"),
            models.Index(fields=["use_nature", "element"], name="vehicle_use"),
            models.Index(fields=["vehicle_type", "element"], name="vehicle_type"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


@pghistory.track(*history())
class Unit(UnitFields):
    """An enterprise, institution or business; natural key: unified social credit code or organisation code."""

    element = models.OneToOneField(
        Element, models.CASCADE, primary_key=True, related_name="unit", verbose_name=_("要素")
    )

    class Meta:
        verbose_name = _("单位")
        verbose_name_plural = _("单位")
        triggers = [FOLD_GUARD]
        indexes = [
            models.Index(OpClass("name", name="text_pattern_ops"), name="unit_name"),
            models.Index(SealedTail("phone"), name="unit_phone_tail"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


@pghistory.track(*history())
class House(HouseFields):
    """A house, flat, shop or farmhouse; no natural key: the numbers of its sources."""

    element = models.OneToOneField(
        Element, models.CASCADE, primary_key=True, related_name="house", verbose_name=_("要素")
    )

    class Meta:
        verbose_name = _("房屋")
        verbose_name_plural = _("房屋")
        triggers = [FOLD_GUARD]
        indexes = [models.Index(fields=["usage", "element"], name="house_usage")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


@pghistory.track(*history())
class Road(RoadFields):
    """A road (natural key: route code), or a section of one in one block."""

    element = models.OneToOneField(
        Element, models.CASCADE, primary_key=True, related_name="road", verbose_name=_("要素")
    )

    class Meta:
        verbose_name = _("道路")
        verbose_name_plural = _("道路")
        triggers = [FOLD_GUARD]
        indexes = [
            models.Index(OpClass("name", name="text_pattern_ops"), name="road_name"),
            models.Index(fields=["road_class", "element"], name="road_class"),
            GistIndex(fields=["line"], name="road_line"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


@pghistory.track(*history())
class Facility(FacilityFields):
    """A traffic facility; no natural key: the numbers of its sources."""

    element = models.OneToOneField(
        Element, models.CASCADE, primary_key=True, related_name="facility", verbose_name=_("要素")
    )

    class Meta:
        verbose_name = _("交通设施")
        verbose_name_plural = _("交通设施")
        triggers = [FOLD_GUARD]
        indexes = [
            models.Index(fields=["facility_type", "element"], name="facility_type"),
            models.Index(fields=["expires_on", "element"], name="facility_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


@pghistory.track(*history(), pghistory.DeleteEvent(level=pghistory.Statement))
class Danger(DangerFields):
    """What makes a facility a hidden danger (隐患点段); there is a row only where something of it is known."""

    element = models.OneToOneField(
        Element, models.CASCADE, primary_key=True, related_name="danger", verbose_name=_("要素")
    )

    class Meta:
        verbose_name = _("隐患")
        verbose_name_plural = _("隐患")
        triggers = [FOLD_GUARD]
        indexes = [models.Index(fields=["treat_by_on", "element"], name="danger_treat_by")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"
