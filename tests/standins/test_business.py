"""Business registration on a PostgreSQL of its own: the view, the watermark, the reader's rights, the faults."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from common.identifiers import parse_uscc
from tests.standins.processes import StandIn, wait_until

COLUMNS = [
    "id",
    "tyshxydm",
    "dwmc",
    "dwlx",
    "fddbr",
    "frzjhm",
    "clrq",
    "jyzt",
    "zs",
    "jycs",
    "lxdh",
    "bzdzbm",
    "updated_at",
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, str]]:
    """A fresh PostgreSQL; (owner's DSN by socket, address for readers by TCP and password)."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    # Not below pytest's own folder, which the database account cannot enter.
    folder = Path(tempfile.mkdtemp(prefix="standin-pg-"))
    as_account: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")

    def run(*command: str) -> None:
        subprocess.run([*as_account, *command], check=True, timeout=60, cwd="/", stdout=subprocess.DEVNULL)

    run(f"{programs}/initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
        "--auth-local=trust", "--auth-host=scram-sha-256")  # fmt: skip
    settings = f"-k {folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB"
    run(f"{programs}/pg_ctl", "start", "-w", "-s", "-D", data, "-l", str(folder / "log"), "-o", settings)
    try:
        yield f"host={folder} port={port} user=postgres dbname=postgres", f"host=127.0.0.1 port={port} dbname=postgres"
    finally:
        run(f"{programs}/pg_ctl", "stop", "-w", "-s", "-m", "immediate", "-D", data)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def register(cluster, module_start) -> StandIn:
    return module_start("business", "--dsn", cluster[0])


@pytest.fixture
def reader(cluster, register) -> str:
    password = (register.folder / "reader_password.txt").read_text()
    return f"{cluster[1]} user=reader password={password}"


def read(reader: str, query: str = "SELECT * FROM v_qyxx ORDER BY updated_at, id") -> list[dict]:
    with psycopg.connect(reader, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute(query).fetchall()


def shown(register: StandIn, mode: str, **options) -> None:
    """Orders a fault and sees it done."""
    register.fault(mode, **options)
    wait_until(lambda: register.state()["shown"] == mode)


def test_the_view_shows_valid_firms_and_every_change_moves_its_watermark(register, reader):
    rows = read(reader)
    key, watermark = rows[3]["tyshxydm"], max(row["updated_at"] for row in rows)
    register.act("change_boss", key=key)
    added = register.act("add")["key"]
    register.act("deregister", key=key)

    fresh = [row for row in read(reader) if row["updated_at"] > watermark]

    assert list(rows[0]) == COLUMNS and len(rows) == 60
    assert all(parse_uscc(row["tyshxydm"]).is_valid for row in rows)
    assert [row["tyshxydm"] for row in fresh] == [added, key]
    assert fresh[1]["jyzt"] == "注销" and fresh[1]["fddbr"] != rows[3]["fddbr"]
    assert register.post("/_act", {"act": "move", "key": "none"}).status == 404


def test_the_reader_reads_the_view_and_nothing_else(register, reader):
    before = len(read(reader))
    for statement in ("SELECT * FROM qyxx", "DELETE FROM v_qyxx", "UPDATE v_qyxx SET dwmc = ''"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            read(reader, statement)
    with pytest.raises(psycopg.OperationalError):
        read(reader.rpartition("password=")[0] + "password=guessed")
    assert len(read(reader)) == before


def test_a_kill_loses_nothing_and_the_reader_keeps_its_password(register, reader):
    key = register.act("rename")["key"]
    before = read(reader)

    register.kill()
    register.start()

    assert read(reader) == before and before[-1]["tyshxydm"] == key
    assert register.act("add")["key"] not in {row["tyshxydm"] for row in before}


def test_the_view_changes_under_a_fault_and_heals(register, reader):
    right = read(reader)
    shown(register, "rename_column", to="frdb")
    assert list(read(reader)[0])[4] == "frdb"
    shown(register, "drop_column")
    assert list(read(reader)[0]) == [column for column in COLUMNS if column != "fddbr"]
    shown(register, "bad_types")
    assert {row["clrq"] for row in read(reader)} == {"不详"}
    shown(register, "clock_years")
    assert [row["updated_at"].year - 3 for row in read(reader)] == [row["updated_at"].year for row in right]
    shown(register, "drop_rows")
    assert 0.4 * len(right) < len(read(reader)) < len(right)
    shown(register, "duplicate")
    assert len(read(reader)) == 2 * len(right)
    shown(register, "huge", copies=1000)
    assert read(reader, "SELECT count(*) AS n FROM v_qyxx")[0]["n"] == 1000 * len(right)
    shown(register, "wrong_encoding")
    assert read(reader)[0]["dwmc"].encode("latin-1").decode() == right[0]["dwmc"]
    shown(register, "slow", seconds=0.5)
    began = datetime.now()
    read(reader)
    assert datetime.now() - began > timedelta(seconds=0.5)
    shown(register, "")
    assert read(reader) == right


def test_late_rows_appear_with_their_old_time_and_an_outage_locks_the_reader_out(register, reader):
    right = read(reader)
    shown(register, "late")
    keys = [register.act("add")["key"] for _ in range(4)]
    seen = {row["tyshxydm"] for row in read(reader)} & set(keys)
    with psycopg.connect(reader) as connection:
        shown(register, "outage")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        read(reader)
    shown(register, "")

    assert len(seen) == 2
    assert [row["tyshxydm"] for row in read(reader)][len(right) :] == keys


def test_firms_change_by_themselves_at_speed(cluster, start):
    register = start("business", "--dsn", cluster[0], "--reader", "other_reader", speed="200")
    before = sum(register.state()["counts"].values())

    wait_until(lambda: sum(register.state()["counts"].values()) > before)

    password = (register.folder / "reader_password.txt").read_text()
    assert len(read(f"{cluster[1]} user=other_reader password={password}")) > before
