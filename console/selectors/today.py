"""What the 今日 page counts. Every number is that of the list it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import User
from addresses.choices import ACCEPTED, WORKLIST
from addresses.selectors.blocks import block_ids_of_areas
from common import clock
from common.audit_words import subject_label, verb_label
from common.models import AuditRow
from common.scope import Actor, Right
from console.selectors.counts import capped_counts
from elements.filters import Count, filtered_elements
from elements.kinds import KINDS
from elements.models import Source
from elements.registries import REGISTRIES
from elements.selectors.address_texts import open_texts
from exchange.models import LandingBatch

# Column of the table → query of the list that shows exactly those rows.
MEASURES = {"all": "", "unplaced": "place=UNPLACED", "conflict": "conflict=true", "finding": "finding=true"}
NEEDS_ATTENTION = (LandingBatch.State.MAPPING, LandingBatch.State.PLANNED, LandingBatch.State.FAILED)
RECENT = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """Capped counts by registry and measure, and open address texts by status."""

    registries: dict[str, dict[str, Count]]
    texts: dict[str, Count]


def measured(user: Actor, area: str = "") -> Measured:
    """All counts of the page in one statement.

    Args:
        user: reader.
        area: id of an area to narrow the registries to, or "".
    """
    blocks = sorted(block_ids_of_areas([int(area)], clock.today())) if area.isascii() and area.isdigit() else None
    querysets: dict[str, Any] = {}
    for name, registry in REGISTRIES.items():
        for measure, query in MEASURES.items():
            queryset, _filterset = filtered_elements(registry, QueryDict(query), user)
            # The blocks are looked up once here, where the filter `area=` would ask for each of the lists.
            queryset = queryset if blocks is None else queryset.filter(block_id__any=blocks)
            querysets[f"{name}:{measure}"] = queryset
    texts = open_texts(user)
    querysets |= {f"text:{status}": texts.filter(status=status) for status in WORKLIST}
    counts = capped_counts(querysets)
    return Measured(
        {name: {m: counts[f"{name}:{m}"] for m in MEASURES} for name in REGISTRIES},
        {str(status): counts[f"text:{status}"] for status in WORKLIST},
    )


def standardised_shares(user: Actor) -> list[dict[str, Any]]:
    """Share of standardised addresses of each source: accepted texts among those its current claims state.

    Returns:
        {source, stated, accepted, percent} of the sources that state any in the reader's scope; one statement.
    """
    scope = user.scope
    if Right.READ not in scope.rights or scope.sees_nothing:
        return []
    within = "" if scope.all_blocks else "AND e.block_id = ANY(%(blocks)s)"
    parts = [
        f"""SELECT c.source_id, t.status FROM {kind.claim_table} c
            JOIN elements_element e ON e.id = c.element_id AND e.is_owned AND NOT e.is_withdrawn {within}
            JOIN addresses_addresstext t ON t.text = c.{field}"""
        for kind in KINDS.values()
        for _role, field in kind.address_fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT o.name, count(*), count(*) FILTER (WHERE s.status = ANY(%(accepted)s))
                FROM ({" UNION ALL ".join(parts)}) s JOIN {Source._meta.db_table} o ON o.id = s.source_id
                GROUP BY o.id, o.name ORDER BY o.id""",
            {"blocks": list(scope.block_ids), "accepted": [str(status) for status in ACCEPTED]},
        )
        rows = cursor.fetchall()
    return [
        {
            "source": name,
            "stated": f"{stated:,}",
            "accepted": f"{accepted:,}",
            "percent": f"{100 * accepted / stated:.1f}%",
        }
        for name, stated, accepted in rows
    ]


def batches_needing_attention(user: Actor) -> list[LandingBatch]:
    """Own landing batches that wait for a decision or broke off, newest first."""
    batches = LandingBatch.objects.visible_to(user).filter(owner_id=user.pk, state__in=NEEDS_ATTENTION)
    return list(batches.select_related("upload", "source").order_by("-pk")[:10])


def own_batches(user: Actor) -> list[LandingBatch]:
    """Own landing batches of whatever state, newest first."""
    batches = LandingBatch.objects.visible_to(user).filter(owner_id=user.pk)
    return list(batches.select_related("upload", "source").order_by("-pk")[:RECENT])


def latest_audit(user: Actor) -> list[dict[str, Any]]:
    """Newest audit rows in words, for who may read them: two queries.

    Returns:
        {at, actor, verb, subject, fields, count, reason}; users by their names, fields as their registries call them.
    """
    if Right.AUDIT not in user.scope.rights:
        return []
    rows = list(AuditRow.objects.order_by("-pk")[:RECENT])
    names = {
        str(pk): name for pk, name in User.objects.filter(pk__in=_user_ids(rows)).values_list("pk", "display_name")
    }
    return [
        {
            "at": row.at,
            "actor": names.get(str(row.actor_id)) or (_("系统") if row.actor_id is None else f"#{row.actor_id}"),
            "verb": verb_label(row.verb),
            "subject": _subject(row, names),
            "fields": [_field_label(name) for name in row.fields],
            "count": row.count,
            "reason": row.reason,
        }
        for row in rows
    ]


def _user_ids(rows: list[AuditRow]) -> set[int]:
    """Users who acted or were acted on."""
    subjects = {int(row.subject_id) for row in rows if _is_user(row)}
    return subjects | {row.actor_id for row in rows if row.actor_id is not None}


def _is_user(row: AuditRow) -> bool:
    return row.subject_table == User._meta.db_table and row.subject_id.isdigit()


def _subject(row: AuditRow, names: dict[str, str]) -> str:
    if _is_user(row) and row.subject_id in names:
        return names[row.subject_id]
    if row.subject_id in REGISTRIES:
        return str(REGISTRIES[row.subject_id].label)
    return subject_label(row.subject_table, row.subject_id)


def _field_label(name: str) -> str:
    """Label of a field of an element; other names, such as a filter's, as they stand."""
    kind = next((kind for kind in KINDS.values() if name in kind.fields), None)
    return kind.label_of(name) if kind else name


def role_label(user: Any) -> str:
    """The user's current roles in words: one query."""
    today = clock.today()
    roles = [
        post.role
        for post in user.posts.all()
        if post.valid_from <= today and (not post.valid_to or post.valid_to > today)
    ]
    return "、".join(dict.fromkeys(str(Role(role).label) for role in roles))
