"""Forms of partners: who they are, what a contract names, what a signature was made of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import clock
from common.signing import KEY_ID, NONCE, SIGNATURE, TIMESTAMP
from elements.models import Source
from exchange.contracts import SUBJECTS
from exchange.models import Contract, Partner
from exchange.selectors.partners_signature import Given

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PartnerForm(forms.ModelForm):
    """Who is told, how, and in whose name what it says back is taken."""

    class Meta:
        model = Partner
        fields = (
            "code", "name", "transport", "url", "folder", "email", "source", "owner", "contact", "is_active", "is_test",
        )  # fmt: skip
        help_texts = {
            "code": _("英文小写、数字和短横，如 transport；建好后不能改。"),
            "url": _("对方接收报文的地址，如 https://10.1.2.3:8443/inbox；须先列入允许的对接方名单。"),
            "folder": _("摆渡目录名，在系统设置的摆渡根目录之下。"),
            "email": _("只发条数和链接，不发业务数据。"),
            "source": _("对方提出的异议以这个来源的名义登记；联络员凭它查看本单位的页面。"),
            "is_test": _("测试伙伴只收示例报文，从不收真实数据。"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = Source.objects.filter(is_active=True).order_by("pk")  # type: ignore[attr-defined]
        self.fields["owner"].queryset = User.objects.filter(is_active=True).order_by("display_name")  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["code"].disabled = True
            self.fields["is_test"].disabled = True

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).lower()
        if code == "new":
            raise forms.ValidationError(_("这个代码留给系统，请换一个。"))
        return code


class ContractForm(forms.ModelForm):
    """A new version of a contract on one subject: range, fields by tick, purpose, basis, period."""

    fields_told = forms.MultipleChoiceField(
        label=_("字段"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("只勾选用途所必需的字段；标有“个人”的须有法律依据。"),
    )
    selection = forms.ChoiceField(label=_("范围"))
    with_existing = forms.BooleanField(
        label=_("把现有的记录也一并提供"), required=False, help_text=_("不勾选则只提供今后新增和变化的记录。")
    )

    class Meta:
        model = Contract
        fields = ("purpose", "legal_basis", "valid_from", "valid_to", "signed_by")
        widgets = {"valid_from": _DAY, "valid_to": _DAY}

    field_order = (
        "selection", "fields_told", "purpose", "legal_basis", "valid_from", "valid_to", "signed_by", "with_existing",
    )  # fmt: skip

    def __init__(self, *args: Any, subject: str, before: Contract | None = None, **kwargs: Any) -> None:
        today = clock.today()
        initial: dict[str, Any] = {"valid_from": today, "valid_to": today + timedelta(days=365)}
        if before is not None:
            initial |= {
                "selection": before.selection, "fields_told": before.fields, "purpose": before.purpose,
                "legal_basis": before.legal_basis, "signed_by": before.signed_by,
            }  # fmt: skip
        super().__init__(*args, initial=initial, **kwargs)
        spec = SUBJECTS[subject]
        self.fields["selection"].choices = [(code, one.label) for code, one in spec.selections.items()]  # type: ignore[attr-defined]
        self.fields["fields_told"].choices = [  # type: ignore[attr-defined]
            (name, f"{one.label}（{_('个人')}）" if one.is_personal else str(one.label))
            for name, one in spec.fields.items()
        ]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        return data | {"fields": data.pop("fields_told")}


class SignatureForm(forms.Form):
    """A request as it was signed, to be checked."""

    method = forms.ChoiceField(label=_("方法"), choices=[("POST", "POST"), ("GET", "GET")])
    path = forms.CharField(
        label=_("路径"),
        max_length=400,
        initial="/api/v1/partners/receipts",
        help_text=_("含查询参数，与实际请求一字不差。"),
    )
    key_id = forms.CharField(label=KEY_ID, max_length=64)
    timestamp = forms.CharField(label=TIMESTAMP, max_length=20)
    nonce = forms.CharField(label=NONCE, max_length=130)
    signature = forms.CharField(label=SIGNATURE, max_length=200)
    body = forms.CharField(
        label=_("正文"), required=False, strip=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("请只用示例内容，不要贴真实的个人信息。"),
    )  # fmt: skip

    def given(self) -> Given:
        """The request; a browser sends line ends as CR LF, which nobody signs."""
        data = self.cleaned_data
        headers = {
            KEY_ID: data["key_id"], TIMESTAMP: data["timestamp"], NONCE: data["nonce"], SIGNATURE: data["signature"],
        }  # fmt: skip
        return Given(data["method"], data["path"], headers, data["body"].replace("\r\n", "\n").encode())
