"""Pairs that look like one thing, as rows of a list: both things, grounds in words, neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from common.errors import Conflict, DomainError, NotVisible
from common.scope import Actor
from console.element_page import registry_of
from elements.choices import PairState
from elements.models import ClaimLog, ClaimSupport, DuplicatePair, Element
from elements.pair_filters import filtered_pairs
from elements.registries import REGISTRIES
from elements.selectors.duplicates import GROUNDS, visible_pairs
from elements.selectors.masking import may_read_names, shown_label

# More than this at once is no longer looked at by anybody; each merge is a fold of its own (about 50 ms).
MAX_MERGES, MAX_JUDGED = 200, 2_000
# Pairs on which a person can decide something.
OPEN_STATES = frozenset({PairState.PROPOSED, PairState.DEFERRED, PairState.DIFFERENT})


def pair_rows(pairs: Sequence[DuplicatePair], user: Actor) -> list[dict[str, Any]]:
    """{pair, sides, grounds, level} of each pair, masked for the reader: one query for the sources of all."""
    sources = sources_of({pk for pair in pairs for pk in (pair.low_id, pair.high_id)})
    in_full = may_read_names(user)

    def side(element: Element) -> dict[str, Any]:
        parent = element.block.parent
        return {
            "id": element.pk,
            "label": shown_label(element.kind, element.label, in_full=in_full),
            "registry": REGISTRIES[registry_of(element)].label,
            "block": element.block.name,
            "district": parent.name if parent else "",
            "sources": sources.get(element.pk, []),
        }

    return [
        {"pair": pair, "sides": [side(pair.low), side(pair.high)], "grounds": grounds(pair), "is_open": is_open(pair)}
        for pair in pairs
    ]


def is_open(pair: DuplicatePair) -> bool:
    """Whether a person can decide something about it."""
    return pair.state in OPEN_STATES


def grounds(pair: DuplicatePair) -> list[dict[str, Any]]:
    """{label, detail, points, is_against} of what counted, the weightiest first."""
    return [
        {
            "label": GROUNDS.get(reason["code"], reason["code"]),
            "detail": reason.get("detail") or "",
            "points": reason["points"],
            "is_against": reason["points"] < 0,
        }
        for reason in sorted(pair.reasons, key=lambda reason: -reason["points"])
    ]


def sources_of(element_ids: Iterable[int]) -> dict[int, list[str]]:
    """Element id → names of the sources whose claims about it stand: one query."""
    stands = ClaimSupport.objects.filter(claim=OuterRef("pk"), withdrawn_at__isnull=True)
    rows = (
        ClaimLog.objects.filter(Exists(stands), element__in=list(element_ids))
        .order_by("element_id", "source__name")
        .values_list("element_id", "source__name")
        .distinct()
    )
    found: dict[int, list[str]] = {}
    for element_id, name in rows:
        found.setdefault(element_id, []).append(name)
    return found


def state_tabs(data: QueryDict, user: Actor, shown: PairState) -> list[dict[str, Any]]:
    """The five states with the number of pairs that pass the other conditions: one query."""
    others = data.copy()
    others.pop("state", None)
    others.pop("cursor", None)
    pairs, _filterset = filtered_pairs(others, user)
    numbers = dict(
        pairs.select_related(None).order_by().values("state").annotate(n=Count("pk")).values_list("state", "n")
    )

    def url(state: str) -> str:
        asked = others.copy()
        asked["state"] = state
        return f"?{asked.urlencode()}"

    return [
        {"key": s.value, "label": s.label, "url": url(s.value), "active": s == shown, "count": numbers.get(s.value, 0)}
        for s in PairState
    ]


def visible_pair(pair_id: int, user: Actor) -> DuplicatePair:
    """One pair.

    Raises:
        NotVisible: there is none, or one of the two lies outside the scope.
    """
    pair = visible_pairs(user).filter(pk=pair_id).first()
    if pair is None:
        raise NotVisible
    return pair


def neighbours(pair: DuplicatePair, data: QueryDict, user: Actor) -> dict[str, int | None]:
    """Ids of the pairs before and after it in the usual order of the list that `data` asks for: two queries."""
    pairs = filtered_pairs(data, user)[0].select_related(None)
    later = Q(score__lt=pair.score) | Q(score=pair.score, pk__lt=pair.pk)
    earlier = Q(score__gt=pair.score) | Q(score=pair.score, pk__gt=pair.pk)
    return {
        "next": pairs.filter(later).order_by("-score", "-pk").values_list("pk", flat=True).first(),
        "previous": pairs.filter(earlier).order_by("score", "pk").values_list("pk", flat=True).first(),
    }


def all_matching(data: QueryDict, user: Actor, *, expected: int, limit: int) -> list[int]:
    """Ids of every pair that the query asks for.

    Raises:
        Conflict: there are not as many as the page said.
        DomainError: more than may be decided at once.
    """
    pairs = filtered_pairs(data, user)[0].select_related(None)
    ids = list(pairs.order_by("-score", "-pk").values_list("pk", flat=True)[: limit + 1])
    if len(ids) > limit:
        raise DomainError("TOO_MANY_PAIRS", _("一次最多处理 %(limit)s 对，请先筛选。") % {"limit": limit})
    if len(ids) != expected:
        raise Conflict("PAIRS_CHANGED", _("清单刚刚有了变化，请核对后重新选择。"))
    return ids
