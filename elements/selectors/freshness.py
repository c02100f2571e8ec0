"""Whether anybody has said anything of a thing lately: one condition for list, count and block sheet.

The months stand in `elements/freshness.toml`; `FRESHNESS_MONTHS` of the settings overrides single kinds.
"""

from __future__ import annotations

import tomllib
from calendar import monthrange
from datetime import datetime
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from elements.choices import ElementKind
from elements.kinds import KINDS

_FILE = Path(__file__).resolve().parent.parent / "freshness.toml"


@cache
def _months_of_file() -> dict[str, int]:
    document = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {kind.value: int(document[kind.value]) for kind in ElementKind}


def fresh_months(kind: str) -> int:
    """Months after which a thing of the kind is stale.

    Raises:
        KeyError: the file says nothing of the kind.
    """
    return getattr(settings, "FRESHNESS_MONTHS", {}).get(kind) or _months_of_file()[kind]


def fresh_since(kind: str, now: datetime) -> datetime:
    """What was said before this moment is stale; the 31st falls on the last day of a shorter month."""
    count = now.year * 12 + now.month - 1 - fresh_months(kind)
    year, month = divmod(count, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def stale(kind: str, now: datetime) -> Q:
    """Elements of the kind of which no standing claim of any source is young enough.

    Args:
        kind: what the elements are; those of another kind match by chance.
        now: moment of judgement.
    """
    young = KINDS[kind].claim_model.objects.filter(element_id=OuterRef("pk"), observed_at__gte=fresh_since(kind, now))
    return Q(~Exists(young))
