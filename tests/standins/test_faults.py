"""Each fault of a connection or of rows does what it says, and is over when it is over. One bureau for all."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from time import monotonic

import pytest

from tests.standins.processes import Answer, StandIn, wait_until

OK = {"mode": "", "until": None, "options": {}, "problem": ""}


@pytest.fixture(scope="module")
def one_bureau(module_start) -> StandIn:
    return module_start("bureau")


@pytest.fixture
def bureau(one_bureau: StandIn) -> Iterator[StandIn]:
    """Healthy before and after."""
    yield one_bureau
    (one_bureau.folder / "fault.json").unlink(missing_ok=True)
    wait_until(lambda: not _is_refused(one_bureau))


def get(bureau: StandIn, target: str) -> Answer:
    token = (bureau.folder / "token.txt").read_text()
    return bureau.send("GET", target, headers={"Authorization": f"Bearer {token}"})


def rows(bureau: StandIn, target: str = "/api/houses") -> list[dict]:
    return get(bureau, target).json()["data"]


def test_an_outage_resets_connections_until_the_order_is_taken_back(bureau):
    bureau.fault("outage")

    with pytest.raises((ConnectionResetError, RemoteDisconnected)):
        get(bureau, "/api/houses")

    assert bureau.state()["fault"]["mode"] == "outage"
    bureau.fault("")
    assert get(bureau, "/api/houses").status == 200


def test_dead_refuses_connections_and_the_file_calls_it_back(bureau):
    bureau.fault("dead")
    wait_until(lambda: _is_refused(bureau))

    (bureau.folder / "fault.json").write_text("{}")

    wait_until(lambda: not _is_refused(bureau))
    assert bureau.state()["fault"] == OK


def _is_refused(bureau: StandIn) -> bool:
    try:
        bureau.send("GET", "/_state")
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        # It was let in just before the door was shut.
        return False
    return False


def test_slow_waits_and_an_order_ends_by_itself(bureau):
    bureau.fault("slow", seconds=30, for_s=0.6)
    began = monotonic()

    assert get(bureau, "/api/houses").status == 200

    assert 0.4 < monotonic() - began < 10
    assert bureau.state()["fault"] == OK


def test_truncate_promises_more_than_it_sends(bureau):
    whole = len(get(bureau, "/api/houses?limit=9").body)
    bureau.fault("truncate")

    with pytest.raises(IncompleteRead) as caught:
        get(bureau, "/api/houses?limit=9")

    assert len(caught.value.partial) + caught.value.expected == pytest.approx(whole, abs=2)
    assert caught.value.expected > 100


def test_wrong_encoding_says_one_and_sends_the_other(bureau):
    right = rows(bureau)
    bureau.fault("wrong_encoding")

    answer = get(bureau, "/api/houses")

    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    with pytest.raises(UnicodeDecodeError):
        answer.body.decode("utf-8")
    assert answer.json("gb18030")["data"] == right


def test_error_page_and_redirect_look_like_answers(bureau):
    bureau.fault("error_page")
    page = get(bureau, "/api/houses")
    bureau.fault("redirect", to="http://other.example/login")
    redirect = get(bureau, "/api/houses")

    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.body.startswith(b"<!DOCTYPE html>")
    assert (redirect.status, redirect.headers["location"], redirect.body) == (302, "http://other.example/login", b"")


def test_huge_does_not_end(bureau):
    bureau.fault("huge")
    connection = HTTPConnection("127.0.0.1", bureau.port, timeout=15)
    connection.request("GET", "/api/houses")
    reply = connection.getresponse()

    assert reply.getheader("Content-Length") is None
    assert len(reply.read(5_000_000)) == 5_000_000
    reply.close()
    connection.close()
    assert bureau.state()["fault"]["mode"] == "huge"


def test_columns_are_renamed_dropped_or_of_bad_types(bureau):
    right = rows(bureau)
    bureau.fault("rename_column", column="ZL", to="XXDZ")
    renamed = rows(bureau)
    bureau.fault("drop_column")
    dropped = rows(bureau)
    bureau.fault("bad_types")
    bad = rows(bureau)

    assert [row["XXDZ"] for row in renamed] == [row["ZL"] for row in right]
    assert not any("ZL" in row for row in [*renamed, *dropped])
    assert [set(row) for row in dropped] == [set(row) - {"ZL"} for row in right]
    assert {type(row["ZL"]) for row in bad} == {dict} and {row["GXSJ"] for row in bad} == {"不详"}
    bureau.fault("")
    assert rows(bureau) == right


def test_rows_are_missing_doubled_or_in_another_order(bureau):
    right = rows(bureau)
    bureau.fault("drop_rows")
    fewer, again = rows(bureau), rows(bureau)
    bureau.fault("reorder")
    turned = rows(bureau)
    bureau.fault("duplicate")
    first = get(bureau, "/api/houses?limit=30").json()
    second = get(bureau, f"/api/houses?limit=30&cursor={first['next']}").json()
    third = get(bureau, f"/api/houses?limit=30&cursor={second['next']}").json()

    assert fewer == again and all(row in right for row in fewer)
    assert 0.5 * len(right) < len(fewer) < 0.9 * len(right)
    assert turned == right[::-1]
    assert first["data"] == second["data"] == [row for row in right[:30] for _ in range(2)]
    assert third["data"] == [row for row in right[30:] for _ in range(2)]


def test_the_clock_is_years_off_and_points_lie_abroad(bureau):
    right = rows(bureau)
    time = get(bureau, "/api/houses").json()["time"]
    bureau.fault("clock_years", years=-3)
    early, early_time = rows(bureau), get(bureau, "/api/houses").json()["time"]
    bureau.fault("zero_coordinates")
    abroad = Counter((row["JD"], row["WD"]) for row in rows(bureau))

    assert [int(row["GXSJ"][:4]) for row in early] == [int(row["GXSJ"][:4]) - 3 for row in right]
    assert int(early_time[:4]) == int(time[:4]) - 3
    assert set(abroad) == {("0.0", "0.0"), ("116.397128", "39.916527"), ("-73.98513", "40.758896")}


def test_late_rows_come_with_their_old_time_after_newer_ones(bureau):
    watermark = rows(bureau, "/api/persons")[-1]["GXSJ"]
    bureau.fault("late")
    keys = [bureau.act("add")["key"] for _ in range(12)]
    target = f"/api/persons?since={watermark}"
    seen = [row for row in rows(bureau, target) if row["SFZMHM"] in keys]
    bureau.fault("")
    whole = [row for row in rows(bureau, target) if row["SFZMHM"] in keys]

    assert [row["SFZMHM"] for row in whole] == keys and 0 < len(seen) < len(keys)
    missing = [row for row in whole if row not in seen]
    assert min(row["GXSJ"] for row in missing) < max(row["GXSJ"] for row in seen)


def test_an_unknown_fault_is_refused_and_changes_nothing(bureau):
    bureau.fault("slow", seconds=0, for_s=600)

    refused = bureau.post("/_fault", {"mode": "xml_bomb"})

    assert refused.status == 400 and "outage" in refused.json()["message"]
    assert bureau.post("/_fault", {"mode": "slow", "for_s": "long"}).status == 400
    assert bureau.state()["fault"]["mode"] == "slow"
    (bureau.folder / "fault.json").write_text('{"mode": "x')
    assert bureau.state()["fault"]["mode"] == "slow" and bureau.state()["fault"]["problem"]


def test_a_fault_file_is_obeyed_as_long_as_it_says_even_over_a_restart(bureau):
    path = bureau.folder / "fault.json"
    path.write_text(json.dumps({"mode": "drop_column", "for_s": 300}))
    assert bureau.state()["fault"]["mode"] == "drop_column"

    bureau.kill()
    bureau.start()
    assert bureau.state()["fault"]["mode"] == "drop_column"

    os.utime(path, (path.stat().st_mtime - 301,) * 2)
    assert bureau.state()["fault"] == OK
