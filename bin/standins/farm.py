"""农机: tractors as XLSX, operators as XML in GB18030, dropped whole once a day into the ferry folder."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import beijing
from agency import Agency, Metronome, Refusal, Setup
from city_seed import CitySeed
from faults import FILE_MODES, ROW_MODES, Fault, RowShape, spoil_rows
from ferry import Ferry
from invention import Inventor, Row
from openpyxl import Workbook
from store import Store

_DAY_S = 86_400
_SHAPES = {
    "tractors": RowShape("所有人", ("更新日期",)),
    "operators": RowShape("联系电话", ("更新日期",)),
}
# Ten times ten, eight times over: small on the disk, a hundred million texts in the mouth of a careless parser.
_BOMB = (
    '<?xml version="1.0" encoding="GB18030"?>\n<!DOCTYPE r [\n<!ENTITY a0 "农机">\n'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">\n' for n in range(1, 9))
    + "]>\n<驾驶操作人员><操作员><姓名>&a8;</姓名></操作员></驾驶操作人员>\n"
)


class Farm(Agency):
    """Writes into DIR/outbox; its HTTP door has only the control paths."""

    modes = FILE_MODES | ROW_MODES | {"xml_bomb"}

    def __init__(self, setup: Setup) -> None:
        self._store = Store(setup.folder / "farm.db")
        self._ferry = Ferry(setup.folder, self._store)
        self._seed_text = setup.seed_text
        self._is_alone = setup.speed <= 0
        self._snapshots = Metronome(_DAY_S, setup.speed)
        if not self._store.note("loaded"):
            self._load(CitySeed(setup.folder, setup.seed_text, setup.today))

    def _load(self, city: CitySeed) -> None:
        last = datetime.combine(city.as_of, datetime.min.time(), beijing.ZONE)
        tractors = [
            _tractor_row(t, city.as_of.isoformat()) for t in city.with_more("tractors", 25, city.inventor.tractor)
        ]
        operators = [
            _operator_row(o, city.as_of.isoformat()) for o in city.with_more("operators", 25, city.inventor.operator)
        ]
        with self._store.transaction():
            self._store.load("tractors", [(r["号牌号码"], r) for r in tractors], last - timedelta(days=30), last)
            self._store.load("operators", [(r["公民身份号码"], r) for r in operators], last - timedelta(days=30), last)
            self._store.set_note("loaded", beijing.stamp(beijing.now()))

    def tick(self, now: datetime, fault: Fault) -> None:
        self._ferry.read_receipts(now)
        if fault.mode == "outage":
            return
        if fault.mode != "late":
            self._ferry.release_held()
        if self._is_alone:
            return
        if self._snapshots.beats(now) or self._store.note("snapshot") != now.date().isoformat():
            self._drop_all(now, fault)

    def act(self, name: str, arguments: dict[str, Any], now: datetime, fault: Fault) -> dict[str, Any]:
        acts = {"drop": self._drop_all, "add": self._add_tractor, "add_operator": self._add_operator}
        acts["correct_phone"] = self._correct_phone
        if name not in acts:
            raise Refusal(400, f"没有动作 {name}；有：{'、'.join(acts)}")
        return {"act": name, "done": acts[name](now, fault)}

    def _drop_all(self, now: datetime, fault: Fault) -> list[str]:
        tractors, operators = (
            spoil_rows([stored.row for stored in self._store.every(kind)], fault, _SHAPES[kind])
            for kind in ("tractors", "operators")
        )
        table = as_table(tractors) if fault.mode == "wrong_encoding" else as_workbook(tractors)
        names = [self._ferry.drop("tractors", "xlsx", table, len(tractors), now, fault, "gb18030")]
        xml = (_BOMB if fault.mode == "xml_bomb" else as_xml(operators)).encode("gb18030")
        names.append(self._ferry.drop("operators", "xml", xml, len(operators), now, fault, "gb18030"))
        self._store.set_note("snapshot", now.date().isoformat())
        return names

    def _fresh_inventor(self, now: datetime) -> Inventor:
        return Inventor(f"{self._seed_text}:act:{self._store.next_number('act')}", now.date(), [])

    def _add_tractor(self, now: datetime, fault: Fault) -> str:
        row = _tractor_row(self._fresh_inventor(now).tractor(), now.date().isoformat())
        self._store.put("tractors", row["号牌号码"], row, now)
        return row["号牌号码"]

    def _add_operator(self, now: datetime, fault: Fault) -> str:
        row = _operator_row(self._fresh_inventor(now).operator(), now.date().isoformat())
        self._store.put("operators", row["公民身份号码"], row, now)
        return row["公民身份号码"]

    def _correct_phone(self, now: datetime, fault: Fault) -> str:
        inventor = self._fresh_inventor(now)
        stored = inventor.random.choice(self._store.every("operators"))
        change = {"联系电话": inventor.person()["phone"], "更新日期": now.date().isoformat()}
        self._store.put("operators", stored.key, stored.row | change, now)
        return stored.key

    def state(self) -> dict[str, Any]:
        counts = {kind: self._store.count(kind) for kind in ("tractors", "operators")}
        return {"agency": "农机安全监理", "counts": counts, "ferry": self._ferry.state()}


def as_workbook(rows: list[dict[str, Any]]) -> bytes:
    """XLSX: one sheet, first row the headers, everything as text."""
    book = Workbook()
    sheet = book.active
    sheet.title = "拖拉机"
    for line in _lines(rows):
        sheet.append(line)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def as_table(rows: list[dict[str, Any]]) -> bytes:
    """What an old export calls XLSX: a text with tabs."""
    return "\r\n".join("\t".join(line) for line in _lines(rows)).encode("gb18030")


def as_xml(rows: list[dict[str, Any]]) -> str:
    """The document as text; it says GB18030 of itself."""
    parts = ['<?xml version="1.0" encoding="GB18030"?>', "<驾驶操作人员>"]
    for row in rows:
        cells = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in row.items())
        parts.append(f"<操作员>{cells}</操作员>")
    return "\n".join([*parts, "</驾驶操作人员>", ""])


def _lines(rows: list[dict[str, Any]]) -> list[list[str]]:
    headers = list(rows[0]) if rows else []
    return [headers, *([str(value) for value in row.values()] for row in rows)]


def _tractor_row(tractor: Row, changed_on: str) -> Row:
    return {
        "号牌号码": tractor["plate"],
        "号牌种类": "拖拉机",
        "品牌": tractor.get("brand", ""),
        "型号": tractor.get("model", ""),
        "车架号": tractor.get("vin", ""),
        "发动机号": tractor.get("engine_number", ""),
        "所有人": tractor.get("owner_name", ""),
        "所有人证件号": tractor.get("owner_number", ""),
        "登记日期": tractor.get("registered_on", ""),
        "检验有效期至": tractor.get("inspection_valid_to", ""),
        "登记地址": tractor.get("address", ""),
        "更新日期": changed_on,
    }


def _operator_row(operator: Row, changed_on: str) -> Row:
    return {
        "姓名": operator["name"],
        "性别": operator.get("sex", ""),
        "公民身份号码": operator["citizen_id"],
        "出生日期": operator.get("birth_on", ""),
        "联系电话": operator.get("phone", ""),
        "现住址": operator.get("residence", ""),
        "准驾机型": operator.get("licence_classes", ""),
        "初次领证日期": operator.get("first_licensed_on", ""),
        "有效期止": operator.get("licence_valid_to", ""),
        "更新日期": changed_on,
    }


def build(setup: Setup) -> Farm:
    """The agency that run.py starts."""
    return Farm(setup)
