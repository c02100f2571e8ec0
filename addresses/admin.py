"""Divisions, areas and names of places in the admin. Standard addresses come from the registry only."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from leaflet.admin import LeafletGeoAdminMixin

from addresses.choices import AddressLevel
from addresses.models import AddressName, Area, Division
from addresses.services.index_version import raise_index_version
from common.admin import ConfigureAdmin


class MapAdmin(LeafletGeoAdminMixin, ConfigureAdmin):
    """A page with a map to draw on; there is no base map, nothing is asked of another machine."""

    settings_overrides: dict[str, Any] = {"TILES": []}


class DivisionAdmin(MapAdmin):
    """The official division tree. Codes and levels are facts; names, periods and successors change by decree."""

    can_add = False
    list_display = ("code", "name", "level", "parent", "is_urban", "valid_to")
    list_filter = ("level", "is_urban")
    list_select_related = ("parent",)
    search_fields = ("code", "name")
    ordering = ("code",)
    fields = ("code", "name", "level", "parent", "is_urban", "valid_from", "valid_to", "replaced_by", "point")
    readonly_fields = ("code", "level", "parent")
    autocomplete_fields = ("replaced_by",)

    def save_model(self, request: HttpRequest, obj: Division, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        raise_index_version()


class AreaAdmin(MapAdmin):
    """Responsibility areas on the map. An area ends by its period and is not deleted: elements and posts name it.

    Pseudo-blocks (未落地) are kept by the platform and cannot be edited.
    """

    list_display = ("code", "name", "kind", "parent", "is_urban", "is_pseudo", "valid_from", "valid_to")
    list_filter = ("kind", "is_urban", "is_pseudo")
    list_select_related = ("parent",)
    search_fields = ("code", "name")
    ordering = ("kind", "code")
    fields = ("code", "name", "kind", "parent", "town", "village", "is_urban", "valid_from", "valid_to", "geom")
    autocomplete_fields = ("parent", "town", "village")

    def get_readonly_fields(self, request: HttpRequest, obj: Area | None = None) -> tuple[str, ...]:
        return ("code", "kind") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (isinstance(obj, Area) and obj.is_pseudo)


class AddressNameAdmin(ConfigureAdmin):
    """Names by which people call a place. Every change lets the engine build its name index again."""

    can_delete_rows = True
    list_display = ("surface", "kind", "level", "town", "village", "road", "estate", "valid_to")
    list_filter = ("kind", "level")
    list_select_related = ("town", "village")
    search_fields = ("surface",)
    ordering = ("id",)
    autocomplete_fields = ("town", "village")
    fields = ("surface", "kind", "level", "town", "village", "road", "estate", "valid_from", "valid_to", "source")

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "level" and field is not None:
            named = (AddressLevel.TOWN, AddressLevel.VILLAGE, AddressLevel.ROAD, AddressLevel.ESTATE)
            field.help_text = _("填写 {levels} 之一。").format(levels="、".join(level.name.lower() for level in named))
        return field

    def save_model(self, request: HttpRequest, obj: AddressName, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        raise_index_version()

    def delete_model(self, request: HttpRequest, obj: AddressName) -> None:
        super().delete_model(request, obj)
        raise_index_version()
