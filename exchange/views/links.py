"""Pages of the links in: all of them, one of them, its declaration, and what a person decides."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from accounts.models import User
from common import clock
from common.errors import DomainError, NotAllowed
from common.scope import Right
from elements.selectors.masking import may_read_names
from exchange.choices import ADDRESS, RunState
from exchange.forms_links import LinkForm
from exchange.models import Connector, ConnectorRun
from exchange.selectors import links
from exchange.services import link_admin
from exchange.services.link_guard import STOPPING, field_of, fields_of
from exchange.views.acts import ActView
from exchange.views.mapping_page import sample

_STATE_LEVELS = {
    RunState.RUNNING: "note", RunState.LANDING: "note", RunState.DONE: "ok", RunState.EMPTY: "idle", RunState.HELD: "warn",
    RunState.REFUSED: "idle", RunState.FAILED: "bad",
}  # fmt: skip
_COUNTS = {
    "created": gettext_lazy("新增"), "updated": gettext_lazy("更新"), "unchanged": gettext_lazy("无变化"), "to_review": gettext_lazy("待核对"), "rejected": gettext_lazy("无法读取"), "absent": gettext_lazy("来源中已不见"),
    "returned": gettext_lazy("重新出现"), "added": gettext_lazy("新增地址"), "changed": gettext_lazy("变更地址"), "retired": gettext_lazy("注销地址"), "merged": gettext_lazy("合并地址"), "left_out": gettext_lazy("未执行"),
    "certify_sent": gettext_lazy("报请认证"), "certified": gettext_lazy("已认证"), "certify_refused": gettext_lazy("未获认证"), "certify_waiting": gettext_lazy("等待认证"),
    "certify_problems": gettext_lazy("认证未能登记"), "missing_files": gettext_lazy("之前缺少的文件"),
    "missed": gettext_lazy("此前错过的读取"),
}  # fmt: skip


class LinkListView(LoginRequiredMixin, View):
    """GET: all links that the user may see."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "page_title": _("接入链路"), "lines": [_line(one) for one in links.link_lines(request.user, clock.now())],
            "may_configure": Right.CONFIGURE in request.user.scope.rights,
        }  # fmt: skip
        return render(request, "exchange/links.html", context)


def _line(line: links.LinkLine) -> dict[str, Any]:
    run = line.last_run
    return {
        "line": line,
        "link": line.connector,
        "run": run and _run(run),
        "chart_width": len(line.trend) * 8,
        "is_waiting": line.is_stopped,
    }


class LinkView(LoginRequiredMixin, View):
    """GET: one link: declaration, what is held, readings, files that wait."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        return link_response(request, links.visible_link(code, request.user))


def link_response(request: HttpRequest, link: Connector, error: DomainError | None = None) -> HttpResponse:
    """The page of a link, with what went wrong."""
    now, user = clock.now(), request.user
    held = links.held_runs(link)
    runs = links.recent_runs(link)
    trend = links.bars([run.rows for run in reversed(runs) if run.state == RunState.DONE and run.rows is not None])
    context = {
        "page_title": link.name, "breadcrumbs": [{"label": _("接入链路"), "url": reverse("exchange:links")}], "link": link,
        "health": links.health_of(link, is_held=bool(held), now=now), "lag": links.lag_words(link, now),
        "held": [_held(run) for run in held], "runs": [_run(run) for run in runs], "trend": trend,
        "chart_width": len(trend) * 8, "waiting": links.waiting_files(link, now), "columns": _columns(link),
        "options": _shown_options(link), "may_decide": link_admin.may_decide(link, user),
        "may_configure": Right.CONFIGURE in user.scope.rights, "may_import": Right.IMPORT in user.scope.rights, "error": error,
    }  # fmt: skip
    return render(request, "exchange/link.html", context, status=error.status if error else 200)


def _run(run: ConnectorRun) -> dict[str, Any]:
    counts = [
        {"label": str(label), "value": f"{run.counts[name]:,}"}
        for name, label in _COUNTS.items()
        if isinstance(run.counts.get(name), int) and run.counts[name]
    ]
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
    return {
        "run": run, "level": _STATE_LEVELS[RunState(run.state)], "label": str(RunState(run.state).label), "counts": counts,
        "seconds": f"{seconds:.0f}" if seconds is not None else "", "new_columns": run.counts.get("new_columns", []),
        "certify_problem": run.counts.get("certify_problem", ""),
    }  # fmt: skip


def _held(run: ConnectorRun) -> dict[str, Any]:
    finding = run.counts.get("finding", {})
    return _run(run) | {
        "drift": finding.get("drift", []), "added": finding.get("added", []), "problems": finding.get("problems", []),
        "figures": finding, "is_stopping": run.problem in STOPPING,
    }  # fmt: skip


def _columns(link: Connector) -> list[dict[str, str]]:
    headers = list(dict.fromkeys([*link.headers, *link.columns]))
    labels = link_admin.field_labels(link)
    return [{"header": header, "field": labels.get(field_of(link, header), _("忽略"))} for header in headers]


def _shown_options(link: Connector) -> list[dict[str, str]]:
    return [
        {"name": name, "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}
        for name, value in link.options.items()
        if name != "headers"
    ]


class _LinkActView(ActView[Connector]):
    """An act on a link that leads back to its page; a refusal is said there."""

    def find(self, code: str, user: User) -> Connector:
        return links.visible_link(code, user)

    def refused(self, request: HttpRequest, thing: Connector, error: DomainError) -> HttpResponse:
        return link_response(request, thing, error)

    def done(self, request: HttpRequest, thing: Connector, said: str) -> HttpResponse:
        messages.success(request, said)
        return HttpResponseRedirect(reverse("exchange:link", args=[thing.code]))


class LinkActiveView(_LinkActView):
    """POST: pause (`active=0`) or go on."""

    def act(self, request: HttpRequest, thing: Connector, **_ids: Any) -> str:
        is_active = request.POST.get("active") == "1"
        link_admin.set_active(connector=thing, is_active=is_active, actor=request.user, now=clock.now())
        return _("链路已恢复。") if is_active else _("链路已暂停，不再读取；已读到的保留。")


class LinkRunView(_LinkActView):
    """POST: read now."""

    def act(self, request: HttpRequest, thing: Connector, **_ids: Any) -> str:
        link_admin.run_now(connector=thing, actor=request.user, now=clock.now())
        return _("开始读取。")


class LinkDecideView(_LinkActView):
    """POST: `decision` = once, always (with `column-0` … for the missing ones), refuse."""

    def act(self, request: HttpRequest, thing: Connector, run_id: int = 0, **_ids: Any) -> str:
        run, now = links.visible_run(thing, run_id), clock.now()
        decision = request.POST.get("decision")
        if decision == "refuse":
            link_admin.refuse_run(run=run, actor=request.user, now=now)
            return _("这次读取不采用，来文保留。")
        if decision not in {"once", "always"}:
            raise DomainError("DECISION_UNKNOWN", "请选择采用或不采用。")
        remap = _remap(request, run) if decision == "always" else None
        link_admin.accept_run(run=run, actor=request.user, now=now, remap=remap)
        return _("已采用，正在入库。")


def _remap(request: HttpRequest, run: ConnectorRun) -> dict[str, str]:
    drift = run.counts.get("finding", {}).get("drift", [])
    return {one["column"]: request.POST.get(f"column-{place}", "") for place, one in enumerate(drift)}


class LinkEditView(LoginRequiredMixin, View):
    """GET, POST: declare a link, or change it; `try` reads a page and keeps nothing."""

    def get(self, request: HttpRequest, code: str | None = None) -> HttpResponse:
        link = self._link(request, code)
        return self._page(request, link, LinkForm(initial=LinkForm.initial_of(link), connector=link))

    def post(self, request: HttpRequest, code: str | None = None) -> HttpResponse:
        link = self._link(request, code)
        form = LinkForm(request.POST, initial=LinkForm.initial_of(link), connector=link)
        if not form.is_valid():
            return self._page(request, link, form, status=400)
        try:
            if "try" in request.POST:
                return self._page(request, link, form, trial=_trial(request, link, form))
            saved = link_admin.save_link(
                connector=link, values=form.declared(), secret=form.secret_given(), actor=request.user, now=clock.now()
            )
        except DomainError as error:
            return self._page(request, link, form, error=error, status=error.status)
        return HttpResponseRedirect(reverse("exchange:link", args=[saved.code]))

    def _link(self, request: HttpRequest, code: str | None) -> Connector | None:
        if Right.CONFIGURE not in request.user.scope.rights:
            raise NotAllowed("只有系统管理员可以设置链路。")
        return links.visible_link(code, request.user) if code else None

    def _page(
        self, request: HttpRequest, link: Connector | None, form: LinkForm, *, trial: dict[str, Any] | None = None,
        error: DomainError | None = None, status: int = 200,
    ) -> HttpResponse:  # fmt: skip
        title = _("编辑链路：%(name)s") % {"name": link.name} if link else _("新增链路")
        crumbs = [{"label": _("接入链路"), "url": reverse("exchange:links")}]
        context = {
            "page_title": title,
            "breadcrumbs": crumbs,
            "form": form,
            "link": link,
            "trial": trial,
            "error": error,
        }
        return render(request, "exchange/link_form.html", context, status=status)


def _trial(request: HttpRequest, link: Connector | None, form: LinkForm) -> dict[str, Any]:
    """Columns and a few rows of what is declared in the form; numbers and names masked."""
    tried = Connector(**form.declared())
    if link is not None:
        tried.secret = link.secret
    headers, rows, count = link_admin.try_link(
        connector=tried, secret=form.secret_given(), actor=request.user, now=clock.now()
    )
    in_full, labels = may_read_names(request.user), link_admin.field_labels(tried)
    fields = list(fields_of(tried, headers).values())
    shown = [
        [cell if tried.kind == ADDRESS else sample(tried.kind, field, cell, in_full=in_full) for field, cell in zip(fields, row, strict=False)]
        for row in rows
    ]  # fmt: skip
    columns = [
        {
            "header": header,
            "field": labels.get(field, _("忽略")),
            "cells": [row[place] for row in shown if place < len(row)],
        }
        for place, (header, field) in enumerate(zip(headers, fields, strict=True))
    ]
    return {"columns": columns, "count": count}
