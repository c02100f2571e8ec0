"""Permits of no-go rules as a reader may see them: visible with their vehicle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from common.errors import NotVisible
from common.scope import Actor
from elements.models import Element, NoGoPermit, NoGoRule
from elements.selectors.no_go import require_reader


@dataclass(frozen=True, slots=True)
class EndingPermits:
    """Permits that lose their effect with a rule: those of visible vehicles, and how many there are of others."""

    shown: list[NoGoPermit]
    hidden_count: int


def visible_permits(user: Actor) -> QuerySet[NoGoPermit]:
    """Every permit whose vehicle the user may see.

    Raises:
        NotAllowed: the user neither reads elements nor configures.
    """
    require_reader(user)
    return NoGoPermit.objects.filter(vehicle__in=Element.objects.visible_to(user))


def permits_of(rule: NoGoRule, user: Actor) -> list[NoGoPermit]:
    """The visible permits of a rule, the newest first: one query."""
    return list(permits_in_order(visible_permits(user).filter(rule=rule)).select_related("vehicle"))


def permits_in_order(permits: QuerySet[NoGoPermit]) -> QuerySet[NoGoPermit]:
    """The newest first."""
    return permits.order_by("-valid_from", "-pk")


def visible_permit(permit_id: int, user: Actor, *, locked: bool = False) -> NoGoPermit:
    """One permit; `locked` holds its row until the transaction ends.

    Raises:
        NotVisible: there is none, or its vehicle is outside the scope.
    """
    permits = visible_permits(user)
    permit = (permits.select_for_update(of=("self",)) if locked else permits).filter(pk=permit_id).first()
    if permit is None:
        raise NotVisible
    return permit


def permits_ending_with(rule: NoGoRule, ends_on: date, user: Actor) -> EndingPermits:
    """Permits that would hold on that day or later: two queries."""
    ending = rule.permits.filter(valid_to__gt=ends_on)
    if rule.valid_to is not None:
        # Those that begin after the rule's own end have no effect as it is.
        ending = ending.filter(Q(valid_from__lt=rule.valid_to))
    shown = list(ending.filter(pk__in=visible_permits(user)).select_related("vehicle").order_by("valid_to", "pk"))
    return EndingPermits(shown, ending.count() - len(shown))
