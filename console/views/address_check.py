"""地址解析: one text, read character by character."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from addresses.services.reading import read_text
from common.errors import NotAllowed
from common.scope import Right
from common.scrub import scrub
from console.address_check_page import EXAMPLES, MAX_TEXT, ROLE_WORDS, answer_of


class AddressCheckView(LoginRequiredMixin, View):
    """GET: an empty box. POST `text`: how it is read; the text may be personal and is never in the URL, nor stored."""

    def get(self, request: HttpRequest) -> HttpResponse:
        _require_read(request)
        return self._page(request, {})

    def post(self, request: HttpRequest) -> HttpResponse:
        _require_read(request)
        raw = (request.POST.get("example") or request.POST.get("text", "")).replace("\r\n", "\n")
        if len(raw) > MAX_TEXT:
            problem = _("文字超过 %(count)s 字，请只填一个地址。") % {"count": MAX_TEXT}
            return self._page(request, {"text": scrub(raw[:MAX_TEXT]), "problem": problem}, status=400)
        text = scrub(raw)
        if not text.strip():
            return self._page(request, {"problem": _("请先填写一个地址。")}, status=400)
        context = answer_of(read_text(text), request.user)
        return self._page(request, context | {"text": text, "was_scrubbed": text != raw})

    def _page(self, request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
        is_fragment = request.headers.get("HX-Request") == "true"
        template = "console/address_check_answer.html" if is_fragment else "console/address_check.html"
        shown = {"page_title": _("地址解析"), "examples": EXAMPLES, "roles": ROLE_WORDS.items(), **context}
        # htmx shows only what came with 200; without it the status says that nothing was read.
        answer = render(request, template, shown, status=200 if is_fragment else status)
        answer["Cache-Control"] = "no-store"
        return answer


def _require_read(request: HttpRequest) -> None:
    if Right.READ not in request.user.scope.rights:
        raise NotAllowed
