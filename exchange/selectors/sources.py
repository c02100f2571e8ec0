"""Sources for their page: whom the fold believes, what came last, how much of it has a standard address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Max, QuerySet

from addresses.choices import ACCEPTED
from common.errors import NotAllowed
from common.scope import Actor, Right
from elements.choices import FieldClass
from elements.kinds import KINDS
from elements.models import FieldPolicy, Source
from exchange.models import LandingBatch
from exchange.selectors.batches import importable_sources

_CACHE_KEY = "exchange:source-shares"
_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source: addresses it states now, how many of them are accepted, its last batch that the reader may see."""

    source: Source
    texts: int
    accepted: int
    last_batch: LandingBatch | None

    @property
    def texts_text(self) -> str:
        """Number of its addresses as people read it: 12,345."""
        return f"{self.texts:,}"

    @property
    def share_pct(self) -> float | None:
        """Share of its addresses with an accepted standard address, per cent; None without addresses."""
        return round(self.accepted * 100 / self.texts, 1) if self.texts else None


def require_sources(user: Actor) -> None:
    """Raises NotAllowed for who neither imports nor configures."""
    if not user.scope.rights & {Right.IMPORT, Right.CONFIGURE}:
        raise NotAllowed


def source_names() -> dict[str, str]:
    """Code → name of every source, for `precedence`."""
    return dict(Source.objects.values_list("code", "name"))


def sources_of(user: Actor) -> QuerySet[Source]:
    """All sources for police posts and who configures them, its own for a liaison."""
    if Right.CONFIGURE in user.scope.rights:
        return Source.objects.order_by("pk")
    return importable_sources(user)


def source_lines(user: Actor, now: datetime) -> tuple[list[SourceLine], datetime]:
    """The sources with their figures, and when those were counted: three queries, two while the shares are cached."""
    sources = list(sources_of(user))
    visible = LandingBatch.objects.visible_to(user).filter(source__in=sources)
    last_ids = visible.values("source").annotate(last=Max("pk")).values_list("last", flat=True)
    last = {
        batch.source_id: batch for batch in LandingBatch.objects.filter(pk__in=list(last_ids)).select_related("upload")
    }
    shares, counted_at = _shares(now)
    return [
        SourceLine(source, *shares.get(source.pk, (0, 0)), last_batch=last.get(source.pk)) for source in sources
    ], counted_at


def _shares(now: datetime) -> tuple[dict[int, tuple[int, int]], datetime]:
    """Source id → (addresses stated, accepted) over all kinds and roles; counted at most every ten minutes."""
    stored = cache.get(_CACHE_KEY)
    if stored is not None:
        return stored
    stated = " UNION ALL ".join(
        f"SELECT source_id, {name} AS text FROM {kind.claim_table} WHERE {name} IS NOT NULL"
        for kind in KINDS.values()
        for _role, name in kind.address_fields
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT s.source_id, count(*), count(*) FILTER (WHERE t.status = ANY(%s))
                FROM ({stated}) s LEFT JOIN addresses_addresstext t ON t.text = s.text GROUP BY 1""",
            [[str(status) for status in ACCEPTED]],
        )
        shares = {source_id: (texts, accepted) for source_id, texts, accepted in cursor.fetchall()}
    cache.set(_CACHE_KEY, (shares, now), _LIFETIME.total_seconds())
    return shares, now


def precedence(kind_code: str, names: dict[str, str]) -> list[dict[str, Any]]:
    """Fields of a kind grouped by whom they believe: {fields, field_class, sources}, in the order of the kind's fields."""
    kind = KINDS[kind_code]
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    policies = {policy.field: policy for policy in FieldPolicy.objects.filter(kind=kind_code)}
    for name in kind.fields:
        if (policy := policies.get(name)) is not None:
            groups.setdefault((policy.field_class, tuple(policy.source_order)), []).append(kind.label_of(name))
    return [
        {
            "fields": "、".join(labels),
            "field_class": str(FieldClass(field_class).label),
            "sources": [names.get(code, code) for code in order],
        }
        for (field_class, order), labels in groups.items()
    ]
