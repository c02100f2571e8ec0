"""Searches among events: by plate, and by the citizen ID of who was concerned."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from common.errors import DomainError
from common.identifiers import parse_plate
from common.scope import Actor
from elements.selectors.masking import may_read_names
from elements.selectors.searches import Search, load_search, recognise
from events.choices import EventKind
from events.list_kinds import EventList
from events.models import AccidentParty

_BY_PERSON = frozenset({EventKind.ACCIDENT, EventKind.VIOLATION})


def require_searchable(text: str, chosen: EventList) -> None:
    """Refuses what no event of the list can be found by.

    Raises:
        DomainError: neither a plate nor, where the list knows persons, a citizen ID.
    """
    what = {search.what for search in recognise(text)}
    if "plate" in what or ("citizen_id" in what and chosen.code in _BY_PERSON):
        return
    if chosen.code in _BY_PERSON:
        raise DomainError("SEARCH_KIND", _("这里按号牌（至少开头 4 位）或 18 位公民身份号码检索，请改输其中一种。"))
    raise DomainError("SEARCH_KIND", _("这里只能按号牌检索，请输入号牌（至少开头 4 位）。"))


def found_by(queryset: QuerySet[Any], *, chosen: EventList, token: str, user: Actor) -> QuerySet[Any]:
    """The events that the search of a token finds; looks that the user may not make find nothing.

    Raises:
        DomainError: the token is unknown, expired or somebody else's.
    """
    condition = Q(pk__in=[])
    for search in load_search(token=token, user=user):
        condition |= _condition(search, chosen, in_full=may_read_names(user))
    return queryset.filter(condition)


def _condition(search: Search, chosen: EventList, *, in_full: bool) -> Q:
    nothing = Q(pk__in=[])
    if search.what == "plate":
        said = _plate(search.text, in_full=in_full)
    elif search.what == "citizen_id" and chosen.code in _BY_PERSON:
        said = Q(citizen_id__is=search.text)
    else:
        return nothing
    if said is None:
        return nothing
    if chosen.code != EventKind.ACCIDENT:
        return said
    parties = AccidentParty.objects.standing().filter(said, accident_id__isnull=False)
    return Q(pk__in=parties.values("accident_id"))


def _plate(text: str, *, in_full: bool) -> Q | None:
    """A whole plate by itself; its beginning only for who may read plates, since others could feel for it by its parts."""
    plate = parse_plate(text)
    if plate.is_valid:
        return Q(plate_number=plate.value)
    return Q(plate_number__startswith=text) | Q(plate_number__startswith="鲁" + text) if in_full else None
