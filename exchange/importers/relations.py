"""Columns that say to whom or what a thing belongs → the relations that its claim states."""

from __future__ import annotations

from typing import Any

from common import identifiers
from common.encryption import value_index
from elements.choices import ElementKind, KeyScheme
from elements.kinds import source_id_value


def related_thing(number: str) -> dict[str, Any] | None:
    """Key of the person or unit that a number names: {kind, scheme, value}; None when it is no valid number."""
    person = identifiers.parse_citizen_id(number)
    if person.is_valid:
        value = value_index("citizen_id", person.value).hex()
        return {"kind": "PERSON", "scheme": int(KeyScheme.CITIZEN_ID), "value": value}
    unit = identifiers.parse_uscc(number)
    if unit.is_valid:
        return {"kind": "UNIT", "scheme": int(KeyScheme.USCC), "value": unit.value}
    organisation = identifiers.parse_organisation_code(number)
    if organisation.is_valid:
        return {"kind": "UNIT", "scheme": int(KeyScheme.ORG_CODE), "value": organisation.value}
    return None


def related_place(kind: ElementKind, source_id: int, number: str) -> dict[str, Any]:
    """Key of the house, road or facility that a source knows under a number."""
    value = source_id_value(kind, source_id, number[:60])
    return {"kind": str(kind), "scheme": int(KeyScheme.SOURCE_ID), "value": value}
