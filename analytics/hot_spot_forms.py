"""The form of a search for accident-prone places."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from analytics.choices import SpotMethod
from analytics.selectors.black_spots import LABELS, LIMITS, definition
from common.scope import Scope
from elements.selectors.areas import areas_of_scope
from events.choices import Procedure


class SearchForm(forms.Form):
    """Method, area, procedure, and the numbers that may be other than in the definition."""

    method = forms.ChoiceField(label=_("方法"), choices=SpotMethod.choices)
    area = forms.TypedChoiceField(label=_("责任区"), coerce=int, empty_value=None, required=False)
    procedure = forms.ChoiceField(
        label=_("事故范围"), choices=[("", _("简易和一般程序，分别计数")), *Procedure.choices], required=False
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = [(area["pk"], "\u3000" * (area["depth"] - 1) + area["name"]) for area in areas_of_scope(scope)]
        self.fields["area"].choices = [("", _("我的全部辖区")), *areas]  # type: ignore[attr-defined]
        for name, (low, high) in LIMITS.items():
            self.fields[name] = forms.IntegerField(
                label=LABELS[name], min_value=low, max_value=high, required=False,
                widget=forms.NumberInput(attrs={"placeholder": str(definition()[name].value), "inputmode": "numeric"}),
            )  # fmt: skip

    def asked(self) -> dict[str, Any]:
        """Keywords of the service."""
        data = self.cleaned_data
        changed = {name: data[name] for name in LIMITS}
        return {"method": data["method"], "area": data["area"], "procedure": data["procedure"], "changed": changed}
