"""Resolving address texts again: the preview, the work, how far it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from addresses.services import relinking
from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.models import Job
from console.selectors import relink as selectors

_STEPS = {"start": relinking.start_relinking, "cancel": relinking.cancel_relinking}


class _WholeCity(LoginRequiredMixin, View):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated and not relinking.may_relink(request.user):
            raise NotAllowed
        return super().dispatch(request, *args, **kwargs)


class RelinkView(_WholeCity):
    """GET `?job=`: what may be resolved again, and the last job. POST `set`: begins a preview."""

    def get(self, request: HttpRequest) -> HttpResponse:
        request.navigation_path = reverse("console:address-texts")
        context = {
            "page_title": _("重新匹配地址"), "sets": selectors.sets(),
            "breadcrumbs": [{"label": _("地址待核"), "url": request.navigation_path}],
            **selectors.job_shown(selectors.last_job()),
        }  # fmt: skip
        return render(request, "console/address_relink.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = request.POST.get("set", "")
        if chosen not in list(relinking.RelinkSet):
            raise DomainError("RELINK_SET", "请选择要重新匹配的地址文本。")
        relinking.request_preview(chosen=relinking.RelinkSet(chosen), actor=request.user, now=clock.now())
        return HttpResponseRedirect(reverse("console:address-relink"))


class RelinkProgressView(_WholeCity):
    """GET: the part of the page that changes while a job runs."""

    def get(self, request: HttpRequest, job_id: int) -> HttpResponse:
        return render(request, "console/address_relink_job.html", selectors.job_shown(selectors.job_of(job_id)))


class RelinkStepView(_WholeCity):
    """POST: `start` does what the preview showed, `cancel` stops what runs."""

    def post(self, request: HttpRequest, job_id: int, step: str) -> HttpResponse:
        job: Job = selectors.job_of(job_id)
        if step not in _STEPS:
            raise NotVisible
        argument = "preview_id" if step == "start" else "job_id"
        try:
            _STEPS[step](**{argument: job.pk}, actor=request.user, now=clock.now())
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("console:address-relink"))
