"""The ledgers (台账): their page, how many rows one has, and the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import DomainError, NotAllowed
from common.scope import Right
from console.ledger_page import areas_to_choose, card, chosen_ledger, said_of
from console.views.streaming import filters_asked, refuse_too_many, send_file
from elements.registries import REGISTRIES
from elements.selectors.lists import order_of
from exchange.exporters.elements_csv import export_csv
from exchange.exporters.elements_formats import FORMATS
from exchange.exporters.ledger_table import LedgerTable
from exchange.exporters.ledger_xlsx import HEAD_ROWS, export_ledger_xlsx
from exchange.ledgers import LEDGERS, Ledger, ledger_named, ledger_rows

_WRITERS: dict[str, Callable[[Any], Iterator[bytes]]] = {"csv": export_csv, "xlsx": export_ledger_xlsx}
_NOTHING = QueryDict()


class LedgerMixin(LoginRequiredMixin, View):
    """Ledgers are for who may take lists out."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated and Right.EXPORT not in request.user.scope.rights:
            raise NotAllowed
        return super().dispatch(request, *args, **kwargs)


def _count(ledger: Ledger, data: QueryDict, user: Any) -> int:
    rows, _filterset = ledger_rows(ledger, data, user, clock.today())
    return rows.order_by().count()


class LedgersView(LedgerMixin):
    """GET /ledgers/?ledger=&area=&late=&group=: a card a ledger; the parameters are about the one that is named."""

    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = chosen_ledger(request.GET)
        parameters = {code: request.GET if code == chosen else _NOTHING for code in LEDGERS}
        cards = [
            card(ledger, parameters[code], _count(ledger, parameters[code], request.user))
            for code, ledger in LEDGERS.items()
        ]
        context = {
            "page_title": _("台账"), "cards": cards, "areas": areas_to_choose(request.user), "as_of": clock.now(),
        }  # fmt: skip
        return render(request, "console/ledgers.html", context)


class LedgerCountView(LedgerMixin):
    """GET /ledgers/<code>/count/: how many rows the file would have, a fragment."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        ledger = ledger_named(code)
        count = _count(ledger, request.GET, request.user)
        return render(request, "console/ledger_count.html", {"card": card(ledger, request.GET, count)})


class LedgerExportView(LedgerMixin):
    """GET /ledgers/<code>/export/?format=xlsx|csv: the file. The audit row stands before a byte leaves."""

    def get(self, request: HttpRequest, code: str) -> StreamingHttpResponse:
        ledger, user, data, now = ledger_named(code), request.user, request.GET, clock.now()
        extension = data.get("format", "xlsx")
        if extension not in _WRITERS:
            raise DomainError(
                "BAD_FORMAT", "没有这种文件格式，请在台账页上选择 XLSX 或 CSV。", {"format": extension[:40]}
            )
        rows, filterset = ledger_rows(ledger, data, user, clock.today())
        count = rows.order_by().count()
        refuse_too_many(count, extension, head_rows=HEAD_ROWS)
        filters = filters_asked(filterset.form) + [name for name in ("group", "late") if data.get(name)]
        record_audit(
            actor_id=user.pk, verb="EXPORTED", subject_table="elements_element", subject_id=f"ledger:{code}",
            fields=sorted(filters), count=count, now=now,
        )  # fmt: skip
        order = order_of(REGISTRIES[ledger.registry], data.get("sort", ""), user)
        said = said_of(ledger, data, filterset.form.cleaned_data.get("area"), count)

        def write(mark: str) -> Iterator[bytes]:
            table = LedgerTable(
                rows, ledger=ledger, order=order, user=user, mark=mark, today=clock.today(), said=said
            )  # fmt: skip
            return _WRITERS[extension](table)

        content_type = FORMATS[extension].content_type
        return send_file(
            request, write, title=str(ledger.title), extension=extension, content_type=content_type, now=now
        )
