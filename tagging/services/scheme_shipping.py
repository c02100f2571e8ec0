"""Schemes that come with the platform: read from their files and put in force, until people publish their own."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from tagging.models import Scheme
from tagging.services import versions
from tagging.services.scheme_versions import checked_by

_FOLDER = Path(__file__).resolve().parents[1] / "shipped" / "schemes"


@dataclass(frozen=True, slots=True)
class Shipped:
    """One file: code, name, source, note of the version, and the body."""

    code: str
    name: str
    source: str
    note: str
    body: dict[str, Any]


def shipped_schemes() -> list[Shipped]:
    """Every scheme of the platform, by the name of its file."""
    found = []
    for path in sorted(_FOLDER.glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        head = {name: document.pop(name) for name in ("code", "name", "source", "note")}
        found.append(Shipped(**head, body=document))
    return found


@transaction.atomic
def load_schemes(*, now: datetime) -> list[Scheme]:
    """Installs what is shipped; returns the schemes of which another version came in force."""
    return [scheme for one in shipped_schemes() if (scheme := _load(one, now)) is not None]


def _load(one: Shipped, now: datetime) -> Scheme | None:
    scheme, _is_new = Scheme.objects.get_or_create(
        code=one.code,
        defaults={"name": one.name, "kind": one.body["kind"], "source": one.source[:300], "is_shipped": True},
    )
    before = scheme.published_id
    versions.install(owner=scheme, body=one.body, note=one.note, check=checked_by(scheme), now=now)
    scheme.refresh_from_db()
    return scheme if scheme.published_id != before else None
