"""Relations that were: the source that had claimed them says something else by now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery

from common.scope import Actor
from elements.choices import ElementKind
from elements.models import Element, Relation, Source
from elements.selectors.detail import relation_label
from elements.selectors.history import events_model
from elements.selectors.masking import may_read_names, shown_label

LIMIT = 50


@dataclass(frozen=True, slots=True)
class PastRelation:
    """One relation that ended: what the other was, by whom it was said, when it came and when it went from the platform."""

    type: str
    kind: str
    label: str
    element_id: int
    source: str
    since: datetime | None
    until: datetime


def past_relations(element: Element, user: Actor, types: Sequence[str] = ()) -> list[PastRelation]:
    """Ended relations to visible others, the latest first: three queries. What holds again is not among them.

    Args:
        element: whose.
        user: reader.
        types: only these; none = all.
    """
    events = events_model(Relation).objects
    same: dict[str, Any] = {name: OuterRef(name) for name in ("subject_id", "type", "object_id", "source_id")}
    came = events.filter(**same, pgh_label="insert", pgh_id__lt=OuterRef("pgh_id")).order_by("-pgh_id")
    ended = list(
        events.filter(Q(subject_id=element.pk) | Q(object_id=element.pk), ~Exists(Relation.objects.filter(**same)))
        .filter(Q(type__in=types) if types else Q(), pgh_label="delete")
        .annotate(since=Subquery(came.values("pgh_created_at")[:1]))
        .order_by("-pgh_id")[:LIMIT]
    )
    ids = {row.object_id if row.subject_id == element.pk else row.subject_id for row in ended}
    others = Element.objects.visible_to(user).in_bulk(ids - {element.pk})
    sources = dict(Source.objects.values_list("pk", "name")) if ended else {}
    in_full = may_read_names(user)
    found = []
    for row in ended:
        is_subject = row.subject_id == element.pk
        other = others.get(row.object_id if is_subject else row.subject_id)
        if other is not None:
            found.append(
                PastRelation(
                    type=relation_label(row.type, is_subject=is_subject),
                    kind=str(ElementKind(other.kind).label),
                    label=shown_label(other.kind, other.label, in_full=in_full),
                    element_id=other.pk,
                    source=sources.get(row.source_id, ""),
                    since=row.since,
                    until=row.pgh_created_at,
                )
            )
    return found
