"""Deciding about address texts, by who sees an element that carries them; what is decided holds for all equal texts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from addresses.choices import WORKLIST, AddressState, Verdict
from addresses.models import AddressText, StandardAddress
from addresses.selectors.visible import visible_addresses
from addresses.services.decisions import Decided, Ruling, Undone, decide_many, undo_decision, undo_many
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor, Right
from elements.selectors.address_texts import Effect, carried_texts, effect_on, top_code, visible_decisions

# More at once nobody looks at before pressing the button.
MAX_GROUPS = 100


@dataclass(frozen=True, slots=True)
class TextRuling:
    """A verdict on the text `text_id` and its equals; `code` is the standard address of a LINK."""

    text_id: int
    verdict: Verdict
    code: str = ""
    county: str = ""
    note: str = ""


@transaction.atomic
def decide_texts(
    *, rulings: Sequence[TextRuling], expected: Effect | None = None, actor: Actor, now: datetime
) -> Decided:
    """Decides about texts and their equals.

    An address may be chosen that lies in the actor's scope, that the engine proposed for the very text, or that is
    provisional: the register names places, not people, but what lies elsewhere is not to be guessed by its code.

    Args:
        rulings: one for each group of equal texts.
        expected: what the actor was shown that it would change; None = nothing was shown.
        actor: who decides.
        now: the moment.

    Raises:
        NotAllowed: the actor may not correct.
        NotVisible: a text is carried by no visible element, or an address is not to be chosen.
        Conflict: by now it would change more or less than was shown.
        DomainError: no texts or too many, or a verdict without what it needs.
    """
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    if not 0 < len(rulings) <= MAX_GROUPS:
        raise DomainError("DECISION_COUNT", f"请选择 1 至 {MAX_GROUPS} 组地址文本。")
    texts = _visible_texts([ruling.text_id for ruling in rulings], actor)
    addresses = _chosen_addresses(rulings, texts, actor)
    if expected is not None and effect_on(actor, [text.normalised for text in texts.values()]) != expected:
        raise _changed()
    return decide_many(
        rulings=[
            Ruling(
                texts[r.text_id].normalised, r.verdict, addresses[r.text_id] if r.verdict == Verdict.LINK else None,
                r.county, r.note,
            )
            for r in rulings
        ],
        actor=actor, now=now,
    )  # fmt: skip


@transaction.atomic
def accept_proposals(*, proposals: Sequence[tuple[int, str]], expected: Effect, actor: Actor, now: datetime) -> Decided:
    """Accepts the first candidate of several groups, as it was shown: (text id, code) of each.

    Raises:
        NotAllowed, NotVisible, DomainError: as `decide_texts`.
        Conflict: a group was settled meanwhile, proposes another address, or the counts are others.
    """
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    texts = _visible_texts([text_id for text_id, _code in proposals], actor)
    for text_id, code in proposals:
        text = texts[text_id]
        if text.status not in WORKLIST or text.is_decided or top_code(text) != code:
            raise _changed()
    rulings = [TextRuling(text_id, Verdict.LINK, code) for text_id, code in proposals]
    return decide_texts(rulings=rulings, expected=expected, actor=actor, now=now)


@transaction.atomic
def undo_text_decision(*, decision_id: int, actor: Actor, now: datetime) -> Decided:
    """Takes a decision back that is about a text which the actor sees.

    Raises:
        NotAllowed: the actor may not correct.
        NotVisible: the decision is not there for the actor.
        Conflict: it was taken back already.
    """
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    if not visible_decisions(actor).filter(pk=decision_id).exists():
        raise NotVisible
    return undo_decision(decision_id=decision_id, actor=actor, now=now)


@transaction.atomic
def undo_text_decisions(*, decision_ids: Collection[int], actor: Actor, now: datetime) -> Undone:
    """Takes several decisions back in one transaction, those that stand and that the actor sees.

    Taken back already, contradicted, moved out of the actor's scope or never there: left as they are and counted.

    Raises:
        NotAllowed: the actor may not correct.
        NotVisible: none of them is there for the actor.
        DomainError: none or too many are named.
    """
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    asked = set(decision_ids)
    if not 0 < len(asked) <= MAX_GROUPS:
        raise DomainError("DECISION_COUNT", f"请选择 1 至 {MAX_GROUPS} 组地址文本。")
    seen = list(visible_decisions(actor).filter(pk__in=asked).values_list("pk", flat=True))
    if not seen:
        raise NotVisible
    undone = undo_many(decision_ids=seen, actor=actor, now=now)
    return Undone(undone.undone, undone.left + len(asked) - len(seen))


def require_text(text_id: int, actor: Actor) -> AddressText:
    """The text, if the actor may decide about it.

    Raises:
        NotAllowed: the actor may not correct.
        NotVisible: no visible element carries it.
    """
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    return _visible_texts([text_id], actor)[text_id]


def _visible_texts(text_ids: Sequence[int], actor: Actor) -> dict[int, AddressText]:
    texts = {text.pk: text for text in carried_texts(actor).filter(pk__in=text_ids)}
    if not texts or len(texts) != len(set(text_ids)):
        raise NotVisible
    return texts


def _chosen_addresses(rulings: Sequence[TextRuling], texts: dict[int, AddressText], actor: Actor) -> dict[int, int]:
    """Text id → id of the address that a LINK chose."""
    codes = {ruling.code for ruling in rulings if ruling.verdict == Verdict.LINK}
    active = StandardAddress.objects.filter(code__in=codes, state=AddressState.ACTIVE)
    by_code = dict(active.values_list("code", "pk"))
    open_to_all = Q(pk__in=visible_addresses(actor).filter(code__in=codes).values("pk")) | Q(is_provisional=True)
    free = set(active.filter(open_to_all).values_list("code", flat=True)) if codes else set()
    chosen: dict[int, int] = {}
    for ruling in rulings:
        if ruling.verdict != Verdict.LINK:
            continue
        proposed = {one["code"] for one in texts[ruling.text_id].explanation.get("candidates", ())}
        if ruling.code not in by_code or (ruling.code not in free and ruling.code not in proposed):
            raise NotVisible
        chosen[ruling.text_id] = by_code[ruling.code]
    return chosen


def _changed() -> Conflict:
    return Conflict("WORKLIST_CHANGED", "打开后有变化，将改动的数量或候选已不同。请刷新后重新核对。")
