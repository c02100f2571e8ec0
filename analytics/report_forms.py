"""Forms of reports."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from addresses.models import Area
from analytics import periods
from analytics.choices import Cycle
from analytics.models import ReportTemplate
from analytics.periods import Span
from analytics.query import Query
from analytics.selectors.reports import LEVEL_KINDS, covered_areas, templates
from common import clock
from events.filters import TIME_PARAMETERS
from events.list_kinds import EVENT_LISTS

# What a topic may not bring: its time and its borders are those of the report, and a search may name a person.
_NOT_OF_TOPIC = TIME_PARAMETERS | {"search", "area", "borders_on"}


class _TemplateAndArea(forms.Form):
    """A template and the area that fits its level."""

    template = forms.ModelChoiceField(
        label=gettext_lazy("报告模板"), queryset=ReportTemplate.objects.none(), empty_label=gettext_lazy("请选择")
    )
    area = forms.ModelChoiceField(
        label=gettext_lazy("责任区"), queryset=Area.objects.none(), required=False, empty_label=gettext_lazy("全市"),
        help_text=gettext_lazy("中队、警务区的报告要选责任区；全市的报告不选。"),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        template, area = self.fields["template"], self.fields["area"]
        template.queryset = self.of(templates(user))  # type: ignore[attr-defined]
        template.label_from_instance = (  # type: ignore[attr-defined]
            lambda one: f"{one.get_level_display()} · {one.get_cycle_display()} · {one.name}"
        )
        area.queryset = covered_areas(user.scope).order_by("kind", "code")  # type: ignore[attr-defined]
        area.label_from_instance = lambda one: f"{one.get_kind_display()} · {one.name}"  # type: ignore[attr-defined]

    def of(self, found: Any) -> Any:
        return found

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        template, area = data.get("template"), data.get("area")
        if template and (area.kind if area else None) != LEVEL_KINDS.get(template.level):
            needs = _("请选一个%(level)s。") % {"level": template.get_level_display()}
            self.add_error("area", needs if template.level in LEVEL_KINDS else _("全市的报告不选责任区。"))
        return data


class ReportForm(_TemplateAndArea):
    """A report to be made: any day of its period; a special topic has its own days, name and list of events."""

    day = forms.DateField(
        label=gettext_lazy("期间内任意一天"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("不填即最近一个已结束的期间：日报为昨天，周报为上周，月报为上月，季报为上季度。"),
    )  # fmt: skip
    first_day = forms.DateField(
        label=gettext_lazy("专题期间起"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last_day = forms.DateField(
        label=gettext_lazy("专题期间止"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    title = forms.CharField(label=gettext_lazy("专题名称"), max_length=100, required=False)
    events_url = forms.CharField(
        label=gettext_lazy("专题事件范围"), max_length=3_000, required=False,
        help_text=gettext_lazy("在“事件”列表里筛选好，把地址栏的网址粘贴到这里；不填即全部事件。"),
    )  # fmt: skip

    topic_fields = ("first_day", "last_day", "title", "events_url")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        template = data.get("template")
        if not template or self.errors:
            return data
        if template.cycle == Cycle.ONCE:
            self._clean_topic(data)
        else:
            data |= {"span": span_of(template.cycle, data.get("day")), "topic": {}, "title": ""}
        return data

    def _clean_topic(self, data: dict[str, Any]) -> None:
        first, last = data.get("first_day"), data.get("last_day")
        for name, value in (("first_day", first), ("last_day", last), ("title", data.get("title"))):
            if not value:
                self.add_error(name, _("专题报告要填这一项。"))
        if first and last and last < first:
            self.add_error("last_day", _("止期早于起期，请改正。"))
        elif first and last:
            data["span"] = Span(first, last)
        data["topic"] = self._topic(data.get("events_url") or "")

    def _topic(self, url: str) -> dict[str, dict[str, list[str]]]:
        """List of events → its filter parameters."""
        if not url:
            return {}
        given = urlsplit(url.strip())
        name = next((one.name for one in EVENT_LISTS.values() if given.path == reverse(one.url_name)), None)
        if name is None:
            self.add_error("events_url", _("这不是事件列表的网址。请打开“事件”下的列表，筛选后复制地址栏。"))
            return {}
        params: dict[str, list[str]] = {}
        for key, value in Query.read(name, QueryDict(given.query)).params:
            if key not in _NOT_OF_TOPIC:
                params.setdefault(key, []).append(value)
        return {name: params}


def span_of(cycle: str, day: date | None) -> Span:
    """The period of a cycle that holds a day; without one the last that is over."""
    unit_of = {
        Cycle.DAY: lambda one: Span(one, one), Cycle.WEEK: periods.week_of, Cycle.MONTH: periods.month_of,
        Cycle.QUARTER: periods.quarter_of,
    }[Cycle(cycle)]  # fmt: skip
    if day is not None:
        return unit_of(day)
    today = clock.today()
    last = today if cycle == Cycle.DAY else unit_of(today).first
    return unit_of(last - timedelta(1))


class SubscriptionForm(_TemplateAndArea):
    """What somebody wants to get by e-mail."""

    def of(self, found: Any) -> Any:
        return found.exclude(cycle=Cycle.ONCE)


class ShellForm(forms.Form):
    """A document of the user's own."""

    file = forms.FileField(label=gettext_lazy("公文模板（.docx）"), widget=forms.FileInput(attrs={"accept": ".docx"}))
