"""New elements for machines; the values are texts, read as on the page and in a file."""

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
from common.errors import DomainError
from common.scope import Right
from console.register_page import POINT, POINT_INPUTS, entry_fields, new_token, read_entry
from console.views.register import writable
from elements.kinds import KINDS
from elements.registries import Registry
from elements.services.registering import register_element, undo_registration

_TEXT = {"max_length": 500, "allow_blank": True}
# Name of a kind → registry: as on the map, where drivers and danger spots are kinds of their own.
REGISTRY_OF_KIND = {
    "DRIVER": "drivers", "PERSON": "persons", "VEHICLE": "vehicles", "UNIT": "units", "HOUSE": "houses",
    "FACILITY": "facilities", "DANGER": "dangers",
}  # fmt: skip


class RegistrationSerializer(serializers.Serializer):
    """A new thing: texts by field, keys by field, addresses by role, the point as "longitude,latitude,datum".

    The same `token` sent again with the same content is the same registration.
    """

    kind = serializers.ChoiceField(choices=[(name, name) for name in REGISTRY_OF_KIND])
    values = serializers.DictField(child=serializers.CharField(**_TEXT), default=dict)
    keys = serializers.DictField(child=serializers.CharField(**_TEXT), default=dict)
    address = serializers.DictField(child=serializers.CharField(**_TEXT), default=dict)
    point = serializers.CharField(max_length=80, default="", allow_blank=True)
    token = serializers.UUIDField(required=False)


_MADE = inline_serializer(
    "RegistrationMade", {"id": serializers.IntegerField(allow_null=True), "batch": serializers.IntegerField()}
)
_UNDONE = inline_serializer(
    "RegistrationUndone", {"batch": serializers.IntegerField(), "state": serializers.CharField()}
)


class RegisterApiView(APIView):
    """POST: registers one element. `id` is null where the writer may not see what the claim is about."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        operation_id="elements_register",
        request=RegistrationSerializer,
        responses={201: _MADE, 400: OpenApiTypes.OBJECT, 403: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        form = RegistrationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        registry = writable(REGISTRY_OF_KIND[said["kind"]], request.user)
        token = str(said.get("token") or new_token())
        registration = register_element(
            registry=registry.name, values=_values(registry, said), token=token, actor=request.user, now=clock.now()
        )
        body = {"id": registration.element_id, "batch": registration.batch.pk}
        return Response(body, status=status.HTTP_201_CREATED)


class UndoRegistrationApiView(APIView):
    """POST: takes back an own registration of the last day."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        operation_id="registrations_undo", request=None,
        responses={200: _UNDONE, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT},
    )  # fmt: skip
    def post(self, request: Request, registration_id: int) -> Response:
        batch = undo_registration(batch_id=registration_id, actor=request.user, now=clock.now())
        return Response({"batch": batch.pk, "state": batch.state})


def _values(registry: Registry, said: dict[str, Any]) -> dict[str, Any]:
    """Field → value of everything that was sent.

    Raises:
        DomainError: with one entry in `extra["fields"]` for every field that cannot be so.
    """
    roles = {role.value: name for role, name in KINDS[registry.kind].address_fields}
    addresses = {roles.get(role, role): text for role, text in said["address"].items()}
    texts = {**said["values"], **said["keys"], **addresses}
    problems = []
    for name in sorted(set(texts) - (set(entry_fields(registry)) - {POINT})):
        text = {"message": "这一项不能在这里登记。", "cure": "请去掉这一项，可登记的字段见接口说明。"}
        problems.append({"field": name[:40], "code": "REGISTER_FIELD", **text})
    parts = dict(zip(POINT_INPUTS, [*said["point"].split(","), "", "", ""], strict=False)) if said["point"] else {}
    entry = read_entry(registry, {**texts, **parts} if parts else texts)
    for name, one in entry.problems.items():
        problems.append({"field": name, "code": one.code, "message": one.message, "cure": one.cure})
    if problems:
        raise DomainError("REGISTER_VALUES", "有字段不能这样登记，见 extra.fields。", {"fields": problems})
    return entry.values
