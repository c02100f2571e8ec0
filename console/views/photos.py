"""Pictures of elements: the files themselves, the gallery, and what is done to a picture."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import DomainError
from console.element_photos import gallery
from elements.models import Photo
from elements.photo_notes import read_notes
from elements.selectors.detail import visible_element
from elements.selectors.photos import visible_photo
from elements.services import photos


class PhotoView(LoginRequiredMixin, View):
    """GET: the JPEG. The browser keeps it and asks each time whether it still may show it."""

    is_thumb = False

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        photo = visible_photo(token, request.user)
        etag = f'"{bytes(photo.content_hash).hex()}{"-s" if self.is_thumb else ""}"'
        answer = get_conditional_response(request, etag=etag)
        if answer is None:
            answer = HttpResponse(photos.read_photo(photo, is_thumb=self.is_thumb), content_type="image/jpeg")
            answer["Content-Disposition"] = f'inline; filename="photo-{photo.pk}.jpg"'
            answer["X-Content-Type-Options"] = "nosniff"
        answer["ETag"] = etag
        answer["Cache-Control"] = "private, no-cache"
        return answer


class GalleryView(LoginRequiredMixin, View):
    """GET: the gallery of an element as a fragment."""

    def get(self, request: HttpRequest, element_id: int) -> HttpResponse:
        element = visible_element(element_id, request.user)
        return render(request, "console/photo_gallery.html", gallery(element.pk, request.user))


class AnnotateView(LoginRequiredMixin, View):
    """POST JSON `{"notes": […]}` → a copy of the picture with the notes; the answer says how to take it away again."""

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            copy = photos.annotate_photo(
                token=token, notes=read_notes(request.body), actor=request.user, now=clock.now()
            )  # fmt: skip
        except DomainError as error:
            return _refusal(error)
        undo = {"text": _("已保存标注版，原图保留。"), "label": _("撤销")}
        undo["url"] = reverse("console:photo-remove", args=[copy.token])
        return JsonResponse(undo, status=201)


def _refusal(error: DomainError) -> HttpResponse:
    # htmx shows no body of a refused request: the message comes as JSON, which `lib/requests.js` shows.
    content = json.dumps({"code": error.code, "message": error.message}, ensure_ascii=False)
    return HttpResponse(content, status=error.status, content_type="application/json")


class _ActView(LoginRequiredMixin, View, ABC):
    """POST → the gallery as it is now."""

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            photo, said = self.act(request, token)
        except DomainError as error:
            return _refusal(error)
        answer = render(request, "console/photo_gallery.html", gallery(photo.element_id, request.user))
        answer["HX-Trigger"] = json.dumps(said)
        return answer

    @abstractmethod
    def act(self, request: HttpRequest, token: str) -> tuple[Photo, dict[str, Any]]:
        """What is done to the picture: the picture, and what the page is told."""


class RemoveView(_ActView):
    """POST → without the picture; the note offers to take it back."""

    def act(self, request: HttpRequest, token: str) -> tuple[Photo, dict[str, Any]]:
        photo = photos.remove_photo(token=token, actor=request.user, now=clock.now())
        undo = {"text": _("已删除照片。"), "label": _("撤销"), "url": reverse("console:photo-restore", args=[token])}
        return photo, {"photo-removed": undo}


class RestoreView(_ActView):
    """POST → with the picture again."""

    def act(self, request: HttpRequest, token: str) -> tuple[Photo, dict[str, Any]]:
        photo = photos.restore_photo(token=token, actor=request.user, now=clock.now())
        return photo, _note(_("已恢复照片。"))


class RotateView(_ActView):
    """POST → the picture turned clockwise by a quarter."""

    def act(self, request: HttpRequest, token: str) -> tuple[Photo, dict[str, Any]]:
        photo = photos.rotate_photo(token=token, turn_deg=90, actor=request.user, now=clock.now())
        return photo, _note(_("已旋转照片。"))


class CaptionView(_ActView):
    """POST `caption` → the picture with that text."""

    def act(self, request: HttpRequest, token: str) -> tuple[Photo, dict[str, Any]]:
        caption = request.POST.get("caption", "")
        photo = photos.caption_photo(token=token, caption=caption, actor=request.user, now=clock.now())
        return photo, _note(_("已保存说明。"))


def _note(text: str) -> dict[str, Any]:
    return {"toast": {"level": "success", "text": text}}
