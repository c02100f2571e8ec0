"""Forms of risk sheets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from addresses.models import Area
from analytics.models import RiskMeasure, RiskSheet
from analytics.reports.risk_sheets import MOST_MEASURES, Planned
from analytics.selectors.risk_sheets import Post, districts_of

_DAY = {"type": "date"}
# Empty rows below the written ones.
SPARE_ROWS = 2


class DistrictForm(forms.Form):
    """A police district to be assessed."""

    area = forms.ModelChoiceField(
        label=gettext_lazy("警务区"), queryset=Area.objects.none(), empty_label=gettext_lazy("请选择")
    )

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        ids = [one.pk for one in districts_of(user)]
        self.fields["area"].queryset = Area.objects.filter(pk__in=ids).defer("geom").order_by("code")  # type: ignore[attr-defined]


class SheetForm(forms.Form):
    """What people add to a draft."""

    conclusion = forms.CharField(
        label=gettext_lazy("研判结论"), max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("风险主要在哪里、为什么、向哪个方向变化。提交签发前要填。"),
    )  # fmt: skip
    review_on = forms.DateField(
        label=gettext_lazy("复评日期"), required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"),
        help_text=gettext_lazy("一年之内；到期没有重新评估的，列为逾期未复评。提交签发前要填。"),
    )  # fmt: skip
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)


class MeasureForm(forms.Form):
    """One row of the plan; without a text it is left out."""

    text = forms.CharField(label=gettext_lazy("措施"), max_length=200, required=False)
    post = forms.ChoiceField(label=gettext_lazy("责任岗位"), required=False)
    due_on = forms.DateField(
        label=gettext_lazy("完成期限"), required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, posts: list[Post], **options: Any) -> None:
        super().__init__(*args, **options)
        self.posts = {one.key: one for one in posts}
        self.fields["post"].choices = [  # type: ignore[attr-defined]
            ("", _("请选择")),
            *((one.key, one.label) for one in posts),
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("text"):
            if not data.get("post") and "post" not in self.errors:
                self.add_error("post", _("请选择由哪个岗位负责。"))
            if not data.get("due_on") and "due_on" not in self.errors:
                self.add_error("due_on", _("请填写完成期限。"))
        return data


MeasureForms = forms.formset_factory(
    MeasureForm, extra=SPARE_ROWS, max_num=MOST_MEASURES, absolute_max=MOST_MEASURES + SPARE_ROWS, validate_max=True
)


def measure_forms(sheet: RiskSheet, posts: list[Post], data: Any = None) -> Any:
    """The rows of the plan, bound to what was sent or filled with what is there."""
    initial = [
        {"text": one.text, "post": Post(one.role, one.area).key, "due_on": one.due_on}  # type: ignore[arg-type]
        for one in sheet.measures.select_related("area")
    ]
    options = {"prefix": "measures", "form_kwargs": {"posts": posts}}
    return MeasureForms(data, **options) if data is not None else MeasureForms(initial=initial, **options)


def planned(forms_of: Any) -> list[Planned]:
    """The measures of valid rows, in order."""
    rows = [(one, one.cleaned_data) for one in forms_of if one.cleaned_data.get("text")]
    return [Planned(data["text"], one.posts[data["post"]], data["due_on"]) for one, data in rows]


class ResultForm(forms.Form):
    """What was done about a measure."""

    done_on = forms.DateField(label=gettext_lazy("完成日期"), widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    result = forms.CharField(label=gettext_lazy("完成情况"), max_length=200)


def result_form(measure: RiskMeasure, data: Any = None, **options: Any) -> ResultForm:
    """The form of one measure."""
    initial = {"done_on": measure.done_on, "result": measure.result}
    return ResultForm(data, initial=initial, prefix=f"measure-{measure.pk}", **options)
