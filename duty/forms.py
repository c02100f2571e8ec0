"""Forms of the pages of duty."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common import clock
from duty.choices import OrderCause
from duty.models import WorkOrder
from duty.services.steps import ReceivedPhoto
from duty.workflow import ACTIONS, Action

MAX_PHOTOS = 6
MAX_PHOTO_BYTES = 20 * 2**20
USUAL_DAYS = 7
# Words of each step: its button, its title, what its text field asks for, and how the button looks.
ACTION_WORDS = {
    "dispatch": (_("派单"), _("派给责任单位"), _("派单说明"), "btn-primary"),
    "repair": (_("上报修复"), _("上报修复情况"), _("修复情况"), "btn-primary"),
    "check": (_("验收通过"), _("验收并办结"), _("验收意见"), "btn-primary"),
    "return": (_("退回重修"), _("退回重修"), _("退回理由"), ""),
    "reject": (_("不属实"), _("按不属实办结"), _("不属实的理由"), ""),
}


class PhotoInput(forms.ClearableFileInput):
    """Several pictures at once."""

    allow_multiple_selected = True


class PhotoField(forms.FileField):
    """Pictures as they came; at most six, of at most 20 MB each."""

    widget = PhotoInput

    def clean(self, data: Any, initial: Any = None) -> list[ReceivedPhoto]:
        files = [one for one in data or () if one]
        if len(files) > MAX_PHOTOS:
            raise forms.ValidationError(_("一次最多附 6 张照片，请去掉几张再提交。"), code="too_many")
        for one in files:
            super().clean(one, initial)
            if one.size > MAX_PHOTO_BYTES:
                raise forms.ValidationError(_("单张照片不能超过 20 MB，请缩小后再提交。"), code="too_large")
        if self.required and not files:
            raise forms.ValidationError(_("请至少附一张照片。"), code="required")
        return [ReceivedPhoto(one.read(), one.name) for one in files]


def _photos(*, required: bool) -> PhotoField:
    widget = PhotoInput(attrs={"accept": "image/jpeg,image/png,image/webp", "multiple": True})
    return PhotoField(label=_("照片"), required=required, widget=widget, help_text=_("JPEG、PNG 或 WebP，最多 6 张。"))


def _text(label: Any, *, required: bool) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=240, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 240})
    )


class FaultForm(forms.Form):
    """Report of a fault of one facility, or of a danger that is to be treated."""

    cause = forms.ChoiceField(label=_("事由"), choices=OrderCause.choices)
    condition = forms.ChoiceField(
        label=_("设施现状"), choices=[("damaged", _("损坏")), ("missing", _("缺失"))], initial="damaged"
    )
    fault = _text(_("故障或隐患"), required=True)
    photos = _photos(required=False)
    request_id = forms.UUIDField(widget=forms.HiddenInput)
    is_inspection = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, files: Any = None, *, is_danger: bool, is_inspection: bool = False) -> None:
        initial = {"request_id": uuid.uuid4(), "is_inspection": is_inspection}
        super().__init__(data, files, initial=initial)
        self.initial["cause"] = OrderCause.DANGER if is_danger and not is_inspection else OrderCause.FAULT
        if not is_danger or is_inspection:
            self.fields["cause"].widget = forms.HiddenInput()


class StepForm(forms.Form):
    """One step of a work order; its fields follow the step."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, data: Any = None, files: Any = None, *, action: Action, order: WorkOrder) -> None:
        super().__init__(data, files, auto_id=f"{action.key}-%s")
        self.action = action
        self.initial["version"] = order.version
        self.button, self.title, note_label, self.look = ACTION_WORDS[action.key]
        if action.key == "dispatch":
            self._add_dispatch(order, clock.today())
        self.fields["note"] = _text(note_label, required=action.needs_note)
        if action.needs_photo:
            self.fields["photos"] = _photos(required=True)

    def _add_dispatch(self, order: WorkOrder, today: date) -> None:
        self.fields["owner_department"] = forms.CharField(
            label=_("责任单位"), max_length=120, initial=order.owner_department
        )
        self.fields["due_on"] = forms.DateField(
            label=_("期限"), initial=today + timedelta(days=USUAL_DAYS),
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": today.isoformat()}),
        )  # fmt: skip


def step_forms(actions: list[Action], order: WorkOrder) -> list[StepForm]:
    """A blank form for each step that can be taken."""
    return [StepForm(action=ACTIONS[action.key], order=order) for action in actions]
