"""Remembered column mappings in the admin. Files, batches and rows have their own pages and are not here."""

from __future__ import annotations

from common.admin import ConfigureAdmin


class MappingAdmin(ConfigureAdmin):
    """How the columns of a source's files were mapped; deleting one lets the next file ask again."""

    can_add = can_change = False
    can_delete_rows = True
    list_display = ("source", "kind", "updated_at")
    list_filter = ("kind", "source")
    list_select_related = ("source",)
    fields = ("source", "kind", "columns", "updated_at", "updated_by")
    ordering = ("-updated_at",)
