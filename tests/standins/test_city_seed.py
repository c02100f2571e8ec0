"""seed.json: made from the files of a made city, and what the stand-ins then send meets its registers."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from common.identifiers import parse_citizen_id, parse_uscc, parse_vin
from console.city.build import build_city
from tests.standins.processes import STANDINS


@pytest.fixture(scope="module")
def seed(tmp_path_factory) -> str:
    city, out = tmp_path_factory.mktemp("made") / "city", tmp_path_factory.mktemp("seed") / "seed.json"
    build_city(seed=1, as_of=date(2026, 5, 31), out=city, addresses=2_000, elements=300)
    command = [
        sys.executable,
        str(STANDINS / "seed_from_city.py"),
        "--city",
        str(city),
        "--out",
        str(out),
        "--most",
        "40",
    ]
    subprocess.run(command, check=True, timeout=60, cwd="/", stdout=subprocess.DEVNULL)
    return out.read_text(encoding="utf-8")


def test_the_seed_holds_the_citys_things_with_numbers_that_check(seed):
    document = json.loads(seed)

    assert document["as_of"] == "2026-05-31"
    assert (len(document["addresses"]), len(document["persons"]), len(document["houses"])) == (40, 40, 40)
    assert all(parse_citizen_id(person["citizen_id"]).is_valid for person in document["persons"])
    assert document["units"] and all(parse_uscc(unit["uscc"]).is_valid for unit in document["units"])
    assert document["vehicles"] and all(parse_vin(vehicle["vin"]).is_valid for vehicle in document["vehicles"])


def test_what_is_sent_meets_the_city(seed, start):
    vehicles = start("keyvehicle", seed=seed)
    (name, _permits) = vehicles.act("drop_snapshots")["done"]
    text = (vehicles.folder / "outbox" / name).read_text(encoding="utf-8")

    known = {vehicle["vin"] for vehicle in json.loads(seed)["vehicles"]}
    assert known and all(vin in text for vin in known)


def test_a_seed_with_a_wrong_list_stops_the_process(tmp_path: Path):
    (tmp_path / "seed.json").write_text(json.dumps({"people": []}))
    command = [sys.executable, str(STANDINS / "run.py"), "bureau", "--port", "0", "--data", str(tmp_path)]

    run = subprocess.run(command, capture_output=True, text=True, timeout=30)

    assert run.returncode == 1 and "people" in run.stderr and run.stdout == ""
