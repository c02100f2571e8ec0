"""The forms of a change of borders, and of a file that holds one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.gis.geos import MultiPolygon
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from common import clock
from common.errors import DomainError
from console.selectors.border_outlines import borders_of_file, borders_of_outline
from console.selectors.borders import borders_of_pieces
from exchange.forms import DATUMS

MAX_FILE_BYTES = 20 * 2**20
ACCEPTED_FILES = ".geojson,.json,.gpkg,.zip"


def content_of(file: UploadedFile) -> bytes:
    """The bytes of an uploaded border file.

    Raises:
        DomainError: larger than the limit; refused before it is read into memory.
    """
    if file.size is None or file.size > MAX_FILE_BYTES:
        raise DomainError("FILE_TOO_LARGE", f"文件超过 {MAX_FILE_BYTES // 2**20} MB。请只留要调整的网格。")
    return file.read()


class BorderFileForm(forms.Form):
    """A file of polygons with its datum."""

    file = forms.FileField(
        label=_("新边界文件"),
        required=False,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED_FILES}),
        help_text=_(
            "GeoJSON、GPKG 或压缩的 Shapefile。一个面：所选网格的新边界；多个面：每个带网格代码（属性 code）。"
        ),
    )
    datum = forms.ChoiceField(label=_("文件的坐标系"), choices=DATUMS, required=False)

    def clean_datum(self) -> str:
        """WGS84 where nothing is said."""
        return self.cleaned_data["datum"] or "WGS84"


class BorderMoveForm(BorderFileForm):
    """Name, decision, day, and the new borders: an outline, pieces drawn on the map, or a file.

    `borders` is there after `is_valid()`: new border by id of the grid.
    """

    borders: dict[int, MultiPolygon]
    name = forms.CharField(label=_("名称"), max_length=80, help_text=_("例：文昌路街道东部网格调整"))
    reason = forms.CharField(label=_("依据"), max_length=200, help_text=_("批准的文件或会议，写入审计。"))
    effective_on = forms.DateField(
        label=_("生效日期"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("今天：提交后马上调整；以后的日期：当天零点后自动调整。"),
    )
    outline = forms.CharField(required=False, max_length=2_000_000, widget=forms.HiddenInput)
    takes = forms.IntegerField(required=False, min_value=1)
    pieces = forms.CharField(required=False, max_length=2_000_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, grid: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._grid = grid

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            self.borders = self._borders(cleaned)
        except DomainError as error:
            raise forms.ValidationError(error.message, code=error.code) from error
        return cleaned

    def _borders(self, cleaned: dict[str, Any]) -> dict[int, MultiPolygon]:
        day, file = cleaned["effective_on"], cleaned.get("file")
        if file:
            return borders_of_file(
                content_of(file), file.name, datum=cleaned["datum"], code=self._grid, takes_id=cleaned["takes"], day=day
            )
        if cleaned["outline"]:
            return borders_of_outline(cleaned["outline"], code=self._grid, takes_id=cleaned["takes"], day=day)
        return borders_of_pieces(cleaned["pieces"], day)


def blank_form() -> BorderMoveForm:
    """The form as it opens: today is the day."""
    return BorderMoveForm(initial={"effective_on": clock.today()})
