"""What a search finds, registry by registry, and the searches one made before."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import QueryDict

from common import clock
from common.encryption import decrypt_bytes
from common.scope import Actor
from console.selectors.counts import capped_counts
from console.selectors.places import filtered_addresses
from elements.filters import Count, filtered_elements
from elements.models import SavedSearch
from elements.registries import REGISTRIES
from elements.selectors.lists import order_of, read_page

SAMPLE = 5
RECENT = 10


def results(token: str, user: Actor) -> tuple[list[dict[str, Any]], list[Any], Count]:
    """Found elements and standard addresses.

    Returns:
        Per registry {registry, count, rows} with the first rows, then the first addresses and their count.

    Raises:
        DomainError: the search is over or somebody else's.
    """
    data = QueryDict(mutable=True)
    data["search"] = token
    querysets = {name: filtered_elements(registry, data, user)[0] for name, registry in REGISTRIES.items()}
    addresses = filtered_addresses(user, {"search": token})
    counts = capped_counts(querysets | {"addresses": addresses})
    groups = []
    for name, registry in REGISTRIES.items():
        if counts[name].value:
            order = order_of(registry, "", user)
            page = read_page(querysets[name], registry=registry, order=order, size=SAMPLE, cursor="", user=user)
            groups.append({"registry": registry, "count": counts[name], "rows": page.rows})
    found = list(addresses.order_by("level", "pk").defer("point")[:SAMPLE]) if counts["addresses"].value else []
    return groups, found, counts["addresses"]


def recent_searches(user: Actor) -> list[dict[str, Any]]:
    """The reader's own searches that still stand: when and of what type, never the text."""
    rows = SavedSearch.objects.filter(user_id=user.pk, expires_at__gt=clock.now()).order_by("-pk")[:RECENT]
    return [
        {
            "token": row.token,
            "created_at": row.created_at,
            "kinds": [item["what"] for item in orjson.loads(decrypt_bytes("search", row.criteria))],
        }
        for row in rows
    ]
