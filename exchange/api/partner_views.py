"""What partners say to the platform, signed: receipts, disputes and what became of them.

There is no session and no token: the signature is the proof, its nonce is used up in the transaction of the effect.
"""

from __future__ import annotations

from typing import Any

import orjson
from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.audit import record_audit
from common.errors import DomainError
from exchange.models import Dispute, Partner
from exchange.services.disputes import TABLE, dispute_status, receive_dispute
from exchange.services.partner_keys import signer_of, use_nonce
from exchange.services.receipts import receive_receipt

MAX_BYTES = 64 * 2**10


class TooLarge(DomainError):
    """More than any such message needs."""

    status = 413


class _PartnerAPIView(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    def signed(self, request: Request) -> Partner:
        """The partner that signed this request.

        Raises:
            SignatureError: nobody whom we know.
            TooLarge: read no further.
        """
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            raise TooLarge("TOO_LARGE", f"报文超过 {MAX_BYTES:,} 字节。")
        return signer_of(
            request.headers, method=request.method or "", path=request.get_full_path(), body=request._request.body,
            now=clock.now(),
        )  # fmt: skip

    def document(self, request: Request) -> dict[str, Any]:
        """The body as a JSON object."""
        try:
            document = orjson.loads(request._request.body)
        except orjson.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            raise DomainError("BODY_UNREADABLE", "报文不是 JSON 对象（UTF-8）。请按接入说明改正后重发。")
        return document


class PartnerReceiptView(_PartnerAPIView):
    """POST `{message_id, accepted, receipt, partner_id?, reason?}`: the partner answers for a message that it took."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses={200: OpenApiTypes.OBJECT, 401: OpenApiTypes.OBJECT})
    @transaction.atomic
    def post(self, request: Request) -> Response:
        partner = self.signed(request)
        use_nonce(partner, request.headers, clock.now())
        message = receive_receipt(partner=partner, document=self.document(request), now=clock.now())
        return Response({"message_id": str(message.uid), "noted": True})


class PartnerDisputeListView(_PartnerAPIView):
    """POST `{number, message_id, field, stated, reason}`: a field of a record that the partner was told is wrong."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses={202: OpenApiTypes.OBJECT, 401: OpenApiTypes.OBJECT})
    @transaction.atomic
    def post(self, request: Request) -> Response:
        partner, now = self.signed(request), clock.now()
        use_nonce(partner, request.headers, now)
        dispute, is_new = receive_dispute(partner=partner, document=self.document(request), now=now)
        if is_new:
            record_audit(
                actor_id=None, verb="DISPUTE_RECEIVED", subject_table=TABLE, subject_id=dispute.pk, fields=[dispute.field],
                now=now,
            )  # fmt: skip
        return Response(_shown(dispute) | {"duplicate": not is_new}, status=status.HTTP_202_ACCEPTED)


class PartnerDisputeView(_PartnerAPIView):
    """GET: what became of a dispute, by the number that the partner gave."""

    @extend_schema(
        parameters=[
            OpenApiParameter("dispute_number", {"type": "string", "maxLength": 80}, OpenApiParameter.PATH),
        ],
        responses={200: OpenApiTypes.OBJECT, 401: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT},
    )
    @transaction.atomic
    def get(self, request: Request, dispute_number: str) -> Response:
        partner = self.signed(request)
        use_nonce(partner, request.headers, clock.now())
        return Response(_shown(dispute_status(partner=partner, number=dispute_number)))


def _shown(dispute: Dispute) -> dict[str, Any]:
    return {
        "number": dispute.number, "state": str(dispute.state), "answer": dispute.answer,
        "decided_at": dispute.decided_at.isoformat() if dispute.decided_at else None,
    }  # fmt: skip
