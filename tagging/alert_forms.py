"""Forms of the steps of an alert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tagging.models import Alert
from tagging.services.alert_answers import MUTE_DAYS, MUTE_ELEMENT, MUTE_TAG, MUTE_TAG_HERE
from tagging.workflow import AlertAction

# Words of each step: its button, its title, what its text field asks for, how the button looks, its key.
ACTION_WORDS = {
    "accept": (_("接收"), _("接收"), "", "btn-primary", "a"),
    "act": (_("开始处置"), _("开始处置"), "", "btn-primary", "s"),
    "close": (_("办结"), _("登记处置结果并办结"), _("处置情况"), "btn-primary", "c"),
    "escalate": (_("上报"), _("上报中队、大队"), _("上报理由"), "", "u"),
    "mute": (_("静默"), _("静默"), _("静默理由"), "", "m"),
}
ONE_PRESS = ("accept", "act")
_DAYS = [(days, _("%(days)s 天") % {"days": days}) for days in MUTE_DAYS]


class AlertStepForm(forms.Form):
    """One step of an alert; its fields follow the step."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(
        self,
        *args: Any,
        action: AlertAction,
        alert: Alert,
        outcomes: Sequence[tuple[str, str]] = (),
        may_mute_everywhere: bool = False,
        **options: Any,
    ) -> None:
        options.setdefault("auto_id", f"{action.key}-%s")
        super().__init__(*args, initial={"version": alert.version}, **options)
        self.action = action
        self.button, self.title, note_label, self.look, self.key = ACTION_WORDS[action.key]
        if action.key == "close" and outcomes:
            self.fields["outcome"] = forms.ChoiceField(label=_("处置结果"), choices=outcomes, widget=forms.RadioSelect)
        if action.key == "mute":
            self.fields["what"] = forms.ChoiceField(label=_("静默范围"), choices=_whats(alert, may_mute_everywhere))
            self.fields["days"] = forms.TypedChoiceField(label=_("静默多久"), choices=_DAYS, coerce=int)
        if note_label:
            needs_note = action.needs_note or (action.key == "close" and not outcomes)
            self.fields["note"] = forms.CharField(
                label=note_label, required=needs_note, max_length=200,
                widget=forms.Textarea(attrs={"rows": 2, "maxlength": 200}),
            )  # fmt: skip

    @property
    def is_one_press(self) -> bool:
        """Nothing is to be filled in."""
        return self.action.key in ONE_PRESS


def _whats(alert: Alert, may_mute_everywhere: bool) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [(MUTE_ELEMENT, _("这个对象的全部预警"))]
    if alert.tag_id is not None:
        found.append((MUTE_TAG_HERE, _("本块内这一标签的预警")))
        if may_mute_everywhere:
            found.append((MUTE_TAG, _("全部辖区这一标签的预警")))
    return found
