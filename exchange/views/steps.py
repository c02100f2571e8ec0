"""What a person does with a batch: each a POST that starts a job and leads back to the batch."""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views import View

from common import clock, jobs
from common.errors import DomainError
from exchange.exporters.mend_download import mend_response
from exchange.forms import DATUMS, FileForm, content_of
from exchange.models import LandingBatch
from exchange.selectors.batches import require_action, require_import, visible_batch
from exchange.services import landing
from exchange.views.batch import mapping_response, result_response
from exchange.views.mapping_page import chosen_columns


class _StepView(LoginRequiredMixin, View):
    """A step on one batch; foreign and missing ones answer alike."""

    def batch(self, request: HttpRequest, batch_id: int) -> LandingBatch:
        """The batch of the URL, if the user may import and see it."""
        require_import(request.user)
        return visible_batch(batch_id, request.user)

    def back(self, batch: LandingBatch) -> HttpResponse:
        """To the batch's page, which shows the progress."""
        return HttpResponseRedirect(reverse("exchange:batch", args=[batch.pk]))


class PlanView(_StepView):
    """POST: the columns are decided, the dry run begins. What is open is said on the same page."""

    def post(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        batch = self.batch(request, batch_id)
        require_action(batch, "plan")
        chosen = chosen_columns(batch, request.POST)
        datum = request.POST.get("datum", "")
        if datum not in dict(DATUMS):
            datum = batch.datum
        try:
            landing.start_planning(batch=batch, columns=chosen, datum=datum, actor=request.user)
        except DomainError as error:
            if error.status != 400:
                raise
            return mapping_response(request, batch, chosen=chosen, datum=datum, error=error)
        return self.back(batch)


class ApplyView(_StepView):
    """POST: the previewed plan is applied. A second click meets a batch that is being imported: 409."""

    def post(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        batch = self.batch(request, batch_id)
        require_action(batch, "import")
        return self.back(landing.start_import(batch=batch, actor=request.user))


class ReprocessView(_StepView):
    """POST: the rows that were held back are read again."""

    def post(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        batch = self.batch(request, batch_id)
        require_action(batch, "reprocess")
        return self.back(landing.start_reprocessing(batch=batch, actor=request.user))


class UndoView(_StepView):
    """POST: what the batch said is taken back."""

    def post(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        batch = self.batch(request, batch_id)
        require_action(batch, "undo")
        return self.back(landing.start_undo(batch=batch, actor=request.user))


class CancelView(_StepView):
    """POST: the batch's job stops at its next report; what was committed stays."""

    def post(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        batch = self.batch(request, batch_id)
        require_action(batch, "cancel")
        if batch.job is not None:
            jobs.cancel(batch.job)
        return self.back(batch)


class MendView(_StepView):
    """POST: a mended file; kind, source, date and datum are those of the batch that it mends."""

    def post(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        batch = self.batch(request, batch_id)
        require_action(batch, "mend")
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            error = DomainError("FILE_REQUIRED", str(form.errors["file"][0]))
            return result_response(request, batch, form=form, error=error)
        file = form.cleaned_data["file"]
        try:
            mending = landing.receive_file(
                data=content_of(file), name=file.name, source=batch.source, kind_code=batch.kind,
                observed_at=batch.observed_at, actor=request.user, now=clock.now(), datum=batch.datum, mends=batch,
            )  # fmt: skip
        except DomainError as error:
            return result_response(request, batch, form=form, error=error)
        return self.back(mending)


class MendFileView(_StepView):
    """GET: the rows that did not go in, as received, with reasons. They hold personal data in full: audited."""

    def get(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        batch = self.batch(request, batch_id)
        require_action(batch, "mend")
        return mend_response(request, batch)
