"""Corrections for machines; the values are texts, read as on the page and in a file."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import requires
from common import clock
from common.errors import Conflict, DomainError, NotAllowed
from common.scope import Right
from console.edit_page import may_edit
from console.editing import editable_fields, read_point, read_text
from console.selectors.edit_conflict import changes_since
from elements.kinds import KINDS
from elements.models import Element
from elements.selectors.detail import visible_element
from elements.services.own_corrections import correct_element, undo_correction

_POINT_PARTS = 3


class CorrectionSerializer(serializers.Serializer):
    """What is said: texts by field, fields that are empty, why, and the version that was looked at."""

    values = serializers.DictField(child=serializers.CharField(max_length=500, allow_blank=True), default=dict)
    cleared = serializers.ListField(child=serializers.CharField(max_length=40), default=list, max_length=60)
    reason = serializers.CharField(max_length=200)
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


_MADE = inline_serializer(
    "CorrectionMade",
    {
        "batch": serializers.IntegerField(),
        "version": serializers.IntegerField(allow_null=True),
        "conflicts": serializers.ListField(child=serializers.CharField()),
    },
)
_UNDONE = inline_serializer("CorrectionUndone", {"batch": serializers.IntegerField(), "state": serializers.CharField()})


class CorrectionApiView(APIView):
    """POST: corrects one element. A point is the text "longitude,latitude,datum"."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        operation_id="corrections_add",
        request=CorrectionSerializer,
        responses={201: _MADE, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, element_id: int) -> Response:
        element = visible_element(element_id, request.user)
        if not may_edit(request.user):
            raise NotAllowed
        form = CorrectionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        values = _values(element, said["values"], said["cleared"])
        try:
            batch = correct_element(
                element=element, values=values, cleared=said["cleared"], reason=said["reason"], actor=request.user,
                now=clock.now(), version=said["version"],
            )  # fmt: skip
        except Conflict as error:
            if error.code != "ELEMENT_CHANGED":
                raise
            raise _with_changes(error, element_id, said["version"], request.user) from error
        now = Element.objects.visible_to(request.user).filter(pk=element_id).values("version", "conflicts").first()
        body = {"batch": batch.pk, **(now or {"version": None, "conflicts": []})}
        return Response(body, status=status.HTTP_201_CREATED)


class UndoApiView(APIView):
    """POST: takes back an own correction of the last day."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        operation_id="corrections_undo", request=None,
        responses={200: _UNDONE, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT},
    )  # fmt: skip
    def post(self, request: Request, correction_id: int) -> Response:
        batch = undo_correction(batch_id=correction_id, actor=request.user, now=clock.now())
        return Response({"batch": batch.pk, "state": batch.state})


def _values(element: Element, texts: dict[str, str], cleared: list[str]) -> dict[str, Any]:
    """Field → value, for the fields that a person may correct.

    Raises:
        DomainError: with one entry in `extra["fields"]` for every field that cannot be so.
    """
    kind = KINDS[element.kind]
    allowed = editable_fields(kind)
    problems: list[dict[str, str]] = []
    values = {}
    for name in [*texts, *cleared]:
        if name not in allowed:
            text = {"message": "这一项不能更正。", "cure": "请去掉这一项，可更正的字段见接口说明。"}
            problems.append({"field": name[:40], "code": "CORRECTION_FIELD", **text})
    for name, text in texts.items():
        if name not in allowed:
            continue
        if name == "point":
            entered = read_point(*([*text.split(","), "", "", ""][:_POINT_PARTS]))
        else:
            entered = read_text(kind, name, text)
        if entered.code:
            problems.append({"field": name, "code": entered.code, "message": entered.message, "cure": entered.cure})
        values[name] = entered.value
    if problems:
        raise DomainError("CORRECTION_VALUES", "有字段不能这样填写，见 extra.fields。", {"fields": problems})
    return values


def _with_changes(error: Conflict, element_id: int, version: int, user: Any) -> Conflict:
    """The same refusal with the version that holds now and what changed, masked for the reader."""
    fresh = visible_element(element_id, user)
    changes = [
        {"field": one.field, "label": one.label, "was": one.was, "now": one.now, "by": one.by, "at": one.at}
        for one in changes_since(fresh, version, user)
    ]
    return Conflict(error.code, error.message, {"version": fresh.version, "changes": changes})
