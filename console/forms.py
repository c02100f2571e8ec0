"""Filter forms of the plain lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from addresses.choices import WORKLIST, AddressLevel, AreaKind, DivisionLevel, ResolveStatus
from addresses.models import Area, Division
from common.errors import DomainError
from elements.models import Source


def _block_field() -> forms.ModelChoiceField:
    """One block, named by a link: there are a thousand to choose from."""
    blocks = Area.objects.filter(valid_to__isnull=True, kind=AreaKind.GRID).defer("geom")
    return forms.ModelChoiceField(blocks, required=False, widget=forms.HiddenInput, label=_("责任块"))


class AddressFilterForm(forms.Form):
    """Filters of the standard addresses; villages only of the chosen town, since there are a thousand."""

    town = forms.ModelChoiceField(
        Division.objects.filter(level=DivisionLevel.TOWN, code__startswith="370683").order_by("code"),
        required=False, label=_("镇街"), empty_label=_("镇街：不限"),
    )  # fmt: skip
    village = forms.ModelChoiceField(
        Division.objects.none(), required=False, label=_("村居"), empty_label=_("村居：不限")
    )
    level = forms.TypedChoiceField(
        choices=[("", _("级别：不限")), *AddressLevel.choices],
        coerce=int,
        empty_value=None,
        required=False,
        label=_("级别"),
    )
    area = forms.ModelChoiceField(
        Area.objects.filter(valid_to__isnull=True).exclude(kind=AreaKind.GRID).defer("geom").order_by("code"),
        required=False, label=_("责任区"), empty_label=_("责任区：不限"),
    )  # fmt: skip
    block = _block_field()
    empty = forms.ChoiceField(
        choices=[("", _("要素：不限")), ("1", _("没有任何要素"))], required=False, label=_("要素")
    )
    provisional = forms.ChoiceField(
        choices=[("", _("正式与临时")), ("1", _("只看临时"))], required=False, label=_("临时地址")
    )
    search = forms.CharField(required=False, widget=forms.HiddenInput, label=_("检索"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        town = self.data.get("town") if self.data else None
        if town:
            self.fields["village"].queryset = Division.objects.filter(
                parent=town, level=DivisionLevel.VILLAGE
            ).order_by("code")


class AddressTextFilterForm(forms.Form):
    """Filter of the open address texts."""

    status = forms.ChoiceField(
        choices=[("", _("结果：不限")), *((s.value, s.label) for s in WORKLIST)], required=False, label=_("结果")
    )
    town = forms.ModelChoiceField(
        Division.objects.filter(level=DivisionLevel.TOWN, code__startswith="370683").order_by("code"),
        required=False, label=_("镇街"), empty_label=_("镇街：不限"),
    )  # fmt: skip
    area = forms.ModelChoiceField(
        Area.objects.filter(valid_to__isnull=True).exclude(kind=AreaKind.GRID).defer("geom").order_by("code"),
        required=False, label=_("责任区"), empty_label=_("责任区：不限"),
    )  # fmt: skip
    source = forms.ModelChoiceField(
        Source.objects.order_by("pk"), required=False, label=_("来源"), empty_label=_("来源：不限")
    )
    block = _block_field()

    def status_label(self) -> str:
        """Chinese name of the chosen status."""
        return str(ResolveStatus(self.cleaned_data["status"]).label)


def valid_filter(form: forms.Form) -> dict[str, Any]:
    """Values of a filter form.

    Raises:
        DomainError: a value is not valid.
    """
    if not form.is_valid():
        names = "、".join(str(form.fields[name].label) for name in form.errors)
        raise DomainError("BAD_FILTER", f"筛选条件无效：{names}。请改正或清除该条件。")
    return form.cleaned_data
