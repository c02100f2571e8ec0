"""Whether an element's address was found in the address register: one condition for list and indicator."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from addresses.choices import ACCEPTED
from elements.models import ElementAddress


class AddressMatch(models.TextChoices):
    """What is known of an element's addresses, whatever their role."""

    ANY = "any", _("有地址")
    MATCHED = "matched", _("已匹配标准地址")
    UNMATCHED = "unmatched", _("有地址但未匹配")
    NONE = "none", _("没有地址")


def with_address(wanted: str) -> Q:
    """Elements of which that is true; one accepted address is enough for a match."""
    addresses = ElementAddress.objects.filter(element_id=OuterRef("pk"))
    has_any, has_match = Exists(addresses), Exists(addresses.filter(text__status__in=ACCEPTED))
    return {
        AddressMatch.ANY: Q(has_any),
        AddressMatch.MATCHED: Q(has_match),
        AddressMatch.UNMATCHED: Q(has_any) & ~Q(has_match),
        AddressMatch.NONE: ~Q(has_any),
    }[AddressMatch(wanted)]
