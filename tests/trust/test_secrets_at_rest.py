"""Trust 26, dump: planted ID numbers and phones stand nowhere in a dump of the database, on disk, or in the log."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from common.encryption import SealBroken, seal, unseal, value_index
from elements.models import Person, Vehicle
from exchange.selectors.rows import mend_file
from tests.factories.claims import person_of
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


def test_a_dump_holds_no_number(imported, capfd):
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


def test_a_sealed_value_opens_in_its_own_field_only(imported):
    sealed = bytes(Person.objects.get(element=person_of(1)).citizen_id)

    assert unseal("citizen_id", sealed) == citizen_id(1)
    for field, value in (("phone", sealed), ("citizen_id", sealed[:30] + bytes([sealed[30] ^ 1]) + sealed[31:])):
        with pytest.raises(SealBroken):
            unseal(field, value)
    # The head of one value on the body of another.
    with pytest.raises(SealBroken):
        unseal("citizen_id", sealed[:25] + seal("citizen_id", citizen_id(2))[25:])
