"""Divisions, areas and names of places in the admin. Standard addresses come from the registry only."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from leaflet.admin import LeafletGeoAdminMixin

from addresses.choices import AddressLevel, AreaKind
from addresses.drawing_texts import DRAWING_TEXTS
from addresses.models import AddressName, Area, Division
from addresses.services.index_version import raise_index_version
from addresses.services.map_features import request_rebuild
from addresses.services.topology import area_faults
from common.admin import ConfigureAdmin


def _outlines() -> dict[str, Any]:
    """GeoJSON of the squadrons and districts of today, to draw against."""
    areas = Area.objects.filter(kind__in=(AreaKind.SQUADRON, AreaKind.DISTRICT), is_pseudo=False, valid_to__isnull=True)
    outlined = areas.annotate(outline=AsGeoJSON("geom", precision=5)).values_list("kind", "outline")
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"kind": kind}, "geometry": json.loads(outline)}
            for kind, outline in outlined
        ],
    }


class MapAdmin(LeafletGeoAdminMixin, ConfigureAdmin):
    """A page with a map to draw on; there is no base map, nothing is asked of another machine."""

    settings_overrides: dict[str, Any] = {"TILES": [], "ATTRIBUTION_PREFIX": ""}
    change_form_template = "admin/addresses/map_change_form.html"

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "drawing_texts": DRAWING_TEXTS, "outlines": _outlines()}
        return super().changeform_view(request, object_id, form_url, context)


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


class AreaForm(forms.ModelForm):
    """An area as it is drawn: refused where it overlaps another of its kind, leaves the city or has an open hole."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        geom, since = cleaned.get("geom"), cleaned.get("valid_from")
        is_checked = "geom" in self.changed_data or {"valid_from", "valid_to"} & set(self.changed_data)
        if geom is None or since is None or not is_checked:
            return cleaned
        faults = area_faults(
            geom=geom, kind=cleaned.get("kind") or self.instance.kind, valid_from=since,
            valid_to=cleaned.get("valid_to"), area_id=self.instance.pk,
        )  # fmt: skip
        for fault in faults:
            self.add_error("geom", fault)
        return cleaned


class AreaAdmin(MapAdmin):
    """Responsibility areas on the map. An area ends by its period and is not deleted: elements and posts name it.

    Pseudo-blocks (未落地) are kept by the platform and cannot be edited.
    """

    list_display = ("code", "name", "kind", "parent", "is_urban", "valid_from", "valid_to")
    list_filter = ("kind", "is_urban", "is_pseudo")
    list_select_related = ("parent",)
    search_fields = ("code", "name")
    ordering = ("kind", "code")
    fields = ("code", "name", "kind", "parent", "town", "village", "is_urban", "valid_from", "valid_to", "geom")
    autocomplete_fields = ("parent", "town", "village")
    form = AreaForm

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "geom" and field is not None:
            # Only pseudo-blocks have none. The database says so too, but its constraint names a field that is not here.
            field.required = True
        return field

    def get_readonly_fields(self, request: HttpRequest, obj: Area | None = None) -> tuple[str, ...]:
        return ("code", "kind") if obj else ()

    def save_model(self, request: HttpRequest, obj: Area, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "parent" in form.changed_data:
            request_rebuild()

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
