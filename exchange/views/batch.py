"""The page of one batch: columns, progress, preview, result."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import DomainError
from common.scope import Actor
from elements.list_page import list_export_url
from exchange.forms import DATUMS, FileForm
from exchange.models import LandingBatch, LandingRow
from exchange.selectors.batch_rows import RowPage, row_page
from exchange.selectors.batches import (
    WORKING,
    State,
    actions_of,
    kept_count,
    mending_batches,
    problem_summary,
    require_import,
    state_of,
    visible_batch,
)
from exchange.views.batch_page import (
    OUTCOME_LEVELS,
    badge_of,
    batch_url,
    frame_of,
    progress,
    questions,
    tabs,
    thing_url,
    tiles,
)
from exchange.views.mapping_page import mapping_page


def _number(text: str) -> int | None:
    """A row number of the URL; anything else is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class BatchView(LoginRequiredMixin, View):
    """GET: what the batch's state asks for. `?step=mapping` goes back to the columns, `?outcome=` chooses rows."""

    def get(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        require_import(request.user)
        batch = visible_batch(batch_id, request.user)
        state = state_of(batch)
        if state in WORKING:
            return render(request, "exchange/progress.html", frame_of(batch) | {"job": progress(batch, clock.now())})
        wants_mapping = request.GET.get("step") == "mapping" or not batch.counts.get("received")
        if state == State.MAPPING or (wants_mapping and "plan" in actions_of(batch)):
            return mapping_response(request, batch)
        return result_response(request, batch)


def mapping_response(
    request: HttpRequest,
    batch: LandingBatch,
    *,
    chosen: dict[str, str] | None = None,
    datum: str = "",
    error: DomainError | None = None,
) -> HttpResponse:
    """The mapping step; with an error, what the person had chosen stays."""
    context = frame_of(batch) | {"datum": datum or batch.datum, "datums": DATUMS, "error": error}
    if error is None and state_of(batch) == State.FAILED:
        context["job"] = progress(batch, clock.now())
    try:
        context |= mapping_page(batch, request.user, chosen)
    except DomainError as unreadable:
        context["error"] = error = unreadable
    return render(request, "exchange/mapping.html", context, status=error.status if error else 200)


def result_response(
    request: HttpRequest, batch: LandingBatch, *, form: FileForm | None = None, error: DomainError | None = None
) -> HttpResponse:
    """Preview or result, with one page of rows."""
    data = request.GET
    outcome = data.get("outcome", "") if data.get("outcome") in LandingRow.Outcome.values else ""
    problem = data.get("problem", "")[:40]
    is_preview = state_of(batch) == State.PLANNED
    page = row_page(
        batch,
        request.user,
        outcome=outcome,
        problem=problem,
        after=_number(data.get("after", "")),
        before=_number(data.get("before", "")),
        with_changes=is_preview,
    )
    mending = [{"batch": one, "badge": badge_of(one)} for one in mending_batches(batch, request.user)]
    context = frame_of(batch) | {
        "tiles": tiles(batch),
        "tabs": tabs(batch, outcome),
        "is_preview": is_preview,
        "questions": questions(batch),
        "problems": [{**one, "url": batch_url(batch, problem=one["code"])} for one in problem_summary(batch)],
        "mending": mending,
        "mend_form": form or FileForm(),
        "error": error,
        "job": progress(batch, clock.now()) if state_of(batch) == State.FAILED else None,
        **_rows_context(batch, page, outcome, problem, request.user),
    }
    return render(request, "exchange/result.html", context, status=error.status if error else 200)


def _rows_context(batch: LandingBatch, page: RowPage, outcome: str, problem: str, user: Actor) -> dict[str, Any]:
    keeps = {"outcome": outcome, "problem": problem}
    pager: dict[str, Any] = {}
    if page.previous_before:
        pager["first_url"] = batch_url(batch, **keeps)
        pager["previous_url"] = batch_url(batch, **keeps, before=page.previous_before)
    if page.next_after:
        pager["next_url"] = batch_url(batch, **keeps, after=page.next_after)
    count = batch.counts.get(outcome.lower(), 0) if outcome else kept_count(batch)
    return {
        "rows": [
            {"row": row, "level": OUTCOME_LEVELS.get(row.outcome, "idle"), "url": thing_url(batch, row.page_id)}
            for row in page.rows
        ],
        "pager": pager,
        "problem": problem,
        "clear_problem_url": batch_url(batch, outcome=outcome),
        "export_url": list_export_url(
            "batch-rows", QueryDict(), user, batch=batch.pk, outcome=outcome or None, problem=problem or None
        )
        if page.rows
        else "",
        "export_is_table": True,
        "count_text": "" if problem else _("共 %(count)s 行") % {"count": f"{count:,}"},
    }


class ProgressView(LoginRequiredMixin, View):
    """GET, asked each second: the progress of the batch's job; when it has ended the page is loaded again."""

    def get(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        require_import(request.user)
        batch = visible_batch(batch_id, request.user)
        response = render(request, "includes/progress.html", {"job": progress(batch, clock.now())})
        if batch.job is None or batch.job.is_finished:
            response["HX-Refresh"] = "true"
        response["Cache-Control"] = "no-store"
        return response
