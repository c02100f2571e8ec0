"""Remembered column mappings and what sources must bring. Files, batches and rows have their own pages and are not here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.admin import ConfigureAdmin
from elements.admin import SourceAdmin
from elements.models import Source
from exchange.selectors.address_requirement import held_preview


class ImportSourceAdmin(SourceAdmin):
    """Sources, with what they must bring: before the switch is set it says how many rows it would have held back."""

    list_display = (*SourceAdmin.list_display[:-1], "address_required", SourceAdmin.list_display[-1])
    list_filter = (*SourceAdmin.list_filter, "address_required")

    def get_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        preview = ("address_preview",) if obj else ()
        return (*SourceAdmin.fields[:-1], "address_required", *preview, SourceAdmin.fields[-1])

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), "address_preview")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "address_required" and field is not None:
            field.help_text = _(
                "开启后，地址没有对应到标准地址的行留作待核对，不入库；裁定地址后可重新处理，来源也可以直接填写标准地址编码。"
            )
        return field

    @admin.display(description=_("最近一批的情况"))
    def address_preview(self, source: Source) -> str:
        """What the switch would have done, in words."""
        found = held_preview(source)
        if found is None:
            return gettext("还没有入库过带地址列的文件，无从估计。")
        words = gettext(
            "批次 #%(batch)s（%(day)s 入库）：%(rows)s 行已入库，其中 %(held)s 行没有标准地址，开启后会被拦下。"
        )
        return words % {
            "batch": found.batch_id, "day": f"{timezone.localtime(found.imported_at):%Y-%m-%d}",
            "rows": f"{found.rows:,}", "held": f"{found.held:,}",
        }  # fmt: skip


class MappingAdmin(ConfigureAdmin):
    """How the columns of a source's files were mapped; deleting one lets the next file ask again."""

    can_add = can_change = False
    can_delete_rows = True
    list_display = ("source", "kind", "updated_at")
    list_filter = ("kind", "source")
    list_select_related = ("source",)
    fields = ("source", "kind", "columns", "updated_at", "updated_by")
    ordering = ("-updated_at",)
