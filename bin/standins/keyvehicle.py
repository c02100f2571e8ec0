"""重点车辆监管: vehicles and permits as daily snapshots, violations as they happen, positions every half minute; as files."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from random import Random
from typing import Any

import beijing
import keyvehicle_rows
from agency import Agency, Metronome, Refusal, Setup
from city_seed import CitySeed
from faults import FILE_MODES, ROW_MODES, Fault, is_held_back, spoil_rows
from ferry import Ferry
from invention import Inventor
from movement import Fix, round_trip
from store import Store

_DAY_S = 86_400
_CHARSET = "utf-8"


class KeyVehicles(Agency):
    """Writes into DIR/outbox; its HTTP door has only the control paths."""

    modes = FILE_MODES | ROW_MODES

    def __init__(self, setup: Setup) -> None:
        self._store = Store(setup.folder / "keyvehicle.db")
        self._ferry = Ferry(setup.folder, self._store)
        self._seed_text = setup.seed_text
        self._is_alone = setup.speed <= 0
        self._positions = Metronome(30, setup.speed)
        self._violations = Metronome(300, setup.speed)
        self._snapshots = Metronome(_DAY_S, setup.speed)
        if not self._store.note("loaded"):
            self._load(CitySeed(setup.folder, setup.seed_text, setup.today))

    def _load(self, city: CitySeed) -> None:
        vehicles = city.with_more("vehicles", 40, city.inventor.vehicle)
        rows = [(v["plate"], keyvehicle_rows.vehicle_row(v, city.as_of)) for v in vehicles]
        random = Random(f"{self._seed_text}:permits")
        permits = [(key, keyvehicle_rows.permit_row(row, random, city.as_of)) for key, row in rows]
        last = datetime.combine(city.as_of, datetime.min.time(), beijing.ZONE)
        with self._store.transaction():
            self._store.load("vehicles", rows, last - timedelta(days=30), last)
            self._store.load("permits", permits, last - timedelta(days=30), last)
            self._store.set_note("loaded", beijing.stamp(beijing.now()))

    def tick(self, now: datetime, fault: Fault) -> None:
        self._ferry.read_receipts(now)
        if fault.mode == "outage":
            return
        if fault.mode != "late":
            self._ferry.release_held()
        if self._is_alone:
            return
        is_new_day = self._store.note("snapshot") != now.date().isoformat()
        if self._snapshots.beats(now) or is_new_day:
            self._drop_snapshots(now, fault)
        if self._violations.beats(now, most=1):
            self._add_violation(now)
            self._drop_violations(now, fault)
        if self._positions.beats(now):
            self._drop_positions(now, fault)

    def act(self, name: str, arguments: dict[str, Any], now: datetime, fault: Fault) -> dict[str, Any]:
        acts = {
            "drop": self._drop_all,
            "drop_positions": self._drop_positions,
            "drop_snapshots": self._drop_snapshots,
            "add_violation": self._violate_and_drop,
            "add": self._add_vehicle,
            "change_owner": self._change_owner,
        }
        if name not in acts:
            raise Refusal(400, f"没有动作 {name}；有：{'、'.join(acts)}")
        return {"act": name, "done": acts[name](now, fault)}

    def _drop_all(self, now: datetime, fault: Fault) -> list[str]:
        snapshots = self._drop_snapshots(now, fault)
        return [*snapshots, *self._violate_and_drop(now, fault), *self._drop_positions(now, fault)]

    def _drop_snapshots(self, now: datetime, fault: Fault) -> list[str]:
        names = [
            self._drop(kind, [s.row for s in self._store.every(kind)], now, fault) for kind in ("vehicles", "permits")
        ]
        self._store.set_note("snapshot", now.date().isoformat())
        return names

    def _violate_and_drop(self, now: datetime, fault: Fault) -> list[str]:
        self._add_violation(now)
        return self._drop_violations(now, fault)

    def _drop_violations(self, now: datetime, fault: Fault) -> list[str]:
        """Those that no file has carried yet; noted as carried only when the file lies there."""
        fresh = [s for s in self._store.every("violations") if not s.row["sent"]]
        chosen = [s for s in fresh if not is_held_back(fault, s.key, s.changed_at)]
        if not chosen:
            return []
        rows = [{key: value for key, value in s.row.items() if key != "sent"} for s in chosen]
        name = self._drop("violations", rows, now, fault)
        with self._store.transaction():
            for stored in chosen:
                self._store.put("violations", stored.key, stored.row | {"sent": True}, now)
        return [name]

    def _drop_positions(self, now: datetime, fault: Fault) -> list[str]:
        rows = [
            keyvehicle_rows.position_row(stored.row, _fix(stored.key, now), now)
            for stored in self._store.every("vehicles")
        ]
        return [self._drop("positions", rows, now, fault)]

    def _drop(self, kind: str, rows: list[dict[str, Any]], now: datetime, fault: Fault) -> str:
        rows = spoil_rows(rows, fault, keyvehicle_rows.SHAPES[kind])
        body = keyvehicle_rows.as_csv(rows)
        return self._ferry.drop(kind, "csv", body, len(rows), now, fault, _CHARSET)

    def _add_violation(self, now: datetime) -> None:
        number = self._store.next_number("violation")
        random = Random(f"{self._seed_text}:violation:{number}")
        vehicle = random.choice(self._store.every("vehicles"))
        fix = _fix(vehicle.key, now)
        row = keyvehicle_rows.violation_row(number, vehicle.row, fix, random, now) | {"sent": False}
        self._store.put("violations", row["违法编号"], row, now)

    def _fresh_inventor(self, now: datetime) -> Inventor:
        return Inventor(f"{self._seed_text}:act:{self._store.next_number('act')}", now.date(), [])

    def _add_vehicle(self, now: datetime, fault: Fault) -> str:
        row = keyvehicle_rows.vehicle_row(self._fresh_inventor(now).vehicle(), now.date())
        self._store.put("vehicles", row["车牌号"], row, now)
        return row["车牌号"]

    def _change_owner(self, now: datetime, fault: Fault) -> str:
        inventor = self._fresh_inventor(now)
        stored = inventor.random.choice(self._store.every("vehicles"))
        owner = inventor.unit()
        change = {"业户名称": owner["name"], "业户信用代码": owner["uscc"], "更新日期": now.date().isoformat()}
        self._store.put("vehicles", stored.key, stored.row | change, now)
        return stored.key

    def state(self) -> dict[str, Any]:
        counts = {kind: self._store.count(kind) for kind in ("vehicles", "permits", "violations")}
        return {"agency": "重点车辆监管", "counts": counts, "ferry": self._ferry.state()}


def _fix(plate: str, moment: datetime) -> Fix:
    route = round_trip(plate)
    return route.fix(moment, zlib.crc32(plate.encode()) % route.length_m)


def build(setup: Setup) -> KeyVehicles:
    """The agency that run.py starts."""
    return KeyVehicles(setup)
