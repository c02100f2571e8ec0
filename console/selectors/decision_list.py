"""Decisions about address texts as rows of their list, and as labelled examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import OuterRef, Subquery

from accounts.models import User
from addresses.choices import DecisionState, ResolveStatus, Verdict
from addresses.models import AddressDecision, AddressText
from common.scope import Actor
from common.scrub import scrub
from console.selectors.address_worklist import verdict_words
from elements.selectors.address_texts import visible_decisions

_LEVELS = {DecisionState.STANDING: "ok", DecisionState.CONFLICT: "bad", DecisionState.UNDONE: "idle"}
_STATUS = {Verdict.NOT_ADDRESS: ResolveStatus.NONE.value, Verdict.OUTSIDE: ResolveStatus.OUTSIDE.value}
_CHUNK = 2_000


def decision_rows(found: Sequence[AddressDecision]) -> list[dict[str, Any]]:
    """Rows in their order; two queries however many."""
    ids = {row.actor_id for row in found} | {row.undone_by for row in found if row.undone_by}
    people = {user.pk: str(user) for user in User.objects.filter(pk__in=ids)}
    texts = dict(
        AddressText.objects.filter(normalised__in={row.normalised for row in found})
        .order_by("normalised", "pk").distinct("normalised").values_list("normalised", "text")
    )  # fmt: skip
    statuses = dict(ResolveStatus.choices)
    return [
        {
            "id": row.pk, "text": texts.get(row.normalised, row.normalised), "words": verdict_words(row),
            "verdict": row.get_verdict_display(), "state": row.get_state_display(), "note": row.note,
            "level": _LEVELS[DecisionState(row.state)], "who": people.get(row.actor_id, f"#{row.actor_id}"),
            "at": row.decided_at, "engine": statuses.get(row.engine_status, "—"),
            "percent": None if row.engine_confidence is None else round(row.engine_confidence * 100),
            "is_undone": row.state == DecisionState.UNDONE, "undone_at": row.undone_at,
            "undone_by": people.get(row.undone_by or 0, ""),
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
