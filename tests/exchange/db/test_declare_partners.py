"""The declarations of the demonstration: every partner is made once, who drives a dump truck goes to three."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

from common.encryption import value_index
from elements.choices import KeyScheme
from exchange.models import Contract, OutboxMessage, Partner
from exchange.selectors.partners_holdings import latest_contracts
from tests.factories.claims import claim, submit
from tests.factories.numbers import citizen_id, plate, vin
from tests.factories.users import make_user

DECLARATIONS = Path(__file__).resolve().parents[3] / "exchange" / "partners_demo.toml"
NAMES = ("TRANSPORT", "EDUCATION", "HIGHWAY", "AGRICULTURE", "HOUSING", "MARKET_OFFICE")


@pytest.fixture
def declare(tmp_path: Path):
    """Runs the command as the demo does, keys in a folder of the test."""
    make_user("admin", "ADMIN")
    places = ["OWNER=admin"]
    for name in NAMES:
        (tmp_path / name).mkdir()
        places += [f"{name}=http://127.0.0.1:9", f"{name}_DATA={tmp_path / name}"]
    pairs = [part for place in places for part in ("--set", place)]
    return lambda: call_command("declare_partners", str(DECLARATIONS), *pairs)


def drive(person: int, vehicle_type: str, use: str) -> None:
    """A licensed driver and the vehicle that he usually drives."""
    submit(
        "TMRI_DRIVER", "PERSON",
        claim(1, citizen_id=citizen_id(person), name="张试验", phone="13800000001", licence_classes="B2", grid=0),
    )  # fmt: skip
    driver = {
        "type": "DRIVEN_BY", "kind": "PERSON", "scheme": int(KeyScheme.CITIZEN_ID), "label": "张试验",
        "value": value_index("citizen_id", citizen_id(person)).hex(),
    }  # fmt: skip
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(
            1, vin=vin(person), plate_number=plate(person), plate_type="01", vehicle_type=vehicle_type, use_nature=use,
            grid=0, relations=[driver],
        ),
    )  # fmt: skip


def waiting() -> dict[str, int]:
    """Partner → drivers that wait to be told to it."""
    found = OutboxMessage.objects.filter(subject="DRIVER", state="PENDING").values_list("partner__code", flat=True)
    return {code: list(found).count(code) for code in set(found)}


def test_who_drives_a_dump_truck_is_told_to_three_and_others_to_fewer(city, declare):
    drive(1, "H17", "F")
    drive(2, "K33", "D")
    drive(3, "K33", "A")

    declare()

    assert waiting() == {"transport": 2, "agriculture": 2, "housing": 1}


def test_what_was_declared_is_left_alone_the_next_time(city, declare):
    drive(1, "H17", "F")
    declare()
    before = (Partner.objects.count(), Contract.objects.count(), waiting())

    declare()

    assert (Partner.objects.count(), Contract.objects.count(), waiting()) == before
    assert before[:2] == (6, 13)


def test_every_contract_says_why_and_until_when(city, declare):
    declare()

    for one in latest_contracts():
        assert one.purpose and one.legal_basis and one.signed_by and one.valid_from < one.valid_to
