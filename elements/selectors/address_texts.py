"""Address texts that elements carry: what waits for a person, how often it occurs, and who may see it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BooleanField, Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from addresses.choices import WORKLIST, DecisionState, ResolveStatus
from addresses.models import AddressDecision, AddressText
from addresses.services.settling import OPERATORS_DISAGREE
from common.scope import Actor, Right
from elements.choices import PlaceQuality
from elements.models import ClaimLog, ClaimSupport, ElementAddress

_STANDING = Q(element__is_owned=True, element__is_withdrawn=False, element__merged_into__isnull=True)


def open_texts(
    user: Actor,
    block_id: int | None = None,
    *,
    block_ids: Collection[int] | None = None,
    source_id: int | None = None,
    is_in_order: bool = False,
) -> QuerySet[AddressText]:
    """Address texts that a person must look at and that some standing element in the reader's scope carries.

    Words beside a surveyed point (路口东 50 米) say enough: they wait for nobody.

    Args:
        user: reader.
        block_id: only what elements of this block carry.
        block_ids: only what elements of these blocks carry.
        source_id: only what elements carry of which this source says something.
        is_in_order: ask text by text in the order of ids, for who reads some and stops. Otherwise the planner may
            begin with the elements, which is best for all of a small scope.
    """
    is_there = one_by_one if is_in_order else Exists
    carrying = ElementAddress.objects.visible_to(user).filter(
        _STANDING,
        ~Q(element__place_quality=PlaceQuality.SURVEYED) | ~Q(Exact(OuterRef("status"), Value(ResolveStatus.RELATIVE))),
        text=OuterRef("pk"),
    )
    if block_id is not None:
        carrying = carrying.filter(element__block_id=block_id)
    if block_ids is not None:
        carrying = carrying.filter(element__block_id__any=sorted(block_ids))
    if source_id is not None:
        carrying = carrying.filter(
            is_there(_standing_claims().filter(element=OuterRef("element_id"), source=source_id))
        )
    return AddressText.objects.filter(status__in=WORKLIST).filter(is_there(carrying))


def one_by_one(rows: QuerySet[Any]) -> Coalesce:
    """Whether there is one of the rows, asked anew for each outer row.

    EXISTS would be joined, and for a page of fifty texts PostgreSQL then reads a million elements.
    """
    found = Subquery(rows.order_by().annotate(is_there=Value(True)).values("is_there")[:1], BooleanField())
    return Coalesce(found, Value(False))


def _standing_claims() -> QuerySet[ClaimLog]:
    # Not by a join: only the partial index of standing supports finds that of one claim at once.
    return ClaimLog.objects.filter(
        one_by_one(ClaimSupport.objects.filter(claim=OuterRef("pk"), withdrawn_at__isnull=True))
    )


def disagreed(texts: QuerySet[AddressText]) -> QuerySet[AddressText]:
    """Those of the texts about which operators disagree; the decisions, which are few, lead to them."""
    forms = AddressDecision.objects.filter(state=DecisionState.CONFLICT).values("normalised")
    return texts.filter(
        status=ResolveStatus.REVIEW, explanation__faults__contains=[{"code": OPERATORS_DISAGREE}], normalised__in=forms
    )


def grouped(texts: QuerySet[AddressText]) -> QuerySet[Any]:
    """One row per normalised form: `normalised`, `first` (lowest id), `number` of texts."""
    return texts.order_by().values("normalised").annotate(first=Min("pk"), number=Count("pk")).order_by("first")


def group_heads(texts: QuerySet[AddressText]) -> QuerySet[Any]:
    """`normalised` and `first` of each group in the order of `first`, like `grouped`, but read text by text.

    A page of some groups stops after the first few hundred texts, where grouping would first read all open ones.
    """
    earlier = texts.order_by().filter(normalised=OuterRef("normalised"), pk__lt=OuterRef("pk"))
    return with_first(texts.filter(~one_by_one(earlier)))


def with_first(heads: QuerySet[AddressText]) -> QuerySet[Any]:
    """Heads of groups as `normalised` and `first`."""
    return heads.order_by("pk").annotate(first=F("pk")).values("normalised", "first")


def texts_per_form(forms: Collection[str]) -> dict[str, int]:
    """How many texts each normalised form has, whatever became of them."""
    rows = grouped(AddressText.objects.filter(normalised__in=forms))
    return {row["normalised"]: row["number"] for row in rows}


def carried_texts(user: Actor) -> QuerySet[AddressText]:
    """Texts of every result that some standing element in the reader's scope carries."""
    carried = ElementAddress.objects.visible_to(user).filter(_STANDING, text=OuterRef("pk"))
    return AddressText.objects.filter(Exists(carried))


def carriers(user: Actor, text_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Text id → (number of visible elements that carry it, the first of them)."""
    rows = (
        ElementAddress.objects.visible_to(user)
        .filter(_STANDING, text__in=text_ids)
        .values("text")
        .annotate(number=Count("element", distinct=True), first=Min("element"))
        .values_list(F("text"), "number", "first")
    )
    return {text: (number, first) for text, number, first in rows}


def carriers_of_forms(user: Actor, forms: Sequence[str]) -> dict[str, tuple[int, int, list[int]]]:
    """Normalised form → (number of visible elements that carry such a text, the first of them, ids of their sources)."""
    rows = (
        ElementAddress.objects.visible_to(user)
        .filter(_STANDING, text__normalised__in=forms)
        .order_by()
        .values("text__normalised")
        .annotate(number=Count("element", distinct=True), first=Min("element"), elements=ArrayAgg("element", distinct=True))
    )  # fmt: skip
    found = {row["text__normalised"]: row for row in rows}
    # Hundreds of carriers come from the same few sources: the first ones tell.
    few = {form: row["elements"][:20] for form, row in found.items()}
    sources: dict[int, set[int]] = {}
    asked = sorted({pk for ids in few.values() for pk in ids})
    for element, source in _standing_claims().filter(element__in=asked).values_list("element", "source").distinct():
        sources.setdefault(element, set()).add(source)
    return {
        form: (row["number"], row["first"], sorted({s for pk in few[form] for s in sources.get(pk, ())}))
        for form, row in found.items()
    }


def visible_decisions(user: Actor) -> QuerySet[AddressDecision]:
    """Decisions about texts that some visible element carries; who sees everything sees also those that nothing carries."""
    scope = user.scope
    if Right.READ not in scope.rights or scope.sees_nothing:
        return AddressDecision.objects.none()
    if scope.all_blocks:
        return AddressDecision.objects.all()
    carried = ElementAddress.objects.visible_to(user).filter(text__normalised=OuterRef("normalised"))
    return AddressDecision.objects.filter(Exists(carried))


def batch_of(user: Actor, decision_id: int) -> list[int]:
    """Ids of the visible decisions that were made in one act with this one; none when it is not there for the reader."""
    visible = visible_decisions(user)
    one = visible.filter(pk=decision_id).values("actor_id", "decided_at").first()
    return list(visible.filter(**one).order_by("pk").values_list("pk", flat=True)) if one else []


def opinions(forms: Sequence[str]) -> dict[str, list[AddressDecision]]:
    """Normalised form → the decisions about it that are not undone."""
    found: dict[str, list[AddressDecision]] = {}
    live = AddressDecision.objects.filter(normalised__in=forms).exclude(state=DecisionState.UNDONE)
    for row in live.select_related("address").order_by("pk"):
        found.setdefault(row.normalised, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision would touch: texts, and elements that the reader sees."""

    texts: int
    elements: int


def effect_on(user: Actor, forms: Sequence[str]) -> Effect:
    """Number of texts of these normalised forms, and of visible standing elements that carry one."""
    carrying = ElementAddress.objects.visible_to(user).filter(_STANDING, text__normalised__in=forms)
    return Effect(
        AddressText.objects.filter(normalised__in=forms).count(), carrying.values("element").distinct().count()
    )


def top_code(text: AddressText) -> str:
    """Code of the one address that may be accepted without reading on: ahead of all others and nothing against it.

    A house that the registry lacks has its village as candidate, a stake its town: those are for a person to choose.
    """
    candidates = text.explanation.get("candidates") or []
    if text.status == ResolveStatus.RELATIVE or not candidates or candidates[0]["faults"]:
        return ""
    if len(candidates) > 1 and candidates[0]["confidence"] <= candidates[1]["confidence"]:
        return ""
    return str(candidates[0]["code"])
