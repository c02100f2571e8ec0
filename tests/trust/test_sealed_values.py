"""Trust 26, sealed values: refused in another field or with another's parts, read under the key that wrote them."""

from __future__ import annotations

import base64
import gc
import os
import tempfile
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from common import encryption
from common.encryption import SealBroken, decrypt_bytes, seal, unseal
from elements.models import Person
from exchange.models import LandingRow, Upload
from tests.factories.claims import claim, person_of, submit
from tests.factories.files import VEHICLE_HEADERS, csv_file, plan, receive
from tests.factories.numbers import citizen_id, file_number, phone, vin
from tests.factories.users import make_users

NUMBERS = range(1, 41)


@pytest.fixture
def drivers(city):
    """Two drivers in a transaction that is rolled back: quicker, where nobody else must see them."""
    rows = [claim(1, citizen_id=citizen_id(n), phone=phone(n), file_no=file_number(n), name="张试验") for n in (1, 2)]
    submit("TMRI_DRIVER", "PERSON", *rows)


def test_a_large_upload_leaves_no_plain_copy_on_disk(city, client, tmp_path, monkeypatch):
    """Past 2.5 MB Django spills an upload to a file: it must be gone when the answer is there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    users = make_users(city)
    client.force_login(users["brigade"])
    rows = [[f"张试{n}", citizen_id(n), phone(n)] for n in NUMBERS]
    data = csv_file([["姓名", "身份证号", "联系电话"], *rows]) + b"\n" * 3_000_000
    answer = client.post(
        reverse("exchange:import"),
        {"file": SimpleUploadedFile("大.csv", data), "kind": "PERSON", "source": "TMRI_DRIVER", "datum": "WGS84"},
    )
    del answer, client
    gc.collect()

    lying = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    lying += b"".join(path.read_bytes() for path in Path(django_settings.MEDIA_ROOT).rglob("*") if path.is_file())
    assert [n for n in NUMBERS if citizen_id(n).encode() in lying or phone(n).encode() in lying] == []
    assert Upload.objects.count() == 1


def test_a_sealed_value_on_another_row_or_field_is_refused_or_tells_itself(drivers):
    """Between two rows of a field the value stays whole: its index goes with it, so the swap shows as another person."""
    first, second = (Person.objects.get(element=person_of(n)) for n in (1, 2))
    one, other = bytes(first.citizen_id), bytes(second.citizen_id)
    for piece in (slice(0, 1), slice(1, 17), slice(25, None)):
        mixed = one[: piece.start] + other[piece] + (b"" if piece.stop is None else one[piece.stop :])
        if mixed == one:
            continue
        with pytest.raises(SealBroken):
            unseal("citizen_id", mixed)
    Person.objects.filter(pk=first.pk).update(citizen_id=bytes(first.phone), phone=one)
    swapped = Person.objects.get(pk=first.pk)
    for field, value in (("citizen_id", swapped.citizen_id), ("phone", swapped.phone)):
        with pytest.raises(SealBroken):
            unseal(field, bytes(value))


def test_raw_rows_open_for_their_own_purpose_only(city):
    batch = plan(receive(csv_file([VEHICLE_HEADERS, [vin(1), *[""] * 8]])))
    raw = bytes(LandingRow.objects.filter(batch=batch).first().raw)

    assert decrypt_bytes("landing-row", raw)
    for purpose, value in (("upload", raw), ("search", raw), ("landing-row", raw[:-1] + bytes([raw[-1] ^ 1]))):
        with pytest.raises(SealBroken):
            decrypt_bytes(purpose, value)


def test_a_new_key_writes_new_values_reads_old_ones_and_finds_both(drivers, settings):
    """The first half of a rotation: the new version beside the old. Writing the old ones again has no command yet."""
    old = bytes(Person.objects.get(element=person_of(1)).citizen_id)
    settings.FIELD_KEYS = f"{settings.FIELD_KEYS},9:{base64.b64encode(os.urandom(32)).decode()}"
    encryption._ciphers.cache_clear()
    try:
        new = seal("citizen_id", citizen_id(1))
        assert (old[0], new[0]) == (max(1, old[0]), 9)
        assert unseal("citizen_id", old) == unseal("citizen_id", new) == citizen_id(1)
        Person.objects.filter(element=person_of(2)).update(citizen_id=seal("citizen_id", citizen_id(2)))
        found = [Person.objects.filter(citizen_id__is=citizen_id(n)).count() for n in (1, 2)]
        assert found == [1, 1]
        settings.FIELD_KEYS = settings.FIELD_KEYS.rpartition(",")[2]
        encryption._ciphers.cache_clear()
        with pytest.raises(SealBroken):
            unseal("citizen_id", old)
    finally:
        encryption._ciphers.cache_clear()


def test_a_sealed_value_opens_in_its_own_field_only(drivers):
    sealed = bytes(Person.objects.get(element=person_of(1)).citizen_id)

    assert unseal("citizen_id", sealed) == citizen_id(1)
    for field, value in (("phone", sealed), ("citizen_id", sealed[:30] + bytes([sealed[30] ^ 1]) + sealed[31:])):
        with pytest.raises(SealBroken):
            unseal(field, value)
    # The head of one value on the body of another.
    with pytest.raises(SealBroken):
        unseal("citizen_id", sealed[:25] + seal("citizen_id", citizen_id(2))[25:])
