"""Pages of the import on the small world, uploads in a folder of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from exchange.models import LandingBatch
from tests.exchange.web.import_files import MIXED, csv_bytes
from tests.factories.registries import World


@pytest.fixture
def world(world: World, settings, tmp_path: Path) -> World:  # type: ignore[no-untyped-def]
    settings.MEDIA_ROOT = tmp_path
    return world


@pytest.fixture
def signed_in(world: World) -> Callable[[str], Client]:
    """A client of a user by name."""

    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(world.users[name])
        return client

    return sign_in


@pytest.fixture
def uploaded(signed_in: Callable[[str], Client]) -> Callable[..., LandingBatch]:
    """Sends a file through the page and gives the batch."""

    def upload(user: str = "brigade", data: bytes | None = None, source: str = "TMRI_VEHICLE") -> LandingBatch:
        file = SimpleUploadedFile("机动车.csv", csv_bytes(MIXED) if data is None else data)
        answer = signed_in(user).post(
            reverse("exchange:import"),
            {"file": file, "kind": "VEHICLE", "source": source, "observed_on": "2026-10-02", "datum": "WGS84"},
        )
        assert answer.status_code == 302, answer.context["form"].errors
        return LandingBatch.objects.latest("pk")

    return upload


@pytest.fixture
def planned(signed_in: Callable[[str], Client], uploaded: Callable[..., LandingBatch]) -> Callable[..., LandingBatch]:
    """A batch whose columns are decided and whose dry run is done."""
    from tests.exchange.web.import_files import run_job

    def plan(user: str = "brigade") -> LandingBatch:
        batch = uploaded(user)
        answer = signed_in(user).post(reverse("exchange:plan", args=[batch.pk]), decided(batch))
        assert answer.status_code == 302, answer.content.decode()
        return run_job(batch)

    return plan


def decided(batch: LandingBatch) -> dict[str, str]:
    """The form of the mapping step: as suggested, the rest dismissed."""
    return {f"column-{i}": batch.columns[h] or "-" for i, h in enumerate(batch.headers)} | {"datum": "WGS84"}
