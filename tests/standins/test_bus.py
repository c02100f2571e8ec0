"""The dialect of the bus dispatch: one path, page numbers, GBK, positions that move."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.geometry import in_laizhou_box
from tests.standins.processes import StandIn


@pytest.fixture(scope="module")
def bus(module_start) -> StandIn:
    return module_start("bus")


def query(bus: StandIn, **document) -> dict:
    return bus.post("/busapi/query", document).json("gbk")


def test_tables_come_in_gbk_with_rows_total_and_page(bus):
    answer = bus.post("/busapi/query", {"table": "lines", "page": 1})
    vehicles = query(bus, table="vehicles", page=1)

    assert answer.headers["content-type"] == "application/json; charset=gbk"
    with pytest.raises(UnicodeDecodeError):
        answer.body.decode("utf-8")
    lines = answer.json("gbk")
    assert (lines["status"], lines["total"], lines["page"]) == (200, 5, 1)
    assert [row["线路名称"] for row in lines["rows"]] == ["1路", "2路", "5路", "7路", "9路"]
    assert (vehicles["total"], len(vehicles["rows"])) == (20, 20)
    assert query(bus, table="vehicles", page=2)["rows"] == []


def test_positions_move_inside_laizhou_and_pages_give_each_once(bus):
    since = datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(minutes=20)
    asked = {"table": "positions", "from": f"{since:%Y-%m-%d %H:%M:%S}"}

    pages = [query(bus, page=page, **asked) for page in (1, 2, 3, 4)]
    rows = [row for page in pages for row in page["rows"]]

    assert len(rows) == pages[-1]["total"] >= 20 * 79
    assert len({(row["车牌号"], row["定位时间"]) for row in rows}) == len(rows)
    assert [row["定位时间"] for row in rows] == sorted(row["定位时间"] for row in rows)
    assert rows[0]["定位时间"] >= asked["from"]
    assert all(in_laizhou_box(row["经度"], row["纬度"]) for row in rows)
    assert len({(row["经度"], row["纬度"]) for row in rows if row["车牌号"] == rows[0]["车牌号"]}) > 70


def test_positions_are_the_same_after_a_restart(start):
    bus = start("bus")
    asked = {"table": "positions", "page": 1}
    before = query(bus, **asked)["rows"]

    bus.kill()
    bus.start()

    shared = {(row["车牌号"], row["定位时间"]) for row in before}
    after = [row for row in query(bus, **asked)["rows"] if (row["车牌号"], row["定位时间"]) in shared]
    assert after and all(row in before for row in after)


def test_refusals_and_faults_in_its_own_dialect(bus):
    refused = bus.post("/busapi/query", {"table": "drivers", "page": 1})
    badly_asked = bus.post("/busapi/query", {"table": "lines", "page": 1, "from": "2026-01-01T00:00:00"})
    bus.fault("wrong_encoding", for_s=60)
    wrong = bus.post("/busapi/query", {"table": "lines", "page": 1})
    bus.fault("duplicate", for_s=60)
    first, second = query(bus, table="lines", page=1), query(bus, table="lines", page=2)
    bus.fault("")

    assert (refused.status, badly_asked.status) == (400, 400)
    assert refused.json("gbk")["msg"].startswith("table 应为")
    assert wrong.headers["content-type"].endswith("gbk") and wrong.json("utf-8")["total"] == 5
    assert first["rows"] == second["rows"] and (len(first["rows"]), first["total"]) == (10, 10)


def test_a_bus_that_changes_its_line_comes_after_the_watermark(bus):
    key = query(bus, table="vehicles", page=1)["rows"][0]["车牌号"]
    since = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}"

    bus.act("change_line", key=key)

    assert [row["车牌号"] for row in query(bus, table="vehicles", page=1, **{"from": since})["rows"]] == [key]
