"""What operators decide about address texts: learned for all equal texts, undone, in conflict when two disagree.

Whose texts somebody may decide about is known above: `elements.services.address_decisions` asks for that first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from addresses.choices import AddressState, DecisionState, Verdict
from addresses.models import AddressDecision, AddressText, StandardAddress
from addresses.services.resolution import resolve_again
from addresses.services.settling import hold_decisions, settle_texts
from addresses.signals import texts_changed
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor, Right
from common.scrub import scrub

LIVE = (DecisionState.STANDING, DecisionState.CONFLICT)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is to hold for all texts of one normalised form; `county` names the other county of an OUTSIDE."""

    normalised: str
    verdict: Verdict
    address_id: int | None = None
    county: str = ""
    note: str = ""


@dataclass(slots=True)
class Decided:
    """What a decision changed: its rows (or those that said so already) and the texts that got another result."""

    decisions: list[AddressDecision] = field(default_factory=list)
    text_ids: list[int] = field(default_factory=list)
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back, and how many of the decisions were left as they are."""

    undone: Decided
    left: int


def decide(
    *,
    normalised: str,
    verdict: Verdict,
    address: StandardAddress | None = None,
    county: str = "",
    note: str = "",
    actor: Actor,
    now: datetime,
) -> Decided:
    """Decides about all texts of one normalised form; see `decide_many`."""
    ruling = Ruling(normalised, Verdict(verdict), address.pk if address else None, county, note)
    return decide_many(rulings=[ruling], actor=actor, now=now)


@transaction.atomic
def decide_many(*, rulings: Sequence[Ruling], actor: Actor, now: datetime) -> Decided:
    """Writes decisions and brings the texts in line, in one transaction and a fixed number of statements.

    What was decided already changes nothing. The actor's own other opinion is replaced; that of somebody else makes a
    conflict, in which neither holds.

    Raises:
        NotAllowed: the actor may not correct.
        NotVisible: no text has the form, or an address is not in force.
        DomainError: an outside address without its county, or the same text twice.
    """
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    rulings = [_clean(ruling) for ruling in rulings]
    forms = sorted(ruling.normalised for ruling in rulings)
    if len(set(forms)) != len(forms):
        raise DomainError("DECISION_TWICE", "同一地址文本选了两次，请去掉一次。")
    hold_decisions()
    _require_known(forms, {ruling.address_id for ruling in rulings if ruling.address_id})
    live = _live(forms)
    replaced, fresh, found = [], [], []
    for ruling in rulings:
        there = live[ruling.normalised]
        same = next((row for row in there if _opinion(row) == _opinion(ruling)), None)
        replaced += [row.pk for row in there if row.actor_id == actor.pk and row is not same]
        found.append(same)
        if same is None:
            fresh.append(ruling)
    if not replaced and not fresh:
        return Decided([row for row in found if row is not None])
    _take_back(replaced, actor, now)
    made = _write(fresh, forms, actor, now)
    return _told(made + [row for row in found if row is not None], forms, verb="ADDRESS_DECIDED", actor=actor, now=now)


@transaction.atomic
def undo_decision(*, decision_id: int, actor: Actor, now: datetime) -> Decided:
    """Takes a decision back: another operator's opinion then holds, or the engine speaks again.

    Raises:
        NotAllowed: the actor may not correct.
        NotVisible: there is no such decision.
        Conflict: it was taken back already.
    """
    (decision,) = _held([decision_id], actor)
    if decision.state == DecisionState.UNDONE:
        raise Conflict("DECISION_UNDONE", "这条裁定已经撤销，请刷新页面。")
    return _undo([decision], actor, now)


@transaction.atomic
def undo_many(*, decision_ids: Collection[int], actor: Actor, now: datetime) -> Undone:
    """Takes those of the decisions back that stand, in one transaction and a fixed number of statements.

    One that was taken back already stays so, and one that somebody contradicted meanwhile is for the two to settle.

    Raises:
        NotAllowed: the actor may not correct.
        NotVisible: one of the decisions does not exist.
    """
    standing = [row for row in _held(decision_ids, actor) if row.state == DecisionState.STANDING]
    left = len(set(decision_ids)) - len(standing)
    if not standing:
        return Undone(Decided(), left)
    return Undone(_undo(standing, actor, now), left)


def _held(decision_ids: Collection[int], actor: Actor) -> list[AddressDecision]:
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    hold_decisions()
    found = list(AddressDecision.objects.filter(pk__in=decision_ids).order_by("pk"))
    if not found or len(found) != len(set(decision_ids)):
        raise NotVisible
    return found


def _undo(decisions: list[AddressDecision], actor: Actor, now: datetime) -> Decided:
    forms = sorted({row.normalised for row in decisions})
    _take_back([row.pk for row in decisions], actor, now)
    _restate(forms)
    return _told(decisions, forms, verb="ADDRESS_DECISION_UNDONE", actor=actor, now=now)


def _clean(ruling: Ruling) -> Ruling:
    county, note = scrub(ruling.county.strip())[:60], scrub(ruling.note.strip())[:200]
    if (ruling.verdict == Verdict.LINK) != (ruling.address_id is not None):
        raise DomainError("DECISION_ADDRESS", "“就是这个地址”要选定一个标准地址，其他结论不选。")
    if ruling.verdict == Verdict.OUTSIDE and not county:
        raise DomainError("DECISION_COUNTY", "请填写这个地址所在的县（市、区），例如：招远市。")
    return Ruling(ruling.normalised, ruling.verdict, ruling.address_id, county, note)


def _opinion(said: Ruling | AddressDecision) -> tuple[str, int | None, str]:
    county = said.county if said.verdict == Verdict.OUTSIDE else ""
    return str(said.verdict), said.address_id, county


def _require_known(forms: Sequence[str], address_ids: set[int]) -> None:
    if AddressText.objects.filter(normalised__in=forms).values("normalised").distinct().count() != len(forms):
        raise NotVisible
    if StandardAddress.objects.filter(pk__in=address_ids, state=AddressState.ACTIVE).count() != len(address_ids):
        raise NotVisible


def _live(forms: Sequence[str]) -> dict[str, list[AddressDecision]]:
    found: dict[str, list[AddressDecision]] = defaultdict(list)
    for row in AddressDecision.objects.filter(normalised__in=forms, state__in=LIVE).order_by("pk"):
        found[row.normalised].append(row)
    return found


def _take_back(decision_ids: Iterable[int], actor: Actor, now: datetime) -> None:
    AddressDecision.objects.filter(pk__in=list(decision_ids)).update(
        state=DecisionState.UNDONE, undone_by=actor.pk, undone_at=now
    )


def _write(rulings: Sequence[Ruling], forms: Sequence[str], actor: Actor, now: datetime) -> list[AddressDecision]:
    """New rows, written as conflicts so that none meets a standing one, then stated anew with their neighbours."""
    said = _engine_said([ruling.normalised for ruling in rulings])
    rows = [
        AddressDecision(
            normalised=ruling.normalised, verdict=ruling.verdict, address_id=ruling.address_id, note=ruling.note,
            county=ruling.county if ruling.verdict == Verdict.OUTSIDE else "", state=DecisionState.CONFLICT,
            actor_id=actor.pk, decided_at=now, **said.get(ruling.normalised, {}),
        )
        for ruling in rulings
    ]  # fmt: skip
    made = AddressDecision.objects.bulk_create(rows)
    _restate(forms)
    states = dict(AddressDecision.objects.filter(pk__in=[row.pk for row in made]).values_list("pk", "state"))
    for row in made:
        row.state = states[row.pk]
    return made


def _engine_said(forms: Sequence[str]) -> dict[str, dict[str, object]]:
    """What the engine says of each form; once a person decided, what was written down with the first decision."""
    columns = ("engine_address_id", "engine_status", "engine_confidence")
    said: dict[str, dict[str, object]] = {}
    for form, *values in (
        AddressDecision.objects.filter(normalised__in=forms).order_by("-pk").values_list("normalised", *columns)
    ):
        said[form] = dict(zip(columns, values, strict=True))
    for form, *values in (
        AddressText.objects.filter(normalised__in=forms, is_decided=False)
        .order_by("normalised", "pk")
        .distinct("normalised")
        .values_list("normalised", "address_id", "status", "confidence")
    ):
        said[form] = dict(zip(columns, values, strict=True))
    return said


def _restate(forms: Sequence[str]) -> None:
    """One opinion about a form stands, several are a conflict: conflicts first, because one alone may stand."""
    for wanted, condition in ((DecisionState.CONFLICT, "> 1"), (DecisionState.STANDING, "= 1")):
        with connection.cursor() as cursor:
            cursor.execute(
                f"""UPDATE addresses_addressdecision d SET state = %(wanted)s
                    FROM (SELECT normalised FROM addresses_addressdecision
                          WHERE normalised = ANY(%(forms)s) AND state = ANY(%(live)s)
                          GROUP BY normalised HAVING count(*) {condition}) n
                    WHERE d.normalised = n.normalised AND d.state = ANY(%(live)s) AND d.state <> %(wanted)s""",
                {"wanted": wanted.value, "forms": list(forms), "live": [state.value for state in LIVE]},
            )


def _told(decisions: list[AddressDecision], forms: Sequence[str], *, verb: str, actor: Actor, now: datetime) -> Decided:
    """Brings the texts in line, writes the audit row and tells the apps above."""
    changed = settle_texts(forms) + _set_free(forms)
    record_audit(
        actor_id=actor.pk, verb=verb, subject_table="addresses_addressdecision", count=len(changed), now=now,
        subject_id=",".join(str(row.pk) for row in decisions)[:60], reason=decisions[0].note if decisions else "",
    )  # fmt: skip
    if changed:
        texts_changed.send(sender=AddressDecision, text_ids=sorted(changed), actor_id=actor.pk, now=now)
    return Decided(decisions, sorted(changed), is_changed=True)


def _set_free(forms: Sequence[str]) -> list[int]:
    """Texts that no decision binds any more are resolved by the engine again."""
    bound = AddressDecision.objects.filter(state__in=LIVE, normalised__in=forms).values("normalised")
    free = AddressText.objects.filter(normalised__in=forms, is_decided=True).exclude(normalised__in=bound)
    texts = dict(free.values_list("pk", "text"))
    if texts:
        AddressText.objects.filter(pk__in=list(texts)).update(is_decided=False)
        resolve_again(list(texts.values()))
    return list(texts)
