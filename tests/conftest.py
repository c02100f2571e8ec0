"""Fixtures of all tests. Data come from the platform's own loaders; only areas and people are invented."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from shutil import copytree

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import override_settings

from accounts.models import User
from addresses.services import resolution
from bench.database import migrated_base
from tests.factories.kept_city import reference_city
from tests.factories.places import SmallCity
from tests.factories.registries import World, make_world
from tests.factories.smtp_sink import SmtpSink
from tests.factories.users import make_users


def pytest_configure() -> None:
    """What holds for every test of this process."""
    _take_own_redis()
    # Every test client would else read the folder of all static files before its first request.
    django_settings.WHITENOISE_AUTOREFRESH = True
    django_settings.PASSWORD_HASHERS = ["tests.factories.hashing.QuickHasher"]


def _take_own_redis() -> None:
    """Each parallel worker has a Redis database of its own beside its own PostgreSQL database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    server, _, number = django_settings.REDIS_URL.rpartition("/")
    if number.isdigit():
        url = f"{server}/{int(number) + int(worker.removeprefix('gw'))}"
        os.environ["REDIS_URL"] = django_settings.REDIS_URL = django_settings.CELERY_BROKER_URL = url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix) -> None:
    """Every worker's database is a copy of the same migrated one: the migrations run once for as long as they stay."""
    owner_url = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated_base(owner_url)


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the garbage collector need not go over it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@pytest.fixture(scope="module", autouse=True)
def _module_media(tmp_path_factory) -> Iterator[Path]:
    """Where what is made once for a module keeps its files."""
    folder = tmp_path_factory.mktemp("media")
    with override_settings(MEDIA_ROOT=folder):
        yield folder


@pytest.fixture(autouse=True)
def own_media(settings, _module_media, tmp_path_factory) -> Path:
    """Uploads of a test stay its own; it begins with those of its module."""
    settings.MEDIA_ROOT = copytree(_module_media, tmp_path_factory.mktemp("media"), dirs_exist_ok=True)
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def own_name_index() -> Iterator[None]:
    """A rolled-back registry gives its version number to the next: no test may meet the name index of another."""
    resolution._loaded = None
    yield
    resolution._loaded = None


@pytest.fixture(scope="module")
def module_city(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[SmallCity]:
    """One transaction around a module: reference data are there once, every test rolls back to them."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield reference_city(tmp_path_factory.mktemp("city"))
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def _module_index(module_city) -> resolution.LoadedIndex:
    return resolution.load_index()


@pytest.fixture(scope="module")
def module_users(module_city) -> dict[str, User]:
    """One user a role. A module puts its own in its place when its tests share more than that."""
    return make_users(module_city)


@pytest.fixture(scope="module")
def module_world(
    request: pytest.FixtureRequest, django_db_setup, django_db_blocker
) -> Iterator[tuple[World, resolution.LoadedIndex | None]]:
    """The same for the small world; a module uses one of the two.

    Takes the number of vehicles: `@pytest.mark.parametrize("module_world", [47], indirect=True)`.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        resolution._loaded = None
        yield make_world(getattr(request, "param", 12)), resolution._loaded
        transaction.set_rollback(True)


@pytest.fixture
def world(module_world, db: None) -> World:
    """A dozen vehicles with their drivers and units in two districts, and one user a role."""
    made, resolution._loaded = module_world
    return deepcopy(made)


@pytest.fixture
def city(module_city, _module_index, db) -> SmallCity:
    """Divisions, areas, registry and sources, for a test that rolls back."""
    resolution._loaded = _module_index
    return module_city


@pytest.fixture
def users(module_users, city) -> dict[str, User]:
    """What `module_users` made, for a test that rolls back: changed objects are its own."""
    return deepcopy(module_users)


@pytest.fixture
def committed_city(transactional_db, tmp_path) -> SmallCity:
    """The same for a test whose other connections or processes must see it."""
    return reference_city(tmp_path)


@pytest.fixture
def sink(settings) -> Iterator[SmtpSink]:
    """A mail server that takes letters down, or refuses them; the platform sends to it."""
    made = SmtpSink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.PUBLIC_URL = "https://platform.example"
    yield made
    made.close()
