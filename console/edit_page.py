"""What the templates of editing need: rows with a pencil, the form of one field, the words of a field that may be adopted."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2s
from typing import Any

from django.utils.translation import gettext as _

from common.errors import NotAllowed, NotVisible
from common.scope import Right
from console.editing import DATUMS, Entered, edit_field, editable_fields, typed_text
from console.element_page import field_rows
from elements.kinds import KINDS
from elements.models import Element
from elements.selectors.detail import folded_values
from elements.selectors.masking import may_read_names, shown_text
from elements.selectors.provenance import Provenance, Said, provenance
from elements.selectors.wording import worded

_MAY_EDIT = {Right.CORRECT, Right.PROPOSE}


def may_edit(user: Any) -> bool:
    """True for who may correct, or propose a correction."""
    return bool(user.scope.rights & _MAY_EDIT)


def require_field(element: Element, field: str, user: Any) -> None:
    """The user may correct this field of this visible element.

    Raises:
        NotAllowed: the user may neither correct nor propose.
        NotVisible: no such field, or one that is not corrected by hand; or the element stands no more.
    """
    if not may_edit(user):
        raise NotAllowed
    if field not in editable_fields(KINDS[element.kind]):
        raise NotVisible
    if element.is_withdrawn or element.merged_into_id or not element.is_owned:
        raise NotVisible


def edit_rows(element: Element, found: Iterable[Provenance], user: Any) -> dict[str, Any]:
    """Fields of the page; who may edit gets pencils, and the fields that nobody filled yet."""
    found = list(found)
    rows = field_rows(element, found, user)
    stands = not (element.is_withdrawn or element.merged_into_id) and element.is_owned
    if not (stands and may_edit(user)):
        return {"fields": rows, "may_edit": False}
    kind = KINDS[element.kind]
    editable = [name for name in editable_fields(kind) if name != "point"]
    for row in rows:
        row["is_editable"] = row["name"] in editable
    there = {row["name"] for row in rows}
    blank = [
        {"name": name, "label": kind.label_of(name), "value": "", "is_editable": True}
        for name in editable
        if name not in there
    ]
    return {"fields": rows, "blank_fields": blank, "may_edit": True, "may_place": "point" in editable_fields(kind)}


def row_of(element: Element, field: str, user: Any) -> dict[str, Any]:
    """One row as it is now."""
    rows = edit_rows(element, provenance(element), user)
    return next(row for row in (*rows["fields"], *rows["blank_fields"]) if row["name"] == field)


def form_context(
    element: Element, field: str, user: Any, *, data: Any = None, problem: Entered | None = None, **more: Any
) -> dict[str, Any]:
    """The form of one field: empty edit or what was typed, and what to know before saving."""
    kind = KINDS[element.kind]
    one = next(row for row in provenance(element) if row.field == field)
    value = folded_values(element).get(field)
    context = {
        "element": element,
        "field": edit_field(kind, field),
        "now": worded(kind, field, value, in_full=may_read_names(user)),
        "is_official": one.is_official,
        "authority": one.winner.source if one.winner else "",
        "problem": problem,
        "datums": DATUMS,
        **more,
    }
    if data is not None:
        return context | {name: data.get(name, "") for name in ("text", "lon", "lat", "datum", "reason")} | {
            "is_cleared": data.get("clear") == "on"
        }  # fmt: skip
    # Who sees a name masked does not get it in an input either.
    is_masked = isinstance(value, str) and shown_text(kind.code, field, value, in_full=may_read_names(user)) != value
    context |= {"text": "" if is_masked else typed_text(kind, field, value), "datum": "WGS84"}
    if field == "point":
        place = value or element.point
        context |= {"lon": f"{place.x:.6f}" if place else "", "lat": f"{place.y:.6f}" if place else ""}
    return context


def word_key(word: Said) -> str:
    """Names one source's word on a field, so that what is adopted is what was read."""
    value = bytes(word.value).hex() if isinstance(word.value, bytes | memoryview) else str(word.value)
    return blake2s(f"{word.source}\x1f{value}".encode(), digest_size=12).hexdigest()


def with_words(rows: list[dict[str, Any]], element: Element, found: Iterable[Provenance], user: Any) -> dict[str, Any]:
    """Rows of the tab of values, with keys for those of an observed field in conflict that may be adopted."""
    by_field = {one.field: one for one in found}
    stands = not (element.is_withdrawn or element.merged_into_id) and element.is_owned
    editable = editable_fields(KINDS[element.kind]) if stands and may_edit(user) else ()
    for row in rows:
        one = by_field[row["field"]]
        row["is_official"] = one.is_official
        if row["is_conflict"] and not one.is_official and one.field in editable and one.winner is not None:
            row["may_adopt"] = True
            for shown, word in zip([row["winner"], *row["others"]], [one.winner, *one.others], strict=True):
                shown["key"] = word_key(word)
    return {"values": rows, "element": element}


def saved_text(label: str, *, is_proposal: bool) -> str:
    """What the note says after saving."""
    if is_proposal:
        return _("已提交“%(label)s”的更正建议，差异已列入冲突。") % {"label": label}
    return _("已更正“%(label)s”。") % {"label": label}
