"""治安要素管控系统 of the public security bureau: persons, houses, units, standard addresses as deltas; certifies ours."""

from __future__ import annotations

import hashlib
import hmac
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import beijing
import bureau_rows
import places
from agency import Agency, Metronome, Refusal, Reply, Request, Setup, kept_secret
from city_seed import CitySeed
from faults import HTTP_MODES, ROW_MODES, Fault, is_held_back, shift_years, spoil_rows
from store import Position, Store, Stored

_HISTORY = timedelta(days=30)
_MAX_LIMIT = 1000
_CERTIFYING_TAKES = timedelta(seconds=60)
# What happens by itself, by frequency.
_USUAL = ("correct_phone",) * 4 + ("move_person",) * 3 + ("add_person",) * 2 + ("change_owner", "change_boss")
_USUAL += ("add_house", "add_unit", "delete_person", "close_unit") + ("add_address",) * 2
_USUAL += ("change_address", "retire_address")


class Bureau(Agency):
    """Rows by kind in the order of their last change; cursor paging; every request carries the token."""

    modes = HTTP_MODES | ROW_MODES

    def __init__(self, setup: Setup) -> None:
        self._token = kept_secret(setup.folder / "token.txt")
        self._store = Store(setup.folder / "bureau.db")
        self._seed_text = setup.seed_text
        self._city = CitySeed(setup.folder, setup.seed_text, setup.today)
        self._changes = Metronome(10, setup.speed)
        self._certifying_takes = _CERTIFYING_TAKES / max(setup.speed, 1)
        self._is_alone = setup.speed <= 0
        if not self._store.note("loaded"):
            self._load_city()

    def _load_city(self) -> None:
        invent = self._city.inventor
        last = datetime.combine(self._city.as_of, datetime.min.time(), beijing.ZONE)
        rows = {
            "persons": [bureau_rows.person_row(p) for p in self._city.with_more("persons", 120, invent.person)],
            "houses": [bureau_rows.house_row(h) for h in self._city.with_more("houses", 40, invent.house)],
            "units": [bureau_rows.unit_row(u) for u in self._city.with_more("units", 30, invent.unit)],
        }
        with self._store.transaction():
            for kind, pairs in rows.items():
                self._store.load(kind, pairs, last - _HISTORY, last)
            self._store.set_note("loaded", beijing.stamp(beijing.now()))

    def answer(self, request: Request, fault: Fault) -> Reply:
        self._check_token(request)
        kind = request.path.removeprefix("/api/")
        if (
            request.method == "GET"
            and request.path == f"/api/{kind}"
            and kind in (*bureau_rows.KINDS, "certifications")
        ):
            return self._page(kind, request, fault)
        if request.method == "POST" and kind == "certifications":
            return self._certify(request)
        raise Refusal(404, "没有这个接口")

    def _check_token(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            raise Refusal(401, "令牌无效或缺失")

    def _page(self, kind: str, request: Request, fault: Fault) -> Reply:
        position, limit = _position(request), _limit(request)
        found = self._store.page(kind, position, limit + 1)
        page, has_more = found[:limit], len(found) > limit
        rows = [_dated(stored) for stored in page if not is_held_back(fault, stored.key, stored.changed_at)]
        if kind in bureau_rows.SHAPES:
            rows = spoil_rows(rows, fault, bureau_rows.SHAPES[kind])
        following = Position(page[-1].stamped, page[-1].key).encode() if has_more else None
        if fault.mode == "duplicate" and page and not position.is_again:
            following = position._replace(is_again=True).encode()
        return Reply({"code": 0, "message": "ok", "time": _server_time(fault), "data": rows, "next": following})

    def _certify(self, request: Request) -> Reply:
        items = request.json().get("items")
        if not isinstance(items, list) or len(items) > 500 or not all(isinstance(item, dict) for item in items):
            raise Refusal(400, "items 应为不超过 500 个对象的数组")
        now = beijing.now()
        return Reply({"code": 0, "message": "ok", "data": [self._certify_one(item, now) for item in items]})

    def _certify_one(self, item: dict[str, Any], now: datetime) -> dict[str, Any]:
        """The same id gets the same answer; half of them are decided at once, the others later."""
        key, text = str(item.get("id", "")), str(item.get("text", "")).strip()
        with self._store.transaction():
            decided = self._store.get("certifications", key)
            if decided is not None:
                return decided
            decision = _decision(key, text, item)
            digest = hashlib.sha256(f"{self._seed_text}:{key}".encode()).digest()
            if decision["state"] == "CERTIFIED" and digest[0] % 2:
                if self._store.get("waiting", key) is None:
                    self._store.put("waiting", key, decision, now)
                return decision | {"state": "PENDING", "code": None}
            self._store.put("certifications", key, decision, now)
        return decision

    def _decide_waiting(self, now: datetime, before: datetime) -> int:
        waiting = [stored for stored in self._store.every("waiting") if stored.changed_at <= before]
        decided = 0
        for stored in waiting:
            if self._store.get("certifications", stored.key) is None:
                self._store.put("certifications", stored.key, stored.row, now)
                decided += 1
        return decided

    def tick(self, now: datetime, fault: Fault) -> None:
        for _ in range(self._changes.beats(now)):
            # Nothing left to change is no trouble.
            with suppress(Refusal):
                self.act(self._random("usual").choice(_USUAL), {}, now, fault)
        if not self._is_alone:
            self._decide_waiting(now, now - self._certifying_takes)

    def act(self, name: str, arguments: dict[str, Any], now: datetime, fault: Fault) -> dict[str, Any]:
        adders = {"add_person": self._add_person, "add_house": self._add_house, "add_unit": self._add_unit}
        adders |= {"add": self._add_person, "add_address": self._add_address}
        if name in adders:
            return {"act": name, "key": adders[name](now)}
        if name in bureau_rows.CHANGES:
            return {"act": name, "key": self._change(name, str(arguments.get("key", "")), now)}
        if name in {"change_address", "retire_address"}:
            return {"act": name, "key": self._change_address(name, str(arguments.get("key", "")), now)}
        if name == "certify":
            return {"act": name, "decided": self._decide_waiting(now, now)}
        known = sorted({*adders, *bureau_rows.CHANGES, "change_address", "retire_address", "certify"})
        raise Refusal(400, f"没有动作 {name}；有：{'、'.join(known)}")

    def _random(self, purpose: str) -> Random:
        """A new stream for every happening, so that a restart goes on where it was."""
        return Random(f"{self._seed_text}:{purpose}:{self._store.next_number(purpose)}")

    def _fresh_inventor(self) -> Any:
        self._city.inventor.random = self._random("invention")
        return self._city.inventor

    def _add_person(self, now: datetime) -> str:
        key, row = bureau_rows.person_row(self._fresh_inventor().person())
        self._store.put("persons", key, row, now)
        return key

    def _add_house(self, now: datetime) -> str:
        key, row = bureau_rows.house_row(self._fresh_inventor().house())
        self._store.put("houses", key, row, now)
        return key

    def _add_unit(self, now: datetime) -> str:
        key, row = bureau_rows.unit_row(self._fresh_inventor().unit())
        self._store.put("units", key, row, now)
        return key

    def _change(self, name: str, key: str, now: datetime) -> str:
        kind, change = bureau_rows.CHANGES[name]
        inventor = self._fresh_inventor()
        if not key:
            standing = [s.key for s in self._store.every(kind) if s.row["SCBZ"] == "0"]
            if not standing:
                raise Refusal(409, "没有可变更的记录")
            key = inventor.random.choice(standing)
        row = self._store.get(kind, key)
        if row is None:
            raise Refusal(404, "没有这条记录")
        change(row, inventor.random, inventor)
        self._store.put(kind, key, row, now)
        return key

    def _add_address(self, now: datetime) -> str:
        return self._write_address("add", bureau_rows.new_address(self._fresh_inventor()), now)

    def _change_address(self, name: str, key: str, now: datetime) -> str:
        """Only addresses that came from here after the start: nobody lives there, so the platform may follow."""
        standing = {stored.key: stored.row for stored in self._store.every("own_address")}
        if key and key not in standing:
            raise Refusal(404, "没有这个地址，或它不是本系统新增的")
        if not standing:
            return self._add_address(now)
        random = self._random("address")
        address = standing[key or random.choice(sorted(standing))]
        if name == "change_address":
            return self._write_address("change", address | {"number": str(random.randrange(2000, 9999))}, now)
        return self._write_address("retire", address, now)

    def _write_address(self, op: str, address: dict[str, Any], now: datetime) -> str:
        with self._store.transaction():
            serial = self._store.next_number("address delta")
            self._store.put("addresses", f"{serial:010d}", bureau_rows.address_row(op, address), now)
            if op == "retire":
                self._store.remove("own_address", address["code"])
            else:
                self._store.put("own_address", address["code"], address, now)
        return address["code"]

    def state(self) -> dict[str, Any]:
        kinds = (*bureau_rows.KINDS, "certifications")
        decided = {stored.key for stored in self._store.every("certifications")}
        waiting = sum(stored.key not in decided for stored in self._store.every("waiting"))
        return {"agency": "治安要素管控系统", "counts": {k: self._store.count(k) for k in kinds}, "waiting": waiting}


def _dated(stored: Stored) -> dict[str, Any]:
    return stored.row | {"GXSJ": stored.stamped}


def _server_time(fault: Fault) -> str:
    time = beijing.now().isoformat(timespec="milliseconds")
    return shift_years(time, int(fault.number("years", 3))) if fault.mode == "clock_years" else time


def _position(request: Request) -> Position:
    try:
        if cursor := request.query.get("cursor"):
            return Position.decode(cursor)
        since = request.query.get("since")
        return Position(beijing.stamp(beijing.read(since))) if since else Position()
    except ValueError as error:
        raise Refusal(400, "since 或 cursor 无法识别") from error


def _limit(request: Request) -> int:
    text = request.query.get("limit", "500")
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_LIMIT:
        raise Refusal(400, f"limit 应为 1 至 {_MAX_LIMIT}")
    return int(text)


def _decision(key: str, text: str, item: dict[str, Any]) -> dict[str, Any]:
    problem = ""
    if not key or not text:
        problem = "缺少 id 或地址文字"
    elif not _is_here(item.get("lon"), item.get("lat")):
        problem = "坐标不在莱州范围内"
    if problem:
        return {"id": key, "code": None, "state": "REFUSED", "reason": problem}
    digest = int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)
    return {"id": key, "code": f"BZ370683{digest % 10**10:010d}", "state": "CERTIFIED", "reason": ""}


def _is_here(lon: Any, lat: Any) -> bool:
    """An address may come without a point; a point must be one, and here."""
    if lon is None and lat is None:
        return True
    try:
        return places.is_in_laizhou(float(lon), float(lat))
    except (TypeError, ValueError):
        return False


def build(setup: Setup) -> Bureau:
    """The agency that run.py starts."""
    return Bureau(setup)
