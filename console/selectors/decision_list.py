"""Decisions about address texts as rows of their list, and as labelled examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import User
from addresses.choices import DecisionState, ResolveStatus, Verdict
from addresses.models import AddressDecision, AddressText
from common.errors import DomainError
from common.scope import Actor
from common.scrub import scrub
from console.selectors.address_worklist import verdict_words
from elements.selectors.address_texts import visible_decisions
from elements.selectors.keyset_pages import RowPage, read_models
from elements.selectors.paging import Order

LIST_NAME = "address-decisions"
_LEVELS = {DecisionState.STANDING: "ok", DecisionState.CONFLICT: "bad", DecisionState.UNDONE: "idle"}
_STATUS = {Verdict.NOT_ADDRESS: ResolveStatus.NONE.value, Verdict.OUTSIDE: ResolveStatus.OUTSIDE.value}
_CHUNK = 2_000


def filtered_decisions(user: Actor, state: str) -> QuerySet[AddressDecision]:
    """Decisions of the scope in one state, "" for every one.

    Raises:
        DomainError: there is no such state.
    """
    decisions = visible_decisions(user).select_related("address")
    if state and state not in DecisionState.values:
        raise DomainError("BAD_FILTER", "筛选条件无效：状态。请改正或清除该条件。")
    return decisions.filter(state=state) if state else decisions


def read_page(
    decisions: QuerySet[AddressDecision], *, order: Order, size: int, cursor: str
) -> RowPage[AddressDecision]:
    """A page of the list."""
    return read_models(decisions, list_name=LIST_NAME, shown=decisions, order=order, size=size, cursor=cursor)


def decision_rows(found: Sequence[AddressDecision]) -> list[dict[str, Any]]:
    """Rows in their order; two queries however many."""
    ids = {row.actor_id for row in found} | {row.undone_by for row in found if row.undone_by}
    people = {user.pk: str(user) for user in User.objects.filter(pk__in=ids)}
    texts = dict(
        AddressText.objects.filter(normalised__in={row.normalised for row in found})
        .order_by("normalised", "pk").distinct("normalised").values_list("normalised", "text")
    )  # fmt: skip
    statuses = dict(ResolveStatus.choices)
    acts = Counter((row.actor_id, row.decided_at) for row in found)
    leads = {(row.actor_id, row.decided_at): row.pk for row in reversed(found) if row.state == DecisionState.STANDING}
    return [
        {
            "id": row.pk, "text": texts.get(row.normalised, row.normalised), "words": verdict_words(row),
            "code": row.address.code if row.address else "",
            "verdict": row.get_verdict_display(), "state": row.get_state_display(), "note": row.note,
            "level": _LEVELS[DecisionState(row.state)], "who": people.get(row.actor_id, f"#{row.actor_id}"),
            "at": row.decided_at, "engine": statuses.get(row.engine_status, "—"),
            "percent": None if row.engine_confidence is None else round(row.engine_confidence * 100),
            "is_undone": row.state == DecisionState.UNDONE, "undone_at": row.undone_at,
            "undone_by": people.get(row.undone_by or 0, ""),
            # Made in one act with others of the page; the first that stands offers to take all of them back.
            "is_batch": acts[row.actor_id, row.decided_at] > 1,
            "leads_batch": leads.get((row.actor_id, row.decided_at)) == row.pk,
        }
        for row in found
    ]  # fmt: skip


def examples(user: Actor) -> Iterator[dict[str, Any]]:
    """{"text", "code", "status"} of each standing decision: the text as it was written, personal numbers cut."""
    a_text = AddressText.objects.filter(normalised=OuterRef("normalised")).order_by("pk")
    standing = (
        visible_decisions(user)
        .filter(state=DecisionState.STANDING)
        .annotate(written=Subquery(a_text.values("text")[:1]), result=Subquery(a_text.values("status")[:1]))
    )
    after = 0
    while rows := list(
        standing.filter(pk__gt=after).order_by("pk")
        .values_list("pk", "normalised", "written", "verdict", "address__code", "result")[:_CHUNK]
    ):  # fmt: skip
        for _pk, normalised, written, verdict, code, result in rows:
            status = _STATUS.get(Verdict(verdict)) or result or ResolveStatus.EXACT.value
            yield {"text": scrub(written or normalised), "code": code, "status": status}
        after = rows[-1][0]
