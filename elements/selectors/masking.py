"""What a reader sees of an element's values: one place for list, API, export, card and page.

Personal numbers are masked for everybody until revealed; names and plates for who lacks the right to read them. The
name of a unit is public, also where it owns a vehicle; owners are told apart by their text, since a claim need not carry
the owner's number. Source: the customer's masking defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from common.encryption import unseal
from common.masking import MASKS, mask_holder, mask_name, mask_plate
from common.scope import Actor, Right
from elements.choices import ElementKind


def mask_vin(value: str) -> str:
    """LVS**********0015: maker and last four stay."""
    return f"{value[:3]}{'*' * (len(value) - 7)}{value[-4:]}" if len(value) > 7 else "*" * len(value)


# Fields that name a person or a vehicle, by kind; a label is masked as what it is made of.
_NAMING: dict[tuple[str, str], Callable[[str], str]] = {
    (ElementKind.PERSON, "name"): mask_name,
    (ElementKind.VEHICLE, "plate_number"): mask_plate,
    (ElementKind.VEHICLE, "vin"): mask_vin,
    (ElementKind.VEHICLE, "owner_name"): mask_holder,
    (ElementKind.UNIT, "legal_person_name"): mask_holder,
    (ElementKind.HOUSE, "owner_name"): mask_holder,
}


def may_read_names(user: Actor) -> bool:
    """True when names and plates stand in full for this reader."""
    return Right.READ_NAMES in user.scope.rights


def is_called_by_vin(kind: str, label: str) -> bool:
    """True of a vehicle without a plate; no plate is as long as that."""
    return kind == ElementKind.VEHICLE and len(label) >= 10


def shown_label(kind: str, label: str, *, in_full: bool) -> str:
    """What an element is called, as this reader sees it: a vehicle is called by its plate, else by its VIN."""
    if in_full or not label:
        return label
    if kind == ElementKind.VEHICLE:
        return mask_vin(label) if is_called_by_vin(kind, label) else mask_plate(label)
    return mask_name(label) if kind == ElementKind.PERSON else label


def shown_text(kind: str, field: str, value: str | None, *, in_full: bool) -> str | None:
    """A text field as this reader sees it."""
    mask = _NAMING.get((kind, field))
    return mask(value) if mask and value and not in_full else value


def shown_sealed(purpose: str, sealed: Any) -> str | None:
    """A personal number masked, whoever reads.

    Raises:
        SealBroken: the stored value was altered or its key is gone.
    """
    return MASKS[purpose](unseal(purpose, sealed)) if sealed is not None else None
