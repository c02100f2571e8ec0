"""Provisional addresses for the bureau that certifies them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views import View

from addresses.choices import AddressLevel
from addresses.models import StandardAddress
from addresses.parsing.components import LEVELS
from addresses.selectors.history import provisional_addresses
from addresses.services.registry_delta import DELTA_COLUMNS
from common import clock
from common.audit import record_audit
from common.errors import NotAllowed
from common.scope import Right
from console.address_forms import value_of
from exchange.exporters.elements_table import safe_cell

EXPORT_LIMIT = 20_000


def _file_of(addresses: Sequence[StandardAddress]) -> bytes:
    """UTF-8 with a mark, so that WPS reads it; `provisional_code` is what the platform calls it until then."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*DELTA_COLUMNS, "provisional_code", "full_text"])
    for row in addresses:
        place = [row.point.x, row.point.y] if row.point else ["", ""]
        values = ["add", "", *(value_of(row, level) for level in LEVELS), *place, "", row.code, row.full_text]
        writer.writerow([safe_cell(str(value)) for value in values])
    return out.getvalue().encode("utf-8-sig")


class ProvisionalExportView(LoginRequiredMixin, View):
    """GET: a CSV in the columns of the bureau's own changes (`op` add), with the full text beside them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if Right.EXPORT not in request.user.scope.rights:
            raise NotAllowed
        rows = (
            provisional_addresses(request.user).filter(level__gt=AddressLevel.VILLAGE).select_related("town", "village")
        )
        found = list(rows.defer("town__point", "village__point").order_by("pk")[:EXPORT_LIMIT])
        now = clock.now()
        record_audit(
            actor_id=request.user.pk,
            verb="EXPORTED",
            subject_table="addresses_standardaddress",
            count=len(found),
            now=now,
        )
        answer = HttpResponse(_file_of(found), content_type="text/csv; charset=utf-8")
        name = f"provisional-addresses-{timezone.localtime(now):%Y%m%d-%H%M}.csv"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
