"""Whom to believe, read once per fold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from elements.choices import FieldClass
from elements.kinds import Kind
from elements.models import FieldPolicy, Source

# The source of everything that people of the platform say themselves: finds, answers, corrections.
CORRECTING = "FIELD"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Precedence of one field.

    Attributes:
        name: field.
        is_official: claims that differ are a conflict.
        source_ids: best first; every known source is in it.
        correcting_id: the source whose claims are corrections of the others.
    """

    name: str
    is_official: bool
    source_ids: tuple[int, ...]
    correcting_id: int | None = None

    def is_corrected_by(self, claim: Any) -> bool:
        """The claim corrects this field, and a correction acts: the field is not official."""
        return not self.is_official and claim.source_id == self.correcting_id and self.name in (claim.against or {})

    def without_corrections(self) -> FieldRule:
        """The same precedence among the other sources."""
        return replace(self, source_ids=tuple(pk for pk in self.source_ids if pk != self.correcting_id))


def field_rules(kind: Kind, only: Iterable[str] | None = None) -> tuple[FieldRule, ...]:
    """The rules of a kind's fields; a field without a policy is observed: what people of the platform saw, then by number.

    Args:
        kind: whose fields.
        only: restricts the result to these fields (a refold after a change of policy).
    """
    ids = dict(Source.objects.order_by("pk").values_list("code", "pk"))
    policies = {p.field: p for p in FieldPolicy.objects.filter(kind=kind.code)}
    wanted = set(only) if only is not None else None
    rules = []
    for name in kind.fields:
        if wanted is not None and name not in wanted:
            continue
        policy = policies.get(name)
        order = policy.source_order if policy else [CORRECTING]
        first = [ids[code] for code in order if code in ids]
        rest = [pk for pk in ids.values() if pk not in first]
        is_official = policy is not None and policy.field_class == FieldClass.OFFICIAL
        rules.append(FieldRule(name, is_official, tuple(first + rest), ids.get(CORRECTING)))
    return tuple(rules)
