"""What the vertex tool of the border page asks for: lines to snap to, the polygon of a file."""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import View

from addresses.selectors.borders import require_configure
from common import clock
from common.errors import DomainError, NotVisible
from console.border_form import BorderFileForm, content_of
from console.selectors import border_outlines as selectors


class SectionsView(LoginRequiredMixin, View):
    """GET `?grid=CODE`: GeoJSON of the road sections at the grid that the user may see."""

    def get(self, request: HttpRequest) -> HttpResponse:
        code = request.GET.get("grid", "").replace("\x00", "")
        return JsonResponse(selectors.sections_beside(request.user, code=code, day=clock.today()))


class OutlineOfFileView(LoginRequiredMixin, View):
    """POST `grid`, `file`, `datum` → the GeoJSON geometry in the file, or `{message}`. Nothing is stored."""

    def post(self, request: HttpRequest) -> HttpResponse:
        require_configure(request.user)
        form = BorderFileForm(request.POST, request.FILES)
        code = request.POST.get("grid", "").replace("\x00", "")
        try:
            if not form.is_valid() or not form.cleaned_data["file"]:
                raise DomainError("BORDER_FILE", _("没有收到文件。请先选择新边界文件。"))
            file = form.cleaned_data["file"]
            outline = selectors.outline_of_file(
                request.user, content_of(file), file.name, datum=form.cleaned_data["datum"], code=code,
                day=clock.today(),
            )  # fmt: skip
        except NotVisible:
            raise
        except DomainError as error:
            return JsonResponse({"code": error.code, "message": error.message}, status=error.status)
        return JsonResponse(outline)
