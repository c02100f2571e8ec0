"""Trust 26: planted ID numbers and phones stand nowhere in a dump, the WAL, Redis, on disk, or in the log."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from pathlib import Path

import ahocorasick
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.db.models import F
from redis import Redis

from common.encryption import value_index
from elements.models import ClaimBatch, Person, Vehicle
from exchange.importers.mapping import DISMISSED, UNDECIDED
from exchange.selectors.rows import mend_file
from exchange.services import landing
from tests.factories.files import bring_in, csv_file, plan, receive
from tests.factories.numbers import citizen_id, file_number, phone, plate, vin

NUMBERS = range(1, 41)


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text)


def _spaced(text: str) -> str:
    return f"{text[:3]} {text[3:7]} {text[7:]}" if len(text) == 11 else f"{text[:6]} {text[6:14]} {text[14:]}"


WAYS = (str, _full_width, _spaced, lambda t: f"电话:{t}联系", lambda t: f"({t})", lambda t: f"{t[:-1]}{t[-1].lower()}")


def planted(number: int) -> tuple[str, str]:
    """ID and phone as somebody wrote them into a text."""
    way = WAYS[number % len(WAYS)]
    return way(citizen_id(number + 500)), way(phone(number + 500))


def persons(city) -> bytes:
    header = ["姓名", "身份证号", "联系电话", "档案编号", "准驾车型", "户籍地址", "现住址", "备注"]
    rows = []
    for n in NUMBERS:
        identity, call = planted(n)
        rows.append([f"张试{n}", citizen_id(n), phone(n), file_number(n), "C1", f"{city.text(n % 6)}{call}", f"查无此处{identity}",
                     f"{identity} {call}"])  # fmt: skip
    rows.append([f"张错{citizen_id(900)}", citizen_id(1)[:-2] + "00", phone(901), "", "", "", "", ""])
    return csv_file([header, *rows], encoding="gb18030")


def vehicles(city) -> bytes:
    header = ["车架号", "号牌号码", "号牌种类", "所有人", "所有人证件号", "登记地址", "品牌", "备注"]
    rows = [
        [
            vin(n),
            plate(n),
            "02",
            f"李试{planted(n)[1]}",
            citizen_id(n),
            f"{city.text(n % 6)} {planted(n)[0]}",
            planted(n)[1],
            planted(n)[0],
        ]
        for n in NUMBERS
    ]
    return csv_file([header, *rows])


def dump() -> bytes:
    """Everything in the database, as the nightly backup takes it."""
    settings = connection.settings_dict
    program = shutil.which("pg_dump") or str(max(Path("/usr/lib/postgresql").glob("*/bin/pg_dump")))
    arguments = [program, "--no-owner", "--inserts", "-d", settings["NAME"], "-U", settings["USER"]]
    if settings["HOST"]:
        arguments += ["-h", settings["HOST"]]
    if settings["PORT"]:
        arguments += ["-p", str(settings["PORT"])]
    environment = {**os.environ, "PGPASSWORD": settings["PASSWORD"] or ""}
    return subprocess.run(arguments, env=environment, check=True, capture_output=True, timeout=120).stdout


def forms(value: str) -> set[bytes]:
    """A value as it might lie: plain, in hex, in base64 at each of the three offsets, with full-width digits."""
    raw = value.encode()
    coded = {base64.b64encode(b"x" * shift + raw)[4 if shift else 0 : -4] for shift in range(3)}
    return {raw, raw.hex().encode(), _full_width(value).encode(), _spaced(value).encode(), *coded}


def secrets_used() -> list[str]:
    values = [f(n) for n in NUMBERS for f in (citizen_id, phone, file_number)]
    values += [f(n + 500) for n in NUMBERS for f in (citizen_id, phone)]
    return [*values, citizen_id(900), phone(901)]


@pytest.fixture
def imported(committed_city, capfd):
    people = bring_in(persons(committed_city), source="TMRI_DRIVER", kind="PERSON", name=f"名册{citizen_id(777)}.csv")
    bring_in(vehicles(committed_city), name=f"机动车 {phone(778)}.csv")
    plan(receive(vehicles(committed_city), source="TRANSPORT"))
    return people


def test_neither_dump_nor_write_ahead_log_holds_a_number(wal_begin, imported):
    written = found_in(wal(wal_begin), [*secrets_used(), citizen_id(777), phone(778), *(vin(n) for n in NUMBERS)])
    # Positive control: a VIN is no secret and is in the log; one may lie across the edge of a page.
    assert written <= {vin(n) for n in NUMBERS}
    assert len(written) > len(NUMBERS) // 2

    content = dump()
    hits = {v for v in [*secrets_used(), citizen_id(777), phone(778)] if any(form in content for form in forms(v))}

    assert hits == set()
    # Positive control: the dump is the whole database, and what is no secret is found in it.
    assert (Person.objects.count(), Vehicle.objects.count()) == (len(NUMBERS), len(NUMBERS))
    assert all(vin(n).encode() in content and f"张试{n}".encode() in content for n in NUMBERS)
    assert value_index("citizen_id", citizen_id(1)).hex().encode() in content


def test_neither_disk_nor_log_holds_a_number(imported, capfd):
    from structlog import get_logger

    mend_file(imported)
    get_logger("test").warning("probe", text=f"查询 {citizen_id(1)} {phone(1)}")
    output = "".join(capfd.readouterr()).encode()
    lying = b"".join(path.read_bytes() for path in Path(django_settings.MEDIA_ROOT).rglob("*") if path.is_file())
    hits = {v for v in secrets_used() if any(form in output or form in lying for form in forms(v))}

    assert hits == set()
    assert len(lying) > 1_000


@pytest.fixture
def wal_begin(committed_city) -> str:
    """Name of the segment of the write-ahead log that is being written."""
    return _wal_segment()


def _wal_segment() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_walfile_name(pg_current_wal_lsn())")
        return cursor.fetchone()[0]


def wal(begin: str) -> bytes:
    """The write-ahead log from that segment on; the other databases of the server write into it as well."""
    with connection.cursor() as cursor:
        # The test database commits without waiting for the disk; this commit waits, and all before it with it.
        cursor.execute("SET synchronous_commit = on")
        ClaimBatch.objects.update(state=F("state"))
        cursor.execute("SELECT pg_backend_pid()")
        # The server works inside its data folder.
        folder = Path(f"/proc/{cursor.fetchone()[0]}/cwd/pg_wal")
    return b"".join(
        (folder / name).read_bytes()
        for name in sorted(p.name for p in folder.iterdir())
        if begin <= name <= _wal_segment()
    )


def found_in(content: bytes, values: list[str]) -> set[str]:
    """Which values stand in it in any form, in one pass."""
    automaton = ahocorasick.Automaton()
    for value in values:
        for form in forms(value):
            automaton.add_word(form.decode("latin-1"), value)
    automaton.make_automaton()
    return {value for _end, value in automaton.iter(content.decode("latin-1"))}


def redis_content() -> bytes:
    """Every key and value of this test's Redis database, the queue with the arguments of its tasks among them."""
    server = Redis.from_url(django_settings.REDIS_URL)
    readers = {b"string": server.get, b"hash": server.hgetall, b"set": server.smembers}
    found = []
    for key in server.scan_iter(count=1_000):
        kind = server.type(key)
        if kind == b"list":
            value: object = server.lrange(key, 0, -1)
        elif kind == b"zset":
            value = server.zrange(key, 0, -1, withscores=True)
        else:
            value = readers[kind](key)
        found.append(repr((key, value)).encode())
    content = b"\n".join(found)
    # Bodies of tasks are base64 inside JSON.
    bodies = [base64.b64decode(part) for part in re.findall(rb'"body": "([A-Za-z0-9+/=]+)"', content)]
    return b"\n".join([content, *bodies])


@pytest.mark.usefixtures("own_queue")
def test_the_queue_holds_no_number(committed_city):
    receive_and_ring(persons(committed_city), f"名册{citizen_id(777)}.csv")
    content = redis_content()
    hits = {v for v in [*secrets_used(), citizen_id(777)] if any(form in content for form in forms(v))}

    assert hits == set()
    # Positive control: the task is in it, with its arguments in plain.
    assert b"common.tasks.run_job" in content
    assert b"job_id" in content


@pytest.fixture
def own_queue():
    """The queue of this worker's Redis database, empty before and after."""
    server = Redis.from_url(django_settings.REDIS_URL)
    server.flushdb()
    yield
    server.flushdb()


def receive_and_ring(data: bytes, name: str) -> None:
    batch = receive(data, source="TMRI_DRIVER", kind="PERSON", name=name)
    dismissed = {header: DISMISSED for header, field in batch.columns.items() if field == UNDECIDED}
    landing.start_planning(batch=batch, columns=batch.columns | dismissed, datum="WGS84", actor=None)
