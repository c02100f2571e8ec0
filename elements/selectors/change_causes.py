"""Who caused a change of an element: told by the claim that says what the change set, else left open.

History rows know their time alone. A batch says a value at a time, or takes it back; the latest such act before a change
whose claim says the new value (or, taken back, the old one) caused it. A change that no claim explains (a border moved, a
policy changed) has no cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Q

from accounts.models import User
from common.scope import Right
from elements.fold.rules import CORRECTING
from elements.kinds import KINDS, Kind
from elements.models import ClaimLog, Element, Merge

# The transaction that writes a change begins a little before the time that its batch is given.
SLACK = timedelta(seconds=5)
MAX_CLAIMS = 2_000
_INDEX = slice(1, 17)
_MAY_READ_PEOPLE = {Right.CORRECT, Right.PROPOSE, Right.AUDIT}


@dataclass(frozen=True, slots=True)
class Raw:
    """A change before it is put in words; `items` are (field, old value, new value), a stub has no details of its own yet."""

    at: datetime
    version: str
    is_first: bool
    is_stub: bool
    items: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """Who caused a change.

    Attributes:
        source: name of the source, "" when it cannot be told, or of a merge.
        person: who did it, "" where none did or the reader may not know.
        is_manual: people of the platform said it, not a file.
        is_undo: what was said before was taken back.
        merge_id: number of the merge that did it, or was taken back.
    """

    source: str = ""
    person: str = ""
    is_manual: bool = False
    is_undo: bool = False
    merge_id: int | None = None


NOBODY = Cause()


@dataclass(frozen=True, slots=True)
class _Act:
    """Something was said or taken back: field → value, None where it is said to be empty."""

    at: datetime
    number: int
    said: dict[str, Any]
    source: str
    is_manual: bool
    actor_id: int | None
    is_undo: bool


def causes_of(element: Element, raws: Sequence[Raw], user: Any) -> list[Cause]:
    """The cause of each change, newest first as they are: three queries."""
    kind = KINDS[element.kind]
    acts, merges = _acts(element), _merges(element)
    names = _people({act.actor_id for act in acts} | {actor_id for _at, _pk, actor_id, _undo in merges}, user)
    causes: list[Cause] = []
    following = 0
    for raw in raws:
        if (merge := _merge_of(raw, merges)) is not None:
            _at, pk, actor_id, is_undo = merge
            causes.append(Cause(person=names.get(actor_id or 0, ""), is_undo=is_undo, is_manual=True, merge_id=pk))
            continue
        found = _act_of(kind, raw, acts, following)
        if found is None:
            causes.append(NOBODY)
            continue
        # An act caused one change: what is older has an older cause.
        following, act = found + 1, acts[found]
        causes.append(Cause(act.source, names.get(act.actor_id or 0, ""), act.is_manual, act.is_undo))
    return causes


def _acts(element: Element) -> list[_Act]:
    """What was said of the element and taken back, newest first."""
    log = ClaimLog.objects.filter(element=element).select_related("source", "batch").order_by("-pk")[:MAX_CLAIMS]
    acts = []
    for row in log:
        said = {name: value for name, value in row.payload.items() if name != "relations"} | dict.fromkeys(row.cleared)
        is_manual, batch = row.source.code == CORRECTING, row.batch
        acts.append(_Act(batch.created_at, row.pk, said, row.source.name, is_manual, batch.actor_id, False))
        if batch.retracted_at is not None:
            # Only one's own correction is taken back by hand; of a file it is not kept here who did.
            actor_id = batch.actor_id if is_manual else None
            acts.append(_Act(batch.retracted_at, row.pk, said, row.source.name, is_manual, actor_id, True))
    return sorted(acts, key=lambda act: (act.at, act.number), reverse=True)


def _merges(element: Element) -> list[tuple[datetime, int, int | None, bool]]:
    """(time, number, person, taken back) of what was merged."""
    rows = Merge.objects.filter(Q(keep=element) | Q(drop=element))
    made = [(one.decided_at, one.pk, one.actor_id, False) for one in rows]
    return made + [(one.undone_at, one.pk, one.undone_by_id, True) for one in rows if one.undone_at]


def _merge_of(raw: Raw, merges: Iterable[tuple[datetime, int, int | None, bool]]) -> Any:
    return next((one for one in merges if abs(one[0] - raw.at) <= SLACK), None)


def _act_of(kind: Kind, raw: Raw, acts: Sequence[_Act], following: int) -> int | None:
    latest = raw.at + SLACK
    for number in range(following, len(acts)):
        if acts[number].at <= latest and _explains(kind, acts[number], raw):
            return number
    return None


def _explains(kind: Kind, act: _Act, raw: Raw) -> bool:
    for name, old, new in raw.items:
        if name == "conflicts" and (set(old or ()) ^ set(new or ())) & set(act.said):
            return True
        if name in act.said and _is_said(kind, name, act.said[name], old if act.is_undo else new):
            return True
    return False


def _is_said(kind: Kind, name: str, said: Any, value: Any) -> bool:
    """What the log holds is the value of the model."""
    if said is None or value is None:
        return said is value
    if name in kind.sealed_fields:
        return bytes.fromhex(str(said).removeprefix("\\x"))[_INDEX] == bytes(value)[_INDEX]
    if name in kind.geometry_fields:
        return bool(value.equals_exact(GEOSGeometry(said), 1e-7))
    if isinstance(value, date):
        return bool(said == value.isoformat())
    return Decimal(str(said)) == value if isinstance(value, Decimal) else bool(said == value)


def _people(user_ids: Iterable[int | None], user: Any) -> dict[int, str]:
    """Names of who did something, for who works with corrections or audits them."""
    ids = {one for one in user_ids if one}
    if not ids or not user.scope.rights & _MAY_READ_PEOPLE:
        return {}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "display_name"))
