"""What a message would say now, masked; and sample payloads with invented values, for who connects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models

from common.codes import code_table
from common.errors import NotVisible
from common.scope import Actor
from exchange.contracts import SUBJECTS, SharedField, SubjectSpec
from exchange.models import Contract, OutboxMessage
from exchange.selectors.partners import is_liaison_of
from exchange.selectors.partners_values import as_shown, read_values

SAMPLE_ID = UUID("00000000-0000-4000-8000-000000000001")
_SAMPLES: dict[str, Any] = {
    "citizen_id": "370683199001010010", "phone": "13800000000", "file_no": "370683000000", "plate_number": "鲁F00000",
    "vin": "LZZ00000000000000", "person_name": "张某", "name": "某某", "legal_person_name": "李某", "owner_name": "张某",
    "uscc": "91370683MA3C000018", "org_code": "MA3C00001", "number": "0000000000",
}  # fmt: skip


def require_preview(message: OutboxMessage, user: Actor) -> None:
    """Whoever sees the record, or the partner's own liaison, may look at what it would be told.

    Raises:
        NotVisible: for all others, as if there were no such record.
    """
    spec = SUBJECTS[message.subject]
    record = spec.model._default_manager.visible_to(user).filter(pk=message.subject_id)
    if not is_liaison_of(message.partner, user) and not record.exists():
        raise NotVisible


def preview(message: OutboxMessage) -> list[dict[str, str]]:
    """{label, value} of each field of the contract, as the record is now; personal ones masked. Empty when it is gone."""
    spec, names = SUBJECTS[message.subject], message.contract.fields
    raw = read_values(spec, [message.subject_id], names).get(message.subject_id)
    if raw is None:
        return []
    return [
        {"label": str(spec.fields[name].label), "value": as_shown(spec, spec.fields[name], value)}
        for name, value in raw.items()
    ]


def sample_document(
    subject: str, fields: Iterable[str], *, contract: Contract | None, sent_at: datetime
) -> dict[str, Any]:  # fmt: skip
    """A message on the subject with invented values: nothing of any record."""
    spec = SUBJECTS[subject]
    return {
        "message_id": str(SAMPLE_ID), "subject": subject, "verb": "CREATE", "record": {"id": 1},
        "fields": {name: _sample(spec, spec.fields[name]) for name in fields if name in spec.fields},
        "contract": {
            "id": contract.pk if contract else 1, "version": contract.version if contract else 1,
            "purpose": contract.purpose if contract else "用途",
        },
        "sent_at": sent_at.isoformat(timespec="seconds"),
    }  # fmt: skip


def _sample(spec: SubjectSpec, field: SharedField) -> Any:
    if field.name in _SAMPLES:
        return _SAMPLES[field.name]
    if field.table:
        code, name = next(iter(code_table(field.table).items()))
        return {"code": code, "name": name}
    if field.name == "point":
        return {"lon": 119.94, "lat": 37.18}
    column = _column(spec, field)
    if isinstance(column, models.DateTimeField):
        return datetime(2026, 1, 1, 8, 0).astimezone().isoformat(timespec="seconds")
    if isinstance(column, models.DateField):
        return date(2026, 1, 1).isoformat()
    if isinstance(column, models.BooleanField):
        return False
    if isinstance(column, (models.IntegerField, models.DecimalField)):
        return 0
    return "示例"


def _column(spec: SubjectSpec, field: SharedField) -> Any:
    """The model field at the end of the path."""
    model: Any = spec.model
    *steps, last = field.path.split("__")
    for step in steps:
        model = model._meta.get_field(step).related_model
    return model._meta.get_field(last)
