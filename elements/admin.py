"""Sources and precedence in the admin: who makes claims, and who is believed; elements only to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common import clock
from common.admin import ConfigureAdmin, ReadOnlyAdmin
from common.scope import Right
from elements.choices import FieldClass
from elements.kinds import KINDS
from elements.models import Element, ExpectedCount, FieldPolicy, Source
from elements.registries import REGISTRIES
from elements.selectors.masking import may_read_names, shown_label
from elements.services.policies import change_precedence

if TYPE_CHECKING:
    from accounts.models import User

HISTORY_SHOWN = 20
MAX_CHOSEN = 500


class SourceAdmin(ConfigureAdmin):
    """Sources; one that has spoken is switched off, never deleted: its claims name it."""

    list_display = ("code", "name", "department", "is_plate_authority", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")
    ordering = ("id",)
    fields = ("code", "name", "department", "is_plate_authority", "flow", "clear_mark", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()


class ExpectedCountAdmin(ConfigureAdmin):
    """How many things there should be by village; a whole list comes by the coverage page or `load_expected_counts`."""

    can_delete_rows = True
    list_display = ("village", "registry_label", "number", "source", "as_of")
    list_filter = ("kind", "source")
    search_fields = ("village__name", "village__code")
    raw_id_fields = ("village",)
    ordering = ("village", "kind")

    @admin.display(description=_("登记"))
    def registry_label(self, one: ExpectedCount) -> str:
        registry = REGISTRIES.get(one.kind)
        return str(registry.label) if registry else one.kind

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kind":
            return forms.ChoiceField(
                label=_("登记"), choices=[(name, registry.label) for name, registry in REGISTRIES.items()]
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class ElementAdmin(ReadOnlyAdmin):
    """Elements to look at, for who configures and also reads: inside the scope of the posts, masked, never written here.

    A row opens the element's page, where it is corrected; the action leads to the form of the bulk correction.
    """

    list_filter = ("kind", "place_quality")
    list_select_related = ("block",)
    ordering = ("-id",)
    actions = ("correct_many",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Element]:
        return Element.objects.visible_to(cast("User", request.user)).standing()

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        in_full = may_read_names(cast("User", request.user))

        @admin.display(description=_("名称"))
        def name(element: Element) -> str:
            return shown_label(element.kind, element.label, in_full=in_full) or "—"

        @admin.display(description=_("更正"))
        def correct(element: Element) -> SafeString:
            return format_html('<a href="{}">{}</a>', reverse("console:element", args=[element.pk]), _("更正"))

        return ["id", "kind", name, "block", "place_quality", "updated_at", correct]

    def has_correct_permission(self, request: HttpRequest) -> bool:
        return Right.CORRECT in cast("User", request.user).scope.rights

    @admin.action(description=_("批量更正所选"), permissions=["correct"])
    def correct_many(self, request: HttpRequest, queryset: QuerySet[Element]) -> HttpResponse | None:
        """To the form of the bulk correction, when all chosen ones stand in one list."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: MAX_CHOSEN + 1])
        if len(ids) > MAX_CHOSEN:
            messages.error(request, _("一次最多选 {most} 个。更多的请到登记清单里选。").format(most=MAX_CHOSEN))
            return None
        chosen = Element.objects.filter(pk__in=ids)
        registry = next((one for one in REGISTRIES.values() if chosen.filter(one.q).count() == len(ids)), None)
        if registry is None:
            messages.error(request, _("所选要素不在同一清单。请先按种类筛选，再选同一类的。"))
            return None
        url = reverse("console:bulk-form", args=[registry.name])
        return HttpResponseRedirect(f"{url}?ids={','.join(map(str, ids))}")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._to_page(request, object_id)

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._to_page(request, object_id, "?tab=history")

    def _to_page(self, request: HttpRequest, object_id: str, query: str = "") -> HttpResponse:
        element = self.get_object(request, object_id)
        if element is None or not self.has_view_permission(request, element):
            raise Http404
        return HttpResponseRedirect(reverse("console:element", args=[element.pk]) + query)


class PrecedenceForm(forms.Form):
    """The order of belief of one field: one choice per rank; ranks left empty fall to the other sources by number."""

    field_class = forms.ChoiceField(label=_("性质"), choices=FieldClass.choices)

    def __init__(self, *args: Any, sources: list[Source], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((source.code, source.name) for source in sources)]
        self.rank_names = [f"rank_{rank}" for rank in range(1, len(sources) + 1)]
        for rank, name in enumerate(self.rank_names, start=1):
            label = _("第 {rank} 位").format(rank=rank)
            self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        order = [cleaned[name] for name in self.rank_names if cleaned.get(name)]
        if len(set(order)) != len(order):
            raise ValidationError(_("同一来源只能出现一次。"), code="repeated")
        cleaned["source_order"] = order
        return cleaned


def _initial(order: list[str], field_class: str) -> dict[str, str]:
    return {"field_class": field_class, **{f"rank_{rank}": code for rank, code in enumerate(order, start=1)}}


class FieldPolicyAdmin(ConfigureAdmin):
    """Precedence by field. A change is confirmed first, since it starts a job that folds the whole kind again.

    Earlier orders are listed below the form; setting one back fills the form with it and goes the same way.
    """

    can_add = False
    list_filter = ("kind", "field_class")
    ordering = ("kind", "field")
    change_form_template = "admin/elements/fieldpolicy/change_form.html"

    @admin.display(description=_("字段"))
    def field_label(self, policy: FieldPolicy) -> str:
        return KINDS[policy.kind].label_of(policy.field)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        names = dict(Source.objects.values_list("code", "name"))

        @admin.display(description=_("来源次序"))
        def order_text(policy: FieldPolicy) -> str:
            return _in_words(policy, names)["order"]

        return ["kind", "field_label", "field_class", order_text]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        policy = self.get_object(request, object_id) if object_id else None
        if policy is None or not self.has_change_permission(request, policy):
            raise Http404
        sources = list(Source.objects.order_by("pk"))
        events = list(policy.events.order_by("-pgh_id")[:HISTORY_SHOWN])
        if request.method != "POST":
            form = PrecedenceForm(sources=sources, initial=_chosen(request, policy, events))
            return self._page(request, policy, form, events)
        form = PrecedenceForm(request.POST, sources=sources)
        if not form.is_valid() or "edit" in request.POST:
            return self._page(request, policy, form, events)
        order, field_class = form.cleaned_data["source_order"], form.cleaned_data["field_class"]
        if (order, field_class) == (policy.source_order, policy.field_class):
            messages.info(request, _("没有改动，未开始重新取值。"))
        elif "confirmed" in request.POST:
            job = change_precedence(
                policy=policy,
                source_order=order,
                field_class=field_class,
                actor=cast("User", request.user),
                now=clock.now(),
            )
            messages.success(request, _("已保存，正在重新取值（任务 #{job}）。").format(job=job.pk))
        else:
            return self._page(request, policy, form, events, is_confirmation=True)
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:elements_fieldpolicy_changelist"))

    def _page(
        self,
        request: HttpRequest,
        policy: FieldPolicy,
        form: PrecedenceForm,
        events: list,
        *,
        is_confirmation: bool = False,
    ) -> HttpResponse:
        template = "confirm" if is_confirmation else "change_form"
        names = dict(Source.objects.values_list("code", "name"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("{kind}·{field} 的来源次序").format(
                kind=policy.get_kind_display(), field=KINDS[policy.kind].label_of(policy.field)
            ),
            "opts": self.opts,
            "original": policy,
            "form": form,
            "earlier": [_in_words(event, names) for event in events],
        }
        if is_confirmation:
            wanted = FieldPolicy(
                field_class=form.cleaned_data["field_class"], source_order=form.cleaned_data["source_order"]
            )
            context |= {"now": _in_words(policy, names), "then": _in_words(wanted, names)}
        return TemplateResponse(request, f"admin/elements/fieldpolicy/{template}.html", context)


def _chosen(request: HttpRequest, policy: FieldPolicy, events: list) -> dict[str, str]:
    """What the form shows first: the present order, or the earlier one that is to be set back."""
    wanted = request.GET.get("event", "")
    event = next((event for event in events if str(event.pgh_id) == wanted), policy)
    return _initial(event.source_order, event.field_class)


def _in_words(policy: Any, names: dict[str, str]) -> dict[str, Any]:
    """A policy, or a row of its history, as the pages show it."""
    return {
        "id": getattr(policy, "pgh_id", None),
        "at": getattr(policy, "pgh_created_at", None),
        "field_class": policy.get_field_class_display(),
        "order": " → ".join(names.get(code, code) for code in policy.source_order) or "—",
    }
