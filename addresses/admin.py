"""Divisions, areas and names of places in the admin. Standard addresses come from the registry only."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from leaflet.admin import LeafletGeoAdminMixin

from addresses.choices import AddressLevel, AreaKind
from addresses.drawing_texts import DRAWING_TEXTS
from addresses.forms import PickerSiteForm
from addresses.models import AddressName, Area, Division, PickerSite
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


# A border move changes grids and makes districts and squadrons the union of theirs.
_MOVED_KINDS = (AreaKind.GRID, AreaKind.DISTRICT, AreaKind.SQUADRON)


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

    A new area is drawn here. Border and period of an existing grid, district or squadron only change by a border move, which
    takes addresses, elements and posts along. Pseudo-blocks (未落地) are kept by the platform and cannot be edited.
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

    def get_fields(self, request: HttpRequest, obj: Area | None = None) -> tuple[str, ...]:
        return (*self.fields[:-1], "border") if obj and obj.kind in _MOVED_KINDS else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Area | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("code", "kind", "valid_from", "valid_to", "border") if obj.kind in _MOVED_KINDS else ("code", "kind")

    @admin.display(description=_("范围"))
    def border(self, area: Area) -> str:
        """Where its border is changed: a grid by a move of its own, what lies above it by the moves of its grids."""
        url, words = reverse("console:border-moves"), _("上级责任区的范围和起止日期随所属网格变化，请调整网格的边界。")
        if area.kind == AreaKind.GRID:
            url, words = (
                f"{reverse('console:border-new')}?area={area.code}",
                _("在这里改范围不会移动地址和要素，请用边界调整。"),
            )
        return format_html('<a href="{}">{}</a><br>{}', url, _("边界调整"), words)

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


class PickerSiteAdmin(ConfigureAdmin):
    """Systems that embed the address picker. A key stays as it is: pages of the other system name it."""

    can_delete_rows = True
    form = PickerSiteForm
    list_display = ("key", "name", "origin_list", "is_active")
    list_filter = ("is_active",)
    search_fields = ("key", "name")
    ordering = ("key",)

    def get_fields(self, request: HttpRequest, obj: PickerSite | None = None) -> tuple[str, ...]:
        fields = ("key", "name", "origins", "is_active")
        return (*fields, "snippet") if obj else fields

    def get_readonly_fields(self, request: HttpRequest, obj: PickerSite | None = None) -> tuple[str, ...]:
        return ("key", "snippet") if obj else ()

    @admin.display(description=_("允许嵌入的来源"))
    def origin_list(self, site: PickerSite) -> str:
        return "、".join(site.origins)

    @admin.display(description=_("嵌入代码"))
    def snippet(self, site: PickerSite) -> str:
        """The line that the other system pastes into its page."""
        url = settings.PUBLIC_URL.rstrip("/") + reverse("embed:address", args=[site.key])
        line = f'<iframe src="{url}" title="选择标准地址" width="100%" height="480"></iframe>'
        return format_html("<code>{}</code>", line)
