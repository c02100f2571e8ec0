"""Tags as a reader sees them: the catalogue with its numbers, the bearers of one tag."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet

from common.errors import NotVisible
from common.scope import Actor
from elements.selectors.keyset_pages import RowPage, order_among, read_models
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.paging import Order
from tagging.choices import TagLevel
from tagging.models import Assignment, Rule, Tag
from tagging.querysets import AssignmentQuerySet
from tagging.selectors.evidence import grounds

LIST_NAME = "tag-bearers"
SORTABLE = ("since", "next_check_at")
USUAL_ORDER = "-since"
LEVEL_MARKS = {TagLevel.NOTICE: "note", TagLevel.CARE: "warn", TagLevel.GRAVE: "bad"}


def visible_assignments(user: Actor) -> AssignmentQuerySet:
    """Standing tags of the reader's scope."""
    return Assignment.objects.visible_to(user).standing()


def visible_tag(code: str) -> Tag:
    """A tag of the catalogue; it holds nothing that anybody may not read.

    Raises:
        NotVisible: there is none of this code.
    """
    tag = Tag.objects.filter(code=code).first()
    if tag is None:
        raise NotVisible
    return tag


def kept_name_of(tag: Tag) -> str:
    """The name under which filters of the bearers of a tag are kept: each tag has its own."""
    return f"tag-{tag.pk}"


def tag_of_kept(name: str) -> Tag | None:
    """The tag whose filters are kept under that name."""
    number = name.removeprefix("tag-")
    is_one = name.startswith("tag-") and number.isascii() and number.isdecimal() and len(number) < 10
    return Tag.objects.filter(pk=number).first() if is_one else None


def catalogue(user: Actor) -> list[dict[str, Any]]:
    """Tags by group, each with how many things of the scope bear it: three queries."""
    counts: dict[int, int] = dict(
        visible_assignments(user).values_list("tag_id").annotate(n=Count("element_id", distinct=True)).order_by()
    )
    rules: dict[int, list[Rule]] = {}
    for rule in Rule.objects.filter(published__isnull=False).only("code", "title", "tag_id", "is_active", "failure"):
        rules.setdefault(rule.tag_id, []).append(rule)
    groups: dict[str, list[dict[str, Any]]] = {}
    for tag in Tag.objects.filter(is_active=True).order_by("position", "pk"):
        row = {"tag": tag, "count": counts.get(tag.pk, 0), "mark": mark_of(tag), "rules": rules.get(tag.pk, [])}
        groups.setdefault(tag.group, []).append(row)
    return [{"name": name, "rows": rows} for name, rows in groups.items()]


def mark_of(tag: Tag) -> str:
    """Shape and colour of the tag's badge."""
    return LEVEL_MARKS[TagLevel(tag.level)]


def order_of(text: str) -> Order:
    """The order of rows that `sort=` asks for.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    return order_among(Assignment, text, usual=USUAL_ORDER, sortable=SORTABLE)


def read_page(rows: QuerySet[Assignment], *, order: Order, size: int, cursor: str) -> RowPage[Assignment]:
    """A page of the list with what a row shows."""
    return read_models(
        rows, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=with_element(Assignment.objects.all())
    )


def with_element(rows: QuerySet[Assignment]) -> QuerySet[Assignment]:
    """The rows with what is shown of the thing, its block and the rule."""
    return rows.select_related("tag", "rule", "element__block__parent").defer(
        "element__point", "element__block__geom", "element__block__parent__geom"
    )


def worded(rows: Sequence[Assignment], user: Actor) -> list[dict[str, Any]]:
    """Rows in words; no query."""
    in_full = may_read_names(user)
    return [
        {
            "row": row,
            "label": shown_label(row.element.kind, row.element.label, in_full=in_full),
            "block": row.element.block.name,
            "district": row.element.block.parent.name if row.element.block.parent else "",
            "grounds": [one for one in grounds(row.evidence, shows_values=in_full) if one["is_met"]],
        }
        for row in rows
    ]


def tags_of(element_id: int, user: Actor) -> list[Assignment]:
    """Standing tags of one thing, the gravest first: one query."""
    rows = visible_assignments(user).filter(element_id=element_id).select_related("tag", "rule", "version")
    return list(rows.order_by("-tag__level", "tag__position", "pk"))


def past_tags_of(element_id: int, user: Actor, limit: int = 50) -> list[Assignment]:
    """Tags that one thing bore, the latest first: one query."""
    rows = Assignment.objects.visible_to(user).filter(Q(until__isnull=False), element_id=element_id)
    return list(rows.select_related("tag", "rule").order_by("-until", "-pk")[:limit])
