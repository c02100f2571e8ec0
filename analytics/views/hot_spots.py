"""Accident-prone places: the ranked list, one place, searches as jobs, the result in force."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from addresses.models import Area
from analytics.choices import SpotMethod
from analytics.hot_spot_forms import SearchForm
from analytics.models import HotSpotRun
from analytics.selectors import hot_spots as reading
from analytics.services.hot_spots import FIND_SPOTS, ask, make_official
from analytics.views.hot_spot_page import places_of_run, places_of_spot, progress, run_context, spot_context
from common import clock, jobs
from common.errors import DomainError, NotVisible
from common.models import Job
from common.scope import Right

RUNS_SHOWN = 10


class HotSpotsView(LoginRequiredMixin, View):
    """GET `method`, `run`, `area`: places of a run, by default the one in force, or those of an area. POST: starts a search."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if Right.READ not in user.scope.rights:
            return render(request, "analytics/hot_spots.html", _head() | {"state": "no_permission"}, status=403)
        asked = request.GET.get("method", SpotMethod.WINDOW)
        method = asked if asked in SpotMethod.values else SpotMethod.WINDOW
        run = reading.run_shown(user, method=method, run_id=request.GET.get("run", ""))
        return self._page(request, SearchForm(scope=user.scope), run.method if run else method, run)

    def post(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        form = SearchForm(request.POST, scope=user.scope)
        if form.is_valid():
            try:
                job = ask(**form.asked(), actor=user, now=clock.now())
            except DomainError as error:
                if error.status not in {400, 409}:
                    raise
                form.add_error(None, error.message)
            else:
                return HttpResponseRedirect(reverse("analytics:hot-spot-job", args=[job.pk]))
        run = reading.run_shown(user, method=SpotMethod.WINDOW)
        return self._page(request, form, SpotMethod.WINDOW, run, status=400)

    def _page(
        self, request: HttpRequest, form: SearchForm, method: str, run: HotSpotRun | None, status: int = 200
    ) -> HttpResponse:
        user: Any = request.user
        open_job = _jobs(user).filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]).order_by("-pk").first()
        context = _head() | {
            "method": method, "methods": [one for one in SpotMethod if one != SpotMethod.BAYES], "form": form,
            "job": progress(open_job) if open_job else None,
            "runs": reading.visible_runs(user).order_by("-as_of", "-pk")[:RUNS_SHOWN],
        }  # fmt: skip
        if run is not None:
            context |= run_context(run, user, _area_asked(request.GET.get("area", "")))
        return render(request, "analytics/hot_spots.html", context, status=status)


class HotSpotView(LoginRequiredMixin, View):
    """GET: one place with its accidents on a map and in a table."""

    def get(self, request: HttpRequest, spot_id: int) -> HttpResponse:
        spot = reading.spot_of(spot_id, request.user)  # type: ignore[arg-type]
        request.navigation_path = reverse("analytics:hot-spots")  # type: ignore[attr-defined]
        return render(request, "analytics/hot_spot.html", spot_context(spot, request.user))  # type: ignore[arg-type]


class HotSpotPlacesView(LoginRequiredMixin, View):
    """GET: the stretch and its accidents as GeoJSON."""

    def get(self, request: HttpRequest, spot_id: int) -> HttpResponse:
        user: Any = request.user
        return JsonResponse(places_of_spot(reading.spot_of(spot_id, user), user))


class HotSpotRunPlacesView(LoginRequiredMixin, View):
    """GET: all stretches of a run as GeoJSON, with the roads they lie on."""

    def get(self, request: HttpRequest, run_id: int) -> HttpResponse:
        user: Any = request.user
        run = reading.run_shown(user, method="", run_id=str(run_id))
        return JsonResponse(places_of_run(run, user))  # type: ignore[arg-type]


class HotSpotOfficialView(LoginRequiredMixin, View):
    """POST: makes a run the result in force."""

    def post(self, request: HttpRequest, run_id: int) -> HttpResponse:
        user: Any = request.user
        run: Any = reading.run_shown(user, method="", run_id=str(run_id))
        try:
            make_official(run=run, actor=user, now=clock.now())
        except DomainError as error:
            if error.status != 409:
                raise
            messages.error(request, error.message)
        else:
            messages.success(request, _("已设为现行结果。"))
        return HttpResponseRedirect(f"{reverse('analytics:hot-spots')}?run={run.pk}")


class HotSpotJobView(LoginRequiredMixin, View):
    """GET: how far a search is."""

    def get(self, request: HttpRequest, job_id: int) -> HttpResponse:
        job = _job(request, job_id)
        request.navigation_path = reverse("analytics:hot-spots")  # type: ignore[attr-defined]
        trail = [{"label": _("多发点段"), "url": reverse("analytics:hot-spots")}]
        return render(
            request,
            "analytics/hot_spot_job.html",
            {"page_title": job.title, "breadcrumbs": trail, "job": progress(job)},
        )


class HotSpotProgressView(LoginRequiredMixin, View):
    """GET: the state of a search, as a fragment."""

    def get(self, request: HttpRequest, job_id: int) -> HttpResponse:
        return render(request, "includes/progress.html", {"job": progress(_job(request, job_id))})


class HotSpotCancelView(LoginRequiredMixin, View):
    """POST: stops a search; nothing of it is kept."""

    def post(self, request: HttpRequest, job_id: int) -> HttpResponse:
        jobs.cancel(_job(request, job_id))
        return HttpResponseRedirect(reverse("analytics:hot-spot-job", args=[job_id]))


def _area_asked(number: str) -> Area | None:
    """The area of a link; what is none narrows nothing."""
    is_number = number.isdecimal() and len(number) < 18
    return Area.objects.filter(pk=int(number), valid_to__isnull=True).defer("geom").first() if is_number else None


def _head() -> dict[str, Any]:
    return {"page_title": _("多发点段")}


def _jobs(user: Any) -> Any:
    return Job.objects.filter(kind=FIND_SPOTS, owner_id=user.pk)


def _job(request: HttpRequest, job_id: int) -> Job:
    user: Any = request.user
    job: Job | None = _jobs(user).filter(pk=job_id).first()
    if job is None:
        raise NotVisible
    return job
