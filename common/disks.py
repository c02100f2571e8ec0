"""How full the disks are that the platform writes to."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings

# Somebody has to make room while there still is some.
WARNING_PCT = 85


def nearly_full_disks() -> dict[str, int]:
    """Percent used of those at or above the warning: "files", and "database" where its folder is known and on this machine."""
    folders = {"files": settings.MEDIA_ROOT} | (
        {"database": settings.DATABASE_FOLDER} if settings.DATABASE_FOLDER else {}
    )
    used = {name: _used_pct(Path(folder)) for name, folder in folders.items()}
    return {name: pct for name, pct in used.items() if pct >= WARNING_PCT}


def _used_pct(folder: Path) -> int:
    """Rounded up, as an operator would."""
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return 100 - usage.free * 100 // (usage.used + usage.free)
