"""Forms of the import pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import clock
from common.errors import DomainError
from common.scope import Actor
from elements.choices import Flow
from elements.models import Source
from exchange.choices import KIND_CHOICES
from exchange.models import LandingBatch
from exchange.selectors.batches import importable_sources

DATUMS = (
    ("WGS84", _("WGS84 / CGCS2000（天地图、测绘成果）")),
    ("GCJ02", _("GCJ-02（高德、腾讯）")),
    ("BD09", _("BD-09（百度）")),
)
ACCEPTED_FILES = ".csv,.txt,.tsv,.xlsx,.geojson,.json,.gpkg,.zip"


def content_of(file: Any) -> bytes:
    """The bytes of an uploaded file.

    Raises:
        DomainError: larger than the limit; refused before it is read into memory.
    """
    if file.size > settings.UPLOAD_MAX_BYTES:
        limit = settings.UPLOAD_MAX_BYTES // 2**20
        raise DomainError("FILE_TOO_LARGE", f"文件超过 {limit} MB。请分成几份导入。")
    return file.read()


class FileForm(forms.Form):
    """A file alone: a mended one inherits the rest from the batch that it mends."""

    # An empty file is refused by the reader, with the same words as everywhere.
    file = forms.FileField(
        label=_("文件"),
        allow_empty_file=True,
        error_messages={"required": _("请选择要导入的文件。"), "missing": _("请选择要导入的文件。")},
        widget=forms.FileInput(attrs={"accept": ACCEPTED_FILES}),
    )


class UploadForm(FileForm):
    """A file with what it is about."""

    kind = forms.ChoiceField(label=_("种类"), choices=KIND_CHOICES)
    source = forms.ModelChoiceField(
        label=_("来源"),
        queryset=Source.objects.none(),
        to_field_name="code",
        empty_label=_("请选择来源"),
        error_messages={"invalid_choice": _("没有这个来源，或您不能以它的名义导入。")},
    )
    observed_on = forms.DateField(
        label=_("数据日期"),
        required=False,
        help_text=_("数据导出或采集的日期；不填按今天。新旧以此为准。"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("日期应如 2026-10-31。")},
    )
    datum = forms.ChoiceField(
        label=_("坐标系"),
        choices=DATUMS,
        required=False,
        help_text=_("文件里有经纬度时才用到；库里统一存 WGS84。"),
    )

    def __init__(self, *args: Any, user: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources = importable_sources(user)
        self.fields["source"].queryset = sources  # type: ignore[attr-defined]
        only = list(sources[:2])
        if len(only) == 1:
            self.fields["source"].initial = only[0].code

    def clean_observed_on(self) -> Any:
        """A day in the future is a slip: it would win over every later file."""
        day = self.cleaned_data["observed_on"]
        if day and day > clock.today():
            raise forms.ValidationError(_("数据日期不能晚于今天。"))
        return day

    def clean_datum(self) -> str:
        """WGS84 where nothing is said."""
        return self.cleaned_data["datum"] or "WGS84"

    def observed_at(self, now: datetime) -> datetime:
        """Begin of the day of the data, or now."""
        day = self.cleaned_data["observed_on"]
        return timezone.make_aware(datetime.combine(day, datetime.min.time())) if day else now


class BatchFilterForm(forms.Form):
    """Filters of the list of batches; they stand in the URL."""

    state = forms.ChoiceField(
        label=_("状态"), required=False, choices=[("", _("全部状态")), *LandingBatch.State.choices]
    )
    kind = forms.ChoiceField(label=_("种类"), required=False, choices=[("", _("全部种类")), *KIND_CHOICES])
    source = forms.ModelChoiceField(
        label=_("来源"), queryset=Source.objects.order_by("pk"), required=False, to_field_name="code",
        empty_label=_("全部来源"),
    )  # fmt: skip
    flow = forms.ChoiceField(label=_("数据流"), required=False, choices=[("", _("全部数据流")), *Flow.choices])
