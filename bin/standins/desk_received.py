"""What a department has received, read from its own folder, so that a person at the desk can dispute one field of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MOST = 12
SUBJECTS = {
    "VIOLATION": "交通违法", "ACCIDENT": "交通事故", "DANGER": "道路隐患", "UNIT": "企业单位", "VEHICLE": "机动车",
    "DRIVER": "驾驶人",
}  # fmt: skip
VERBS = {"CREATE": "新增", "UPDATE": "更正", "TRANSITION": "状态变化"}
# What the fields of messages are called; another one is shown as it came.
FIELDS = {
    "name": "姓名或名称", "citizen_id": "公民身份号码", "phone": "联系电话", "licence_classes": "准驾车型", "licence_valid_to": "驾驶证有效期止",
    "licence_state": "驾驶证状态", "points": "记分", "review_due_on": "审验日期", "uscc": "统一社会信用代码", "unit_type": "单位类型",
    "state": "状态", "registered_address": "登记地址", "business_address": "经营地址", "number": "编号", "occurred_at": "发生时间",
    "code": "违法行为", "plate_number": "号牌号码", "plate_type": "号牌种类", "place_text": "地点", "fine_yuan": "罚款金额",
    "processed_at": "处理时间", "vehicle_use": "使用性质", "owner_name": "所有人", "accident_type": "事故类型", "deaths": "死亡人数",
    "injured": "受伤人数", "point": "坐标",
}  # fmt: skip
# Whose record numbers are those of elements: their page shows the conflict.
OF_ELEMENTS = frozenset({"DANGER", "UNIT", "VEHICLE", "DRIVER"})


@dataclass(frozen=True, slots=True)
class Received:
    """One message that told something; `fields` are in the words they came in."""

    message_id: str
    subject: str
    verb: str
    record: int
    fields: dict[str, str]

    @property
    def title(self) -> str:
        return f"{SUBJECTS.get(self.subject, self.subject)} #{self.record} {VERBS.get(self.verb, self.verb)}"


def latest_received(folder: Path, record: int | None = None) -> list[Received]:
    """The newest messages with fields, of one record or of all; the newest of each record alone is worth a dispute.

    Raises:
        FileNotFoundError: the department has received nothing yet.
    """
    path = folder / "received.db"
    if not path.exists():
        raise FileNotFoundError(path)
    statement = (
        "SELECT message_id, CAST(body AS TEXT) FROM message WHERE channel = 'http'"
        " AND (:record IS NULL OR json_extract(CAST(body AS TEXT), '$.record.id') = :record)"
        " ORDER BY serial DESC LIMIT 200"
    )
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
        rows = connection.execute(statement, {"record": record}).fetchall()
    found: dict[tuple[str, int], Received | None] = {}
    for message_id, body in rows:
        _note(found, message_id, json.loads(body))
    return [one for one in found.values() if one is not None][:_MOST]


def _note(found: dict[tuple[str, int], Received | None], message_id: str, document: dict[str, Any]) -> None:
    """Keeps the newest message of each record; one that was deleted or recalled since is not there any more."""
    record = (document.get("record") or {}).get("id")
    if not isinstance(record, int):
        return
    subject, verb = str(document.get("subject")), str(document.get("verb"))
    fields = {name: in_words(value) for name, value in (document.get("fields") or {}).items()}
    told = Received(message_id, subject, verb, record, fields) if fields and verb in VERBS else None
    found.setdefault((subject, record), told)


def in_words(value: Any) -> str:
    """A value as a person would write it: a code by its name."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return str(value.get("name") or value.get("code") or json.dumps(value, ensure_ascii=False))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def signing_key(folder: Path) -> str:
    """The number of the key that the platform gave last; the one before it was made here and is unknown there."""
    try:
        return list(json.loads((folder / "keys.json").read_text(encoding="utf-8")))[-1]
    except (OSError, ValueError, IndexError):
        return ""
