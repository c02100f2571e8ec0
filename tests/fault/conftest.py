"""What the runs share: a token for clients, a rig that is cleared whatever happens."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import ApiToken, User
from accounts.services.tokens import hash_token
from common import clock
from tests.fault.rig import Rig

TOKEN = "a-token-of-the-fault-rig"


def give_token(user: User) -> str:
    """An access token that outlives every run."""
    now = clock.now()
    ApiToken.objects.create(
        user=user, kind=ApiToken.Kind.ACCESS, token_hash=hash_token(TOKEN), family=uuid.uuid4(), auth_version=user.auth_version,
        created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    return TOKEN


@pytest.fixture
def start_rig(own_media: Path, tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """`start_rig(peers=…)` → a rig on what the test database holds now; its processes are not started."""
    made: list[Rig] = []

    def make(**options: Any) -> Rig:
        made.append(Rig(connection.settings_dict, own_media, tmp_path, **options))
        return made[-1]

    yield make
    for rig in made:
        rig.remove()
