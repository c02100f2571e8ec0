"""市场监管 business registration: a view `v_qyxx` in its own PostgreSQL, read by the platform as a read-only role."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import beijing
import psycopg
from agency import Agency, Metronome, Refusal, Setup, kept_secret
from business_view import MODES, view_statement
from city_seed import CitySeed
from faults import NO_FAULT, Fault
from invention import Inventor, Row
from psycopg import sql

_COLUMNS = ("tyshxydm", "dwmc", "dwlx", "fddbr", "frzjhm", "clrq", "jyzt", "zs", "jycs", "lxdh", "bzdzbm")
_TABLE = """
CREATE TABLE IF NOT EXISTS qyxx (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tyshxydm text NOT NULL UNIQUE, dwmc text NOT NULL,
    dwlx text NOT NULL, fddbr text NOT NULL, frzjhm text NOT NULL, clrq date, jyzt text NOT NULL, zs text NOT NULL,
    jycs text NOT NULL, lxdh text NOT NULL, bzdzbm text NOT NULL, updated_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS qyxx_by_change ON qyxx (updated_at, id);
CREATE TABLE IF NOT EXISTS counter (name text PRIMARY KEY, value bigint NOT NULL);
"""
_USUAL = ("add", "add", "change_boss", "move", "rename", "correct_phone", "deregister")


class BusinessRegister(Agency):
    """Enterprises: new, changed, deregistered. Its HTTP door has only the control paths; the data go by SQL."""

    modes = MODES

    def __init__(self, setup: Setup) -> None:
        self._dsn = setup.options["dsn"]
        self._reader = setup.options["reader"]
        self._password = kept_secret(setup.folder / "reader_password.txt")
        self._seed_text = setup.seed_text
        self._changes = Metronome(20, setup.speed)
        self._shown: Fault | None = None
        self._city = CitySeed(setup.folder, setup.seed_text, setup.today)
        with psycopg.connect(self._dsn) as connection:
            connection.execute(_TABLE)
            self._make_reader(connection)
            if not connection.execute("SELECT EXISTS (SELECT FROM qyxx)").fetchone()[0]:
                self._load(connection)
            connection.execute(view_statement(NO_FAULT, self._reader))

    def _make_reader(self, connection: psycopg.Connection) -> None:
        exists = connection.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", (self._reader,))
        verb = sql.SQL("ALTER" if exists.fetchone()[0] else "CREATE")
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                verb, sql.Identifier(self._reader), sql.Literal(self._password)
            )
        )

    def _load(self, connection: psycopg.Connection) -> None:
        units = self._city.with_more("units", 60, self._city.inventor.unit)
        last = datetime.combine(self._city.as_of, datetime.min.time(), beijing.ZONE)
        step = timedelta(days=30) / len(units)
        for place, unit in enumerate(units):
            _insert(connection, unit, last - timedelta(days=30) + step * place)

    def tick(self, now: datetime, fault: Fault) -> None:
        if fault is not self._shown:
            self._show(fault)
        for _ in range(self._changes.beats(now)):
            # Nothing left to change is no trouble.
            with suppress(Refusal):
                self.act(self._draw("usual").choice(_USUAL), {}, now, fault)

    def _show(self, fault: Fault) -> None:
        """The view as the fault wants it; in an outage the reader is locked out and thrown out."""
        login = sql.SQL("NOLOGIN" if fault.mode == "outage" else "LOGIN")
        with psycopg.connect(self._dsn) as connection:
            connection.execute(view_statement(fault, self._reader))
            connection.execute(sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(self._reader), login))
        if fault.mode == "outage":
            with psycopg.connect(self._dsn) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (self._reader,)
                )
        self._shown = fault

    def act(self, name: str, arguments: dict[str, Any], now: datetime, fault: Fault) -> dict[str, Any]:
        changes = {
            "change_boss": self._change_boss,
            "correct_phone": self._correct_phone,
            "move": self._move,
            "rename": self._rename,
            "deregister": self._deregister,
        }
        if name == "show":
            self._show(fault)
            return {"act": name, "mode": fault.mode}
        with psycopg.connect(self._dsn) as connection:
            inventor = self._fresh_inventor(connection)
            if name == "add":
                unit = inventor.unit()
                _insert(connection, unit, now)
                return {"act": name, "key": unit["uscc"]}
            if name not in changes:
                raise Refusal(400, f"没有动作 {name}；有：add、show、{'、'.join(changes)}")
            key = str(arguments.get("key") or self._any_key(connection, inventor.random))
            self._update(connection, key, changes[name](inventor), now)
        return {"act": name, "key": key}

    def _update(self, connection: psycopg.Connection, key: str, values: dict[str, str], now: datetime) -> None:
        pairs = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(c), sql.Literal(v)) for c, v in values.items()
        )
        statement = sql.SQL("UPDATE qyxx SET {}, updated_at = %s WHERE tyshxydm = %s").format(pairs)
        if connection.execute(statement, (now, key)).rowcount == 0:
            raise Refusal(404, "没有这个企业")

    def _any_key(self, connection: psycopg.Connection, random: Random) -> str:
        rows = connection.execute("SELECT tyshxydm FROM qyxx WHERE jyzt <> '注销' ORDER BY tyshxydm").fetchall()
        if not rows:
            raise Refusal(409, "没有存续的企业")
        return random.choice(rows)[0]

    def _draw(self, purpose: str) -> Random:
        with psycopg.connect(self._dsn) as connection:
            return Random(f"{self._seed_text}:{purpose}:{_next_number(connection, purpose)}")

    def _fresh_inventor(self, connection: psycopg.Connection) -> Inventor:
        number = _next_number(connection, "act")
        self._city.inventor.random = Random(f"{self._seed_text}:act:{number}")
        return self._city.inventor

    def _change_boss(self, inventor: Inventor) -> dict[str, str]:
        person = inventor.person()
        return {"fddbr": person["name"], "frzjhm": person["citizen_id"]}

    def _correct_phone(self, inventor: Inventor) -> dict[str, str]:
        return {"lxdh": inventor.unit()["phone"]}

    def _move(self, inventor: Inventor) -> dict[str, str]:
        unit = inventor.unit()
        return {"zs": unit["registered"], "jycs": unit["business"], "bzdzbm": unit["code"]}

    def _rename(self, inventor: Inventor) -> dict[str, str]:
        return {"dwmc": inventor.unit()["name"]}

    def _deregister(self, _inventor: Inventor) -> dict[str, str]:
        return {"jyzt": "注销"}

    def state(self) -> dict[str, Any]:
        with psycopg.connect(self._dsn) as connection:
            counts = dict(connection.execute("SELECT jyzt, count(*) FROM qyxx GROUP BY jyzt").fetchall())
        return {"agency": "市场监管 企业登记", "counts": counts, "shown": self._shown.mode if self._shown else ""}


def _insert(connection: psycopg.Connection, unit: Row, changed_at: datetime) -> None:
    values = {
        "tyshxydm": unit["uscc"],
        "dwmc": unit["name"],
        "dwlx": unit.get("unit_type", ""),
        "fddbr": unit.get("legal_person_name", ""),
        "frzjhm": unit.get("legal_person_number", ""),
        "clrq": unit.get("established_on") or None,
        "jyzt": unit.get("state") or "存续",
        "zs": unit.get("registered", ""),
        "jycs": unit.get("business", ""),
        "lxdh": unit.get("phone", ""),
        "bzdzbm": unit.get("code", ""),
    }
    columns = sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
    marks = sql.SQL(", ").join(sql.Placeholder() * len(_COLUMNS))
    statement = sql.SQL("INSERT INTO qyxx ({}, updated_at) VALUES ({}, %s) ON CONFLICT (tyshxydm) DO NOTHING")
    connection.execute(statement.format(columns, marks), [*(values[column] for column in _COLUMNS), changed_at])


def _next_number(connection: psycopg.Connection, name: str) -> int:
    return connection.execute(
        "INSERT INTO counter (name, value) VALUES (%s, 1)"
        " ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value",
        (name,),
    ).fetchone()[0]


def build(setup: Setup) -> BusinessRegister:
    """The agency that run.py starts."""
    return BusinessRegister(setup)
