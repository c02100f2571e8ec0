"""The written city: same bytes in every process, real encodings, manifest and truth that fit the files."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from common.identifiers import Parsed, Problem, is_blank, parse_citizen_id, parse_plate, parse_uscc, parse_vin
from console.city.build import BuildReport, build_city, last_month_end
from console.city.evaluation import PlatformRow, load_truth, score_conflicts, score_merges
from elements.kinds import KINDS
from events.kinds import EVENT_TABLES

AS_OF = date(2026, 10, 31)
# 1,600 persons, vehicles and units; houses, facilities and dangers on top.
ADDRESSES, ELEMENTS, MOVABLE = 4_000, 2_212, 1_600
ROOT = Path(__file__).resolve().parents[3]
ENCODINGS = {
    "TMRI_VEHICLE": ("gb18030", ","),
    "TMRI_DRIVER": ("gb18030", ","),
    "SECURITY_PERSON": ("utf-8-sig", ","),
    "VILLAGE_NOTEBOOK": ("utf-8", "\t"),
    "TRANSPORT": ("gb18030", ";"),
    "SECURITY_HOUSE": ("gb18030", ","),
    "HIGHWAY": ("utf-8-sig", ","),
    "DANGER_LEDGER": ("gb18030", ","),
    "FIELD": ("utf-8-sig", ","),
}
WORKBOOKS = {"MARKET", "SECURITY_UNIT", "FACILITY_LEDGER"}


def _parse_number(cell: str) -> Parsed:
    """A ledger's own number: anything but what people write for none."""
    blank = is_blank(cell)
    return Parsed("" if blank else cell.strip(), Problem.BLANK if blank else None)


KEY_COLUMNS = {
    "TMRI_DRIVER": ("SFZMHM", parse_citizen_id),
    "SECURITY_PERSON": ("公民身份号码", parse_citizen_id),
    "VILLAGE_NOTEBOOK": ("身份证", parse_citizen_id),
    "TMRI_VEHICLE": ("CLSBDH", parse_vin),
    "TRANSPORT": ("车架号", parse_vin),
    "MARKET": ("统一社会信用代码", parse_uscc),
    "SECURITY_UNIT": ("统一社会信用代码", parse_uscc),
    "SECURITY_HOUSE": ("FWBH", _parse_number),
    "HIGHWAY": ("道路编号", _parse_number),
    "FACILITY_LEDGER": ("设施编号", _parse_number),
    "DANGER_LEDGER": ("隐患编号", _parse_number),
}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> BuildReport:
    out = tmp_path_factory.mktemp("city") / "made"
    return build_city(seed=5, as_of=AS_OF, out=out, addresses=ADDRESSES, elements=ELEMENTS)


@pytest.fixture(scope="module")
def manifest(city: BuildReport) -> list[dict[str, Any]]:
    return [entry for entry in whole_manifest(city) if entry["kind"] in KINDS]


def whole_manifest(city: BuildReport) -> list[dict[str, Any]]:
    """Files about things, and files about what happened."""
    return tomllib.loads((city.out / "agency/manifest.toml").read_text(encoding="utf-8"))["file"]


@pytest.fixture(scope="module")
def sheets(city: BuildReport, manifest: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """source → rows of its first delivery as a reader sees them, text or workbook values."""
    return {entry["source"]: list(_read(city.out / entry["path"], entry["source"])) for entry in reversed(manifest)}


@pytest.fixture(scope="module")
def truths(city: BuildReport, manifest: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """source → the truth about its first delivery."""
    first = {entry["source"]: entry["path"] for entry in reversed(manifest)}
    by_source = defaultdict(list)
    for row in load_truth(city.truth).rows.values():
        if row["file"] == first[row["source"]]:
            by_source[row["source"]].append(row)
    return by_source


def _read(path: Path, source: str) -> Iterator[dict[str, Any]]:
    if source in WORKBOOKS:
        lines = load_workbook(path, read_only=True).active.iter_rows(values_only=True)
        header = next(lines)
        yield from (dict(zip(header, line, strict=True)) for line in lines)
        return
    encoding, delimiter = ENCODINGS[source]
    text = path.read_bytes().decode(encoding)
    yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _all_bytes(*folders: Path) -> dict[str, bytes]:
    return {
        f"{folder.name}/{path.relative_to(folder)}": path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_another_process_with_another_hash_seed_writes_the_same_bytes(city: BuildReport, tmp_path: Path) -> None:
    code = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from console.city.build import build_city\n"
        f"build_city(seed=5, as_of=date({AS_OF.year}, {AS_OF.month}, {AS_OF.day}), out=Path(sys.argv[1]),"
        f" addresses={ADDRESSES}, elements={ELEMENTS})"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4242", "TZ": "America/Lima"}
    out = tmp_path / city.out.name
    subprocess.run([sys.executable, "-c", code, str(out)], check=True, cwd=ROOT, env=environment)
    ours, theirs = _all_bytes(city.out, city.truth), _all_bytes(out, tmp_path / city.truth.name)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_another_month_keeps_the_geography_and_changes_the_people(city: BuildReport, tmp_path: Path) -> None:
    later = build_city(seed=5, as_of=date(2026, 11, 30), out=tmp_path / "later", addresses=ADDRESSES, elements=200)
    for name in ("areas.geojson", "addresses.csv", "names.csv", "base.geojson", "divisions_points.csv"):
        assert (city.out / name).read_bytes() == (later.out / name).read_bytes(), name
    ours = (city.truth / "things.jsonl").read_text(encoding="utf-8").splitlines()
    theirs = (later.truth / "things.jsonl").read_text(encoding="utf-8").splitlines()
    assert ours[0] != theirs[0]


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 24), date(2026, 10, 31)),
        (date(2027, 1, 1), date(2026, 12, 31)),
        (date(2028, 3, 9), date(2028, 2, 29)),
    ],
)
def test_as_of_defaults_to_the_last_month_end(today: date, expected: date) -> None:
    assert last_month_end(today) == expected


def _repeats(city: BuildReport, source: str) -> int:
    rows = (city.truth / f"rows_{source}.jsonl").read_text(encoding="utf-8").splitlines()
    return sum("row:duplicate" in json.loads(row)["defects"] for row in rows)


def test_counts_of_things(city: BuildReport) -> None:
    things = [json.loads(line) for line in (city.truth / "things.jsonl").read_text(encoding="utf-8").splitlines()]
    kinds = Counter(thing["kind"] for thing in things)
    assert {kind: kinds[kind] for kind in ("PERSON", "VEHICLE", "UNIT")} == {"PERSON": 720, "VEHICLE": 680, "UNIT": 200}
    assert kinds["HOUSE"] == MOVABLE // 4
    assert kinds["ROAD"] == city.counts["HIGHWAY"] - _repeats(city, "HIGHWAY")
    assert 190 < kinds["FACILITY"] < 230
    assert sum(thing.get("is_driver", False) for thing in things) == 600
    assert len({thing["thing"] for thing in things}) == len(things)


def test_every_identifier_of_a_thing_is_valid_and_its_own(city: BuildReport) -> None:
    keys = defaultdict(list)
    for line in (city.truth / "things.jsonl").read_text(encoding="utf-8").splitlines():
        for scheme, value in json.loads(line)["keys"].items():
            keys[scheme].append(value)
    parsers = {"CITIZEN_ID": parse_citizen_id, "USCC": parse_uscc, "VIN": parse_vin, "PLATE": parse_plate}
    for scheme, parser in parsers.items():
        assert all(parser(value).value == value and not parser(value).problem for value in keys[scheme]), scheme
    for scheme in ("CITIZEN_ID", "USCC", "VIN", "ORG_CODE", "SOURCE_ID"):
        assert len(set(keys[scheme])) == len(keys[scheme])
    plates = list(zip(keys["PLATE"], keys["plate_type"], strict=True))
    assert len(set(plates)) == len(plates)
    assert all(re.match("鲁[FY]", plate) for plate, _ in plates)


def test_the_manifest_lists_every_file_and_tells_no_encoding(city: BuildReport, manifest: list[dict[str, Any]]) -> None:
    on_disk = {f"agency/{path.name}" for path in (city.out / "agency").iterdir()} - {"agency/manifest.toml"}
    whole = whole_manifest(city)
    assert {entry["path"] for entry in whole} == on_disk
    assert {entry["kind"] for entry in whole} - set(KINDS) == set(EVENT_TABLES)
    assert all(entry["observed_on"] <= AS_OF for entry in whole)
    assert {entry["source"] for entry in manifest} == {*ENCODINGS, *WORKBOOKS}
    assert all(set(entry) == {"path", "kind", "source", "title", "observed_on"} for entry in manifest)
    assert all(entry["observed_on"] <= AS_OF for entry in manifest)


def test_encodings_are_real(city: BuildReport, manifest: list[dict[str, Any]]) -> None:
    for entry in manifest:
        content = (city.out / entry["path"]).read_bytes()
        encoding = ENCODINGS.get(entry["source"], ("xlsx", ""))[0]
        assert content.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
        assert content.startswith(b"PK") == (encoding == "xlsx")
        if encoding == "gb18030":
            with pytest.raises(UnicodeDecodeError):
                content.decode("utf-8")


def test_the_truth_names_every_row_and_its_address_texts(sheets, truths) -> None:
    for source, rows in sheets.items():
        assert [truth["row"] for truth in truths[source]] == list(range(2, len(rows) + 2))
        for row, truth in zip(rows, truths[source], strict=True):
            for column, written in truth["addresses"].items():
                assert (row[column] or "") == written["text"], (source, truth["row"])


def test_the_key_of_a_good_row_is_that_of_its_thing_and_of_a_bad_row_is_not(city, sheets, truths) -> None:
    things = {
        thing["thing"]: thing["keys"]
        for thing in map(json.loads, (city.truth / "things.jsonl").read_text(encoding="utf-8").splitlines())
    }
    outcomes: Counter[str] = Counter()
    for source, (column, parser) in KEY_COLUMNS.items():
        for row, truth in zip(sheets[source], truths[source], strict=True):
            outcomes[truth["expected"]] += 1
            parsed = parser(str(row[column] or ""))
            if truth["expected"] == "to_review":
                assert not parsed.is_valid, (source, truth["row"])
            elif truth["expected"] == "accepted" and truth["thing"] in things:
                assert parsed.value in things[truth["thing"]].values(), (source, truth["row"])
    assert outcomes["to_review"] > 10
    assert outcomes["any"] > 5


def test_every_thing_stands_in_a_file_and_most_in_two(city: BuildReport, truths) -> None:
    sources: dict[str, set[str]] = defaultdict(set)
    for source, rows in truths.items():
        for row in rows:
            sources[row["thing"]].add(source)
    lines = (city.truth / "things.jsonl").read_text(encoding="utf-8").splitlines()
    things = {json.loads(line)["thing"] for line in lines}
    assert things <= set(sources)
    assert {len(found) for found in sources.values()} == {1, 2, 3, 4}


def test_what_flows_in_later_is_counted_in_proportion_to_the_city(city: BuildReport, manifest) -> None:
    rows: Counter[str] = Counter()
    first = {entry["source"]: entry["path"] for entry in reversed(manifest)}
    of_file = Counter(row["file"] for row in load_truth(city.truth).rows.values())
    for entry in manifest:
        found = list(_read(city.out / entry["path"], entry["source"]))
        assert len(found) == of_file[entry["path"]]
        if entry["path"] != first[entry["source"]] or entry["source"] in ("VILLAGE_NOTEBOOK", "FIELD"):
            rows[{"VILLAGE_NOTEBOOK": "collected", "FIELD": "verified"}.get(entry["source"], "exchanged")] += len(found)
    share = ELEMENTS / 60_000
    assert rows == {
        "collected": round(23_000 * share),
        "verified": round(12_000 * share),
        "exchanged": round(15_000 * share),
    }


def test_the_noise_of_real_files_is_there(truths) -> None:
    planted = {defect.split(":")[1] for rows in truths.values() for row in rows for defect in row["defects"]}
    assert planted >= {
        "blank", "trailing_space", "full_width", "name_for_code", "leading_zero_lost",
        "plate_without_province",
        "date_form_slashes", "date_form_chinese", "date_form_compact", "date_form_dashes", "citizen_id_15",
        "key_blank", "key_placeholder", "key_checksum", "duplicate", "swapped", "labelled_gcj02",
        "phone_in_text", "citizen_id_in_text", "number_in_remark", "town_omitted", "town_old", "town_alias",
        "estate_alias", "relative", "outside", "nonsense", "not_registered", "without_room",
        "village_without_number", "typo",
    }  # fmt: skip


def test_workbooks_hold_real_dates_and_serial_numbers(sheets) -> None:
    kinds = Counter(type(row["成立日期"]) for row in sheets["MARKET"])
    assert kinds[datetime] > kinds[str] > 0
    assert kinds[int] > 0
    assert all(35_000 < row["成立日期"] < 47_000 for row in sheets["MARKET"] if isinstance(row["成立日期"], int))


def test_a_perfect_platform_scores_one(city: BuildReport) -> None:
    truth = load_truth(city.truth)
    perfect = {
        key: PlatformRow(None if row["expected"] == "to_review" else row["thing"], row["expected"])
        for key, row in truth.rows.items()
    }
    total = score_merges(truth, perfect)[-1]
    assert (total.precision, total.recall) == (1.0, 1.0)
    assert total.to_review == total.to_review_right
    shown = [(conflict["thing"], conflict["field"]) for conflict in truth.conflicts]
    assert score_conflicts(truth, perfect, shown)[-1].recall == 1.0
    merged_by_plate = dict.fromkeys(truth.rows, PlatformRow("one", "created"))
    assert score_merges(truth, merged_by_plate)[-1].precision < 0.01
