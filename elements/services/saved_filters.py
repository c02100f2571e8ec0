"""Keeping and forgetting filters of lists."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.http import QueryDict

from common.errors import Conflict, DomainError, NotVisible
from common.scope import Actor
from elements.models import SavedFilter
from elements.selectors.saved_filters import PAGE_PARAMETERS

MAX_QUERY = 1000


def _kept(query: str) -> str:
    """What of a query string is worth keeping; a search is personal, ends after hours and is left out."""
    data = QueryDict(query, mutable=True)
    for name in [*data]:
        if name in PAGE_PARAMETERS or name == "search" or not any(data.getlist(name)):
            del data[name]
    return data.urlencode()


def save_filter(
    *, list_name: str, name: str, query: str, is_shared: bool, is_default: bool, actor: Actor, now: datetime
) -> SavedFilter:
    """Keeps a filter under a name; at most one of a user's filters of a list opens it.

    Raises:
        DomainError: no name, or nothing to keep, or far too much.
        Conflict: the name is taken.
    """
    name, kept = name.strip(), _kept(query)
    if not 1 <= len(name) <= 40:
        raise DomainError("FILTER_NAME", "请给筛选起一个 1 至 40 个字的名称。")
    if not kept or len(kept) > MAX_QUERY:
        raise DomainError("FILTER_QUERY", "没有可保存的筛选条件（检索是个人的，12 小时后失效，不保存），或条件过多。")
    try:
        with transaction.atomic():
            if is_default:
                SavedFilter.objects.filter(user_id=actor.pk, list_name=list_name, is_default=True).update(
                    is_default=False
                )
            return SavedFilter.objects.create(
                user_id=actor.pk, list_name=list_name, name=name, query=kept, is_shared=is_shared, is_default=is_default,
                created_at=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("FILTER_NAME_TAKEN", f"您已有名为“{name}”的筛选，请换一个名称。") from error


def delete_filter(*, filter_id: int, actor: Actor) -> str:
    """Forgets one of the user's own filters; returns the name of its list.

    Raises:
        NotVisible: it does not exist or is somebody else's.
    """
    saved = SavedFilter.objects.filter(pk=filter_id, user_id=actor.pk).first()
    if saved is None:
        raise NotVisible
    saved.delete()
    return saved.list_name
