"""Searches: what somebody typed → which look-up it is → elements."""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import orjson
from django.db.models import Q, QuerySet

from common import clock, identifiers
from common.encryption import decrypt_bytes, encrypt_bytes
from common.errors import DomainError
from common.scope import Actor, Right
from elements.models import ElementAddress, SavedSearch
from elements.selectors.columns import NAMING_KINDS

LIFETIME = timedelta(hours=12)
_PURPOSE = "search"


@dataclass(frozen=True, slots=True)
class Search:
    """A typed search: `what` is citizen_id, phone, phone_tail, uscc, vin, plate, name or address; `text` is canonical."""

    what: str
    text: str


def recognise(text: str) -> list[Search]:
    """What the text can be, most telling first.

    Raises:
        DomainError: nothing that can be searched.
    """
    text = text.strip()
    if not 2 <= len(text) <= 100:
        raise DomainError("SEARCH_TEXT", "请输入 2 至 100 个字：号牌、证件号、姓名、手机号后四位或地址。")
    folded = identifiers.fold(text)
    exact = (
        ("citizen_id", identifiers.parse_citizen_id),
        ("uscc", identifiers.parse_uscc),
        ("vin", identifiers.parse_vin),
    )
    for what, parse in exact:
        parsed = parse(text)
        if parsed.is_valid and len(parsed.value) in {17, 18}:
            return [Search(what, parsed.value)]
    if re.fullmatch(r"1[3-9]\d{9}", folded):
        return [Search("phone", folded)]
    if re.fullmatch(r"\d{4}", folded):
        return [Search("phone_tail", folded), Search("plate", folded)]
    if re.fullmatch(rf"[{identifiers.PROVINCES}]?[A-Z0-9挂学警]{{3,8}}", folded):
        return [Search("plate", folded), Search("vin", folded)]
    if re.search(r"\d", folded) or len(folded) > 4:
        return [Search("address", text), Search("name", text)]
    return [Search("name", text), Search("address", text)]


def save_search(*, text: str, user: Actor, now: datetime) -> SavedSearch:
    """Keeps a search for its owner; the URL then carries only the token."""
    SavedSearch.objects.filter(expires_at__lt=now).delete()
    criteria = orjson.dumps([asdict(search) for search in recognise(text)])
    return SavedSearch.objects.create(
        token=secrets.token_urlsafe(18),
        user_id=user.pk,
        criteria=encrypt_bytes(_PURPOSE, criteria),
        created_at=now,
        expires_at=now + LIFETIME,
    )


def load_search(*, token: str, user: Actor) -> list[Search]:
    """The searches behind a token.

    Raises:
        DomainError: unknown, expired or somebody else's: one answer for all.
    """
    row = SavedSearch.objects.filter(
        token=token.replace("\x00", ""), user_id=user.pk, expires_at__gt=clock.now()
    ).first()
    if row is None:
        raise DomainError("SEARCH_GONE", "这次检索已失效（保留 12 小时，仅本人可用），请重新检索。")
    return [Search(**item) for item in orjson.loads(decrypt_bytes(_PURPOSE, row.criteria))]


def apply_search(queryset: QuerySet, *, token: str, user: Actor) -> QuerySet:
    """Elements of the query set that the search finds; looks that the user may not make find nothing."""
    condition = Q(pk__in=[])
    may_read_names = Right.READ_NAMES in user.scope.rights
    for search in load_search(token=token, user=user):
        condition |= _condition(search, may_read_names)
    return queryset.filter(condition)


def _condition(search: Search, may_read_names: bool) -> Q:
    text = search.text
    if search.what == "citizen_id":
        return Q(person__citizen_id__is=text)
    if search.what == "phone":
        return Q(person__phone__is=text) | Q(unit__phone__is=text)
    if search.what == "phone_tail":
        return Q(person__phone__ends=text) | Q(unit__phone__ends=text)
    if search.what == "uscc":
        return Q(unit__uscc=text)
    if search.what == "vin":
        return Q(vehicle__vin=text)
    if search.what == "plate":
        if not may_read_names and not identifiers.parse_plate(text).is_valid:
            # Who sees 鲁F***45 may look a whole plate up, but not feel for it by its parts.
            return Q(pk__in=[])
        return Q(vehicle__plate_number__startswith=text) | Q(vehicle__plate_number__startswith="鲁" + text)
    if search.what == "name":
        return Q(label__startswith=text) if may_read_names else Q(label__startswith=text) & ~Q(kind__in=NAMING_KINDS)
    texts = ElementAddress.objects.filter(text__address__full_text__contains=text).values("element_id")
    return Q(pk__in=texts)
