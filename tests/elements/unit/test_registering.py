"""What a registry asks of a thing entered by hand, without a database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from common.errors import NotVisible
from console.editing import editable_fields
from elements.kinds import KINDS
from elements.registries import REGISTRIES
from elements.selectors.similar import values_as_json
from elements.services.registering import ENTRY_FORMS, entry_form


def test_lines_of_the_road_data_are_the_only_registries_without_a_form() -> None:
    assert set(REGISTRIES) - set(ENTRY_FORMS) == {"roads", "sections"}


@pytest.mark.parametrize("registry", ["roads", "sections", "nonsense", ""])
def test_what_is_not_entered_by_hand_is_not_there(registry: str) -> None:
    with pytest.raises(NotVisible):
        entry_form(registry)


@pytest.mark.parametrize("registry", sorted(ENTRY_FORMS))
def test_every_field_that_is_asked_for_can_be_typed(registry: str) -> None:
    form = ENTRY_FORMS[registry]
    typed = set(editable_fields(KINDS[REGISTRIES[registry].kind])) - set(form.without)
    assert {*form.required, *form.one_of} <= typed


@pytest.mark.parametrize("registry", ["drivers", "persons", "vehicles", "units"])
def test_kinds_with_natural_keys_ask_for_one(registry: str) -> None:
    keys = {column for rule in KINDS[REGISTRIES[registry].kind].keys for column in rule.columns}
    assert set(ENTRY_FORMS[registry].one_of) <= keys


def test_values_are_written_for_the_database_in_one_order() -> None:
    values = {"b": b"\x01\xff", "a": date(2026, 3, 1), "d": Decimal("89.50"), "c": 5}
    assert values_as_json(values) == '{"a":"2026-03-01","b":"\\\\x01ff","c":5,"d":"89.50"}'
