"""The address picker in a frame of another system: no session, no cookie, no personal data, only for sites that are set up."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_response_headers
from django.utils.translation import gettext as _
from django.views import View

from accounts.streams import refused
from addresses.choices import AddressLevel
from addresses.models import PickerSite
from addresses.selectors.picker import MAX_PAGE, PAGE_SIZE, active_site, children_of
from addresses.selectors.suggest import Suggestion, suggest
from addresses.services.picker_limits import count_request
from addresses.services.resolution import load_index
from common import clock
from common.errors import DomainError
from console.selectors.map_ground import base_document

MIN_TYPED, MAX_TYPED = 2, 80
_GROUND_S = 3600
_MAX_CODE = 40


class _SiteView(View):
    """A view of one site. One that is unknown or switched off answers like a page that does not exist."""

    http_method_names = ["get", "head", "options"]
    site: PickerSite

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        site = active_site(kwargs["key"])
        if site is None:
            raise Http404
        self.site = site
        return super().dispatch(request, *args, **kwargs)


class PickerView(_SiteView):
    """GET: the page for the frame. It alone may be framed, by the origins of its site and nobody else."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        # Without the request: nothing of a user, a session or the console is read for it.
        context = {"site": self.site, "origins": " ".join(self.site.origins), "min_typed": MIN_TYPED}
        response = HttpResponse(render_to_string("embed/picker.html", context))
        response._csp_replace = {"frame-ancestors": list(self.site.origins)}  # type: ignore[attr-defined]
        response.xframe_options_exempt = True  # type: ignore[attr-defined]
        return response


class _AnswerView(_SiteView, ABC):
    """JSON for the picker's own script; every answer is counted, refusals have the body of all refusals."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        try:
            count_request(site_key=key, address=request.META["REMOTE_ADDR"], now=clock.now())
            return JsonResponse(self.answer(request))
        except DomainError as error:
            return refused(error)

    @abstractmethod
    def answer(self, request: HttpRequest) -> dict[str, Any]:
        """The body of the answer."""


class SuggestView(_AnswerView):
    """GET `?q=`: at most twenty addresses that the text may become."""

    def answer(self, request: HttpRequest) -> dict[str, Any]:
        typed = request.GET.get("q", "").replace("\x00", "").strip()
        if not MIN_TYPED <= len(typed) <= MAX_TYPED:
            raise DomainError("TYPED_LENGTH", _("请输入 {low} 到 {high} 个字。").format(low=MIN_TYPED, high=MAX_TYPED))
        return {"results": _rows(suggest(typed, load_index().names, limit=PAGE_SIZE))}


class ChildrenView(_AnswerView):
    """GET `?parent=<code>&page=`: what stands directly under an address, the towns without one; twenty a page."""

    def answer(self, request: HttpRequest) -> dict[str, Any]:
        page_text = request.GET.get("page", "1")
        page = int(page_text) if page_text.isascii() and page_text.isdigit() and len(page_text) < 4 else 0
        if not 1 <= page <= MAX_PAGE:
            raise DomainError("PAGE_INVALID", _("没有这一页，请从头查看。"))
        code = request.GET.get("parent", "").replace("\x00", "")[:_MAX_CODE]
        found = children_of(code, page=page)
        return {"results": _rows(found.rows), "total": found.total, "has_more": page * PAGE_SIZE < found.total}


def _rows(found: Iterable[Suggestion]) -> list[dict[str, Any]]:
    return [
        {
            "code": one.code,
            "full_text": one.full_text,
            "level": one.level,
            "level_label": str(AddressLevel[one.level.upper()].label),
            "lon": one.lon if one.lon is None else round(one.lon, 6),
            "lat": one.lat if one.lat is None else round(one.lat, 6),
            "has_children": one.has_children,
        }
        for one in found
    ]


class GroundView(_SiteView):
    """GET: city limits, towns, coast and roads for the small map."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        response = HttpResponse(base_document(), content_type="application/geo+json")
        patch_response_headers(response, cache_timeout=_GROUND_S)
        return response
