"""The registries (六实) that people open as lists: which elements, which columns, which filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from elements.choices import ElementKind
from elements.querysets import ElementQuerySet

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Registry:
    """One list: drivers are the persons with a licence, other persons are kept apart."""

    name: str
    kind: ElementKind
    label: StrOrPromise
    icon: str
    narrow: Callable[[ElementQuerySet], ElementQuerySet]


REGISTRIES: dict[str, Registry] = {
    registry.name: registry
    for registry in (
        Registry(
            "drivers", ElementKind.PERSON, _("实有驾驶人"), "steering-wheel", lambda q: q.filter(licence__isnull=False)
        ),
        Registry("vehicles", ElementKind.VEHICLE, _("实有机动车"), "car", lambda q: q),
        Registry("units", ElementKind.UNIT, _("实有单位"), "building", lambda q: q),
        Registry("persons", ElementKind.PERSON, _("其他人员"), "users", lambda q: q.filter(licence__isnull=True)),
    )
}
