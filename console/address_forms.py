"""Forms of the changes of a standard address; each knows the act that it describes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from addresses.choices import AddressLevel
from addresses.models import AddressChange, StandardAddress
from addresses.parsing.components import LEVELS, Components
from addresses.services import registry_changes as services
from common.geometry import in_laizhou_box
from common.scope import Actor

Act = Callable[[], AddressChange]
MAX_PARTS = 8
_LIMITS = {"town": 60, "village": 60, "road": 60, "number": 30, "estate": 60, "building": 30, "unit": 20, "room": 20}


def value_of(address: StandardAddress, level: str) -> str:
    """One component, divisions by name."""
    value = getattr(address, level)
    return value.name if level in ("town", "village") and value else value or ""


class ChangeForm(forms.Form):
    """What every change needs: what it rests on."""

    def __init__(self, *args: Any, address: StandardAddress, children: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address, self.children = address, children
        self.build()
        self.fields["reason"] = forms.CharField(
            label=_("依据"), max_length=100, help_text=_("文号，或现场核实的时间和人。"),
        )  # fmt: skip

    def build(self) -> None:
        """Adds the fields of the act."""

    def act(self, actor: Actor, now: datetime) -> Act:
        """The act, not yet done."""
        raise NotImplementedError


class CertifyForm(ChangeForm):
    new_code = forms.CharField(
        label=gettext_lazy("正式编码"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("上级部门给的编码；没有就留空，沿用现编码。"),
    )

    def act(self, actor: Actor, now: datetime) -> Act:
        values = self.cleaned_data
        return partial(
            services.certify_address, code=self.address.code, reason=values["reason"], new_code=values["new_code"],
            actor=actor, now=now,
        )  # fmt: skip


class IntoForm(ChangeForm):
    """Another address, found by typing."""

    into = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)


class MergeForm(IntoForm):
    def clean_into(self) -> str:
        if not self.cleaned_data["into"]:
            raise forms.ValidationError(_("请先查找并选中要并入的地址。"))
        return str(self.cleaned_data["into"])

    def act(self, actor: Actor, now: datetime) -> Act:
        values = self.cleaned_data
        return partial(
            services.merge_addresses, codes=[self.address.code], into=values["into"], reason=values["reason"],
            actor=actor, now=now,
        )  # fmt: skip


class RetireForm(IntoForm):
    def act(self, actor: Actor, now: datetime) -> Act:
        values = self.cleaned_data
        return partial(
            services.retire_address, code=self.address.code, into=values["into"], reason=values["reason"], actor=actor,
            now=now,
        )  # fmt: skip


class RenumberForm(ChangeForm):
    def build(self) -> None:
        for level in LEVELS[: self.address.level]:
            self.fields[level] = forms.CharField(
                label=str(AddressLevel[level.upper()].label), max_length=_LIMITS[level],
                required=level in ("town", LEVELS[self.address.level - 1]), initial=value_of(self.address, level),
            )  # fmt: skip
        self.fields["twin_reason"] = forms.CharField(
            label=_("同号说明"),
            max_length=80,
            required=False,
            help_text=_("确有两处同号时才填，例如“村东村西各有一处”。"),
        )

    def act(self, actor: Actor, now: datetime) -> Act:
        values = self.cleaned_data
        return partial(
            services.renumber_address, code=self.address.code, reason=values["reason"], twin_reason=values["twin_reason"],
            changes={level: values[level] for level in LEVELS[: self.address.level]}, actor=actor, now=now,
        )  # fmt: skip


class SplitForm(ChangeForm):
    parts = forms.CharField(
        label=gettext_lazy("拆成"), widget=forms.Textarea(attrs={"rows": 4}), max_length=400,
        help_text=gettext_lazy("每行一个新写法，只写本级，例如：12-1。最多 8 个。"),
    )  # fmt: skip

    def build(self) -> None:
        choices = [(str(n), _("第 %(number)s 个") % {"number": n}) for n in range(1, MAX_PARTS + 1)]
        for position, child in enumerate(self.children):
            self.fields[f"child_{position}"] = forms.ChoiceField(
                label=child.full_text.removeprefix(self.address.full_text), choices=choices
            )

    def clean_parts(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["parts"].splitlines() if line.strip()]
        if not 2 <= len(lines) <= MAX_PARTS:
            raise forms.ValidationError(_("请写 2 至 8 行，每行一个新写法。"))
        return lines

    def act(self, actor: Actor, now: datetime) -> Act:
        level = LEVELS[self.address.level - 1]
        chosen = {child.code: int(self.cleaned_data[f"child_{n}"]) for n, child in enumerate(self.children)}
        parts = [
            services.Part({level: value}, tuple(code for code, part in chosen.items() if part == number))
            for number, value in enumerate(self.cleaned_data["parts"], start=1)
        ]
        return partial(
            services.split_address, code=self.address.code, parts=parts, reason=self.cleaned_data["reason"], actor=actor,
            now=now,
        )  # fmt: skip


class NewAddressForm(forms.Form):
    """A provisional address."""

    town = forms.CharField(label=gettext_lazy("镇街"), max_length=60)
    village = forms.CharField(label=gettext_lazy("村居"), max_length=60, required=False)
    road = forms.CharField(label=gettext_lazy("街路巷"), max_length=60, required=False)
    number = forms.CharField(label=gettext_lazy("门牌"), max_length=30, required=False)
    estate = forms.CharField(label=gettext_lazy("小区"), max_length=60, required=False)
    building = forms.CharField(label=gettext_lazy("楼栋"), max_length=30, required=False)
    unit = forms.CharField(label=gettext_lazy("单元"), max_length=20, required=False)
    room = forms.CharField(label=gettext_lazy("户室"), max_length=20, required=False)
    lon = forms.FloatField(label=gettext_lazy("经度"), help_text=gettext_lazy("WGS84，度，例如 119.942327"))
    lat = forms.FloatField(label=gettext_lazy("纬度"), help_text=gettext_lazy("WGS84，度，例如 37.177017"))
    reason = forms.CharField(
        label=gettext_lazy("依据"), max_length=100, help_text=gettext_lazy("文号，或现场核实的时间和人。")
    )
    twin_reason = forms.CharField(
        label=gettext_lazy("同号说明"), max_length=80, required=False,
        help_text=gettext_lazy("确有两处同号时才填，例如“村东村西各有一处”。"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        lon, lat = values.get("lon"), values.get("lat")
        if lon is not None and lat is not None and not in_laizhou_box(lon, lat):
            self.add_error("lon", _("坐标不在莱州范围内，请检查经纬度是否写反。"))
        return values

    def act(self, actor: Actor, now: datetime) -> Act:
        values = self.cleaned_data
        return partial(
            services.create_address, components=Components(*(values[level] for level in LEVELS)),
            point=Point(values["lon"], values["lat"], srid=4326), reason=values["reason"],
            twin_reason=values["twin_reason"], actor=actor, now=now,
        )  # fmt: skip
