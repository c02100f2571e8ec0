"""The element: a real thing, the fold of the claims about it."""

import pghistory
import pgtrigger
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.geometry import SRID
from elements.choices import AddressRole, ElementKind, PlaceQuality
from elements.querysets import ElementAddressQuerySet, ElementQuerySet

# Refuses writes outside `folding()`. It stops slips, not attackers; TRUNCATE stays possible for transactional tests.
FOLD_GUARD = pgtrigger.Trigger(
    name="fold_guard",
    level=pgtrigger.Statement,
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func="""
        IF coalesce(current_setting('app.fold', true), '') <> '1' THEN
            RAISE EXCEPTION 'elements are written by the fold only: submit a claim' USING ERRCODE = '23000';
        END IF;
        RETURN NULL;
    """,
)


def history() -> tuple[pghistory.RowEvent, ...]:
    """Trackers of inserts and updates by statement; fresh ones for each model, since tracking changes them."""
    return pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(level=pghistory.Statement)


@pghistory.track(*history(), fields=["block", "place_quality", "is_owned", "is_withdrawn", "merged_into", "conflicts"])
class Element(models.Model):
    """A real thing; its natural keys are its `ElementKey` rows.

    `block` is the one responsible block; scope, lists, tiles, counts use only it. `is_owned` is False for a stub that
    occurs only in others' claims. `label` is the name or plate it is called by. `conflicts` are the official fields on
    which current claims disagree. `version` rises with every fold that changes the element.
    """

    kind = models.CharField(_("种类"), max_length=10, choices=ElementKind)
    label = models.CharField(_("名称"), max_length=120, blank=True)
    block = models.ForeignKey("addresses.Area", models.PROTECT, related_name="+", verbose_name=_("块"))
    point = models.PointField(_("位置"), srid=SRID, null=True, spatial_index=False)
    place_quality = models.CharField(_("落地质量"), max_length=10, choices=PlaceQuality, default=PlaceQuality.UNPLACED)
    is_owned = models.BooleanField(_("有来源登记"), default=True)
    is_withdrawn = models.BooleanField(_("已撤回"), default=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, db_index=False, related_name="merged", verbose_name=_("并入")
    )
    conflicts = ArrayField(models.CharField(max_length=40), verbose_name=_("冲突字段"), default=list)
    version = models.IntegerField(_("版本"), default=1)
    updated_at = models.DateTimeField(_("更新时间"))

    objects = ElementQuerySet.as_manager()

    class Meta:
        verbose_name = _("要素")
        verbose_name_plural = _("要素")
        triggers = [FOLD_GUARD]
        indexes = [
            models.Index(
                fields=["kind", "block", "id"],
                condition=Q(is_owned=True, is_withdrawn=False, merged_into__isnull=True),
                name="element_list",
            ),
            models.Index(
                fields=["kind", "id"],
                condition=Q(is_owned=True, is_withdrawn=False, merged_into__isnull=True),
                name="element_list_all",
            ),
            models.Index(
                fields=["kind", "label", "id"],
                condition=Q(is_owned=True, is_withdrawn=False, merged_into__isnull=True),
                name="element_list_label",
            ),
            models.Index(OpClass("label", name="text_pattern_ops"), name="element_label_prefix"),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="element_merged"),
            models.Index(fields=["block"], condition=~Q(conflicts=[]), name="element_conflicts"),
            models.Index(fields=["block", "kind"], condition=Q(place_quality="UNPLACED"), name="element_unplaced"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class ElementAddress(models.Model):
    """One address of an element in one role: the text it came with and the standard address it got.

    Derived by the fold from the winning claim of the role's field.
    """

    element = models.ForeignKey(
        Element, models.CASCADE, db_index=False, related_name="addresses", verbose_name=_("要素")
    )
    role = models.CharField(_("角色"), max_length=10, choices=AddressRole)
    text = models.ForeignKey(
        "addresses.AddressText", models.PROTECT, db_index=False, related_name="+", verbose_name=_("地址文本")
    )

    objects = ElementAddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("要素地址")
        verbose_name_plural = _("要素地址")
        triggers = [FOLD_GUARD]
        constraints = [models.UniqueConstraint(fields=["element", "role"], name="element_address_role")]
        indexes = [models.Index(fields=["text"], name="element_address_text")]

    def __str__(self) -> str:
        return f"{self.element_id} {self.get_role_display()}"
