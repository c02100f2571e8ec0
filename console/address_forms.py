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
from common.geometry import in_laizhou_box, to_wgs84
from common.scope import Actor
from console.editing import DATUMS

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


def _floor_of(room: str) -> str:
    return room[:-2] if room.isascii() and room.isdigit() and len(room) > 2 else ""


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

    @property
    def own_fields(self) -> list[forms.BoundField]:
        return [self["parts"], self["reason"]]

    @property
    def child_rows(self) -> list[dict[str, Any]]:
        """What is to be shared out, in the order of the form: {field, floor}; a room of three digits and more has a floor."""
        return [{"field": self[f"child_{n}"], "floor": _floor_of(child.room)} for n, child in enumerate(self.children)]

    @property
    def floors(self) -> list[str]:
        """Floors of the rooms, the lowest first."""
        found = {row["floor"] for row in self.child_rows} - {""}
        return sorted(found, key=lambda floor: (len(floor), floor))

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


def _text_field(label: Any, limit: int, example: Any, *, is_required: bool = False, names: str = "") -> forms.CharField:
    attributes = {"autocomplete": "off", "placeholder": example} | ({"list": f"address-{names}"} if names else {})
    return forms.CharField(
        label=label, max_length=limit, required=is_required, widget=forms.TextInput(attrs=attributes)
    )


class NewAddressForm(forms.Form):
    """A provisional address."""

    town = _text_field(gettext_lazy("镇街"), 60, gettext_lazy("输入或选择"), is_required=True, names="towns")
    village = _text_field(gettext_lazy("村居"), 60, gettext_lazy("先填镇街，再输入或选择"), names="villages")
    road = _text_field(gettext_lazy("街路巷"), 60, gettext_lazy("例如 文化东路"), names="roads")
    number = _text_field(gettext_lazy("门牌"), 30, gettext_lazy("例如 12号、12号之1、5组6号"))
    estate = _text_field(gettext_lazy("小区"), 60, gettext_lazy("例如 光州花园"), names="estates")
    building = _text_field(gettext_lazy("楼栋"), 30, gettext_lazy("例如 3号楼"))
    unit = _text_field(gettext_lazy("单元"), 20, gettext_lazy("例如 2单元"))
    room = _text_field(gettext_lazy("户室"), 20, gettext_lazy("例如 501室"))
    lon = forms.FloatField(label=gettext_lazy("经度"))
    lat = forms.FloatField(label=gettext_lazy("纬度"))
    datum = forms.ChoiceField(label=gettext_lazy("坐标系"), choices=DATUMS, required=False)
    reason = forms.CharField(
        label=gettext_lazy("依据"), max_length=100, help_text=gettext_lazy("文号，或现场核实的时间和人。")
    )
    twin_reason = forms.CharField(
        label=gettext_lazy("同号说明"), max_length=80, required=False,
        help_text=gettext_lazy("确有两处同号时才填，例如“村东村西各有一处”。"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["town"].error_messages["required"] = _("请填写镇街。")
        self.fields["reason"].error_messages["required"] = _("请写明依据（文号或现场核实情况）。")
        for name in ("lon", "lat"):
            field = self.fields[name]
            field.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20})
            field.error_messages |= {
                "required": _("请在图上点出位置，或填写经纬度。"),
                "invalid": _("请填以度为单位的数，例如 119.942327 和 37.177017。"),
            }

    @property
    def place_fields(self) -> list[forms.BoundField]:
        return [self[level] for level in LEVELS]

    def point(self) -> tuple[float, float] | None:
        """Position of what was typed in WGS84; None while it is none in the county."""
        try:
            x, y = (float(self[name].value() or "") for name in ("lon", "lat"))
        except ValueError:
            return None
        datum = self["datum"].value() or DATUMS[0][0]
        is_known = in_laizhou_box(x, y) and datum in dict(DATUMS)
        return to_wgs84(x, y, datum) if is_known else None

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        lon, lat = values.get("lon"), values.get("lat")
        if lon is not None and lat is not None and not in_laizhou_box(lon, lat):
            self.add_error("lon", _("坐标不在莱州范围内，请检查经纬度是否写反。"))
        return values

    def act(self, actor: Actor, now: datetime) -> Act:
        values = self.cleaned_data
        lon, lat = to_wgs84(values["lon"], values["lat"], values["datum"] or DATUMS[0][0])
        return partial(
            services.create_address, components=Components(*(values[level] for level in LEVELS)),
            point=Point(lon, lat, srid=4326), reason=values["reason"],
            twin_reason=values["twin_reason"], actor=actor, now=now,
        )  # fmt: skip


def _deepest(form: forms.Form) -> str:
    """The field that decides which address is meant."""
    return next((level for level in reversed(LEVELS) if form.cleaned_data.get(level)), "number")


# Where a refusal of the service is said; others stand above the form.
FIELD_OF_REFUSAL: dict[str, Callable[[forms.Form], str]] = {
    "UNKNOWN_TOWN": lambda form: "town",
    "UNKNOWN_VILLAGE": lambda form: "village",
    "ADDRESS_TOO_SHORT": lambda form: "number",
    "ADDRESS_TOO_LONG": _deepest,
    "ADDRESS_EXISTS": _deepest,
    "ADDRESS_GONE": _deepest,
    "NOT_ALLOWED": lambda form: "lon",
    "REASON_MISSING": lambda form: "reason",
}
