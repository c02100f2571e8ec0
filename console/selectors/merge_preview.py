"""What a merge would do, thing by thing.

The merge is really made, read and rolled back to a savepoint: the preview is the merge and cannot differ from it. What
would ring or send on commit is dropped with the savepoint; only numbers of sequences are used up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from common.scope import Actor
from console.selectors.pair import is_same
from elements.kinds import KINDS
from elements.models import ClaimLog, Element, ElementKey, Merge, MergeLineage, Relation
from elements.selectors import detail
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.merges import MOVED_WORDS, worded_key
from elements.selectors.wording import worded
from elements.services.merges import hanging_columns, merge_elements

# Rows of one table that are named; the others are counted.
NAMED = 100
# Told in sections of their own, or once for the six tables of current claims.
_TOLD_APART = frozenset({"elements_elementkey", "elements_claimlog"})


@contextmanager
def _rehearsal() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def merge_preview(*, keep_id: int, drop_id: int, user: Actor, now: datetime) -> dict[str, Any]:
    """Context of the preview: `keys`, `claims`, `relations`, `moves`, `stays`, `changes`.

    Raises:
        NotAllowed, NotVisible, DomainError, Conflict: as the merge itself.
    """
    keep, drop = detail.visible_element(keep_id, user), detail.visible_element(drop_id, user)
    before = _State(keep)
    with _rehearsal():
        theirs = _State(drop)
        merge = merge_elements(keep_id=keep.pk, drop_id=drop.pk, reason=_("合并前的试算"), actor=user, now=now)
        after = _State(Element.objects.select_related("block").get(pk=keep.pk))
        lineage = list(merge.lineage.all())
        return {
            "keep_label": before.label(user),
            "drop_label": theirs.label(user),
            "keys": _keys(lineage, user),
            "claims": _claims(lineage),
            "relations": _relations(before, theirs, after, {keep.pk, drop.pk}, user),
            "moves": [_move(row) for row in lineage if row.table not in _TOLD_APART],
            "stays": _stays(merge),
            "changes": _changes(before, after, user),
        }


class _State:
    """What an element is at one moment; a merge changes it under the reader's hands."""

    def __init__(self, element: Element) -> None:
        self.element = element
        self.values = detail.folded_values(element)
        self.relations = {
            (one.type, one.subject_id == element.pk, other.pk): other
            for one in Relation.objects.filter(Q(subject=element) | Q(object=element))
            .select_related("subject", "object")
            .order_by("type", "pk")
            for other in [one.object if one.subject_id == element.pk else one.subject]
        }

    def label(self, user: Actor) -> str:
        return shown_label(self.element.kind, self.element.label, in_full=may_read_names(user))


def _ids(lineage: list[MergeLineage], table: str) -> list[int]:
    return [pk for row in lineage if row.table == table for pk in row.row_ids]


def _keys(lineage: list[MergeLineage], user: Actor) -> list[dict[str, Any]]:
    in_full = may_read_names(user)
    keys = ElementKey.objects.filter(pk__in=_ids(lineage, "elements_elementkey")).order_by("scheme", "pk")
    return [worded_key(key.scheme, key.value, in_full=in_full) for key in keys]


def _claims(lineage: list[MergeLineage]) -> list[dict[str, Any]]:
    """{source, count} of the claims that move."""
    logs = ClaimLog.objects.filter(pk__in=_ids(lineage, "elements_claimlog"))
    rows = logs.order_by("source__name").values("source__name").annotate(n=Count("pk"))
    return [{"source": row["source__name"], "count": row["n"]} for row in rows]


def _relations(before: _State, theirs: _State, after: _State, both: set[int], user: Actor) -> list[dict[str, Any]]:
    """Per sort of relation: {label, others: [{id, label, is_new}], hidden, ended}; every other element is named."""
    others = before.relations | theirs.relations | after.relations
    ids = {other for _type, _is_subject, other in others} - both
    visible = set(Element.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    in_full = may_read_names(user)
    groups: dict[str, dict[str, Any]] = {}
    for (kind, is_subject, pk), other in others.items():
        if (kind, is_subject, pk) in before.relations and (kind, is_subject, pk) not in theirs.relations:
            continue
        label = detail.relation_label(kind, is_subject=is_subject)
        group = groups.setdefault(label, {"label": label, "others": [], "hidden": 0, "ended": 0})
        if pk in both or (kind, is_subject, pk) not in after.relations:
            group["ended"] += 1
        elif pk in visible:
            shown = shown_label(other.kind, other.label, in_full=in_full)
            is_new = (kind, is_subject, pk) not in before.relations
            group["others"].append({"id": pk, "label": shown, "is_new": is_new})
        else:
            group["hidden"] += 1
    return list(groups.values())


def _move(row: MergeLineage) -> dict[str, Any]:
    """{label, count, names} of the rows of one table; a row's own words never show personal data."""
    model = next(model for model in apps.get_models() if model._meta.db_table == row.table)
    is_claim = row.table in {kind.claim_table for kind in KINDS.values()}
    named = [] if is_claim else model._default_manager.filter(pk__in=row.row_ids[:NAMED]).order_by("pk")
    return {
        "label": MOVED_WORDS.get((row.table, row.column), model._meta.verbose_name),
        "count": len(row.row_ids),
        "names": [str(one) for one in named],
        "more": max(len(row.row_ids) - NAMED, 0) if not is_claim else 0,
    }


def _stays(merge: Merge) -> list[dict[str, Any]]:
    """What stays where it is because the other has the same: {label, count}."""
    found = []
    for place in hanging_columns():
        model = next(model for model in apps.get_models() if model._meta.db_table == place.table)
        left = model._default_manager.filter(**{place.column: merge.drop_id}).count()
        if left:
            found.append({"label": MOVED_WORDS.get((place.table, place.column), place.table), "count": left})
    return found


def _changes(before: _State, after: _State, user: Actor) -> list[dict[str, Any]]:
    """{label, before, after} of the fields, the block and the quality of the place that change on what stays."""
    kind, in_full = KINDS[before.element.kind], may_read_names(user)
    rows = [
        {
            "label": kind.label_of(name),
            "before": worded(kind, name, before.values.get(name), in_full=in_full),
            "after": worded(kind, name, after.values.get(name), in_full=in_full),
        }
        for name in kind.fields
        if not is_same(kind, name, before.values.get(name), after.values.get(name))
    ]
    old, new = before.element, after.element
    if old.block_id != new.block_id:
        rows.append({"label": _("责任块"), "before": old.block.name, "after": new.block.name})
    if old.place_quality != new.place_quality:
        rows.append(
            {
                "label": _("落地质量"),
                "before": old.get_place_quality_display(),
                "after": new.get_place_quality_display(),
            }
        )
    return rows
