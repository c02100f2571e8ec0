"""Batches as rows of their list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from elements.selectors.keyset_pages import RowPage, read_models
from elements.selectors.paging import Order
from exchange.models import LandingBatch
from exchange.selectors.batches import State, state_of

LIST_NAME = "landing-batches"


def read_page(batches: QuerySet[LandingBatch], *, order: Order, size: int, cursor: str) -> RowPage[LandingBatch]:
    """A page of batches: which ones, then they with file, source and job."""
    shown = LandingBatch.objects.select_related("upload", "source", "job")
    return read_models(batches, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=shown)


def batch_rows(batches: Sequence[LandingBatch]) -> list[dict[str, Any]]:
    """{batch, state, owner} of each: the state and who brought it in, in words: one query."""
    owners = dict(User.objects.filter(pk__in={one.owner_id for one in batches}).values_list("pk", "display_name"))
    return [
        {"batch": one, "state": str(State(state_of(one)).label), "owner": owners.get(one.owner_id or 0) or _owner(one)}
        for one in batches
    ]


def _owner(batch: LandingBatch) -> str:
    return _("命令行") if batch.owner_id is None else f"#{batch.owner_id}"
