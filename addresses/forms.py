"""Forms of the settings of places."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from addresses.models import PickerSite

MAX_ORIGINS = 20
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_origin(text: str) -> str:
    """An origin as a browser writes it: scheme, host and port, lower case, without the default port.

    Raises:
        ValidationError: it is more or less than that; the message quotes it.
    """
    refused = ValidationError(
        _("“%(text)s”不是来源：只写协议、主机和端口，例如 http://10.8.3.2:8080，不带路径，不用通配符。"),
        code="origin",
        params={"text": text[:120]},
    )
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError:
        raise refused from None
    host = parts.hostname or ""
    is_bare = parts.path in {"", "/"} and not parts.query and not parts.fragment and "@" not in parts.netloc
    if parts.scheme not in _DEFAULT_PORTS or not is_bare or not _HOST.fullmatch(host) or port == 0:
        raise refused
    origin = f"{parts.scheme}://{host}"
    return origin if port in {None, _DEFAULT_PORTS[parts.scheme]} else f"{origin}:{port}"


class PickerSiteForm(forms.ModelForm):
    """A system that embeds the picker; its origins are written one a line."""

    origins = forms.CharField(
        label=_("允许嵌入的来源"),
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text=_(
            "每行一个，只写协议、主机和端口，例如 http://10.8.3.2:8080。只有这些页面能嵌入选择器并收到所选地址。"
        ),
    )

    class Meta:
        model = PickerSite
        fields = ("key", "name", "origins", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "origins" in self.initial:
            self.initial["origins"] = "\n".join(self.initial["origins"])

    def clean_origins(self) -> list[str]:
        lines = [line for line in self.cleaned_data["origins"].split() if line]
        if len(lines) > MAX_ORIGINS:
            raise ValidationError(_("最多 %(count)s 个来源。"), code="too_many", params={"count": MAX_ORIGINS})
        return list(dict.fromkeys(parse_origin(line) for line in lines))
