"""Whom to believe, read once per fold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from elements.choices import FieldClass
from elements.kinds import Kind
from elements.models import FieldPolicy, Source


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Precedence of one field.

    Attributes:
        name: field.
        is_official: claims that differ are a conflict.
        source_ids: best first; every known source is in it.
    """

    name: str
    is_official: bool
    source_ids: tuple[int, ...]


def field_rules(kind: Kind, only: Iterable[str] | None = None) -> tuple[FieldRule, ...]:
    """The rules of a kind's fields; a field without a policy is observed and takes sources by their number.

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
        first = [ids[code] for code in policy.source_order if code in ids] if policy else []
        rest = [pk for pk in ids.values() if pk not in first]
        is_official = policy is not None and policy.field_class == FieldClass.OFFICIAL
        rules.append(FieldRule(name, is_official, tuple(first + rest)))
    return tuple(rules)
