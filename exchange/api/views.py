"""The import for machines: the same services, rights and refusals as the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import requires
from common import clock, jobs
from common.errors import Conflict, DomainError
from common.scope import Right
from exchange.api.serializers import batch_json, row_json
from exchange.exporters.mend_download import mend_response
from exchange.forms import UploadForm, content_of
from exchange.models import LandingBatch, LandingRow
from exchange.selectors.batch_rows import row_page
from exchange.selectors.batches import State, require_action, state_of, visible_batch
from exchange.services import landing


class _ImportAPIView(APIView):
    permission_classes = [requires(Right.IMPORT)]


class ImportListView(_ImportAPIView):
    """POST multipart `file, kind, source, observed_on?, datum?` → the batch with its suggested columns."""

    parser_classes = [MultiPartParser, FormParser]

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: OpenApiTypes.OBJECT, 400: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        form = UploadForm(request.data, request.FILES, user=request.user)
        if not form.is_valid():
            first = next(iter(form.errors.values()))[0]
            raise DomainError("FORM_INVALID", str(first), {"fields": form.errors.get_json_data()})
        now = clock.now()
        batch = landing.receive_file(
            data=content_of(form.cleaned_data["file"]), name=form.cleaned_data["file"].name,
            source=form.cleaned_data["source"], kind_code=form.cleaned_data["kind"], observed_at=form.observed_at(now),
            actor=request.user, now=now, datum=form.cleaned_data["datum"],
        )  # fmt: skip
        return Response(batch_json(batch), status=status.HTTP_201_CREATED)


class ImportDetailView(_ImportAPIView):
    """GET: state, counts and progress. DELETE: stops the running job; what was committed stays."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT})
    def get(self, request: Request, batch_id: int) -> Response:
        return Response(batch_json(visible_batch(batch_id, request.user)))

    @extend_schema(responses={202: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT})
    def delete(self, request: Request, batch_id: int) -> Response:
        batch = visible_batch(batch_id, request.user)
        require_action(batch, "cancel")
        if batch.job is not None:
            jobs.cancel(batch.job)
        return Response(batch_json(visible_batch(batch_id, request.user)), status=status.HTTP_202_ACCEPTED)


class ImportActionView(_ImportAPIView):
    """POST: starts planning (`{"columns"?: {header: field}, "datum"?}`), importing, reprocessing or undoing; 202 with the job."""

    parser_classes = [JSONParser, FormParser, MultiPartParser]
    action = ""

    @extend_schema(request=OpenApiTypes.OBJECT, responses={202: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT})
    def post(self, request: Request, batch_id: int) -> Response:
        batch = visible_batch(batch_id, request.user)
        require_action(batch, self.action)
        if self.action == "plan":
            self._plan(batch, request)
        elif self.action == "import":
            landing.start_import(batch=batch, actor=request.user)
        elif self.action == "reprocess":
            landing.start_reprocessing(batch=batch, actor=request.user)
        else:
            landing.start_undo(batch=batch, actor=request.user)
        return Response(batch_json(visible_batch(batch_id, request.user)), status=status.HTTP_202_ACCEPTED)

    def _plan(self, batch: LandingBatch, request: Request) -> None:
        data: Any = request.data
        columns = data.get("columns", {}) if isinstance(data, dict) else None
        if not isinstance(columns, dict) or not all(isinstance(field, str) for field in columns.values()):
            raise DomainError("COLUMNS_INVALID", "columns 应是“列名: 字段”的对象。")
        unknown = sorted(set(columns) - set(batch.headers))
        if unknown:
            raise DomainError("COLUMN_UNKNOWN", f"文件没有这样的列：{'、'.join(unknown)}。", {"columns": unknown})
        datum = data.get("datum") or batch.datum
        if datum not in {"WGS84", "GCJ02", "BD09"}:
            raise DomainError("DATUM_UNKNOWN", "坐标系只能是 WGS84、GCJ02、BD09。")
        landing.start_planning(batch=batch, columns={**batch.columns, **columns}, datum=datum, actor=request.user)


class ImportRowsView(_ImportAPIView):
    """GET `?outcome=&problem=&after=`: rows by number, with problems; changes while there is a preview."""

    @extend_schema(
        parameters=[
            OpenApiParameter("outcome", str, enum=LandingRow.Outcome.values),
            OpenApiParameter("problem", str, description="Code of a problem that the rows must have."),
            OpenApiParameter("after", int, description="Row number after which the page begins; from `next_after`."),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, batch_id: int) -> Response:
        batch = visible_batch(batch_id, request.user)
        outcome = request.query_params.get("outcome", "").upper()
        if outcome and outcome not in LandingRow.Outcome.values:
            raise DomainError("OUTCOME_UNKNOWN", f"outcome 只能是 {'、'.join(LandingRow.Outcome.values)}。")
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 10):
            raise DomainError("AFTER_INVALID", "after 应是行号。")
        page = row_page(
            batch,
            request.user,
            outcome=outcome,
            problem=request.query_params.get("problem", "")[:40],
            after=int(after),
            with_changes=state_of(batch) == State.PLANNED,
        )
        return Response({"results": [row_json(row) for row in page.rows], "next_after": page.next_after})


class ImportRejectsView(_ImportAPIView):
    """GET: the rows that did not go in as CSV, to be mended and sent again; audited."""

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY, 409: OpenApiTypes.OBJECT})
    def get(self, request: Request, batch_id: int) -> HttpResponse:
        batch = visible_batch(batch_id, request.user)
        if not batch.counts:
            raise Conflict("BATCH_STATE", "还没有试算，没有待修补的行。")
        return mend_response(request._request, batch)
