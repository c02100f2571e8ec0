"""Pages of partners: the list with their health, one partner, its ledger as a file, what a message would say."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import NotVisible
from exchange.contracts import SUBJECTS
from exchange.exporters.download import as_download
from exchange.exporters.elements_csv import BYTE_ORDER_MARK
from exchange.models import OutboxMessage, Partner
from exchange.selectors import partners
from exchange.selectors.partners_preview import preview, require_preview
from exchange.views.partners_page import ledger_row, page_context, span_text

_HEADINGS = ("提供时间", "内容", "记录", "字段", "消息编号", "签收时间", "现状", "被更新", "召回时间")


class PartnerListView(LoginRequiredMixin, View):
    """GET: every partner that the reader may see, with its health, backlog, lag, parked messages and last receipt."""

    def get(self, request: HttpRequest) -> HttpResponse:
        partners.require_partners(request.user)
        now = clock.now()
        lines = partners.partner_lines(list(partners.visible_partners(request.user).order_by("name")), now)
        context = {
            "page_title": _("交换伙伴"),
            "lines": [{"line": line, "lag": span_text(line.lag_s(now)) if line.oldest else ""} for line in lines],
            "may_configure": partners.may_configure(request.user),
        }
        return render(request, "exchange/partners.html", context)


class PartnerView(LoginRequiredMixin, View):
    """GET: one partner, one tab. A foreign one answers like a missing one."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        partner = partners.visible_partner(code, request.user)
        return render(request, "exchange/partner.html", page_context(request, partner))


class PartnerLedgerView(LoginRequiredMixin, View):
    """GET: the recipient ledger as CSV, of one record with `record=`; audited."""

    def get(self, request: HttpRequest, code: str) -> StreamingHttpResponse:
        partner = partners.visible_partner(code, request.user)
        record = request.GET.get("record", "")
        record_audit(
            actor_id=request.user.pk, verb="EXPORTED", subject_table="exchange_disclosure", subject_id=partner.pk,
            now=clock.now(),
        )  # fmt: skip
        response = StreamingHttpResponse(_lines(partner, record), content_type="text/csv; charset=utf-8")
        name = f"{partner.name}提供台账-{clock.today():%Y%m%d}.csv"
        return as_download(response, name, plain=f"ledger-{partner.code}.csv")


def _lines(partner: Partner, record: str) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow(_HEADINGS)
    for one in partners.ledger_rows(partner, record=record).iterator(chunk_size=2_000):
        row = ledger_row(one, None)
        writer.writerow(
            (_moment(one.disclosed_at), one.get_subject_display(), one.subject_id, row["field"], one.message.uid,
             _moment(one.acknowledged_at), row["standing"], _moment(one.superseded_at), _moment(one.recalled_at))
        )  # fmt: skip
        if buffer.tell() > 65_536:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if at else ""


class MessagePreviewView(LoginRequiredMixin, View):
    """GET: what the message would say now, masked, for who sees the record or speaks for the partner; audited."""

    def get(self, request: HttpRequest, code: str, message_id: int) -> HttpResponse:
        partner = partners.visible_partner(code, request.user)
        message = OutboxMessage.objects.filter(partner=partner, pk=message_id).select_related(
            "contract", "partner__source"
        )
        found = message.first()
        if found is None:
            raise NotVisible
        require_preview(found, request.user)
        record_audit(
            actor_id=request.user.pk, verb="PARTNER_PREVIEWED", subject_table="exchange_outboxmessage",
            subject_id=found.pk, now=clock.now(),
        )  # fmt: skip
        return render(request, "exchange/partner_preview.html", {"fields": preview(found), "message": found})


class ToldView(LoginRequiredMixin, View):
    """GET: a line that names who holds something of a record, for who sees partners and the record."""

    def get(self, request: HttpRequest, subject: str, record: int) -> HttpResponse:
        spec = SUBJECTS.get(subject)
        if spec is None or not partners.sees_all_partners(request.user):
            raise NotVisible
        if not spec.model._default_manager.visible_to(request.user).filter(pk=record).exists():
            raise NotVisible
        context = {"holders": partners.holders_of(subject, record), "record": record}
        return render(request, "exchange/partner_told.html", context)
