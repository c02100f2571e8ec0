"""The mend file as a download, for pages and the API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from common import clock
from common.audit import record_audit
from exchange.exporters.download import as_download
from exchange.models import LandingBatch
from exchange.selectors.rows import mend_file


def mend_response(request: HttpRequest, batch: LandingBatch) -> HttpResponse:
    """The mend file as a download; the audit row stands before a byte leaves."""
    now = clock.now()
    rows = batch.rows.filter(outcome__in=["TO_REVIEW", "REJECTED"], mended_by_row__isnull=True).count()
    record_audit(
        actor_id=request.user.pk, verb="REJECTS_DOWNLOADED", subject_table="exchange_landingbatch",
        subject_id=batch.pk, count=rows, now=now,
    )  # fmt: skip
    response = HttpResponse(mend_file(batch), content_type="text/csv; charset=utf-8")
    name = f"{_('待修补')}_{batch.pk}_{timezone.localtime(now):%Y%m%d-%H%M}.csv"
    return as_download(response, name, plain=f"mend-{batch.pk}.csv")
