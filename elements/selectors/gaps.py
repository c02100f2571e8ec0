"""What is missing of a thing that is known: one condition for list, count, block sheet and coverage."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from addresses.choices import ACCEPTED
from elements.choices import AddressRole, RelationType
from elements.models import Element, ElementAddress, Relation

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Usages in which somebody is expected to live: own use and let.
_LIVED_IN = ("01", "02")


@dataclass(frozen=True)
class Gap:
    """One thing that may be missing.

    Attributes:
        code: stands in URLs as `gap=code`.
        registries: lists whose things may lack it.
        condition: the elements that lack it, among those of the registries.
        definition: what is counted, for the reader.
    """

    code: str
    registries: tuple[str, ...]
    label: StrOrPromise
    definition: StrOrPromise
    condition: Callable[[], Q]


def _without_resident() -> Q:
    lives_here = Relation.objects.filter(object_id=OuterRef("pk"), type=RelationType.LIVES_IN)
    # The same standard address is named as the residence of somebody who stands.
    standing = Element.objects.standing().filter(pk=OuterRef("element_id"))
    residents = ElementAddress.objects.filter(
        Exists(standing), role=AddressRole.RESIDENCE, text__status__in=ACCEPTED,
        text__address_id=OuterRef("text__address_id"),
    )  # fmt: skip
    lived_at = ElementAddress.objects.filter(
        Exists(residents), element_id=OuterRef("pk"), role=AddressRole.SITE, text__status__in=ACCEPTED
    )
    return Q(house__usage__in=_LIVED_IN) & Q(~Exists(lives_here)) & Q(~Exists(lived_at))


def _without_leader() -> Q:
    led = Relation.objects.filter(subject_id=OuterRef("pk"), type=RelationType.LED_BY)
    return (Q(unit__legal_person_name__isnull=True) | Q(unit__legal_person_name="")) & Q(~Exists(led))


def _without_parking() -> Q:
    address = ElementAddress.objects.filter(element_id=OuterRef("pk"), role=AddressRole.PARKING)
    car_park = Relation.objects.filter(subject_id=OuterRef("pk"), type=RelationType.PARKS_AT)
    return Q(~Exists(address)) & Q(~Exists(car_park))


GAPS: dict[str, Gap] = {
    gap.code: gap
    for gap in (
        Gap(
            "NO_RESIDENT", ("houses",), _("没有住户的房屋"),
            _("用途为自住或出租，没有人登记居住，也没有人的现住地址与它相同"), _without_resident,
        ),
        Gap(
            "NO_LEADER", ("units",), _("没有负责人的单位"),
            _("没有法定代表人姓名，也没有法定代表人关系"), _without_leader,
        ),
        Gap(
            "NO_PARKING", ("vehicles",), _("没有停放地址的机动车"),
            _("没有停放地址，也没有停放处关系"), _without_parking,
        ),
        Gap(
            "NO_PHONE", ("drivers", "persons"), _("没有联系电话的人员"),
            _("没有任何来源登记联系电话"), lambda: Q(person__phone__isnull=True),
        ),
        Gap(
            "NO_POINT", ("facilities", "dangers"), _("没有实测位置的设施"),
            _("没有任何来源登记实测经纬度，只有地址或连地址也没有"), lambda: Q(facility__point__isnull=True),
        ),
    )
}  # fmt: skip


def gaps_of(registry: str) -> list[Gap]:
    """What may be missing of the things of a registry."""
    return [gap for gap in GAPS.values() if registry in gap.registries]


def with_gaps(codes: Iterable[str]) -> Q:
    """Elements that lack at least one of the named things; of none, nothing."""
    lacking = Q()
    for code in codes:
        lacking |= GAPS[code].condition()
    return lacking or Q(pk__in=[])
