"""Fixtures of all tests. Data come from the platform's own loaders; only areas and people are invented."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import transaction

from addresses.services import resolution
from elements.services.policies import load_sources
from tests.factories.places import SmallCity, make_small_city, read_small_city
from tests.factories.registries import World, make_world


def pytest_configure() -> None:
    """Each parallel worker has a Redis database of its own beside its own PostgreSQL database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    server, _, number = django_settings.REDIS_URL.rpartition("/")
    if number.isdigit():
        url = f"{server}/{int(number) + int(worker.removeprefix('gw'))}"
        os.environ["REDIS_URL"] = django_settings.REDIS_URL = django_settings.CELERY_BROKER_URL = url


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path_factory) -> Iterator[Path]:
    """Uploads of a test stay its own."""
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def own_name_index() -> Iterator[None]:
    """A rolled-back registry gives its version number to the next: no test may meet the name index of another."""
    resolution._loaded = None
    yield
    resolution._loaded = None


@pytest.fixture(scope="module")
def _module_city(
    django_db_setup, django_db_blocker, tmp_path_factory
) -> Iterator[tuple[SmallCity, resolution.LoadedIndex]]:
    """One transaction around a module: reference data are loaded once, every test rolls back to them."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_sources()
        city = make_small_city(tmp_path_factory.mktemp("city"))
        yield city, resolution.load_index()
        transaction.set_rollback(True)


@pytest.fixture
def world(db: None) -> World:
    """A dozen vehicles with their drivers and units in two districts, and one user a role."""
    return make_world()


@pytest.fixture
def city(_module_city, db) -> SmallCity:
    """Divisions, areas, registry and sources, for a test that rolls back."""
    made, resolution._loaded = _module_city
    return made


@pytest.fixture
def committed_city(transactional_db, tmp_path) -> SmallCity:
    """The same for a test whose other connections or processes must see it."""
    load_sources()
    make_small_city(tmp_path)
    return read_small_city()
