"""Which vehicle a doubtful reading may have been: plates that look alike and are in the register."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from common.codes import code_table
from common.scope import Actor
from elements.choices import KeyScheme
from elements.models import Element, ElementKey, Vehicle
from elements.selectors.masking import may_read_names, shown_label
from events.models import Capture
from events.parsing.confusable import confused_plates

MAX_SHOWN = 5
# A vehicle of another colour or sort than the camera saw is hardly the one.
UNLIKE = 0.4


@dataclass(frozen=True, slots=True)
class PlateSuggestion:
    """A registered vehicle that the reading may mean. `element_id` is None where the reader may not open it."""

    label: str
    score: float
    element_id: int | None
    is_like_register: bool


def plate_suggestions(capture: Capture, user: Actor) -> list[PlateSuggestion]:
    """Registered vehicles of other plates that look like the reading, most likely first: at most four queries.

    Empty where the reading is a plate of the register: there is nothing to doubt.
    """
    if capture.vehicle_id is not None or not capture.plate_read:
        return []
    plates = dict(confused_plates(capture.plate_read))
    if not plates:
        return []
    values = {f"{code}:{plate}": plate for plate in plates for code in code_table("hpzl")}
    day = timezone.localtime(capture.occurred_at).date()
    keys = [
        key
        for key in ElementKey.objects.filter(scheme=KeyScheme.PLATE, value__in=values).order_by("pk")
        if (key.valid_from is None or key.valid_from <= day) and (key.valid_to is None or day < key.valid_to)
    ]
    ids = {key.element_id for key in keys}
    if not ids:
        return []
    cars = {one.element_id: one for one in Vehicle.objects.filter(element_id__in=ids)}
    elements = {one.pk: one for one in Element.objects.filter(pk__in=ids).only("kind", "label")}
    seen = set(Element.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    in_full, found = may_read_names(user), []
    for key in keys:
        is_like = not differs_from_register(capture, cars[key.element_id])
        score = plates[values[key.value]] * (1.0 if is_like else UNLIKE)
        label = shown_label("VEHICLE", elements[key.element_id].label, in_full=in_full) or ""
        found.append(
            PlateSuggestion(label, round(score, 2), key.element_id if key.element_id in seen else None, is_like)
        )
    return sorted(found, key=lambda one: (-one.score, one.label))[:MAX_SHOWN]


def differs_from_register(capture: Capture, vehicle: Vehicle) -> bool:
    """The colour has no letter in common, or the sort (first letter of the type: K bus or car, H lorry …) is another."""
    colours = bool(capture.colour and vehicle.colour) and not set(capture.colour or "") & set(vehicle.colour or "")
    sorts = bool(capture.vehicle_type and vehicle.vehicle_type) and (
        (capture.vehicle_type or "")[0] != (vehicle.vehicle_type or "")[0]
    )
    return colours or sorts
