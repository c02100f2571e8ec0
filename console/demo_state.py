"""What the loaded demonstration says of itself; light, since every page asks."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings


def demo_folder() -> Path:
    """Where the generated city lies; its truth goes to a sibling that the platform does not read."""
    return Path(settings.MEDIA_ROOT) / "demo" / "city"


def marker() -> Path:
    return Path(settings.MEDIA_ROOT) / "demo" / "loaded.json"


@lru_cache(maxsize=1)
def _read_marker(_modified_ns: int) -> dict[str, str]:
    return json.loads(marker().read_text(encoding="utf-8"))


def demo_as_of() -> date | None:
    """Day to which the generated data speaks, or None where no demonstration was loaded."""
    try:
        return date.fromisoformat(_read_marker(marker().stat().st_mtime_ns)["as_of"])
    except FileNotFoundError:
        return None
