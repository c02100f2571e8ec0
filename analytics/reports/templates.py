"""Changing what a kind of report consists of. Reports that were made keep what they have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from analytics.models import ReportTemplate
from analytics.reports.blocks import addable, read_blocks
from analytics.selectors.reports import may_manage
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed
from common.scope import Actor

# Before the number of a block that stays as it is.
KEPT = "keep:"
LONGEST_NAME = 60


def version_of(template: ReportTemplate) -> str:
    """What the page was shown from; another one when somebody changed the template meanwhile."""
    return hashlib.sha256(json.dumps([template.name, template.blocks], sort_keys=True).encode()).hexdigest()[:16]


def asked_blocks(template: ReportTemplate, asked: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Blocks in the order of a form.

    Args:
        asked: (`keep:<place in the template>` or a key of `addable`, text for headings and texts).

    Raises:
        DomainError: BAD_BLOCK, with the number of the block and what is wrong with it.
    """
    known = addable()
    return read_blocks([_asked_block(template, known, number, *one) for number, one in enumerate(asked, 1)])


def _asked_block(template: ReportTemplate, known: dict[str, Any], number: int, key: str, text: str) -> dict[str, Any]:
    place = key.removeprefix(KEPT)
    if key.startswith(KEPT) and place.isdecimal() and len(place) < 9 and int(place) < len(template.blocks):
        block = dict(template.blocks[int(place)])
    elif key in known:
        block = dict(known[key][1])
    else:
        raise DomainError("BAD_BLOCK", f"第 {number} 块不在可用的内容里。请刷新页面再试。", {"block": number})
    return block | {"text": text} if block["type"] in {"heading", "text"} else block


@transaction.atomic
def change_template(
    *, template: ReportTemplate, name: str, blocks: list[dict[str, Any]], version: str, actor: Actor, now: datetime
) -> ReportTemplate:
    """Puts other blocks in place; from now on the template is the user's own, and an upgrade leaves it alone.

    Raises:
        NotAllowed. Conflict: TEMPLATE_CHANGED. DomainError: BAD_NAME.
    """
    _check(name, actor)
    row = ReportTemplate.objects.select_for_update().get(pk=template.pk)
    if version_of(row) != version:
        raise Conflict("TEMPLATE_CHANGED", "模板在您打开之后又被改过。下面是最新内容，请再改一次。")
    row.name, row.blocks, row.is_shipped = name.strip(), blocks, False
    row.save(update_fields=["name", "blocks", "is_shipped"])
    _record("REPORT_TEMPLATE_CHANGED", row, actor, now)
    return row


@transaction.atomic
def copy_template(*, template: ReportTemplate, name: str, actor: Actor, now: datetime) -> ReportTemplate:
    """A template of one's own that begins as another one.

    Raises:
        NotAllowed. DomainError: BAD_NAME.
    """
    _check(name, actor)
    row = ReportTemplate.objects.create(
        code=_free_code(template.code), name=name.strip(), level=template.level, cycle=template.cycle, blocks=template.blocks,
        shell=template.shell.name,
    )  # fmt: skip
    _record("REPORT_TEMPLATE_COPIED", row, actor, now)
    return row


def _check(name: str, actor: Actor) -> None:
    if not may_manage(actor):
        raise NotAllowed
    if not name.strip() or len(name.strip()) > LONGEST_NAME or "\x00" in name:
        raise DomainError("BAD_NAME", f"请填写模板名称，最多 {LONGEST_NAME} 字。")


def _free_code(code: str) -> str:
    base = code[:32]
    taken = set(ReportTemplate.objects.filter(code__startswith=base).values_list("code", flat=True))
    return next(f"{base}-{number}" for number in range(2, len(taken) + 3) if f"{base}-{number}" not in taken)


def _record(verb: str, row: ReportTemplate, actor: Actor, now: datetime) -> None:
    record_audit(actor_id=actor.pk, verb=verb, subject_table=ReportTemplate._meta.db_table, subject_id=row.pk, now=now)
