"""Forms of no-go rules: how a rule is written, a permit put down, a vehicle asked about."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.codes import code_table
from elements.choices import DayKind
from elements.models import NoGoRule
from elements.no_go_words import TYPE_GROUPS, minute_in_words
from elements.services.no_go import RuleDraft

# Degrees, WGS84: the city with a margin.
LONGITUDES, LATITUDES = (119.4, 120.4), (36.9, 37.6)
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _minutes(text: str) -> int | None:
    """Minutes of 7:00 or 24:00; None when empty.

    Raises:
        ValidationError: no time of day.
    """
    text = text.strip().replace("：", ":")
    if not text:
        return None
    hour, _colon, minute = text.partition(":")
    if not (hour.isdecimal() and (minute or "0").isdecimal() and len(hour) <= 2 and len(minute) <= 2):
        raise forms.ValidationError(_("时间应写作 7:00，晚上十二点写作 24:00。"))
    total = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or total > 1440:
        raise forms.ValidationError(_("时间应写作 7:00，晚上十二点写作 24:00。"))
    return total


class RuleForm(forms.Form):
    """A rule as a person writes it."""

    name = forms.CharField(label=_("名称"), max_length=80)
    notice = forms.CharField(label=_("通告文号"), max_length=60, required=False)
    road = forms.TypedChoiceField(label=_("禁行道路"), coerce=int, empty_value=None, required=False)
    area = forms.CharField(
        label=_("区域坐标（GeoJSON）"), max_length=200_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    days = forms.ChoiceField(label=_("日期"), choices=DayKind.choices)
    from_time = forms.CharField(label=_("起始时刻"), required=False, max_length=5)
    to_time = forms.CharField(label=_("结束时刻"), required=False, max_length=5)
    vehicle_types = forms.MultipleChoiceField(
        label=_("禁行车辆类型"), choices=list(TYPE_GROUPS.items()), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("都不选，表示所有机动车。"),
    )  # fmt: skip
    other_types = forms.CharField(
        label=_("其他类型代码"), required=False, max_length=80, help_text=_("GA/T 16.4 代码，如 H17，用空格分开。")
    )
    use_natures = forms.MultipleChoiceField(
        label=_("限使用性质"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("都不选，表示不限。")
    )
    is_permit_possible = forms.BooleanField(label=_("持通行证可通行"), required=False, initial=True)
    valid_from = forms.DateField(label=_("施行日期"), widget=_DAY)
    valid_to = forms.DateField(label=_("失效日期"), widget=_DAY, required=False, help_text=_("从这一天起不再禁行。"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, roads: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["road"].choices = [("", "—"), *roads]  # type: ignore[attr-defined]
        self.fields["use_natures"].choices = list(code_table("syxz").items())  # type: ignore[attr-defined]

    def clean_from_time(self) -> int | None:
        return _minutes(self.cleaned_data["from_time"])

    def clean_to_time(self) -> int | None:
        minutes = _minutes(self.cleaned_data["to_time"])
        return 1440 if minutes == 0 else minutes

    def draft(self) -> RuleDraft:
        """The valid form as the service takes it."""
        data = self.cleaned_data
        return RuleDraft(
            name=data["name"], notice=data["notice"], area=data["area"], road_id=data["road"], days=data["days"],
            from_minute=data["from_time"], to_minute=data["to_time"],
            vehicle_types=[*data["vehicle_types"], *data["other_types"].upper().replace("、", " ").split()],
            use_natures=data["use_natures"], is_permit_possible=data["is_permit_possible"], valid_from=data["valid_from"],
            valid_to=data["valid_to"],
        )  # fmt: skip


def initial_of(rule: NoGoRule) -> dict[str, Any]:
    """A rule as the form shows it."""
    shown = {name: getattr(rule, name) for name in ("name", "notice", "days", "is_permit_possible", "valid_from", "valid_to", "use_natures")}  # fmt: skip
    return shown | {
        "road": rule.road_id,
        "area": rule.area.geojson if rule.area is not None else "",
        "from_time": "" if rule.from_minute is None else minute_in_words(rule.from_minute),
        "to_time": "" if rule.to_minute is None else minute_in_words(rule.to_minute),
        "vehicle_types": [one for one in rule.vehicle_types if one in TYPE_GROUPS],
        "other_types": " ".join(one for one in rule.vehicle_types if one not in TYPE_GROUPS),
        "version": getattr(rule, "version", None),
    }


class PermitForm(forms.Form):
    """A permit of one vehicle."""

    number = forms.CharField(label=_("通行证号"), max_length=40)
    plate = forms.CharField(label=_("号牌号码"), max_length=10)
    valid_from = forms.DateField(label=_("生效日期"), widget=_DAY)
    valid_to = forms.DateField(label=_("失效日期"), widget=_DAY, help_text=_("从这一天起无效。"))


class WithdrawForm(forms.Form):
    """Why a permit is withdrawn."""

    reason = forms.CharField(label=_("撤销理由"), max_length=200)


class EndForm(forms.Form):
    """From which day on a rule ends, and why; `version` is what the writer has seen of it."""

    ends_on = forms.DateField(label=_("失效日期"), widget=_DAY)
    reason = forms.CharField(label=_("结束理由"), max_length=200)
    version = forms.IntegerField(widget=forms.HiddenInput)


class CheckForm(forms.Form):
    """Whether a vehicle may go somewhere at some time."""

    plate = forms.CharField(label=_("号牌号码"), max_length=10)
    road = forms.TypedChoiceField(label=_("所在道路"), coerce=int, empty_value=None, required=False)
    lon = forms.FloatField(label=_("经度"), required=False, min_value=LONGITUDES[0], max_value=LONGITUDES[1])
    lat = forms.FloatField(label=_("纬度"), required=False, min_value=LATITUDES[0], max_value=LATITUDES[1])
    day = forms.DateField(label=_("日期"), widget=_DAY, required=False)
    clock = forms.TimeField(
        label=_("时刻"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), required=False
    )

    def __init__(self, *args: Any, roads: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["road"].choices = [("", "—"), *roads]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if (data.get("lon") is None) != (data.get("lat") is None):
            self.add_error("lon", _("经度和纬度须成对填写。"))
        return data

    def position(self) -> tuple[float, float] | None:
        data = self.cleaned_data
        return None if data["lon"] is None else (data["lon"], data["lat"])

    def at(self, now: datetime) -> datetime:
        """The moment asked about; what is left out is now."""
        local = timezone.localtime(now)
        day: date = self.cleaned_data["day"] or local.date()
        clock: time = self.cleaned_data["clock"] or local.time().replace(second=0, microsecond=0)
        return timezone.make_aware(datetime.combine(day, clock))
