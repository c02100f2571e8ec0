"""Correcting one field of one element on its page, adopting a source's word, and taking one's last correction back."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import Conflict, DomainError, NotVisible
from console.edit_page import form_context, may_edit, require_field, row_of, saved_text, word_key
from console.editing import Entered, claimed, is_same, read_point, read_text
from console.element_page import frame_of
from console.selectors.edit_conflict import changes_since
from elements.kinds import KINDS
from elements.models import ClaimBatch, Element
from elements.selectors.detail import folded_values, visible_element
from elements.selectors.provenance import provenance
from elements.services.own_corrections import correct_element, undo_correction

REASON, LAST = "correction_reason", "last_correction"


class EditView(LoginRequiredMixin, View):
    """GET: the form of one field, or its row again with `?show`. POST: saves; refused, the form with what is wrong."""

    def get(self, request: HttpRequest, element_id: int, field: str) -> HttpResponse:
        element = visible_element(element_id, request.user)
        require_field(element, field, request.user)
        if "show" in request.GET:
            return render(request, "console/edit_row.html", _row(element, field, request.user))
        context = form_context(element, field, request.user, reason=request.session.get(REASON, ""))
        return render(request, "console/edit_form.html", context)

    def post(self, request: HttpRequest, element_id: int, field: str) -> HttpResponse:
        element = visible_element(element_id, request.user)
        require_field(element, field, request.user)
        entered = _entered(element, field, request)
        if entered.code:
            return _form(request, element, field, problem=entered, status=400)
        try:
            batch = _correct(request, element, field, entered.value)
        except Conflict as error:
            if error.code != "ELEMENT_CHANGED":
                raise
            fresh = visible_element(element_id, request.user)
            since = changes_since(fresh, version_of(request.POST), request.user)
            return _form(request, fresh, field, conflict=error, since=since, status=error.status)
        except DomainError as error:
            if error.status != 400:
                raise
            return _form(request, element, field, problem=Entered(None, error.code, error.message), status=400)
        return _saved(request, element_id, field, batch)


class AdoptView(LoginRequiredMixin, View):
    """POST `word`, `reason`, `version`: corrects an observed field to what one source says."""

    def post(self, request: HttpRequest, element_id: int, field: str) -> HttpResponse:
        element = visible_element(element_id, request.user)
        require_field(element, field, request.user)
        one = next(row for row in provenance(element) if row.field == field)
        if one.is_official:
            raise DomainError("FIELD_OFFICIAL", "官方字段以来源次序为准，不能在这里采用。请由来源单位更正后重新导入。")
        words = [one.winner, *one.others] if one.winner else []
        word = next((word for word in words if word_key(word) == request.POST.get("word")), None)
        if word is None:
            raise Conflict("WORD_CHANGED", "来源的说法已经变了。请刷新页面，核对后再采用。")
        _correct(request, element, field, claimed(KINDS[element.kind], field, word.value))
        messages.success(request, _("已采用“%(source)s”的取值。") % {"source": word.source})
        return HttpResponse(headers={"HX-Redirect": f"{reverse('console:element', args=[element_id])}?tab=values"})


class UndoView(LoginRequiredMixin, View):
    """POST → JSON: the correction is taken back, when it is the user's own and of the last day."""

    def post(self, request: HttpRequest, correction_id: int) -> JsonResponse:
        try:
            undo_correction(batch_id=correction_id, actor=request.user, now=clock.now())
        except DomainError as error:
            return JsonResponse({"code": error.code, "message": error.message}, status=error.status)
        if request.session.get(LAST, {}).get("batch") == correction_id:
            del request.session[LAST]
        text = _("已撤销这次更正，取值恢复如前。")
        messages.success(request, text)
        return JsonResponse({"message": text})


def version_of(data: Any) -> int:
    """The version of the page.

    Raises:
        DomainError: the request does not say which.
    """
    text = str(data.get("version", ""))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise DomainError("VERSION_MISSING", "没有说明页面的版本。请刷新页面后再提交。")
    return int(text)


def _entered(element: Element, field: str, request: HttpRequest) -> Entered:
    """What was typed; `value` None with no code says that the field is cleared."""
    kind, data = KINDS[element.kind], request.POST
    old = folded_values(element).get(field)
    if data.get("clear") == "on":
        entered = Entered(None)
    elif field == "point":
        entered = read_point(data.get("lon", ""), data.get("lat", ""), data.get("datum", ""))
    else:
        entered = read_text(kind, field, data.get("text", ""))
    # Said again, a value settles a conflict.
    if not entered.code and field not in element.conflicts and is_same(kind, field, old, entered.value):
        return Entered(None, "VALUE_SAME", _("与现在的取值相同，没有要更正的。"), _("请改后再提交，或取消。"))
    return entered


@transaction.atomic
def _correct(request: HttpRequest, element: Element, field: str, value: Any) -> ClaimBatch:
    reason = request.POST.get("reason", "")
    batch = correct_element(
        element=element,
        values={} if value is None else {field: value},
        cleared=[field] if value is None else [],
        reason=reason,
        actor=request.user,
        now=clock.now(),
        version=version_of(request.POST),
    )
    request.session[REASON] = reason.strip()
    request.session[LAST] = {"element": element.pk, "batch": batch.pk}
    return batch


def _row(element: Element, field: str, user: Any) -> dict[str, Any]:
    if field == "point":
        return {"element": element, "is_place": True, "may_edit": may_edit(user)}
    return {"element": element, "field": row_of(element, field, user)}


def _form(request: HttpRequest, element: Element, field: str, *, status: int, **more: Any) -> HttpResponse:
    context = form_context(element, field, request.user, data=request.POST, **more)
    return render(request, "console/edit_form.html", context, status=status)


def _saved(request: HttpRequest, element_id: int, field: str, batch: ClaimBatch) -> HttpResponse:
    """The row as it is now with head, title and version; moved out of the user's area the page has nothing more to show."""
    undo_url = reverse("console:undo-correction", args=[batch.pk])
    try:
        element = visible_element(element_id, request.user)
    except NotVisible:
        messages.success(request, _("已更正。该要素按新取值已不在您的管辖范围，由所在警务区继续管理。"))
        return HttpResponse(headers={"HX-Redirect": reverse("console:today")})
    if field == "point":
        # The map is drawn anew; the page says what was saved and offers to undo it.
        return HttpResponse(headers={"HX-Redirect": f"{reverse('console:element', args=[element_id])}?saved=point"})
    one = next(row for row in provenance(element) if row.field == field)
    text = saved_text(KINDS[element.kind].label_of(field), is_proposal=one.is_official and field in element.conflicts)
    note = {"text": text, "undo_url": undo_url}
    context = frame_of(element, request.user) | _row(element, field, request.user) | {"is_saved": True}
    response = render(request, "console/edit_row.html", context)
    response["HX-Trigger"] = json.dumps({"corrected": note})
    return response
