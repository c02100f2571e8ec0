"""Ferry folders: whole files with manifests in, receipts out; half files left alone, wrong ones held, snapshots compared."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from common import clock
from common.errors import DomainError
from elements.models import Element, Relation, Vehicle, VehicleClaim
from exchange.choices import FeedMode
from exchange.connectors.folder import FerryFolder
from exchange.models import Connector, LandingBatch
from exchange.selectors.links import waiting_files
from exchange.services import link_admin, link_receipts
from tests.exchange.db.link_parts import declare, run_link, seed_of, work
from tests.standins.conftest import start  # noqa: F401
from tests.standins.processes import StandIn, wait_until


@pytest.fixture
def keyvehicle(city, users, start, settings) -> StandIn:  # noqa: F811
    return ferry(start, settings, city, "keyvehicle")


@pytest.fixture
def farm(city, users, start, settings) -> StandIn:  # noqa: F811
    return ferry(start, settings, city, "farm")


def ferry(start, settings, city, name: str) -> StandIn:  # noqa: F811
    standin = start(name, seed=seed_of(city))
    settings.EXCHANGE_FERRY_ROOT = standin.folder.parent
    return standin


def folder_link(standin: StandIn, code: str, mode: FeedMode = FeedMode.DELTA) -> Connector:
    """The declared link, with the folders of this test's process."""
    link = declare(code)
    name = standin.folder.name
    link.options = link.options | {"folder": f"{name}/outbox", "receipts": f"{name}/receipts"}
    link.mode = mode
    link.save(update_fields=["options", "mode"])
    return link


def receipts(standin: StandIn) -> list[dict]:
    link_receipts.write_receipts(now=clock.now())
    return [json.loads(path.read_text()) for path in sorted((standin.folder / "receipts").glob("*.json"))]


def test_a_snapshot_comes_in_once_and_is_answered(keyvehicle):
    link = folder_link(keyvehicle, "keyvehicle-vehicles", FeedMode.SNAPSHOT)
    assert run_link(link).state == "EMPTY"
    keyvehicle.act("drop_snapshots")
    run = run_link(link)
    assert (run.state, run.message) == ("DONE", "")
    assert (run.counts["created"], run.rows) == (run.rows, keyvehicle.state()["counts"]["vehicles"])
    link.refresh_from_db()
    assert link.last_rows == run.rows

    (receipt,) = receipts(keyvehicle)
    assert (receipt["file"], receipt["accepted"], receipt["created"]) == (run.file_name, True, run.rows)
    assert receipts(keyvehicle) == [receipt]
    wait_until(lambda: run.file_name not in keyvehicle.state()["ferry"]["unanswered"])
    assert run_link(link).state == "EMPTY"
    assert LandingBatch.objects.count() == 1


def test_a_snapshot_marks_who_is_gone_and_who_is_back(keyvehicle, users):
    link = folder_link(keyvehicle, "keyvehicle-vehicles", FeedMode.SNAPSHOT)
    keyvehicle.act("drop_snapshots")
    whole = run_link(link)
    keyvehicle.fault("drop_rows")
    keyvehicle.act("drop_snapshots")
    keyvehicle.fault("")
    held = run_link(link)
    assert (held.state, held.problem) == ("HELD", "ROWS_DROPPED")
    assert held.counts["finding"]["last_rows"] == whole.rows
    assert VehicleClaim.objects.filter(absent_since__isnull=False).count() == 0

    accepted = work(link_admin.accept_run(run=held, actor=users["admin"], now=clock.now()))
    gone = whole.rows - held.rows
    assert (accepted.state, accepted.counts["absent"], accepted.counts["returned"]) == ("DONE", gone, 0)
    assert VehicleClaim.objects.filter(absent_since__isnull=False).count() == gone
    assert Element.objects.standing().filter(kind="VEHICLE").count() >= whole.rows

    keyvehicle.act("drop_snapshots")
    back = run_link(link)
    assert (back.counts["absent"], back.counts["returned"]) == (0, gone)
    assert VehicleClaim.objects.filter(absent_since__isnull=False).count() == 0


def test_permits_come_to_their_vehicles_and_take_nothing_away(keyvehicle):
    keyvehicle.act("drop_snapshots")
    vehicles, permits = run_link(folder_link(keyvehicle, "keyvehicle-vehicles")), run_link(folder_link(keyvehicle, "keyvehicle-permits"))  # fmt: skip
    assert (vehicles.state, permits.state, permits.message) == ("DONE", "DONE", "")
    assert (permits.rows, permits.counts["updated"]) == (keyvehicle.state()["counts"]["permits"],) * 2
    held = Vehicle.objects.exclude(transport_permit=None)
    assert held.count() == permits.rows == held.exclude(transport_permit_valid_to=None).count()
    driven = Relation.objects.filter(type="DRIVEN_BY", source__code="TRANSPORT").count()
    assert driven > 0
    assert run_link(folder_link(keyvehicle, "keyvehicle-permits")).state == "EMPTY"
    assert Relation.objects.filter(type="DRIVEN_BY", source__code="TRANSPORT").count() == driven


@pytest.mark.parametrize("variant", ["no_manifest", "part"])
def test_half_written_files_are_left_alone_and_said_after_an_hour(keyvehicle, variant):
    link = folder_link(keyvehicle, "keyvehicle-vehicles")
    keyvehicle.fault("half_written", variant=variant)
    keyvehicle.act("drop_snapshots")
    assert run_link(link).state == "EMPTY"
    assert waiting_files(link, clock.now()) == []
    for path in (keyvehicle.folder / "outbox").glob("vehicles-*"):
        os.utime(path, (path.stat().st_mtime - 4000,) * 2)
    (waiting,) = waiting_files(link, clock.now())
    assert waiting.why == {"no_manifest": "等待清单", "part": "还没有写完"}[variant]
    assert receipts(keyvehicle) == []


@pytest.mark.parametrize(
    ("mode", "options", "code"),
    [("half_written", {"variant": "wrong_checksum"}, "FILE_CHECKSUM"), ("truncate", {}, "FILE_SIZE"), ("error_page", {}, "")],
)  # fmt: skip
def test_a_bad_file_is_held_answered_and_the_next_one_goes_in(keyvehicle, mode, options, code):
    link = folder_link(keyvehicle, "keyvehicle-vehicles")
    keyvehicle.fault(mode, **options)
    keyvehicle.act("drop_snapshots")
    keyvehicle.fault("")
    keyvehicle.act("drop_snapshots")
    bad = run_link(link)
    assert (bad.state, bad.batch) == ("HELD", None)
    assert bad.problem == code or not code
    (answer,) = receipts(keyvehicle)
    assert (answer["accepted"], answer["code"], answer["file"]) == (False, bad.problem, bad.file_name)

    good = Connector.objects.get(pk=link.pk).runs.exclude(pk=bad.pk).order_by("pk").last() or run_link(link)
    assert work(good).state == "DONE"
    assert Element.objects.standing().filter(kind="VEHICLE").count() >= good.rows


def test_the_same_content_twice_says_nothing_new(keyvehicle):
    link = folder_link(keyvehicle, "keyvehicle-vehicles")
    keyvehicle.fault("duplicate")
    keyvehicle.act("drop_snapshots")
    first = run_link(link)
    second = work(link.runs.exclude(pk=first.pk).get())
    assert first.counts["created"] * 2 == first.rows
    assert (second.counts["created"], second.counts["unchanged"]) == (0, second.rows)


def test_violations_come_in_as_events(keyvehicle):
    link = folder_link(keyvehicle, "keyvehicle-violations")
    for _ in range(3):
        keyvehicle.act("add_violation")
    keyvehicle.act("drop")
    run = run_link(link)
    assert (run.state, run.counts["created"], run.counts["to_review"]) == ("DONE", run.rows, 0)


def test_positions_come_in(keyvehicle):
    link = folder_link(keyvehicle, "keyvehicle-positions")
    keyvehicle.act("drop_positions")
    run = run_link(link)
    assert (run.state, run.message, run.counts["created"]) == ("DONE", "", run.rows)


def test_workbooks_and_xml_in_gb18030_come_in(farm):
    tractors, operators = folder_link(farm, "farm-tractors"), folder_link(farm, "farm-operators")
    farm.act("drop")
    first, second = run_link(tractors), run_link(operators)
    assert (first.state, first.message, first.counts.get("created")) == ("DONE", "", first.rows)
    assert (second.state, second.message, second.counts["created"]) == ("DONE", "", second.rows)


def test_an_xml_bomb_is_held_and_refused_to_the_sender(farm):
    link = folder_link(farm, "farm-operators")
    farm.fault("xml_bomb")
    farm.act("drop")
    run = run_link(link)
    assert (run.state, run.problem) == ("HELD", "XML_DTD")
    (answer,) = receipts(farm)
    assert (answer["accepted"], answer["code"]) == (False, "XML_DTD")
    assert Element.objects.count() == 0


def test_a_gap_in_the_sequence_is_said(keyvehicle):
    link = folder_link(keyvehicle, "keyvehicle-vehicles")
    keyvehicle.act("drop_positions")
    keyvehicle.act("drop_positions")
    keyvehicle.act("drop_snapshots")
    outbox = keyvehicle.folder / "outbox"
    manifests = sorted(outbox.glob("positions-*.manifest.json"))
    for path in (manifests[-1], outbox / manifests[-1].name.removesuffix(".manifest.json")):
        path.unlink()
    assert run_link(link).counts["missing_files"] == 1


def test_links_and_folders_outside_are_refused(keyvehicle, tmp_path):
    link = folder_link(keyvehicle, "keyvehicle-vehicles")
    name = keyvehicle.folder.name
    (keyvehicle.folder / "way").symlink_to(keyvehicle.folder / "outbox")
    for folder, code in (
        (f"{name}/way", "FOLDER_LINK"),
        ("../../etc", "FOLDER_OUTSIDE"),
        (f"{name}/none", "FOLDER_GONE"),
    ):
        link.options = link.options | {"folder": folder}
        link.save(update_fields=["options"])
        run = run_link(link)
        assert (run.state, run.problem) == ("FAILED", code)


def test_a_file_that_is_a_link_is_no_file(keyvehicle):
    keyvehicle.act("drop_snapshots")
    outbox = keyvehicle.folder / "outbox"
    (path,) = outbox.glob("vehicles-*.csv")
    moved = keyvehicle.folder / "elsewhere.csv"
    path.rename(moved)
    Path(path).symlink_to(moved)
    reader = FerryFolder(folder_link(keyvehicle, "keyvehicle-vehicles").options)
    assert reader._manifests() == [one for one in reader._manifests() if not one.file.startswith("vehicles-")]


def test_answered_files_are_cleared_only_where_that_is_declared(keyvehicle):
    link = folder_link(keyvehicle, "keyvehicle-vehicles")
    keyvehicle.act("drop_snapshots")
    name = run_link(link).file_name
    outbox = keyvehicle.folder / "outbox"
    later = clock.now() + timedelta(days=3)
    assert link_receipts.clear_folders(now=later) == 0
    assert len(receipts(keyvehicle)) == 1
    assert link_receipts.clear_folders(now=clock.now()) == 0
    undeclared = {key: value for key, value in link.options.items() if key != "clear_after_days"}
    Connector.objects.filter(pk=link.pk).update(options=undeclared)
    assert (link_receipts.clear_folders(now=later), (outbox / name).exists()) == (0, True)

    Connector.objects.filter(pk=link.pk).update(options=link.options)
    assert link_receipts.clear_folders(now=later) == 1
    assert [path.name for path in outbox.glob("vehicles-*")] == []
    assert run_link(link).state == "EMPTY"


@pytest.fixture
def renamed(keyvehicle):
    """A link of violations with a reading held: the code came under another name, beside the words that call it alike."""
    link = folder_link(keyvehicle, "keyvehicle-violations")
    keyvehicle.act("add_violation")
    assert run_link(link).state == "DONE"
    keyvehicle.fault("rename_column")
    keyvehicle.act("add_violation")
    return run_link(link)


def test_a_renamed_code_beside_its_words_is_read_from_then_on(keyvehicle, renamed, users):
    assert (renamed.state, renamed.problem) == ("HELD", "COLUMNS_MISSING")
    assert renamed.counts["finding"]["drift"] == [{"column": "违法行为代码", "likely": "违法行为代码_NEW"}]

    remap = {"违法行为代码": "违法行为代码_NEW"}
    accepted = work(link_admin.accept_run(run=renamed, remap=remap, actor=users["admin"], now=clock.now()))
    columns = Connector.objects.get(pk=renamed.connector_id).columns
    assert (accepted.state, accepted.message, accepted.counts["created"]) == ("DONE", "", 1)
    assert [columns[name] for name in ("违法行为代码_NEW", "违法行为", "车牌号")] == ["code", "-", "plate_number"]
    assert "违法行为代码" not in columns
    assert {name: accepted.batch.columns[name] for name in columns} == columns

    again = folder_link(keyvehicle, "keyvehicle-violations")
    assert (again.columns, again.options["expect_every_s"]) == (columns, 600)
    keyvehicle.act("add_violation")
    following = run_link(again)
    assert (following.state, following.counts["created"]) == ("DONE", 1)


def test_a_field_that_two_columns_would_say_is_refused_before_it_is_agreed(renamed, users):
    declared = {"违法行为代码": "code", "违法行为": "code"}
    Connector.objects.filter(pk=renamed.connector_id).update(columns=declared)
    with pytest.raises(DomainError) as refused:
        remap = {"违法行为代码": "违法行为代码_NEW"}
        link_admin.accept_run(run=renamed, remap=remap, actor=users["admin"], now=clock.now())

    link = Connector.objects.get(pk=renamed.connector_id)
    renamed.refresh_from_db()
    assert (refused.value.code, renamed.state, link.columns) == ("FIELD_TWICE", "HELD", declared)
    assert "违法行为代码" in link.headers


def test_positions_with_nothing_chinese_but_plates_in_gb18030_come_in(keyvehicle):
    link = folder_link(keyvehicle, "keyvehicle-positions")
    keyvehicle.act("drop_positions")
    outbox = keyvehicle.folder / "outbox"
    (path,) = outbox.glob("positions-*.csv")
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    shandong = [row for row in rows if row.startswith("鲁") and row[1:].isascii()]
    data = "\r\n".join([header, *shandong]).encode("gb18030")
    data.decode("utf-8")
    path.write_bytes(data)
    manifest_path = outbox / f"{path.name}.manifest.json"
    said = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "rows": len(shandong)}
    manifest_path.write_text(json.dumps(json.loads(manifest_path.read_text()) | said))

    run = run_link(link)
    assert (run.state, run.message, run.batch.encoding) == ("DONE", "", "gb18030")
    assert (run.counts["created"], run.counts["to_review"]) == (len(shandong), 0)
    assert len(shandong) > 5
