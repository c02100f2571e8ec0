"""Pictures of an element for machines; the page sends its pictures the same way."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import requires
from common import clock
from common.errors import DomainError, NotAllowed
from common.scope import Right
from elements.models import Photo
from elements.selectors.detail import visible_element
from elements.selectors.photos import photos_of, place_check
from elements.services.photos import add_photo, may_write
from elements.services.picture_child import MAX_BYTES

PHOTOS_PER_REQUEST = 20
_PHOTO = {
    "token": serializers.UUIDField(),
    "url": serializers.CharField(),
    "thumb_url": serializers.CharField(),
    "caption": serializers.CharField(),
    "taken_at": serializers.DateTimeField(allow_null=True),
    "uploaded_at": serializers.DateTimeField(),
    "width_px": serializers.IntegerField(),
    "height_px": serializers.IntegerField(),
    "distance_m": serializers.IntegerField(allow_null=True),
    "place_check": serializers.CharField(),
}
_LIST = inline_serializer("PhotoList", {"results": inline_serializer("Photo", _PHOTO, many=True)})
_UPLOAD = {
    "multipart/form-data": {
        "type": "object",
        "properties": {
            "photos": {"type": "array", "maxItems": PHOTOS_PER_REQUEST, "items": {"type": "string", "format": "binary"}},
            "caption": {"type": "string", "maxLength": 120},
        },
        "required": ["photos"],
    }
}  # fmt: skip


class PhotoListView(APIView):
    """GET: pictures of the element, newest first. POST multipart `photos` (1 to 20), `caption?` → the pictures.

    The first file that is refused ends the request; those before it stay, and sent again they are the same pictures.
    """

    permission_classes = [requires(Right.READ)]
    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="photos_list", responses={200: _LIST, 404: OpenApiTypes.OBJECT})
    def get(self, request: Request, element_id: int) -> Response:
        element = visible_element(element_id, request.user)
        return Response({"results": [photo_json(photo) for photo in photos_of(element.pk, request.user)]})

    @extend_schema(
        operation_id="photos_add",
        request=_UPLOAD,
        responses={201: _LIST, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, element_id: int) -> Response:
        visible_element(element_id, request.user)
        if not may_write(request.user):
            raise NotAllowed
        photos = [
            add_photo(
                element_id=element_id,
                data=file.read(),
                name=file.name or "",
                caption=str(request.data.get("caption", "")),
                actor=request.user,
                now=clock.now(),
            )
            for file in _files(request)
        ]
        return Response({"results": [photo_json(photo) for photo in photos]}, status=status.HTTP_201_CREATED)


def photo_json(photo: Photo) -> dict[str, Any]:
    """What the API says of a picture."""
    return {
        "token": str(photo.token),
        "url": reverse("console:photo", args=[photo.token]),
        "thumb_url": reverse("console:photo-thumb", args=[photo.token]),
        "caption": photo.caption,
        "taken_at": photo.taken_at,
        "uploaded_at": photo.uploaded_at,
        "width_px": photo.width_px,
        "height_px": photo.height_px,
        "distance_m": photo.distance_m,
        "place_check": str(place_check(photo)[1]),
    }


def _files(request: Request) -> list[Any]:
    """The files of a request, none of them read yet.

    Raises:
        DomainError: none, too many, or one that is too large.
    """
    files = request.FILES.getlist("photos")
    if not files:
        raise DomainError("PHOTO_MISSING", "没有收到照片。请选择 1 至 20 张照片再上传。")
    if len(files) > PHOTOS_PER_REQUEST:
        raise DomainError("PHOTO_TOO_MANY", f"一次最多上传 {PHOTOS_PER_REQUEST} 张照片，请分几次上传。")
    if any(file.size > MAX_BYTES for file in files):
        raise DomainError("PHOTO_TOO_LARGE", f"照片超过 {MAX_BYTES // 2**20} MB。请缩小后再上传。")
    return files
