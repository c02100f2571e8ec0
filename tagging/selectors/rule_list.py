"""The list of rules: those in force for every reader, the rest for who writes rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, NotVisible
from common.scope import Actor, Right
from elements.selectors.keyset_pages import RowPage, order_among, read_models
from elements.selectors.paging import Order
from tagging.choices import RunKind, VersionState
from tagging.models import Assignment, Rule, RuleRun, RuleVersion
from tagging.rules import explain, schema
from tagging.selectors.rules import names, spoken_names

LIST_NAME = "rules"
SORTABLE = ("code", "title")
OPEN = (VersionState.DRAFT, VersionState.SUBMITTED)
STATES = {
    "on": _("启用"), "waiting": _("有版本待审核"), "failed": _("故障"), "new": _("未发布"), "off": _("停用"),
}  # fmt: skip
UNREADABLE = "这一版的条件现在读不出来"


def writes_rules(user: Actor) -> bool:
    """True for who may write and publish rules."""
    return Right.RULE in user.scope.rights


def visible_rules(user: Actor) -> QuerySet[Rule]:
    """Every rule for who writes rules, those in force for other readers of elements."""
    if writes_rules(user):
        return Rule.objects.all()
    if Right.READ not in user.scope.rights:
        return Rule.objects.none()
    return Rule.objects.filter(published__isnull=False, is_active=True)


def visible_rule(code: str, user: Actor) -> Rule:
    """One rule with its tag and version in force: one query.

    Raises:
        NotVisible: there is none, or it is none of the reader's business.
    """
    rule = visible_rules(user).select_related("tag", "published").filter(code=code).first()
    if rule is None:
        raise NotVisible
    return rule


def order_of(text: str) -> Order:
    """The order of rows that `sort=` asks for.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    return order_among(Rule, text, usual="code", sortable=SORTABLE)


def read_page(rules: QuerySet[Rule], *, order: Order, size: int, cursor: str) -> RowPage[Rule]:
    """A page of the list with what a row shows."""
    last = RuleRun.objects.filter(version__rule=OuterRef("pk")).exclude(kind=RunKind.BACKTEST).order_by("-at", "-pk")
    shown = Rule.objects.select_related("tag", "published").annotate(last_run_at=Subquery(last.values("at")[:1]))
    return read_models(rules, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=shown)


def rows(found: Sequence[Rule], user: Actor) -> list[dict[str, Any]]:
    """Rows in words, in four queries: hits inside the reader's scope, versions that wait, sentences."""
    ids = [rule.pk for rule in found]
    standing = Assignment.objects.visible_to(user).standing().filter(rule_id__in=ids)
    hits = dict(standing.order_by().values_list("rule_id").annotate(count=Count("pk")))
    waiting: dict[int, RuleVersion] = {}
    if writes_rules(user):
        waiting = {
            one.rule_id: one for one in RuleVersion.objects.filter(rule_id__in=ids, state__in=OPEN).defer("body")
        }
    known, spoken = names(), spoken_names()
    return [
        {
            "rule": rule,
            "number": rule.published.number if rule.published else None,
            "sentence": sentence_of(rule.published, known, spoken),
            "hits": hits.get(rule.pk, 0),
            "last_run_at": getattr(rule, "last_run_at", None),
            "waiting": waiting.get(rule.pk),
            "state": state_of(rule),
        }
        for rule in found
    ]


def state_of(rule: Rule) -> dict[str, Any]:
    """Level and word of how a rule stands."""
    if not rule.is_active:
        return {"level": "idle", "label": STATES["off"]}
    if rule.published_id is None:
        return {"level": "idle", "label": STATES["new"]}
    return {"level": "bad", "label": STATES["failed"]} if rule.failure else {"level": "ok", "label": STATES["on"]}


def sentence_of(version: RuleVersion | None, known: schema.Names, spoken: explain.Names) -> str:
    """What a version says, as a sentence; why it cannot be read, when it cannot."""
    if version is None:
        return ""
    try:
        return explain.sentence(schema.read_rule(version.body, known), spoken)
    except DomainError as error:
        return f"{UNREADABLE}：{error.message}"
