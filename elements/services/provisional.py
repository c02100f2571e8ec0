"""A provisional address made for an address text that names a place which the registry lacks."""

from __future__ import annotations

from datetime import datetime

from django.contrib.gis.geos import Point
from django.db import transaction

from addresses.choices import Verdict
from addresses.parsing.components import Components
from addresses.services.decisions import Decided
from addresses.services.registry_changes import create_address
from common.scope import Actor
from elements.selectors.address_texts import Effect
from elements.services.address_decisions import TextRuling, decide_texts, require_text


@transaction.atomic
def create_and_link(
    *,
    text_id: int,
    components: Components,
    point: Point | None,
    reason: str,
    expected: Effect | None,
    actor: Actor,
    now: datetime,
) -> Decided:
    """Makes the address and links the text and its equals to it: both or none.

    Raises:
        NotAllowed, NotVisible, Conflict: as `decide_texts`.
        DomainError: as `create_address`.
    """
    require_text(text_id, actor)
    change = create_address(components=components, point=point, reason=reason, actor=actor, now=now)
    code = change.items.order_by("-address__level", "-address_id").values_list("address__code", flat=True)[0]
    ruling = TextRuling(text_id, Verdict.LINK, code, note=reason)
    return decide_texts(rulings=[ruling], expected=expected, actor=actor, now=now)
