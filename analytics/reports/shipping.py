"""Templates that come with the platform, as TOML; those that somebody switched off or gave a shell keep both.

One that somebody gave other blocks is not the platform's any more and stays as it is.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from analytics.choices import Cycle, Level
from analytics.models import ReportTemplate
from analytics.reports.blocks import read_blocks
from common.errors import DomainError

FOLDER = Path(__file__).resolve().parents[1] / "shipped" / "reports"


def read_shipped(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Templates of a folder, by code.

    Raises:
        DomainError: BAD_BLOCK, or BAD_TEMPLATE with the name of the file.
    """
    return [_read(path) for path in sorted(folder.glob("*.toml"))]


def _read(path: Path) -> dict[str, Any]:
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    if given.get("level") not in Level.values or given.get("cycle") not in Cycle.values or not given.get("name"):
        raise DomainError("BAD_TEMPLATE", f"{path.name}：名称、层级或周期缺失或不存在。")
    return {
        "code": given["code"], "name": given["name"], "level": given["level"], "cycle": given["cycle"],
        "blocks": read_blocks(given.get("blocks")), "is_shipped": True,
    }  # fmt: skip


@transaction.atomic
def load_shipped(folder: Path = FOLDER) -> tuple[int, int]:
    """Writes them; returns how many are new and how many were changed. Safe to run again."""
    new = changed = 0
    for values in read_shipped(folder):
        code = values.pop("code")
        known = ReportTemplate.objects.filter(code=code).first()
        if known is None:
            ReportTemplate.objects.create(code=code, **values)
            new += 1
        elif known.is_shipped and any(getattr(known, name) != value for name, value in values.items()):
            ReportTemplate.objects.filter(pk=known.pk).update(**values)
            changed += 1
    return new, changed
