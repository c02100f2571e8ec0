"""Editing the blocks of a report: every edit is one operation with an inverse, so that it can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from analytics.models import Report
from analytics.services.reports import locked, require_open
from common.audit import record_audit
from common.errors import Conflict, DomainError
from common.scope import Actor

MOST_UNDO, MOST_BLOCKS, LONGEST_TEXT = 50, 60, 2_000
Operation = dict[str, Any]


def move_block(*, report: Report, place: int, by: int, revision: int, actor: Actor, now: datetime) -> Report:
    """Moves a block up (-1) or down (1); see `_edit` for what it raises."""
    return _edit(report, revision, actor, now, lambda blocks: _moved(blocks, place, by))


def remove_block(*, report: Report, place: int, revision: int, actor: Actor, now: datetime) -> Report:
    """Takes a block out."""
    return _edit(report, revision, actor, now, lambda blocks: _removed(blocks, place))


def set_text(*, report: Report, place: int, text: str, revision: int, actor: Actor, now: datetime) -> Report:
    """Writes the text of a heading or a free block; a computed block has no text to write."""
    return _edit(report, revision, actor, now, lambda blocks: _written(blocks, place, text))


def insert_block(
    *, report: Report, place: int, block: dict[str, Any], revision: int, actor: Actor, now: datetime
) -> Report:
    """Puts a block, with its values, before the one at a place."""
    return _edit(report, revision, actor, now, lambda blocks: _inserted(blocks, place, block))


@transaction.atomic
def undo_edit(*, report: Report, revision: int, actor: Actor, now: datetime) -> Report:
    """Takes the last edit back.

    Raises:
        As `_edit`. DomainError: NOTHING_TO_UNDO.
    """
    row = _opened(report, revision, actor)
    if not (kept := row.content.get("undo", [])):
        raise DomainError("NOTHING_TO_UNDO", "没有可以撤销的修改。")
    _apply(row.content["blocks"], kept[-1])
    row.content["undo"] = kept[:-1]
    return _saved(row, actor, now, "REPORT_EDIT_UNDONE")


@transaction.atomic
def _edit(
    report: Report, revision: int, actor: Actor, now: datetime, change: Callable[[list[Any]], Operation]
) -> Report:
    """Runs one change on the blocks as they stand.

    Raises:
        NotVisible. NotAllowed. Conflict: REPORT_FIXED, or REPORT_CHANGED: somebody edited since the page was shown.
        DomainError: BAD_PLACE, BAD_TEXT, TOO_MANY_BLOCKS.
    """
    row = _opened(report, revision, actor)
    inverse = change(row.content["blocks"])
    row.content["undo"] = [*row.content.get("undo", []), inverse][-MOST_UNDO:]
    return _saved(row, actor, now, "REPORT_EDITED")


def _opened(report: Report, revision: int, actor: Actor) -> Report:
    row = locked(report, actor)
    require_open(row, actor)
    if row.content.get("revision", 0) != revision:
        raise Conflict("REPORT_CHANGED", "报告在您打开之后又被改过。页面已是最新内容，请再做一次。")
    return row


def _saved(row: Report, actor: Actor, now: datetime, verb: str) -> Report:
    row.content["revision"] = row.content.get("revision", 0) + 1
    row.edited_by_id, row.edited_at = actor.pk, now
    row.save(update_fields=["content", "edited_by_id", "edited_at"])
    record_audit(actor_id=actor.pk, verb=verb, subject_table=Report._meta.db_table, subject_id=row.pk, now=now)
    return row


def _apply(blocks: list[Any], operation: Operation) -> None:
    if operation["do"] == "move":
        _moved(blocks, operation["place"], operation["by"])
    elif operation["do"] == "remove":
        _removed(blocks, operation["place"])
    elif operation["do"] == "insert":
        _inserted(blocks, operation["place"], operation["block"])
    else:
        _written(blocks, operation["place"], operation["text"])


def _moved(blocks: list[Any], place: int, by: int) -> Operation:
    _check_place(blocks, place)
    if by not in (-1, 1) or not 0 <= place + by < len(blocks):
        raise DomainError("BAD_PLACE", "已经在最前或最后，不能再移。")
    blocks.insert(place + by, blocks.pop(place))
    return {"do": "move", "place": place + by, "by": -by}


def _removed(blocks: list[Any], place: int) -> Operation:
    _check_place(blocks, place)
    if len(blocks) == 1:
        raise DomainError("BAD_PLACE", "报告至少要有一块内容。")
    return {"do": "insert", "place": place, "block": blocks.pop(place)}


def _inserted(blocks: list[Any], place: int, block: dict[str, Any]) -> Operation:
    if not 0 <= place <= len(blocks):
        raise _bad_place()
    if len(blocks) >= MOST_BLOCKS:
        raise DomainError("TOO_MANY_BLOCKS", f"报告最多 {MOST_BLOCKS} 块。请先删去不需要的。")
    blocks.insert(place, block)
    return {"do": "remove", "place": place}


def _written(blocks: list[Any], place: int, text: str) -> Operation:
    _check_place(blocks, place)
    block, said = blocks[place], text.replace("\x00", "").replace("\r\n", "\n").strip()
    if block["type"] not in {"heading", "text"}:
        raise DomainError("BAD_TEXT", "自动生成的内容不能直接改字，以免与数据不一致。可以删去它，或另加一段文字说明。")
    if not said or len(said) > LONGEST_TEXT or (block["type"] == "heading" and len(said) > 60):
        raise DomainError("BAD_TEXT", f"文字不能为空；标题最多 60 字，正文最多 {LONGEST_TEXT} 字。")
    before, block["text"] = block["text"], said
    return {"do": "text", "place": place, "text": before}


def _check_place(blocks: list[Any], place: int) -> None:
    if not 0 <= place < len(blocks):
        raise _bad_place()


def _bad_place() -> DomainError:
    return DomainError("BAD_PLACE", "这一块已经不在了。请刷新页面再试。")
