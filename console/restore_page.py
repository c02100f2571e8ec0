"""What the page of 恢复此版本 and the tab of history need: field by field what is and what would be, and what does not come back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import NotAllowed, NotVisible
from common.scope import Right
from console.edit_page import may_edit
from console.editing import claimed, editable_fields
from elements.kinds import KINDS, Kind
from elements.models import Element
from elements.selectors.detail import folded_values
from elements.selectors.history import Version, frame_text, history, is_alike
from elements.selectors.masking import may_read_names, shown_text
from elements.selectors.provenance import Provenance, provenance
from elements.selectors.wording import worded

# Tracked fields of the element itself that a reader is told of; the others follow from these.
_FRAME_FIELDS = ("block", "place_quality", "is_owned", "conflicts")


def is_standing(element: Element) -> bool:
    """Whether corrections of the element are possible at all."""
    return not (element.is_withdrawn or element.merged_into_id) and element.is_owned


def require_restorable(element: Element, user: Any) -> None:
    """The user may correct this visible element, and it still stands.

    Raises:
        NotAllowed: the user may neither correct nor propose.
        NotVisible: the element was withdrawn, merged or never registered: it has no version to go back to.
    """
    if not may_edit(user):
        raise NotAllowed
    if not is_standing(element):
        raise NotVisible


def history_panel(element: Element, user: Any, data: QueryDict | None = None) -> dict[str, Any]:
    """Context of `console/element_history.html`; `data` holds the conditions `field`, `manual` and `before`."""
    data = data or QueryDict()
    field, is_manual_only = data.get("field", ""), data.get("manual") == "on"
    page = history(element, user, field=field, is_manual_only=is_manual_only, before=data.get("before", ""))
    base = reverse("console:element-history", args=[element.pk])
    query = QueryDict(mutable=True)
    query.update(
        {name: value for name, value in (("field", field), ("manual", "on" if is_manual_only else "")) if value}
    )
    newest = f"{base}?{query.urlencode()}" if query else base
    query["before"] = page.older
    return {
        "changes": page.changes,
        "history_url": base,
        "history_fields": page.fields,
        "history_field": field,
        "is_manual_only": is_manual_only,
        "is_filtered": bool(field) or is_manual_only,
        "is_older": bool(data.get("before")),
        "newest_url": newest,
        "older_url": f"{base}?{query.urlencode()}" if page.older else "",
        "is_cut": page.is_cut and not page.older,
        "may_restore": may_edit(user) and is_standing(element),
        "may_merge": Right.CORRECT in user.scope.rights,
    }


def restore_rows(element: Element, then: Version, user: Any) -> list[dict[str, Any]]:
    """Correctable fields that differ now from that version, with what to know before saving: three queries."""
    kind, now = KINDS[element.kind], folded_values(element)
    said = {one.field: one for one in provenance(element)}
    return [
        _row(kind, name, now.get(name), then.values.get(name), said[name], user)
        for name in editable_fields(kind)
        if not is_alike(kind, name, now.get(name), then.values.get(name))
    ]


def fixed_rows(element: Element, then: Version, user: Any) -> list[dict[str, Any]]:
    """What differs and does not come back with a restored version, and why."""
    kind, now = KINDS[element.kind], folded_values(element)
    in_full, editable = may_read_names(user), editable_fields(kind)
    rows = [
        {
            "label": kind.label_of(name),
            "now": worded(kind, name, now.get(name), in_full=in_full),
            "then": worded(kind, name, then.values.get(name), in_full=in_full),
            "why": _("由系统按路网和路段切分计算，不能手工更正。"),
        }
        for name in kind.fields
        if name not in editable and not is_alike(kind, name, now.get(name), then.values.get(name))
    ]
    for name in _FRAME_FIELDS:
        column = Element._meta.get_field(name)
        value, was = getattr(element, column.attname), then.frame[name]
        if is_alike(kind, name, value, was):
            continue
        texts = {"now": _frame_text(kind, name, value), "then": _frame_text(kind, name, was)}
        rows.append({"label": str(column.verbose_name), **texts, "why": _why(name)})
    return rows


def restorable(element: Element, then: Version, fields: Iterable[str], user: Any) -> tuple[dict[str, Any], list[str]]:
    """Values to claim and fields to clear, so that the fields hold what they held then.

    Raises:
        NotVisible: one of them is not corrected by hand, or the user does not see its value in full.
    """
    kind, now = KINDS[element.kind], folded_values(element)
    names = list(dict.fromkeys(fields))
    editable = editable_fields(kind)
    for name in names:
        if name not in editable or _is_hidden(kind, name, (now.get(name), then.values.get(name)), user):
            raise NotVisible
    values = {name: claimed(kind, name, then.values[name]) for name in names if then.values[name] is not None}
    return values, [name for name in names if name not in values]


def usual_reason(then: Version) -> str:
    """恢复到 2026年11月24日 10:05 的版本."""
    at = timezone.localtime(then.at)
    return _("恢复到 %(time)s 的版本") % {"time": f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"}


def _row(kind: Kind, name: str, now: Any, then: Any, said: Provenance, user: Any) -> dict[str, Any]:
    in_full = may_read_names(user)
    winner = said.winner.source if said.winner else ""
    # The source of precedence says it already: then the official field comes back without a conflict.
    is_proposal = said.is_official and said.winner is not None and not is_alike(kind, name, said.winner.value, then)
    return {
        "name": name,
        "label": kind.label_of(name),
        "now": worded(kind, name, now, in_full=in_full),
        "then": worded(kind, name, then, in_full=in_full),
        "is_hidden": _is_hidden(kind, name, (now, then), user),
        "is_cleared": then is None,
        "is_proposal": is_proposal,
        "authority": winner if is_proposal else "",
    }


def _is_hidden(kind: Kind, name: str, values: Sequence[Any], user: Any) -> bool:
    """The reader sees one of the values masked and may not open it: nobody brings back what he cannot check."""
    if name in kind.sealed_fields:
        return Right.REVEAL not in user.scope.rights
    in_full = may_read_names(user)
    return any(isinstance(one, str) and shown_text(kind.code, name, one, in_full=in_full) != one for one in values)


def _frame_text(kind: Kind, name: str, value: Any) -> str:
    return "、".join(kind.label_of(one) for one in value or ()) if name == "conflicts" else frame_text(name, value)


def _why(name: str) -> str:
    return {
        "block": _("由地址和实测位置推算：恢复了地址或位置，管辖块随之重算。"),
        "place_quality": _("由地址和实测位置推算，随之重算。"),
        "is_owned": _("看有没有来源登记，由导入决定。"),
        "conflicts": _("由各来源现在的说法比对得出，恢复后重新比对。"),
    }[name]
