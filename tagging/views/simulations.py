"""Trials of grading schemes: started from the form or from a version, followed, stopped, read. Writers of schemes only."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock, jobs
from common.errors import DomainError, NotAllowed, NotVisible
from common.models import Job
from common.scope import Actor
from tagging.models import Scheme
from tagging.scheme_forms import body_of
from tagging.selectors.scheme_page import base_of, described, scheme_named, version_numbered
from tagging.selectors.simulation_page import worded
from tagging.services import simulating
from tagging.services.versions import require_rule_right
from tagging.views.job_page import progress

LAST_SHOWN = 5
FRAGMENT = "tagging/scheme_simulation.html"


def simulation_of(scheme: Scheme, job_id: str | int, user: Any) -> Job:
    """One of the reader's own trials.

    Raises:
        NotVisible: there is none of this number.
    """
    is_number = str(job_id).isascii() and str(job_id).isdecimal() and len(str(job_id)) < 12
    found = simulating.simulations_of(scheme, user).filter(pk=job_id).first() if is_number else None
    if found is None:
        raise NotVisible
    return found


def simulation_context(job: Job, scheme: Scheme, user: Actor) -> dict[str, Any]:
    """A trial for the fragment: how far it is, and once it is done what came out."""
    urls = {
        name: reverse(f"tagging:scheme-{view}", args=[scheme.code, job.pk])
        for name, view in (
            ("poll_url", "simulation-progress"), ("result_url", "simulation"), ("cancel_url", "simulation-cancel"),
        )
    }  # fmt: skip
    context: dict[str, Any] = {"scheme": scheme, "job": progress(job, **urls)}
    return context | {"result": worded(job.counts, user)} if job.state == Job.State.DONE else context


def last_simulations(scheme: Scheme, user: Any) -> list[dict[str, Any]]:
    """The reader's last trials, to be found again: one query."""
    rows = simulating.simulations_of(scheme, user).defer("params")[:LAST_SHOWN]
    return [{"job": row, "moved": row.counts.get("moved")} for row in rows]


class SimulateView(LoginRequiredMixin, View):
    """POST the form, or `version`: starts a trial and answers with its progress, a fragment; nothing is written."""

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        scheme, user = _scheme(request, code), request.user
        try:
            job = simulating.ask(
                scheme=scheme, document=self._document(request, scheme), actor=user, now=clock.now()  # type: ignore[arg-type]
            )  # fmt: skip
        except (NotVisible, NotAllowed):
            raise
        except DomainError as error:
            # htmx puts only what was answered with 200 into the page.
            return render(request, FRAGMENT, {"refusal": error.message})
        return render(request, FRAGMENT, simulation_context(job, scheme, user))  # type: ignore[arg-type]

    def _document(self, request: HttpRequest, scheme: Scheme) -> Any:
        number = request.POST.get("version", "")
        if number.isdecimal() and len(number) < 5:
            return version_numbered(scheme, int(number)).body
        return body_of(base_of(scheme, request.user).body, request.POST)  # type: ignore[arg-type]


class SimulationView(LoginRequiredMixin, View):
    """GET: a trial with what it tried, its progress or its result."""

    def get(self, request: HttpRequest, code: str, job_id: int) -> HttpResponse:
        scheme, user = _scheme(request, code), request.user
        job = simulation_of(scheme, job_id, user)
        request.navigation_path = reverse("tagging:grades")  # type: ignore[attr-defined]
        context = simulation_context(job, scheme, user) | {  # type: ignore[arg-type]
            "page_title": job.title,
            "breadcrumbs": [
                {"label": _("分级"), "url": reverse("tagging:grades")},
                {"label": scheme.name, "url": reverse("tagging:scheme", args=[scheme.code])},
            ],
            "described": described(job.params["body"]),
            "trial": job,
        }
        return render(request, "tagging/scheme_simulated.html", context)


class SimulationProgressView(LoginRequiredMixin, View):
    """GET: the state of a trial, and once it is done its result, as a fragment."""

    def get(self, request: HttpRequest, code: str, job_id: int) -> HttpResponse:
        scheme, user = _scheme(request, code), request.user
        return render(request, FRAGMENT, simulation_context(simulation_of(scheme, job_id, user), scheme, user))  # type: ignore[arg-type]


class SimulationCancelView(LoginRequiredMixin, View):
    """POST: stops a trial; nothing of it is kept."""

    def post(self, request: HttpRequest, code: str, job_id: int) -> HttpResponse:
        jobs.cancel(simulation_of(_scheme(request, code), job_id, request.user))
        return HttpResponseRedirect(reverse("tagging:scheme-simulation", args=[code, job_id]))


def _scheme(request: HttpRequest, code: str) -> Scheme:
    scheme = scheme_named(code, request.user)  # type: ignore[arg-type]
    require_rule_right(request.user)  # type: ignore[arg-type]
    return scheme
