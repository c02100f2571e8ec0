"""The form of a link: its declaration as it stands in a file, with words for each part."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from elements.models import Source
from exchange.choices import LINK_KIND_CHOICES, FeedMode, Transport
from exchange.forms import DATUMS
from exchange.models import Connector

LEAST_EVERY_S = 10


class ReadableJson(forms.JSONField):
    """JSON shown with a line for each part, as a person would write it."""

    def prepare_value(self, value: Any) -> Any:
        """What was typed stays as typed."""
        if isinstance(value, forms.fields.InvalidJSONInput):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)


class LinkForm(forms.Form):
    """What `save_link` takes. The secret is never shown again; left blank it stays."""

    code = forms.SlugField(
        label=_("代码"), max_length=40, help_text=_("英文小写、数字和短横，如 bureau-persons；定后不改。")
    )
    name = forms.CharField(label=_("名称"), max_length=80)
    source = forms.ModelChoiceField(label=_("来源"), queryset=Source.objects.none(), empty_label=_("请选择来源"))
    kind = forms.ChoiceField(label=_("种类"), choices=LINK_KIND_CHOICES)
    transport = forms.ChoiceField(label=_("传输方式"), choices=Transport)
    options = ReadableJson(
        label=_("传输设置"), widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "link-code"}),
        help_text=_("JSON：接口地址、分页、字段位置等，写法见文档 docs/subsystems/links-in.md。"),
        error_messages={"invalid": _("这不是 JSON。请检查引号、逗号和括号。")},
    )  # fmt: skip
    secret = forms.CharField(
        label=_("密钥"), required=False, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("令牌或数据库密码，加密保存，不再显示；留空即不变。"),
    )  # fmt: skip
    columns = ReadableJson(
        label=_("列对应"), required=False, widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "link-code"}),
        help_text=_("JSON：{“对方的列”: “字段”}，“-”为忽略；没有写的列按已知列名对应，不认识的忽略。"),
        error_messages={"invalid": _("这不是 JSON。请检查引号、逗号和括号。")},
    )  # fmt: skip
    datum = forms.ChoiceField(label=_("坐标系"), choices=DATUMS)
    mode = forms.ChoiceField(
        label=_("方式"), choices=FeedMode, help_text=_("全量：每次是全部，没有的算“来源中已不见”。")
    )
    every_s = forms.IntegerField(label=_("间隔（秒）"), min_value=LEAST_EVERY_S, max_value=2_592_000)
    overlap_s = forms.IntegerField(
        label=_("重叠（秒）"), min_value=0, max_value=2_592_000, help_text=_("每次多读的时段，补上迟到的行。")
    )  # fmt: skip
    least_pct = forms.IntegerField(
        label=_("全量行数下限（%）"), min_value=0, max_value=100, help_text=_("少于上次的这个比例就停下等确认。")
    )  # fmt: skip
    agreement = forms.CharField(
        label=_("依据"), max_length=200, required=False, help_text=_("数据共享协议或文件的名称、文号。")
    )
    owner = forms.ModelChoiceField(
        label=_("责任人"), queryset=User.objects.none(), required=False, empty_label=_("（未指定）"),
        help_text=_("故障和待确认时发邮件给他。"),
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("启用"), required=False)

    def __init__(self, *args: Any, connector: Connector | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connector = connector
        self.fields["source"].queryset = Source.objects.filter(is_active=True).order_by("pk")  # type: ignore[attr-defined]
        self.fields["owner"].queryset = User.objects.filter(is_active=True).order_by("username")  # type: ignore[attr-defined]
        if connector is not None:
            self.fields["code"].disabled = True

    @classmethod
    def initial_of(cls, connector: Connector | None) -> dict[str, Any]:
        """What the form opens with."""
        if connector is None:
            return {
                "datum": "WGS84", "mode": FeedMode.DELTA, "every_s": 3600, "overlap_s": 300, "least_pct": 80, "options": {},
                "columns": {}, "is_active": True,
            }  # fmt: skip
        return {name: getattr(connector, name) for name in cls.base_fields if name != "secret"}

    def clean_code(self) -> str:
        """A code stands for one link."""
        code = self.cleaned_data["code"]
        if self._connector is None and (code == "new" or Connector.objects.filter(code=code).exists()):
            raise forms.ValidationError(_("这个代码已用过，请换一个。"))
        return code

    def clean_options(self) -> dict[str, Any]:
        """An object."""
        return self._object("options")

    def clean_columns(self) -> dict[str, Any]:
        """An object; blank is none."""
        return self._object("columns")

    def _object(self, name: str) -> dict[str, Any]:
        value = self.cleaned_data[name]
        if value in (None, ""):
            return {}
        if not isinstance(value, dict):
            raise forms.ValidationError(_("要写成一组 {“键”: 值}。"))
        return value

    def declared(self) -> dict[str, Any]:
        """Values for `save_link`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "secret"}

    def secret_given(self) -> str | None:
        """The secret, or None when it stays."""
        return self.cleaned_data["secret"] or None
