"""The door in the write guard closes with its transaction."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from elements.models import Element
from elements.services.folding import folding
from tests.factories.claims import NOW


def insert(city) -> None:
    Element.objects.create(kind="VEHICLE", block=city.grids[0], updated_at=NOW)


def test_the_door_closes_with_the_transaction(committed_city):
    with folding():
        insert(committed_city)
    with pytest.raises(IntegrityError, match="elements are written by the fold only"):
        insert(committed_city)

    assert Element.objects.count() == 1
