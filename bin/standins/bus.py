"""公交 GPS dispatch: lines, buses, positions. One query path, pages by number, times without a zone, all in GBK."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from random import Random
from typing import Any

import beijing
from agency import Agency, Metronome, Refusal, Reply, Request, Setup
from city_seed import CitySeed
from faults import HTTP_MODES, ROW_MODES, Fault, RowShape, is_held_back, spoil_rows
from invention import Inventor
from movement import Route, there_and_back
from store import Position, Store

_PAGE = 500
_STEP_S = 15
_KEPT = timedelta(hours=2)
_LINES = {
    "K1": ("1路", ("文昌路街道", "永安路街道", "文峰路街道", "柞村镇")),
    "K2": ("2路", ("城港路街道", "文昌路街道", "程郭镇", "驿道镇")),
    "K5": ("5路", ("文昌路街道", "平里店镇", "朱桥镇", "金城镇")),
    "K7": ("7路", ("文昌路街道", "金仓街道", "三山岛街道")),
    "K9": ("9路", ("文昌路街道", "虎头崖镇", "沙河镇", "土山镇")),
}
_SHAPES = {
    "lines": RowShape("线路名称", ("更新时间",)),
    "vehicles": RowShape("车架号", ("更新时间",)),
    "positions": RowShape("速度", ("定位时间",), "经度", "纬度"),
}
# JT/T 415
_YELLOW_GREEN = "93"


class BusDispatch(Agency):
    """Positions are computed for every fifteen seconds of the last two hours, not kept."""

    modes = HTTP_MODES | ROW_MODES
    charset = "gbk"

    def __init__(self, setup: Setup) -> None:
        self._store = Store(setup.folder / "bus.db")
        self._seed_text = setup.seed_text
        self._changes = Metronome(60, setup.speed)
        self._routes: dict[str, Route] = {
            code: there_and_back(towns, 24 + 3 * place) for place, (code, (_name, towns)) in enumerate(_LINES.items())
        }
        if not self._store.note("loaded"):
            self._load(CitySeed(setup.folder, setup.seed_text, setup.today))

    def _load(self, city: CitySeed) -> None:
        last = datetime.combine(city.as_of, datetime.min.time(), beijing.ZONE)
        lines = [(code, _line_row(code, self._routes[code])) for code in _LINES]
        buses = city.with_more("buses", 20, city.inventor.bus)
        vehicles = [(bus["plate"], _bus_row(bus, list(_LINES)[n % len(_LINES)])) for n, bus in enumerate(buses)]
        with self._store.transaction():
            self._store.load("lines", lines, last - timedelta(days=30), last)
            self._store.load("vehicles", vehicles, last - timedelta(days=30), last)
            self._store.set_note("loaded", beijing.stamp(beijing.now()))

    def answer(self, request: Request, fault: Fault) -> Reply:
        if (request.method, request.path) != ("POST", "/busapi/query"):
            raise Refusal(404, "没有这个接口")
        query = request.json()
        table, page = query.get("table"), query.get("page", 1)
        if table not in _SHAPES or not isinstance(page, int) or page < 1:
            raise Refusal(400, "table 应为 lines、vehicles 或 positions；page 从 1 开始")
        now = beijing.now()
        rows = self._rows(table, _from(query), now, fault)
        if fault.mode == "duplicate":
            # Every page comes as itself and once more as the next one.
            shown, total = (page + 1) // 2, len(rows) * 2
        else:
            shown, total = page, len(rows)
        part = spoil_rows(rows[(shown - 1) * _PAGE : shown * _PAGE], fault, _SHAPES[table])
        return Reply({"status": 200, "rows": part, "total": total, "page": page}, 200, self.charset)

    def refuse(self, refusal: Refusal) -> Reply:
        document = {"status": refusal.status, "msg": refusal.message, "rows": [], "total": 0, "page": 0}
        return Reply(document, refusal.status, self.charset)

    def _rows(self, table: str, since: datetime | None, now: datetime, fault: Fault) -> list[dict[str, Any]]:
        if table == "positions":
            return self._positions(since, now, fault)
        # The dialect shows whole seconds; what is asked for is asked in whole seconds.
        after = Position(beijing.stamp(since)) if since else Position()
        found = self._store.page(table, after, 100_000)
        return [
            stored.row | {"更新时间": beijing.second(stored.changed_at)}
            for stored in found
            if not is_held_back(fault, stored.key, stored.changed_at)
        ]

    def _positions(self, since: datetime | None, now: datetime, fault: Fault) -> list[dict[str, Any]]:
        earliest = max(since, now - _KEPT) if since else now - timedelta(minutes=10)
        first = -(-int(earliest.timestamp()) // _STEP_S)
        moments = range(first, int(now.timestamp()) // _STEP_S + 1)
        vehicles = [stored.row for stored in self._store.every("vehicles")]
        rows = []
        for step in moments:
            moment = datetime.fromtimestamp(step * _STEP_S, beijing.ZONE)
            rows += [
                self._position(bus, moment)
                for bus in vehicles
                if not is_held_back(fault, f"{bus['车牌号']}{step}", moment)
            ]
        return rows

    def _position(self, bus: dict[str, Any], moment: datetime) -> dict[str, Any]:
        route = self._routes[bus["线路编号"]]
        fix = route.fix(moment, zlib.crc32(bus["车牌号"].encode()) % route.length_m)
        return {
            "车牌号": bus["车牌号"],
            "车牌颜色": _YELLOW_GREEN,
            "线路编号": bus["线路编号"],
            "经度": fix.lon,
            "纬度": fix.lat,
            "速度": fix.speed_kmh,
            "方向": fix.direction_deg,
            "定位时间": beijing.second(moment),
        }

    def tick(self, now: datetime, fault: Fault) -> None:
        for _ in range(self._changes.beats(now)):
            self.act("change_line", {}, now, fault)

    def act(self, name: str, arguments: dict[str, Any], now: datetime, fault: Fault) -> dict[str, Any]:
        random = Random(f"{self._seed_text}:act:{self._store.next_number('act')}")
        if name == "add":
            bus = Inventor(f"{self._seed_text}:{random.random()}", now.date(), []).bus()
            self._store.put("vehicles", bus["plate"], _bus_row(bus, random.choice(list(_LINES))), now)
            return {"act": name, "key": bus["plate"]}
        if name == "change_line":
            key = str(arguments.get("key") or random.choice(self._store.every("vehicles")).key)
            row = self._store.get("vehicles", key)
            if row is None:
                raise Refusal(404, "没有这辆车")
            others = [code for code in _LINES if code != row["线路编号"]]
            self._store.put("vehicles", key, row | {"线路编号": random.choice(others)}, now)
            return {"act": name, "key": key}
        raise Refusal(400, f"没有动作 {name}；有：add、change_line")

    def state(self) -> dict[str, Any]:
        return {"agency": "公交 GPS 调度", "counts": {kind: self._store.count(kind) for kind in ("lines", "vehicles")}}


def _from(query: dict[str, Any]) -> datetime | None:
    text = query.get("from")
    if not text:
        return None
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=beijing.ZONE)
    except ValueError as error:
        raise Refusal(400, "from 的格式应为 yyyy-MM-dd HH:mm:ss") from error


def _line_row(code: str, route: Route) -> dict[str, Any]:
    name, towns = _LINES[code]
    length_km = round(route.length_m / 2000, 1)
    return {"线路编号": code, "线路名称": name, "起点": towns[0], "终点": towns[-1], "里程": length_km}


def _bus_row(bus: dict[str, Any], line: str) -> dict[str, Any]:
    return {
        "车牌号": bus["plate"],
        "车牌颜色": bus.get("plate_colour", "黄绿色"),
        "车架号": bus["vin"],
        "车辆类型": bus.get("vehicle_type", ""),
        "使用性质": bus.get("use_nature", ""),
        "线路编号": line,
        "业户名称": bus.get("owner_name", ""),
        "业户信用代码": bus.get("owner_number", ""),
        "核定载客": bus.get("seats", ""),
        "驾驶员": bus.get("driver_name", ""),
        "驾驶人身份证号": bus.get("driver_number", ""),
    }


def build(setup: Setup) -> BusDispatch:
    """The agency that run.py starts."""
    return BusDispatch(setup)
