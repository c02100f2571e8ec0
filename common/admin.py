"""What every page of the admin has in common: one right opens it, and its log holds no personal data.

The admin edits settings: users, areas, sources, names. Elements are not in it: they are the fold of claims.
"""

from __future__ import annotations

import json
from typing import Any

import pghistory
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from common import clock
from common.audit import record_audit
from common.audit_words import VERBS, subject_label, verb_label
from common.models import AuditRow, Job
from common.scope import Right

_VERBS = {ADDITION: "ADMIN_ADDED", CHANGE: "ADMIN_CHANGED", DELETION: "ADMIN_DELETED"}


def may_configure(request: HttpRequest) -> bool:
    """True when a current post of the user carries the right to configure; staff and superuser flags say nothing."""
    return request.user.is_authenticated and Right.CONFIGURE in request.user.scope.rights


class ConfigureRights:
    """Rights of an admin page or inline: view, add and change by `Right.CONFIGURE`; deletion only where it is said."""

    can_add = True
    can_change = True
    can_delete_rows = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_configure(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_configure(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.can_add and may_configure(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.can_change and may_configure(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.can_delete_rows and may_configure(request)


class ImpersonalLog:
    """Admin log entries and audit rows that name the table, the id and the fields, never the thing or a value."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        return self._log(request, obj, ADDITION, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        return self._log(request, obj, CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> list[LogEntry]:
        return [self._log(request, obj, DELETION, []) for obj in queryset]

    def _log(self, request: HttpRequest, obj: Model, flag: int, message: Any) -> LogEntry:
        changed = _changed_labels(message)
        entry = LogEntry.objects.create(
            user_id=request.user.pk or 0,
            content_type_id=ContentType.objects.get_for_model(obj, for_concrete_model=False).pk,
            object_id=obj.pk,
            object_repr=f"{obj._meta.verbose_name} #{obj.pk}",
            action_flag=flag,
            change_message=json.dumps([{"changed": {"fields": changed}}], ensure_ascii=False) if changed else "",
        )
        record_audit(
            actor_id=request.user.pk,
            verb=_VERBS[flag],
            subject_table=obj._meta.db_table,
            subject_id=obj.pk,
            fields=_field_names(obj, changed),
            now=clock.now(),
        )
        return entry


def _changed_labels(message: Any) -> list[str]:
    """Labels of the changed fields in Django's change message; rows of inlines count by the name of their table."""
    if not isinstance(message, list):
        return []
    labels: list[str] = []
    for part in message:
        for detail in part.values():
            labels += detail.get("fields", []) if "name" not in detail else [detail["name"]]
    return list(dict.fromkeys(str(label) for label in labels))


def _field_names(obj: Model, labels: list[str]) -> list[str]:
    with translation.override(None):
        names = {str(field.verbose_name): field.name for field in obj._meta.fields}
    return [names.get(label, label)[:60] for label in labels]


class ConfigureAdmin(ConfigureRights, ImpersonalLog, admin.ModelAdmin):
    """Base of every admin page; history rows of a change name the actor."""

    list_per_page = 50
    show_full_result_count = False
    actions = None

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with pghistory.context(actor_id=request.user.pk):
            return super().changeform_view(request, *args, **kwargs)

    def get_list_select_related(self, request: HttpRequest) -> Any:
        return self.list_select_related or False


class ReadOnlyAdmin(ConfigureAdmin):
    """Looking only."""

    can_add = can_change = False


class JobAdmin(ReadOnlyAdmin):
    """Long work: what runs, what failed and why. The parameters stay out of sight, they may name files."""

    list_display = ("id", "title", "state", "done", "total", "attempts", "created_at", "finished_at")
    list_filter = ("state",)
    fields = (
        "kind", "title", "state", "owner_id", "done", "total", "message", "counts", "error_code", "error_message",
        "attempts", "cancel_requested", "created_at", "started_at", "heartbeat_at", "finished_at",
    )  # fmt: skip
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).defer("params")


class VerbFilter(admin.SimpleListFilter):
    """Acts by their words."""

    title = _("动作")
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return list(VERBS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditRow]) -> QuerySet[AuditRow]:
        return queryset.filter(verb=self.value()) if self.value() else queryset


class AuditRowAdmin(ReadOnlyAdmin):
    """Who did what; append-only by grant, so nothing here could be changed even by mistake."""

    list_display = ("at", "actor", "verb_label", "subject", "count", "reason")
    list_filter = (VerbFilter,)
    fields = ("at", "actor", "actor_id", "verb_label", "verb", "subject", "fields", "count", "reason")
    readonly_fields = ("actor", "verb_label", "subject")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditRow]:
        names = get_user_model()._default_manager.filter(pk=OuterRef("actor_id")).values("display_name")
        return super().get_queryset(request).annotate(actor_name=Subquery(names[:1]))

    @admin.display(description=_("操作人"))
    def actor(self, row: AuditRow) -> str:
        return row.actor_name or (_("系统") if row.actor_id is None else f"#{row.actor_id}")

    @admin.display(description=_("动作"))
    def verb_label(self, row: AuditRow) -> str:
        return verb_label(row.verb)

    @admin.display(description=_("对象"))
    def subject(self, row: AuditRow) -> str:
        return subject_label(row.subject_table, row.subject_id)
