"""The registries (六实) that people open as lists: which elements, which columns, which filters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from elements.choices import ElementKind
from elements.kinds import DANGER, DRIVER, FAULT, FAULT_STATES, SECTION

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class MapKind(NamedTuple):
    """What a dot is on the map: code, name in the layer tree, and which elements of the registry it stands for."""

    code: str
    label: StrOrPromise
    q: Q


@dataclass(frozen=True)
class Registry:
    """One list: drivers are the persons with a licence, other persons are kept apart.

    `map_kind` is what its dots are on the map, but for those that `marked` shows otherwise; no two registries share a kind.
    """

    name: str
    kind: ElementKind
    label: StrOrPromise
    icon: str
    map_kind: str
    condition: Q = field(default_factory=Q)
    marked: tuple[MapKind, ...] = ()

    @property
    def q(self) -> Q:
        """Elements of the registry among all elements."""
        return Q(kind=self.kind) & self.condition

    @property
    def map_kinds(self) -> tuple[MapKind, ...]:
        """Every kind that its dots may have; together they are all its elements, none of them twice."""
        plain = self.q
        for other in self.marked:
            plain &= ~other.q
        return (MapKind(self.map_kind, self.label, plain), *self.marked)


_FAULTY = Q(kind=ElementKind.FACILITY, danger__isnull=True, facility__state__in=FAULT_STATES)

REGISTRIES: dict[str, Registry] = {
    registry.name: registry
    for registry in (
        Registry("drivers", ElementKind.PERSON, _("实有驾驶人"), "steering-wheel", DRIVER, Q(licence__isnull=False)),
        Registry("vehicles", ElementKind.VEHICLE, _("实有机动车"), "car", "VEHICLE"),
        Registry("houses", ElementKind.HOUSE, _("实有房屋"), "home", "HOUSE"),
        Registry("units", ElementKind.UNIT, _("实有单位"), "building", "UNIT"),
        Registry("sections", ElementKind.ROAD, _("实有道路"), "road", SECTION, Q(road__is_section=True)),
        Registry(
            "facilities",
            ElementKind.FACILITY,
            _("交通设施"),
            "traffic-lights",
            "FACILITY",
            Q(danger__isnull=True),
            (MapKind(FAULT, _("待修设施"), _FAULTY),),
        ),
        Registry("dangers", ElementKind.FACILITY, _("隐患点段"), "alert-triangle", DANGER, Q(danger__isnull=False)),
        Registry("roads", ElementKind.ROAD, _("整条道路"), "route", "ROAD", Q(road__is_section=False)),
        Registry("persons", ElementKind.PERSON, _("其他人员"), "users", "PERSON", Q(licence__isnull=True)),
    )
}
