"""A standard address by any code that it ever had, and what was done to it, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from addresses.choices import AddressState
from addresses.models import AddressChange, AddressChangeItem, StandardAddress
from addresses.selectors.visible import visible_addresses
from common.errors import NotVisible
from common.scope import Actor, Right

# A house has a handful of changes in its life.
CHANGES_SHOWN = 50
_EVENTS = StandardAddress.pgh_event_model  # type: ignore[attr-defined]


def known_address(code: str, user: Actor) -> StandardAddress:
    """An address in force or out of use, also by a code that it had before.

    Raises:
        NotVisible: there is none, or it lies outside the reader's blocks.
    """
    code = code.replace("\x00", "")
    scope = user.scope
    if Right.READ not in scope.rights or scope.sees_nothing:
        raise NotVisible
    rows = StandardAddress.objects.select_related(
        "town", "village", "block__parent", "parent", "replaced_by", "twin_of"
    )
    rows = rows.defer("block__geom", "block__parent__geom", "town__point", "village__point")
    if not scope.all_blocks:
        rows = rows.filter(block_id__any=scope.block_ids)
    found = rows.filter(code=code).first()
    if found is None:
        former = _EVENTS.objects.filter(code=code).order_by("-pgh_id").values_list("pgh_obj_id", flat=True).first()
        earlier = AddressChangeItem.objects.filter(before__row__code=code).values_list("address_id", flat=True)
        found = rows.filter(pk=former or earlier.first() or 0).first()
    if found is None:
        raise NotVisible
    return found


@dataclass(frozen=True, slots=True)
class ChangeInWords:
    """One change, as the page of an address tells it."""

    change: AddressChange
    words: str


def changes_of(address: StandardAddress) -> list[ChangeInWords]:
    """What was done to an address, the latest first: one query. The reader has been let in before."""
    items = AddressChangeItem.objects.filter(address=address.pk).select_related("change").order_by("-change_id")
    return [ChangeInWords(item.change, _words(item)) for item in items[:CHANGES_SHOWN]]


def _words(item: AddressChangeItem) -> str:
    after = item.after["row"]
    if item.before is None:
        return _("新增“%(text)s”，编码 %(code)s") % {"text": after["full_text"], "code": after["code"]}
    before = item.before["row"]
    said: list[str] = []
    if before["full_text"] != after["full_text"]:
        said.append(_("“%(old)s”改为“%(new)s”") % {"old": before["full_text"], "new": after["full_text"]})
    if before["state"] != after["state"]:
        states = {"old": AddressState(before["state"]).label, "new": AddressState(after["state"]).label}
        said.append(_("%(old)s → %(new)s") % states)
    if before["code"] != after["code"]:
        said.append(_("编码 %(old)s 改为 %(new)s") % {"old": before["code"], "new": after["code"]})
    if before["is_provisional"] and not after["is_provisional"]:
        said.append(_("临时地址转正"))
    if before["replaced_by_id"] != after["replaced_by_id"] and before["state"] == after["state"]:
        said.append(_("改由另一地址接替"))
    if before["parent_id"] != after["parent_id"]:
        said.append(_("换了上级"))
    if before["key"] != after["key"] and before["full_text"] == after["full_text"]:
        said.append(_("原号让给新的地址"))
    return "；".join(said) or _("没有可见的变化")


def provisional_addresses(user: Actor) -> QuerySet[StandardAddress]:
    """Addresses of the reader's blocks that wait for the bureau."""
    return visible_addresses(user).filter(is_provisional=True)


def first_addresses(ids: Sequence[int], limit: int) -> list[StandardAddress]:
    """The first of some addresses, by what they are called."""
    return list(StandardAddress.objects.filter(pk__in=ids).order_by("level", "full_text")[:limit])
