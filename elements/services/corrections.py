"""Corrections: what a person of the platform says about an element, kept as a claim with what it corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor, Right
from elements.choices import FieldClass
from elements.fold.plan import what_others_say
from elements.fold.rules import CORRECTING
from elements.kinds import KINDS, Kind
from elements.models import ClaimBatch, Element, FieldPolicy, Source
from elements.services.claims import StagedClaim, submit_claims

MIN_REASON, MAX_REASON = 4, 200
_MAY_CORRECT = {Right.CORRECT, Right.PROPOSE}


def checked_reason(reason: str) -> str:
    """The reason without blanks around it.

    Raises:
        DomainError: none, or far too long.
    """
    reason = reason.strip()
    if not MIN_REASON <= len(reason) <= MAX_REASON:
        raise DomainError(
            "CORRECTION_REASON", f"请写明理由（{MIN_REASON} 至 {MAX_REASON} 个字），例如核对的证件或现场情况。"
        )
    return reason


def require_visible(kind: Kind, element_ids: Sequence[int], actor: Actor | None) -> None:
    """All of them are standing elements of the kind in the actor's scope.

    Raises:
        NotAllowed: the actor may neither correct nor propose.
        NotVisible: one of them is not there for the actor.
    """
    elements = Element.objects.standing()
    if actor is not None:
        if not actor.scope.rights & _MAY_CORRECT:
            raise NotAllowed
        elements = Element.objects.visible_to(actor).standing()
    if elements.filter(kind=kind.code, pk__in=element_ids).count() != len(set(element_ids)):
        raise NotVisible


def require_fields(kind: Kind, values: dict[str, Any], cleared: Sequence[str]) -> None:
    """Something is to be said, about fields that the kind has.

    Raises:
        DomainError: nothing, an unknown field, or one both set and cleared.
    """
    names = [*values, *cleared]
    if not names:
        raise DomainError("CORRECTION_EMPTY", "没有要更正的内容：请至少改一项。")
    unknown = sorted(set(names) - set(kind.fields))
    if unknown or len(set(names)) != len(names):
        raise DomainError("CORRECTION_FIELD", f"不能这样更正：{'、'.join(unknown) or '同一项既填写又清空'}。")


def corrections_of(
    kind: Kind, element_ids: Sequence[int], values: dict[str, Any], cleared: Sequence[str], now: datetime
) -> list[StagedClaim]:
    """One claim an element, with what the other sources say while it is made; what was corrected before stays known."""
    with transaction.atomic(), connection.cursor() as cursor:
        said = what_others_say(cursor, kind, element_ids, [*values, *cleared])
        cursor.execute(
            f"""SELECT c.element_id, c.against::text FROM {kind.claim_table} c JOIN elements_source s ON s.id = c.source_id
                WHERE s.code = %(code)s AND c.element_id = ANY(%(ids)s) AND c.against IS NOT NULL ORDER BY c.observed_at""",
            {"code": CORRECTING, "ids": list(element_ids)},
        )
        before = {element_id: orjson.loads(against) for element_id, against in cursor.fetchall()}
    return [
        StagedClaim(
            number,
            now,
            dict(values),
            list(cleared),
            element_id=element_id,
            against={**before.get(element_id, {}), **said[element_id]},
        )
        for number, element_id in enumerate(element_ids, start=1)
    ]


def correct_elements(
    *,
    kind_code: str,
    element_ids: Sequence[int],
    values: dict[str, Any],
    cleared: Sequence[str] = (),
    reason: str,
    actor: Actor | None,
    now: datetime,
    version: int | None = None,
) -> ClaimBatch:
    """Says new values of some fields of some elements; undo is the retraction of the batch.

    An observed field changes at once. On an official field the source of precedence is still believed: what differs
    becomes a conflict that somebody has to settle.

    Args:
        kind_code: kind of all of them.
        element_ids: standing elements in the actor's scope.
        values: field → value as its column takes it; personal numbers sealed.
        cleared: fields that are said to be empty.
        reason: why, kept in the audit trail.
        actor: who; None is the system.
        now: when.
        version: of the one element when the actor looked at it; another one by now is a conflict.

    Raises:
        NotAllowed, NotVisible: see `require_visible`.
        DomainError: no reason, nothing to say, unknown field.
        Conflict: somebody changed the element in between.
    """
    kind = KINDS[kind_code]
    reason = checked_reason(reason)
    require_fields(kind, values, cleared)
    require_visible(kind, element_ids, actor)
    if version is not None and not Element.objects.filter(pk__in=element_ids, version=version).exists():
        raise Conflict("ELEMENT_CHANGED", "您打开页面后，这一要素已被他人或导入修改。请核对最新取值后再提交。")
    batch = submit_claims(
        source=Source.objects.get(code=CORRECTING),
        kind_code=kind_code,
        claims=corrections_of(kind, element_ids, values, cleared, now),
        actor=actor,
        now=now,
    )
    record_audit(
        actor_id=actor.pk if actor else None, verb="CORRECTED", subject_table="elements_claimbatch", subject_id=batch.pk,
        fields=[*values, *cleared], count=len(element_ids), reason=reason, now=now,
    )  # fmt: skip
    return batch


def official_fields(kind: Kind) -> frozenset[str]:
    """Fields in which a correction proposes and does not act."""
    rows = FieldPolicy.objects.filter(kind=kind.code, field_class=FieldClass.OFFICIAL)
    return frozenset(rows.values_list("field", flat=True))
