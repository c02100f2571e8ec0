"""Opening a masked number: a small form for the reason, then the value, once."""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Right
from elements.kinds import KINDS
from elements.selectors.detail import visible_element
from elements.services.reveal import reveal_field


class RevealView(LoginRequiredMixin, View):
    """Fragments of `includes/definition_list.html`. GET: the form. POST `reason`: the value; it is in no URL and no cache."""

    def get(self, request: HttpRequest, element_id: int, field: str) -> HttpResponse:
        element = visible_element(element_id, request.user)
        if Right.REVEAL not in request.user.scope.rights:
            raise NotAllowed
        if field not in KINDS[element.kind].sealed_fields:
            raise NotVisible
        return render(request, "console/reveal_form.html", {"element_id": element_id, "field": field})

    def post(self, request: HttpRequest, element_id: int, field: str) -> HttpResponse:
        reason = request.POST.get("reason", "")
        try:
            value = reveal_field(element_id=element_id, field=field, reason=reason, actor=request.user, now=clock.now())
        except DomainError as error:
            if error.code != "REVEAL_REASON":
                raise
            context = {"element_id": element_id, "field": field, "reason": reason, "problem": error.message}
            return render(request, "console/reveal_form.html", context)
        response = render(request, "console/revealed.html", {"value": value})
        response["Cache-Control"] = "no-store"
        return response
