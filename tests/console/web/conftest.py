"""The city of the map, made once a module."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.db import transaction

from tests.console.web.map_city import City, build_city


@pytest.fixture(scope="module")
def _module_map_city(django_db_setup, django_db_blocker) -> Iterator[City]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield build_city()
        transaction.set_rollback(True)


@pytest.fixture
def map_city(_module_map_city, db: None) -> City:
    """Areas, elements of every kind with their dots, and the pyramid, for a test that rolls back."""
    return deepcopy(_module_map_city)
