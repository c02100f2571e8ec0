"""The laboratory of a rule: builder, sentence, whom it hits, what would change, back-tests. Writers of rules only."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from accounts.streams import refused
from common import clock, jobs
from common.errors import DomainError, NotVisible
from common.models import Job
from tagging.choices import RunKind, VersionState
from tagging.models import Rule, RuleRun
from tagging.rules import explain
from tagging.selectors import laboratory, rule_list, rule_page
from tagging.selectors.rule_catalogue import catalogue
from tagging.selectors.rules import spoken_names
from tagging.services import backtesting, publishing
from tagging.services.versions import require_rule_right
from tagging.views.backtest_page import day_rows, progress, result_context
from tagging.views.builder_texts import builder_texts

MAX_BODY = 200_000
USUAL_DAYS = (7, 30, 90, 365)


class WritersView(LoginRequiredMixin, View):
    """Pages of who writes rules; others get 403 before anything is read."""

    rule: Rule

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            require_rule_right(request.user)  # type: ignore[arg-type]
            self.rule = rule_list.visible_rule(kwargs.pop("code"), request.user)  # type: ignore[arg-type]
            request.navigation_path = reverse("tagging:rules")  # type: ignore[attr-defined]
        return super().dispatch(request, *args, **kwargs)

    def frame(self, title: str, *crumbs: dict[str, str]) -> dict[str, Any]:
        """Title, way up, and the rule itself."""
        up = [{"label": _("规则"), "url": reverse("tagging:rules")},
              {"label": self.rule.title, "url": reverse("tagging:rule", args=[self.rule.code])}]  # fmt: skip
        return {"page_title": title, "breadcrumbs": [*up, *crumbs], "rule": self.rule}


def document_of(request: HttpRequest) -> Any:
    """The JSON that was sent.

    Raises:
        DomainError: it is none, or too long.
    """
    if len(request.body) > MAX_BODY:
        raise DomainError("RULE_TOO_LONG", "规则太长，请拆成几条。")
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise DomainError("BAD_JSON", "提交的内容不是有效的 JSON，请刷新页面重试。") from None


class LaboratoryView(WritersView):
    """GET /rules/<code>/laboratory/: the builder with the draft, or with what the version in force says."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        draft = rule_page.open_version(self.rule)
        is_mine = draft is None or (draft.state == VersionState.DRAFT and draft.author_id == user.pk)
        start = draft or self.rule.published
        body = start.body if start else {"kind": self.rule.tag.kind, "where": {"all": []}}
        context = self.frame(_("规则实验室")) | {
            "draft": draft, "is_mine": is_mine, "published": self.rule.published, "usual_days": USUAL_DAYS,
            "builder": {"body": body, "catalogue": catalogue(), "texts": builder_texts(), "isReadOnly": not is_mine},
            "jobs": [progress(job, self.rule) for job in _running(self.rule)],
        }  # fmt: skip
        return render(request, "tagging/lab.html", context)


class DraftView(WritersView):
    """POST: saves the draft; JSON in, JSON out."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            given = document_of(request)
            body, note = (given.get("body"), str(given.get("note", ""))) if isinstance(given, dict) else (given, "")
            saved = publishing.save_draft(rule=self.rule, body=body, note=note, actor=request.user, now=clock.now())  # type: ignore[arg-type]
        except DomainError as error:
            return refused(error)
        return JsonResponse({"number": saved.number, "rule": reverse("tagging:rule", args=[self.rule.code])})


class ReadView(WritersView):
    """POST: `{sentence}`, or `{refusal}`: half-built conditions are nothing unusual while one builds."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            read = publishing.read_body(self.rule, document_of(request))
        except DomainError as error:
            return JsonResponse({"sentence": "", "refusal": error.body})
        return JsonResponse({"sentence": explain.sentence(read, spoken_names())})


class PreviewView(WritersView):
    """POST: whom a body hits now, as a fragment."""

    def post(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        try:
            read = publishing.read_body(self.rule, document_of(request))
            found = laboratory.preview(read, user, now=clock.now())
        except DomainError as error:
            return refused(error)
        return render(request, "tagging/lab_preview.html", found | {"rule": self.rule})


class DifferenceView(WritersView):
    """POST: what a body changes against the version in force, as a fragment."""

    def post(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        published = self.rule.published
        try:
            if published is None:
                raise DomainError("NOTHING_PUBLISHED", "这条规则还没有发布过，没有可比较的版本。")
            read, before = (publishing.read_body(self.rule, one) for one in (document_of(request), published.body))
            found = laboratory.difference(read, before, user, now=clock.now())
        except DomainError as error:
            return refused(error)
        names = spoken_names()
        said = {"says": explain.sentence(read, names), "said": explain.sentence(before, names), "published": published}
        return render(request, "tagging/lab_difference.html", found | said)


class BacktestsView(WritersView):
    """POST: starts a back-test of a saved version; `number`, `days`."""

    def post(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        number, days = request.POST.get("number", ""), request.POST.get("days", "")
        if not (number.isdecimal() and len(number) < 6):
            raise NotVisible
        version = rule_page.version_of(self.rule, int(number), user)
        asked = int(days) if days.isdecimal() and len(days) < 6 else 0
        job = backtesting.ask(version=version, days=asked, actor=user, now=clock.now())
        return HttpResponseRedirect(reverse("tagging:backtest", args=[self.rule.code, job.pk]))


class BacktestView(WritersView):
    """GET: progress of a back-test, and its result once there is one; `?file=days` or `grids`: as CSV."""

    def get(self, request: HttpRequest, job_id: int) -> HttpResponse:
        job = _job(self.rule, job_id)
        run = RuleRun.objects.select_related("version").filter(job_id=job.pk, kind=RunKind.BACKTEST).first()
        if run is not None and request.GET.get("file"):
            return _file(run, request.GET["file"])
        context = self.frame(
            job.title, {"label": _("规则实验室"), "url": reverse("tagging:laboratory", args=[self.rule.code])}
        )
        context["job"] = progress(job, self.rule)
        if run is not None:
            context |= result_context(run, run.version)
        return render(request, "tagging/lab_backtest.html", context)


class BacktestProgressView(WritersView):
    """GET: the state of a back-test, as a fragment."""

    def get(self, request: HttpRequest, job_id: int) -> HttpResponse:
        return render(request, "includes/progress.html", {"job": progress(_job(self.rule, job_id), self.rule)})


class BacktestCancelView(WritersView):
    """POST: stops a back-test; what it found by then is not kept."""

    def post(self, request: HttpRequest, job_id: int) -> HttpResponse:
        jobs.cancel(_job(self.rule, job_id))
        return HttpResponseRedirect(reverse("tagging:backtest", args=[self.rule.code, job_id]))


def _jobs(rule: Rule) -> Any:
    versions = list(rule.versions.values_list("pk", flat=True))
    return Job.objects.filter(kind=backtesting.BACKTEST, params__version__in=versions)


def _job(rule: Rule, job_id: int) -> Job:
    job: Job | None = _jobs(rule).filter(pk=job_id).first()
    if job is None:
        raise NotVisible
    return job


def _running(rule: Rule) -> list[Job]:
    return list(_jobs(rule).filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]).order_by("-pk"))


def _file(run: RuleRun, what: str) -> HttpResponse:
    result: dict[str, Any] = run.result or {}
    text = StringIO()
    writer = csv.writer(text)
    if what == "grids":
        writer.writerow([_("中队"), _("网格"), _("新命中"), _("期末在标"), _("工作量（分钟）")])
        writer.writerows([one["squadron"], one["grid"], one["new"], one["standing"], one["new"] * result["minutes_each"]]
                         for one in result["grids"])  # fmt: skip
    else:
        writer.writerow(
            [
                _("日期"),
                _("推算"),
                _("新命中"),
                _("退出"),
                _("在标"),
                _("工作量（分钟）"),
                _("现行版本新命中"),
                _("现行版本在标"),
            ]
        )
        writer.writerows([one["day"], _("是") if one["is_inferred"] else "", one["new"], one["gone"], one["standing"],
                          one["minutes"], one["before_new"], one["before_standing"]] for one in day_rows(result))  # fmt: skip
    name = f"backtest-{run.job_id}-{'grids' if what == 'grids' else 'days'}.csv"
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
