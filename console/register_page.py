"""A new element by hand: which fields the form has and in what order, and what was typed into it as values of a claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.urls import reverse
from django.utils.translation import gettext as _

from addresses.choices import AreaKind
from common.errors import DomainError
from common.scope import Right
from console.editing import DATUMS, Entered, edit_field, editable_fields, read_point, read_text
from elements.kinds import KINDS, Kind
from elements.models import ClaimBatch, Element
from elements.registries import REGISTRIES, Registry
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.wording import worded
from elements.services.registering import Registration, entry_form

POINT = "point"
POINT_INPUTS = ("lon", "lat", "datum")
# Besides what must be filled: what a person in the field sees, and asks first.
_FIRST: dict[str, tuple[str, ...]] = {
    "drivers": ("citizen_id", "name", "file_no", "licence_classes", "phone"),
    "persons": ("citizen_id", "name", "sex", "phone"),
    "vehicles": ("plate_number", "plate_type", "vin", "vehicle_type", "use_nature", "colour", "owner_name"),
    "units": ("name", "uscc", "org_code", "legal_person_name", "phone"),
    "houses": ("name", "usage", "owner_name", "storeys"),
    "facilities": ("facility_type", "name", "state", "road_name"),
    "dangers": ("danger", "danger_grade", "name", "road_name"),
}
_BLANK = "VALUE_BLANK"


@dataclass(slots=True)
class Entry:
    """What was typed: values that could be read, and what is wrong with the others by field."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, Entered] = field(default_factory=dict)


def entry_fields(registry: Registry) -> tuple[str, ...]:
    """What may be entered by hand into the registry, `point` included.

    Raises:
        NotVisible: nothing is.
    """
    form = entry_form(registry.name)
    return tuple(name for name in editable_fields(KINDS[registry.kind]) if name not in form.without)


def read_entry(registry: Registry, data: Mapping[str, str]) -> Entry:
    """Texts of the form by field, the point as `lon`, `lat`, `datum`. A blank, or a word for none, says nothing."""
    kind, entry = KINDS[registry.kind], Entry()
    for name in entry_fields(registry):
        if name == POINT:
            lon, lat, datum = (str(data.get(part, "")).strip() for part in POINT_INPUTS)
            if not lon and not lat:
                continue
            entered = read_point(lon, lat, datum or DATUMS[0][0])
        else:
            text = str(data.get(name, "")).strip()
            if not text:
                continue
            entered = read_text(kind, name, text)
        if not entered.code:
            entry.values[name] = entered.value
        elif entered.code != _BLANK or name == POINT:
            entry.problems[name] = entered
    return entry


def problems_of(error: DomainError) -> dict[str, Entered]:
    """The service's refusals by field."""
    return {
        one["field"]: Entered(None, one["code"], one["message"], one["cure"]) for one in error.extra.get("fields", ())
    }


def new_token() -> str:
    """Number of a form that was not sent yet."""
    return str(uuid4())


def form_context(
    registry: Registry,
    user: Any,
    *,
    data: Mapping[str, str] | None = None,
    problems: Mapping[str, Entered] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The page: empty, or with what was typed and what is wrong with it."""
    kind, data, problems = KINDS[registry.kind], data or {}, problems or {}
    form, names = entry_form(registry.name), entry_fields(registry)
    addresses = [name for _role, name in kind.address_fields]
    first = [name for name in _FIRST[registry.name] if name in names]
    rest = [name for name in names if name not in {*first, *addresses, POINT}]
    required = {*form.required, *(form.one_of if len(form.one_of) == 1 else ())}

    def rows(chosen: list[str]) -> list[dict[str, Any]]:
        return [_row(kind, name, data, problems, is_required=name in required) for name in chosen]

    more_rows = rows(rest)
    kind_of_areas = AreaKind.SQUADRON if user.scope.all_blocks else AreaKind.GRID
    return {
        "registry": registry,
        "page_title": _("登记：%(registry)s") % {"registry": registry.label},
        "breadcrumbs": [{"label": registry.label, "url": reverse("elements:list", args=[registry.name])}],
        "first_fields": rows(first),
        "address_fields": rows(addresses),
        "more_fields": more_rows,
        "is_more_open": any(row["text"] or row["problem"] for row in more_rows),
        "one_of": [kind.label_of(name) for name in form.one_of] if len(form.one_of) > 1 else [],
        "point": {name: data.get(name, "") for name in POINT_INPUTS} | {"problem": problems.get(POINT)},
        "datums": DATUMS,
        "areas_url": reverse("map:areas", args=[kind_of_areas.value]),
        "secret_fields": " ".join(name for name in names if name in kind.sealed_fields),
        "is_proposal": Right.CORRECT not in user.scope.rights,
        "token": data.get("token") or new_token(),
        **more,
    }


def _row(
    kind: Kind, name: str, data: Mapping[str, str], problems: Mapping[str, Entered], *, is_required: bool
) -> dict[str, Any]:
    return {
        "field": edit_field(kind, name),
        "input_id": f"register-{name}",
        "text": data.get(name, ""),
        "problem": problems.get(name),
        "is_required": is_required,
    }


def receipt_context(registration: Registration, user: Any) -> dict[str, Any]:
    """What was registered, in words, and the element where the reader may see it."""
    batch = registration.batch
    kind, in_full = KINDS[batch.kind], may_read_names(user)
    claim = batch.claims.order_by("pk").first()
    payload = claim.payload if claim else {}
    said = [
        {"label": kind.label_of(name), "value": worded(kind, name, payload[name], in_full=in_full)}
        for name in kind.fields
        if name in payload
    ]
    registry = _registry_of(batch, payload)
    element = _element(registration.element_id, user)
    return {
        "batch": batch,
        "registry": registry,
        "page_title": _("登记结果"),
        "breadcrumbs": [{"label": registry.label, "url": reverse("elements:list", args=[registry.name])}],
        "fields": said,
        "element": element,
        "label": (shown_label(element.kind, element.label, in_full=in_full) or _("（无名称）")) if element else "",
        "is_undone": batch.state == ClaimBatch.State.RETRACTED,
    }


def _registry_of(batch: ClaimBatch, payload: Mapping[str, Any]) -> Registry:
    """The registry that the claim was entered into: a part that it speaks of decides."""
    extra = set(KINDS[batch.kind].parts[-1].fields) if len(KINDS[batch.kind].parts) > 1 else set()
    names = {
        "PERSON": "drivers" if extra & set(payload) else "persons",
        "FACILITY": "dangers" if extra & set(payload) else "facilities",
        "VEHICLE": "vehicles",
        "UNIT": "units",
        "HOUSE": "houses",
    }
    return REGISTRIES[names[batch.kind]]


def _element(element_id: int | None, user: Any) -> Element | None:
    if element_id is None:
        return None
    return Element.objects.visible_to(user).select_related("block").defer("block__geom").filter(pk=element_id).first()
