"""The form of a change of borders."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.gis.geos import MultiPolygon
from django.utils.translation import gettext_lazy as _

from common import clock
from common.errors import DomainError
from console.selectors.borders import borders_of_file, borders_of_pieces

MAX_FILE_BYTES = 20 * 2**20


class BorderMoveForm(forms.Form):
    """Name, decision, day, and the new borders: pieces drawn on the map, or a file.

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
    pieces = forms.CharField(required=False, max_length=2_000_000, widget=forms.HiddenInput)
    file = forms.FileField(
        label=_("或导入新边界文件"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".geojson,.json"}),
        help_text=_("GeoJSON，WGS84；每个要素是一个网格的完整新边界，properties.code 为网格代码。选了文件就不用画。"),
    )

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
        day = cleaned["effective_on"]
        file = cleaned.get("file")
        if file is None:
            return borders_of_pieces(cleaned["pieces"], day)
        if file.size > MAX_FILE_BYTES:
            raise DomainError("FILE_TOO_LARGE", f"文件超过 {MAX_FILE_BYTES // 2**20} MB。请只留要调整的网格。")
        return borders_of_file(file.read(), day)


def blank_form() -> BorderMoveForm:
    """The form as it opens: today is the day."""
    return BorderMoveForm(initial={"effective_on": clock.today()})
