"""Files through the ferry folder: whole, with a manifest, numbered without gaps; and the ways they go wrong."""

import csv
import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from defusedxml import DefusedXmlException, ElementTree
from openpyxl import load_workbook

from common.geometry import in_laizhou_box
from common.identifiers import parse_vin
from tests.standins.processes import StandIn, wait_until


def manifests(standin: StandIn, folder: str = "outbox") -> list[dict]:
    paths = sorted((standin.folder / folder).glob("*.manifest.json"))
    return sorted((json.loads(path.read_text()) for path in paths), key=lambda manifest: manifest["sequence"])


def body(standin: StandIn, manifest: dict) -> bytes:
    return (standin.folder / "outbox" / manifest["file"]).read_bytes()


def table(data: bytes) -> list[dict]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


def loose_ends(standin: StandIn) -> dict[str, list[Path]]:
    """What a careful reader must leave alone."""
    files = list((standin.folder / "outbox").iterdir())
    with_manifest = {path.name.removesuffix(".manifest.json") for path in files if path.name.endswith(".json")}
    data = [path for path in files if not path.name.endswith(".json")]
    return {
        "part": [path for path in data if path.suffix == ".part"],
        "alone": [path for path in data if path.suffix != ".part" and path.name not in with_manifest],
    }


def test_every_file_is_whole_and_its_manifest_true(start):
    vehicles = start("keyvehicle")
    vehicles.act("drop")
    vehicles.act("drop_positions")

    found = manifests(vehicles)

    assert [m["sequence"] for m in found] == [1, 2, 3, 4, 5]
    assert [m["kind"] for m in found] == ["vehicles", "permits", "violations", "positions", "positions"]
    for manifest in found:
        data = body(vehicles, manifest)
        assert manifest["sha256"] == hashlib.sha256(data).hexdigest()
        assert (manifest["bytes"], manifest["rows"]) == (len(data), len(table(data)))
        assert set(manifest) == {"file", "sha256", "bytes", "rows", "kind", "sent_at", "sequence"}
    assert loose_ends(vehicles) == {"part": [], "alone": []}
    assert all(parse_vin(row["车架号"]).is_valid for row in table(body(vehicles, found[0])))
    positions = table(body(vehicles, found[3]))
    assert re.fullmatch(r"positions-\d{14}\.csv", found[3]["file"])
    assert list(positions[0]) == ["plate", "plate_colour", "lon", "lat", "speed_kmh", "direction", "time"]
    assert {row["plate_colour"] for row in positions} == {"2"}
    assert all(in_laizhou_box(float(row["lon"]), float(row["lat"])) for row in positions)


def test_it_drops_by_itself_at_speed(start):
    vehicles = start("keyvehicle", speed="60")

    wait_until(lambda: len([m for m in manifests(vehicles) if m["kind"] == "positions"]) >= 2)

    assert [m["kind"] for m in manifests(vehicles)][:2] == ["vehicles", "permits"]


def test_a_violation_is_carried_once_and_a_kill_leaves_no_gap(start):
    vehicles = start("keyvehicle")
    first = vehicles.act("add_violation")["done"]

    vehicles.kill()
    (vehicles.folder / "outbox" / f"{first[0]}.manifest.json").unlink()  # killed just before the manifest
    vehicles.start()
    vehicles.act("add_violation")

    found = manifests(vehicles)
    assert [m["sequence"] for m in found] == [1, 2]
    numbers = [row["违法编号"] for m in found for row in table(body(vehicles, m))]
    assert len(numbers) == len(set(numbers)) == 2 == vehicles.state()["counts"]["violations"]


def test_receipts_are_noted_once_and_half_written_ones_later(start):
    vehicles = start("keyvehicle")
    (name,) = vehicles.act("drop_positions")["done"]
    receipt = vehicles.folder / "receipts" / f"{name}.receipt.json"
    assert vehicles.state()["ferry"]["unanswered"] == [name]

    receipt.write_text('{"file": ')
    other = vehicles.folder / "receipts" / "other.json"
    other.write_text(json.dumps({"file": "other.csv", "accepted": False}))
    wait_until(lambda: vehicles.state()["ferry"]["receipts"] == 1)
    receipt.write_text(json.dumps({"file": name, "accepted": True}))

    wait_until(lambda: vehicles.state()["ferry"]["receipts"] == 2)
    assert vehicles.state()["ferry"]["accepted"] == 1 and vehicles.state()["ferry"]["unanswered"] == []


def test_half_written_files_come_in_three_ways(start):
    vehicles = start("keyvehicle")
    vehicles.fault("half_written")

    names = [vehicles.act("drop_positions")["done"][0] for _ in range(3)]

    ends = loose_ends(vehicles)
    assert [path.name for path in ends["alone"]] == [names[0]]
    (wrong,) = manifests(vehicles)
    assert wrong["file"] == names[1] and wrong["sha256"] != hashlib.sha256(body(vehicles, wrong)).hexdigest()
    assert [path.name for path in ends["part"]] == [f"{names[2]}.part"]


def test_faults_of_files(start):
    vehicles = start("keyvehicle")
    (right,) = vehicles.act("drop_positions") and manifests(vehicles)
    for mode, options in (
        ("truncate", {}),
        ("wrong_encoding", {}),
        ("rename_column", {"column": "plate", "to": "cphm"}),
        ("zero_coordinates", {}),
        ("error_page", {}),
        ("huge", {"bytes": 300_000}),
    ):
        vehicles.fault(mode, **options)
        vehicles.act("drop_snapshots" if mode == "wrong_encoding" else "drop_positions")
    vehicles.fault("duplicate")
    vehicles.act("drop_positions")
    cut, coded, _permits, renamed, abroad, page, huge, once, twice = manifests(vehicles)[1:]

    assert cut["bytes"] // 2 == len(body(vehicles, cut))
    assert body(vehicles, coded).decode("gb18030").startswith("车牌号,")
    assert [next(iter(row)) for row in table(body(vehicles, renamed))] == ["cphm"] * right["rows"]
    assert {row["lon"] for row in table(body(vehicles, abroad))} == {"0.0", "116.397128", "-73.98513"}
    assert body(vehicles, page).startswith(b"<!DOCTYPE html>")
    assert huge["bytes"] == len(body(vehicles, huge)) >= 300_000
    assert once["sha256"] == twice["sha256"] and once["rows"] == 2 * right["rows"]
    assert once["file"] != twice["file"]


def test_late_files_keep_their_old_number_and_outages_drop_nothing(start):
    vehicles = start("keyvehicle", speed="120")
    wait_until(lambda: len(manifests(vehicles)) >= 3)
    vehicles.fault("outage")
    wait_until(lambda: vehicles.state()["fault"]["mode"] == "outage")
    stopped = len(manifests(vehicles))
    vehicles.fault("late")
    wait_until(lambda: vehicles.state()["ferry"]["held"] >= 2)
    held = {m["sequence"] for m in manifests(vehicles, "held")}

    assert not held & {m["sequence"] for m in manifests(vehicles)}
    vehicles.fault("")
    wait_until(lambda: held <= {m["sequence"] for m in manifests(vehicles)})

    assert [m["sequence"] for m in manifests(vehicles)][: stopped + 2] == list(range(1, stopped + 3))


@pytest.fixture
def farm(start) -> StandIn:
    return start("farm")


def test_the_farm_office_sends_a_workbook_and_xml_in_gb18030(farm):
    farm.act("drop")
    tractors, operators = manifests(farm)

    sheet = load_workbook(io.BytesIO(body(farm, tractors))).active
    lines = list(sheet.iter_rows(values_only=True))
    assert len(lines) == 1 + tractors["rows"] == 26 and lines[0][:2] == ("号牌号码", "号牌种类")
    assert all(re.fullmatch(r"鲁06·\d{5}", line[0]) for line in lines[1:])
    xml = body(farm, operators)
    assert xml.startswith(b'<?xml version="1.0" encoding="GB18030"?>')
    text = xml.decode("gb18030").partition("?>")[2]
    people = ElementTree.fromstring(text).findall("操作员")
    assert len(people) == operators["rows"] == 25 and {len(p.findtext("公民身份号码")) for p in people} == {18}


def test_the_bomb_is_one_and_a_careful_parser_refuses_it(farm):
    farm.fault("xml_bomb")
    farm.act("drop")
    bomb = body(farm, manifests(farm)[1])

    assert len(bomb) < 2_000 and b"<!ENTITY" in bomb
    with pytest.raises(DefusedXmlException):
        ElementTree.fromstring(bomb.decode("gb18030").partition("?>")[2])
