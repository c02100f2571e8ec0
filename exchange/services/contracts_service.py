"""Partners and their contracts: written by who configures, audited, a contract only ever by a new version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from common.audit import record_audit
from common.errors import DomainError
from common.scope import Actor
from exchange.contracts import SUBJECTS
from exchange.models import Contract, Partner
from exchange.services.outbox_fanout import announce
from exchange.services.partner_keys import require_configure


@transaction.atomic
def create_version(
    *, partner: Partner, subject: str, selection: str, fields: Sequence[str], purpose: str, legal_basis: str,
    valid_from: date, valid_to: date, signed_by: str, with_existing: bool, actor: Actor, now: datetime,
) -> Contract:  # fmt: skip
    """A new version of the contract on a subject; the one before ends with it.

    What the partner holds already is looked at again: fields that the new version no longer names are withdrawn.

    Args:
        with_existing: the records that there are now are told as well, not only what changes from now on.

    Raises:
        NotAllowed: the actor may not configure.
        DomainError: unknown subject, selection or field, no field, no purpose or basis, or an end before the beginning.
    """
    require_configure(actor)
    _check(subject, selection, fields, purpose, legal_basis, valid_from, valid_to)
    Partner.objects.select_for_update().get(pk=partner.pk)
    own = Contract.objects.filter(partner=partner, subject=subject)
    number = (own.aggregate(last=Max("version"))["last"] or 0) + 1
    own.filter(ended_at__isnull=True).update(ended_at=now, ended_by=actor.pk)
    contract = Contract.objects.create(
        partner=partner, subject=subject, version=number, selection=selection, fields=list(dict.fromkeys(fields)),
        purpose=purpose.strip(), legal_basis=legal_basis.strip(), valid_from=valid_from, valid_to=valid_to,
        signed_by=signed_by.strip(), created_at=now, created_by=actor.pk,
    )  # fmt: skip
    announce(contract=contract, now=now, with_existing=with_existing)
    record_audit(
        actor_id=actor.pk, verb="CONTRACT_MADE", subject_table="exchange_contract", subject_id=contract.pk,
        fields=contract.fields, now=now,
    )  # fmt: skip
    return contract


def _check(
    subject: str,
    selection: str,
    fields: Sequence[str],
    purpose: str,
    legal_basis: str,
    valid_from: date,
    valid_to: date,
) -> None:
    spec = SUBJECTS.get(subject)
    if spec is None or selection not in spec.selections:
        raise DomainError("CONTRACT_SELECTION", "没有这个内容或范围，请重新选择。")
    if not fields or any(name not in spec.fields for name in fields):
        raise DomainError("CONTRACT_FIELDS", "请至少勾选一个字段；只能勾选这项内容已列出的字段。")
    if not purpose.strip() or not legal_basis.strip():
        raise DomainError("CONTRACT_BASIS", "请写明用途和法律依据，没有依据不能提供。")
    if valid_to <= valid_from:
        raise DomainError("CONTRACT_PERIOD", "约定的止期必须晚于起期。")


@transaction.atomic
def end_contract(*, partner: Partner, contract_id: int, reason: str, actor: Actor, now: datetime) -> Contract:
    """Ends a contract before its time: nothing new leaves, what the partner holds is still corrected and recalled.

    Raises:
        NotAllowed: the actor may not configure.
        DomainError: no reason, or there is no such contract in force.
    """
    require_configure(actor)
    if not reason.strip():
        raise DomainError("REASON_MISSING", "请写明终止的理由。")
    contract = Contract.objects.select_for_update().filter(partner=partner, pk=contract_id, ended_at=None).first()
    if contract is None:
        raise DomainError("CONTRACT_OVER", "这份约定已经终止，请刷新页面。")
    Contract.objects.filter(pk=contract.pk).update(ended_at=now, ended_by=actor.pk)
    record_audit(
        actor_id=actor.pk, verb="CONTRACT_ENDED", subject_table="exchange_contract", subject_id=contract.pk, now=now,
        reason=reason.strip(),
    )  # fmt: skip
    return contract


@transaction.atomic
def save_partner(*, partner: Partner, actor: Actor, now: datetime, changed: Sequence[str]) -> Partner:
    """Writes a partner that a form has filled, new or changed.

    Raises:
        NotAllowed: the actor may not configure.
        DomainError: the way of delivery lacks its address.
    """
    require_configure(actor)
    needed: dict[str, Any] = {"HTTP": partner.url, "FOLDER": partner.folder, "EMAIL": partner.email}
    if not needed[partner.transport]:
        raise DomainError("PARTNER_ADDRESS", "请填写所选方式的地址：签名推送填推送地址，文件填摆渡目录，邮件填邮箱。")
    is_new = partner.pk is None
    # A changed address is tried at once.
    partner.failures, partner.next_try_at = 0, None
    partner.save()
    record_audit(
        actor_id=actor.pk, verb="PARTNER_MADE" if is_new else "PARTNER_CHANGED", subject_table="exchange_partner",
        subject_id=partner.pk, fields=list(changed), now=now,
    )  # fmt: skip
    return partner
