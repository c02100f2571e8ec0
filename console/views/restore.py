"""The history of an element in pages, and bringing one of its versions back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import Conflict, DomainError, NotVisible
from console.element_page import frame_of
from console.element_tabs import TABS, tab_links, tabs_of
from console.restore_page import (
    fixed_rows,
    history_panel,
    require_restorable,
    restorable,
    restore_rows,
    usual_reason,
)
from console.selectors.edit_conflict import changes_since
from console.selectors.merge_list import merge_frame
from console.views.edit import LAST, version_of
from elements.models import ClaimBatch, Element
from elements.selectors.detail import visible_element
from elements.selectors.history import Version, version_at
from elements.services.own_corrections import correct_element


class HistoryView(LoginRequiredMixin, View):
    """GET `field`, `manual`, `before`: the tab of history under these conditions, as a page of its own."""

    def get(self, request: HttpRequest, element_id: int) -> HttpResponse:
        element = visible_element(element_id, request.user)
        context = frame_of(element, request.user) | merge_frame(element, request.user)
        request.navigation_path = reverse("elements:list", args=[context["registry"].name])
        shown = next(tab for tab in TABS if tab.key == "history")
        page = reverse("console:element", args=[element.pk])
        links = tab_links(tabs_of(element, request.user), shown)
        context |= {"tabs": [{**link, "url": f"{page}{link['url']}"} for link in links], "panel": shown.template}
        return render(request, "console/element.html", context | history_panel(element, request.user, request.GET))


class RestoreVersionView(LoginRequiredMixin, View):
    """GET: what is now and what would be. POST `field` …, `reason`, `version`: corrects the ticked fields as one batch."""

    def get(self, request: HttpRequest, element_id: int, version: str) -> HttpResponse:
        element, then = _element_then(element_id, version, request.user)
        return render(request, "console/restore.html", _context(request, element, version, then))

    def post(self, request: HttpRequest, element_id: int, version: str) -> HttpResponse:
        element, then = _element_then(element_id, version, request.user)
        try:
            batch = _restore(request, element, then)
        except DomainError as error:
            if error.status not in (400, 409) or (isinstance(error, Conflict) and error.code != "ELEMENT_CHANGED"):
                raise
            return _refused(request, element_id, version, error)
        request.session[LAST] = {"element": element_id, "batch": batch.pk}
        return _restored(request, element_id)


def _element_then(element_id: int, version: str, user: Any) -> tuple[Element, Version]:
    element = visible_element(element_id, user)
    require_restorable(element, user)
    return element, version_at(element, version)


def _context(request: HttpRequest, element: Element, version: str, then: Version) -> dict[str, Any]:
    frame = frame_of(element, request.user)
    request.navigation_path = reverse("elements:list", args=[frame["registry"].name])
    page = reverse("console:element", args=[element.pk])
    rows = restore_rows(element, then, request.user)
    is_read = request.method == "POST"
    chosen = request.POST.getlist("field") if is_read else [row["name"] for row in rows]
    return frame | {
        "page_title": _("恢复此版本"),
        "breadcrumbs": [
            *frame["breadcrumbs"],
            {"label": frame["label"], "url": page},
            {"label": _("变更历史"), "url": f"{page}?tab=history"},
        ],
        "restore_version": version,
        "then": then,
        "rows": [{**row, "is_chosen": row["name"] in chosen and not row["is_hidden"]} for row in rows],
        "fixed": fixed_rows(element, then, request.user),
        "back_url": f"{page}?tab=history",
        "reason": request.POST.get("reason", "") if is_read else usual_reason(then),
    }


@transaction.atomic
def _restore(request: HttpRequest, element: Element, then: Version) -> ClaimBatch:
    values, cleared = restorable(element, then, request.POST.getlist("field"), request.user)
    return correct_element(
        element=element,
        values=values,
        cleared=cleared,
        reason=request.POST.get("reason", ""),
        actor=request.user,
        now=clock.now(),
        version=version_of(request.POST),
    )


def _refused(request: HttpRequest, element_id: int, version: str, error: DomainError) -> HttpResponse:
    """The page as things are by now, with what is wrong; after a change of somebody else with that change beside one's own."""
    element, then = _element_then(element_id, version, request.user)
    context = _context(request, element, version, then)
    if error.status == Conflict.status:
        mine = {row["name"]: row for row in context["rows"]}
        since = changes_since(element, version_of(request.POST), request.user)
        context["since"] = [{"change": one, "mine": mine.get(one.field)} for one in since]
        context["conflict"] = error.message
    else:
        context["problem"] = error.message
    return render(request, "console/restore.html", context, status=error.status)


def _restored(request: HttpRequest, element_id: int) -> HttpResponse:
    """Back to the history, which says what was done and offers to undo it."""
    try:
        element = visible_element(element_id, request.user)
    except NotVisible:
        messages.success(request, _("已恢复。该要素按新取值已不在您的管辖范围，由所在警务区继续管理。"))
        return HttpResponseRedirect(reverse("console:today"))
    fields = set(request.POST.getlist("field"))
    said = "proposed" if fields & set(element.conflicts) else "restored"
    return HttpResponseRedirect(f"{reverse('console:element', args=[element_id])}?tab=history&saved={said}")
