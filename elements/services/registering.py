"""New elements by hand: what a person of the platform saw and no file told, kept as a claim like everything else.

The claim goes the one way in (`submit_claims`). Where the thing is known already under its key, the writer who sees it is
sent there; a thing that the writer does not see is joined without a word about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from common import identifiers
from common.audit import record_audit
from common.encryption import keyed_hash
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.jobs import UnwatchedRun
from common.models import AuditRow
from common.scope import Actor, Right
from elements.choices import KeyScheme
from elements.fold.rules import CORRECTING
from elements.kinds import KINDS, Kind
from elements.models import ClaimBatch, ClaimSupport, Element, Source
from elements.registries import REGISTRIES
from elements.selectors.similar import key_holders, values_as_json
from elements.services.claims import StagedClaim, retract_batch, submit_claims
from elements.services.entry_place import place_of_entry, require_inside

UNDO_WITHIN = timedelta(hours=24)
_REGISTERED = "REGISTERED"
_TABLE = "elements_claimbatch"
# Kept as the reason of the audit row: number of the form and fingerprint of what it said.
_FORM = "登记单"
_LICENCE, _DANGER = KINDS["PERSON"].parts[1].fields, KINDS["FACILITY"].parts[1].fields


@dataclass(frozen=True, slots=True)
class EntryForm:
    """What a registry asks of a thing entered by hand.

    Attributes:
        required: fields that must be filled.
        one_of: fields of which one must be filled: the keys, or what the thing is called by.
        without: fields of the kind that would make it a thing of another registry.
    """

    required: tuple[str, ...]
    one_of: tuple[str, ...]
    without: tuple[str, ...] = ()


# Roads and their sections are lines of the road data and are not entered by hand.
ENTRY_FORMS: dict[str, EntryForm] = {
    "drivers": EntryForm(("name", "licence_classes"), ("citizen_id", "file_no")),
    "persons": EntryForm(("name",), ("citizen_id",), _LICENCE),
    "vehicles": EntryForm((), ("plate_number", "vin")),
    "units": EntryForm(("name",), ("uscc", "org_code")),
    "houses": EntryForm((), ("site_address", "name")),
    "facilities": EntryForm(("facility_type",), ("name", "site_address"), _DANGER),
    "dangers": EntryForm(("danger",), ("name", "site_address")),
}


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration: the unit of undo, and the element when the writer may see it."""

    batch: ClaimBatch
    element_id: int | None
    is_repeated: bool = False


def may_register(actor: Actor) -> bool:
    """Who reads elements and corrects them, or proposes corrections."""
    return Right.READ in actor.scope.rights and bool({Right.CORRECT, Right.PROPOSE} & actor.scope.rights)


def entry_form(registry: str) -> EntryForm:
    """What the registry asks.

    Raises:
        NotVisible: there is no such registry, or nothing is entered into it by hand.
    """
    if registry not in ENTRY_FORMS:
        raise NotVisible
    return ENTRY_FORMS[registry]


@transaction.atomic
def register_element(
    *, registry: str, values: Mapping[str, Any], token: str, actor: Actor, now: datetime
) -> Registration:
    """Enters a thing: one claim of the field source, in the writer's scope. The same form sent again is not a second thing.

    Args:
        registry: name of the registry it belongs to.
        values: field → value as its column takes it; personal numbers sealed, a point as EWKB hex.
        token: UUID of the form that was filled.
        actor: who.
        now: when.

    Raises:
        NotAllowed: the actor may not write.
        NotVisible: nothing is entered into that registry by hand.
        DomainError: fields are missing (`extra["fields"]`), or the place is none of the actor's.
        Conflict: the actor sees a thing with that key already (`extra["element"]`), or the form was used for something else.
    """
    form = entry_form(registry)
    if not may_register(actor):
        raise NotAllowed
    kind, token = KINDS[REGISTRIES[registry].kind], _checked_token(token)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"register:{actor.pk}:{token}"])
    said = f"{_FORM} {token} {keyed_hash('registration', values_as_json(values).encode()).hex()}"
    if (known := _registered(said, token, actor, now)) is not None:
        return known
    entered = _completed(values)
    _require_fields(kind, form, entered)
    today = timezone.localdate(now)
    holders = key_holders(kind, entered, today)
    own = _seen({pk for pk, _scheme in holders}, actor)
    if surely := own & _holders_of_best_key(kind, entered, holders):
        raise _exists(min(surely))
    require_inside(place_of_entry(kind, entered, today), actor.scope)
    if Right.CORRECT not in actor.scope.rights and _is_foreign({pk for pk, _scheme in holders} - own, actor):
        entered = _without_place(kind, entered)
    claim = StagedClaim(1, now, entered, source_row_id=_source_number(kind, token, today.strftime("%Y%m%d")))
    batch = submit_claims(
        source=Source.objects.get(code=CORRECTING), kind_code=kind.code, claims=[claim], actor=actor, now=now
    )
    element_id = _element_of(batch)
    if element_id in own:
        raise _exists(element_id)
    record_audit(
        actor_id=actor.pk, verb="REGISTERED", subject_table=_TABLE, subject_id=batch.pk, fields=list(entered), count=1,
        reason=said, now=now,
    )  # fmt: skip
    return Registration(batch, _visible(element_id, actor))


@transaction.atomic
def undo_registration(*, batch_id: int, actor: Actor, now: datetime) -> ClaimBatch:
    """Takes back a registration that the actor made within the last day: its claim is retracted.

    Raises:
        NotAllowed: the actor may not write any more.
        NotVisible: there is none of this number that is the actor's own.
        Conflict: it was undone already, or a merge rests on it.
        DomainError: it is older than a day.
    """
    if not may_register(actor):
        raise NotAllowed
    batch = ClaimBatch.objects.select_for_update(of=("self",)).filter(pk=batch_id, actor_id=actor.pk).first()
    if batch is None or not is_registration(batch.pk, actor):
        raise NotVisible
    if batch.state == ClaimBatch.State.RETRACTED:
        raise Conflict("REGISTRATION_UNDONE", "这次登记已经撤销，不用再撤。")
    if batch.created_at < now - UNDO_WITHIN:
        raise DomainError("REGISTRATION_OLD", "只能撤销 24 小时以内的登记。内容有误请在要素页更正。")
    retract_batch(batch=batch, actor=actor, run=UnwatchedRun(), job_id=-batch.pk, now=now)
    record_audit(
        actor_id=actor.pk, verb="REGISTRATION_UNDONE", subject_table=_TABLE, subject_id=batch.pk, count=1, now=now
    )
    batch.refresh_from_db()
    return batch


def is_registration(batch_id: int, actor: Actor) -> bool:
    """The batch is what the actor registered by hand."""
    rows = AuditRow.objects.filter(subject_table=_TABLE, subject_id=str(batch_id), verb=_REGISTERED, actor_id=actor.pk)
    return rows.exists()


def registration_of(*, batch_id: int, actor: Actor) -> Registration:
    """An own registration, undone or not.

    Raises:
        NotVisible: there is none of this number that is the actor's own.
    """
    batch = ClaimBatch.objects.filter(pk=batch_id, actor_id=actor.pk).first()
    if batch is None or not is_registration(batch.pk, actor):
        raise NotVisible
    return Registration(batch, _visible(_element_of(batch), actor))


def _checked_token(token: str) -> str:
    try:
        return str(UUID(token))
    except ValueError as error:
        raise DomainError("REGISTER_TOKEN", "登记单没有编号。请刷新页面后再提交。") from error


def _registered(said: str, token: str, actor: Actor, now: datetime) -> Registration | None:
    """What the same form registered before.

    Raises:
        Conflict: it said something else then, or was taken back since.
    """
    row = AuditRow.objects.filter(
        actor_id=actor.pk, at__gte=now - UNDO_WITHIN, verb=_REGISTERED, reason__startswith=f"{_FORM} {token} "
    ).first()
    if row is None:
        return None
    batch = ClaimBatch.objects.get(pk=row.subject_id)
    if row.reason != said or batch.state == ClaimBatch.State.RETRACTED:
        text = "这份登记单已经用过：登记过另外的内容，或登记后已撤销。确实要再登记一个，请再提交一次。"
        raise Conflict("REGISTER_FORM_USED", text, {"registration": batch.pk})
    return Registration(batch, _visible(_element_of(batch), actor), is_repeated=True)


def _completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """With the sort of plate that its form tells, where none was said: as the import does."""
    entered = {name: value for name, value in values.items() if value is not None}
    plate = entered.get("plate_number")
    if plate and "plate_type" not in entered:
        plate_type = identifiers.PLATE_TYPE_BY_FORM.get(identifiers.plate_form(plate))
        if plate_type:
            entered["plate_type"] = plate_type
    return entered


def _require_fields(kind: Kind, form: EntryForm, entered: Mapping[str, Any]) -> None:
    """Every field belongs to the registry, and none that it asks for is missing.

    Raises:
        DomainError: with one entry in `extra["fields"]` for every field that is wrong.
    """
    problems = [
        _problem(name[:40], "REGISTER_FIELD", "这一项不能在这里登记。", "请去掉这一项。")
        for name in entered
        if name not in kind.fields or name in form.without
    ]
    problems += [
        _problem(name, "REGISTER_REQUIRED", f"“{kind.label_of(name)}”必须填写。", "请补填后再提交。")
        for name in form.required
        if name not in entered
    ]
    if not any(name in entered for name in form.one_of):
        labels = "、".join(f"“{kind.label_of(name)}”" for name in form.one_of)
        one = f"{labels}至少填一项。" if len(form.one_of) > 1 else f"{labels}必须填写。"
        problems.append(_problem(form.one_of[0], "REGISTER_REQUIRED", one, "请补填后再提交。"))
    if "plate_number" in entered and "plate_type" not in entered:
        text = f"“{kind.label_of('plate_type')}”必须填写：同一号码可以有几种号牌。"
        problems.append(_problem("plate_type", "PLATE_TYPE_UNKNOWN", text, "请从列表中选择。"))
    if problems:
        raise DomainError("REGISTER_VALUES", "有字段不能这样登记，请按各项提示改正。", {"fields": problems})


def _problem(field: str, code: str, message: str, cure: str) -> dict[str, str]:
    return {"field": field, "code": code, "message": message, "cure": cure}


def _seen(element_ids: set[int], actor: Actor) -> set[int]:
    """Those that stand where the actor sees them."""
    return set(Element.objects.visible_to(actor).standing().filter(pk__in=element_ids).values_list("pk", flat=True))


def _holders_of_best_key(kind: Kind, entered: Mapping[str, Any], holders: list[tuple[int, KeyScheme]]) -> set[int]:
    """What holds the best key that was said: no other key overrules that one."""
    best = next((rule.scheme for rule in kind.keys if set(rule.columns) <= entered.keys()), None)
    return {pk for pk, scheme in holders if scheme == best}


def _exists(element_id: int) -> Conflict:
    text = "这一要素已经登记，没有重复登记。请打开它核对，需要时在那里更正。"
    return Conflict("REGISTER_EXISTS", text, {"element": element_id})


def _is_foreign(element_ids: set[int], actor: Actor) -> bool:
    """One of them stands in a place that the actor does not see."""
    hidden = Element.objects.standing().filter(pk__in=element_ids)
    return bool(element_ids) and hidden.exclude(pk__in=Element.objects.visible_to(actor).values("pk")).exists()


def _without_place(kind: Kind, entered: Mapping[str, Any]) -> dict[str, Any]:
    """Who only proposes does not draw a thing out of another's block."""
    placing = {"point", *(name for _role, name in kind.address_fields)}
    return {name: value for name, value in entered.items() if name not in placing}


def _source_number(kind: Kind, token: str, day: str) -> str | None:
    """Number of the thing in our own entries, for kinds that have no other key. From the form: once for each."""
    schemes = [rule.scheme for rule in kind.keys]
    return f"现场-{day}-{token.replace('-', '')[:12]}" if schemes == [KeyScheme.SOURCE_ID] else None


def _element_of(batch: ClaimBatch) -> int:
    """The element that the batch's one claim is about; if it said nothing new, that of the claim it repeats."""
    support = ClaimSupport.objects.select_related("claim").filter(batch=batch).order_by("-pk")[:1].get()
    return int(support.claim.element_id)


def _visible(element_id: int, actor: Actor) -> int | None:
    return Element.objects.visible_to(actor).filter(pk=element_id).values_list("pk", flat=True).first()
