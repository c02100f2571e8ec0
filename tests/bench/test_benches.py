"""Every measurement runs at a small scale, gives its figures, and ours and the peer agree. Times are never asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def measure(name: str, rows: int) -> dict[str, Any]:
    """The figures of one run in a process and a database of its own."""
    command = [sys.executable, "-m", "bench", name, "--json", "--rows", str(rows), "--repeats", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    document = json.loads(done.stdout)
    assert document["name"] == name
    assert document["machine"]
    assert document["commands"] == [f"bin/bench {name} --rows {rows}"]
    return document["figures"]


def assert_positive(figures: dict[str, Any], *names: str) -> None:
    assert {name: figures[name] > 0 for name in names} == dict.fromkeys(names, True)


def test_import_agrees_with_the_plain_table():
    figures = measure("import", 200)
    assert_positive(figures, "rows_per_s", "peer_rows_per_s", "ratio_to_import_export", "ratio_unchanged")
    assert figures["rows"] == 200
    assert figures["rows_different_from_peer"] == 0
    assert figures["elements_placed_share"] == 1


def test_fold_takes_the_winning_claims_and_writes_history_once():
    figures = measure("fold", 300)
    assert_positive(
        figures, "claims_per_s", "copy_rows_per_s", "ratio_to_copy", "first_fold_with_new_keys_per_s",
        "refold_unchanged_ratio", "incremental_1000_share",
    )  # fmt: skip
    assert figures["claims"] == 300
    assert figures["wrong_elements"] == 0
    # 100 elements, then the quarter that is folded again, then 30 new ones; the unchanged refold writes nothing.
    assert figures["change_rows"] == figures["history_rows"] == 100 + 25 + 30


def test_tiles_hold_what_the_bare_statement_gives():
    figures = measure("tiles", 2_000)
    names = ["city_p50_ms", "city_p95_ms", "scoped_p50_ms", "ratio_to_sql_p50", "scoped_to_unscoped"]
    assert_positive(figures, *names, *(["ratio_to_peer_p50"] if find_spec("vectortiles") else []))
    assert figures["tiles_different_from_sql"] == 0


def test_the_sheet_of_a_full_block_counts_the_same_for_both_readers():
    figures = measure("block", 3_000)
    assert_positive(figures, "p50_ms", "p95_ms", "officer_p50_ms", "officer_p95_ms")
    assert figures["addresses_of_the_block"] >= 3_000
    assert figures["vehicles_of_the_block"] == figures["news"] > 0
    assert figures["vehicles_different_for_the_officer"] == 0
    # Beside the sheet's twelve: session, user, scope, block and what guards the request.
    assert figures["statements"] <= 21


def test_list_shows_the_rows_of_the_nested_serializer():
    figures = measure("list", 200)
    assert_positive(figures, "requests_per_s", "drf_requests_per_s", "ratio_to_drf", "deep_page_ratio")
    assert figures["rows_of_a_page"] == 50
    assert figures["rows_different_from_drf"] == 0
    # The deep page begins after three quarters of the rows.
    assert figures["first_row_of_deep_page"] == 151


def test_addresses_are_found_and_none_is_wrong():
    figures = measure("resolve", 2_000)
    peer = ["cpca_addresses_per_s", "ratio_to_cpca", "ratio_to_cpca_2k"]
    names = ["addresses_per_s", "p99_ms", "memory_mb", *(peer if find_spec("cpca") else [])]
    assert_positive(figures, *names)
    assert figures["wrong_accepted"] == 0
    # The county and the full text are written in every text.
    assert figures["county_right_share"] == figures["address_right_share"] > 0.95


def test_exports_hold_the_rows_that_copy_gives():
    figures = measure("export", 1_200)
    formats = ("csv", "xlsx", "gpkg")
    assert_positive(figures, "copy_rows_per_s", *(f"{one}_rows_per_s" for one in formats))
    assert {one: figures[f"{one}_rows_different_from_copy"] for one in formats} == dict.fromkeys(formats, 0)


def test_landed_files_become_elements_and_events_that_know_each_other():
    figures = measure("landing", 300)
    assert_positive(figures, "vehicle_rows_per_s", "violation_rows_per_s")
    assert (figures["rows"], figures["violations_tied_share"], figures["violations_placed_share"]) == (300, 1, 1)
    stages = [figures[f"violation_{stage}_share"] for stage in ("receive", "plan", "apply")]
    assert round(sum(stages), 2) == 1


def test_pages_over_years_of_events_answer():
    figures = measure("events", 18_000)
    assert (figures["positions"], figures["violations"]) == (180_000, 1_776)
    assert_positive(
        figures, "list_of_30_days_p50_ms", "next_page_p50_ms", "block_sheet_p50_ms", "track_p50_ms", "drop_a_day_s"
    )


def test_positions_are_those_that_copy_writes():
    figures = measure("positions", 2_500)
    assert_positive(
        figures, "rows_per_s", "copy_rows_per_s", "ratio_to_copy", "ratio_with_preview", "unchanged_rows_per_s", "bytes_per_row",
        "track_p50_ms", "last_positions_p50_ms",
    )  # fmt: skip
    assert (figures["rows"], figures["rows_not_stored"], figures["rows_different_from_copy"]) == (2_500, 0, 0)
    # Two thousand vehicles report, and five hundred of them once more; tracks are read of the first fifty.
    assert figures["track_fixes"] == 2


def test_alerts_reach_every_browser_and_one_truck_is_one_alert():
    figures = measure("alerts", 30)
    assert_positive(figures, "p50_s", "p95_s", "from_alert_p50_s", "from_alert_p95_s", "live_events_per_s")
    assert (figures["events"], figures["alerts"], figures["browsers"], figures["lost"]) == (30, 30, 20, 0)
    assert figures["told"] == 30 * 20
    assert (figures["alerts_for_one_truck"], figures["events_of_one_truck"]) == (1, 1_000)


def test_rules_answer_as_sql_written_by_hand():
    figures = measure("rules", 600)
    assert (figures["rules"], figures["elements"], figures["rules_different_from_sql"]) == (50, 600, 0)
    assert_positive(figures, "hits", "full_s", "sql_s", "ratio_to_sql", "incremental_1_share", "incremental_1000_share")


def test_one_event_asks_the_shipped_rules():
    figures = measure("event", 60)
    assert (figures["rules"], figures["elements"]) == (26, 60)
    assert_positive(figures, "tags", "queries", "event_p50_ms", "event_p95_ms")
