"""The bureau's dialect: every row once and in order, changes after their watermark, certification, restart."""

import csv
import json
from urllib.parse import urlencode

from addresses.services.registry import COLUMNS
from addresses.services.registry_delta import DELTA_COLUMNS, load_delta
from common.clock import now
from common.identifiers import parse_citizen_id, parse_uscc
from tests.factories.places import registry_rows
from tests.standins.processes import StandIn, wait_until


def _get(bureau: StandIn, kind: str, **query) -> dict:
    token = (bureau.folder / "token.txt").read_text()
    answer = bureau.send("GET", f"/api/{kind}?{urlencode(query)}", headers={"Authorization": f"Bearer {token}"})
    return answer.json()


def _all(bureau: StandIn, kind: str, limit: int = 50) -> list[dict]:
    rows, cursor = [], None
    while True:
        page = _get(bureau, kind, limit=limit, **({"cursor": cursor} if cursor else {}))
        rows += page["data"]
        cursor = page["next"]
        if cursor is None:
            return rows


def _certify(bureau: StandIn, items: list[dict]) -> list[dict]:
    token = (bureau.folder / "token.txt").read_text()
    body = json.dumps({"items": items}).encode()
    return bureau.send("POST", "/api/certifications", body, {"Authorization": f"Bearer {token}"}).json()["data"]


def test_every_row_comes_once_and_in_the_order_of_change(start):
    bureau = start("bureau")
    counts = bureau.state()["counts"]

    persons, units = _all(bureau, "persons"), _all(bureau, "units", limit=7)

    assert (len(persons), len(units)) == (counts["persons"], counts["units"]) == (120, 30)
    assert len({row["SFZMHM"] for row in persons}) == 120
    assert [row["GXSJ"] for row in persons] == sorted(row["GXSJ"] for row in persons)
    assert all(parse_citizen_id(row["SFZMHM"]).is_valid for row in persons)
    assert all(parse_uscc(row["TYSHXYDM"]).is_valid for row in units)


def test_the_same_seed_makes_the_same_people_and_another_others(start):
    one, same, other = (start("bureau", "--seed", seed) for seed in ("3", "3", "4"))

    first, second, third = (_all(b, "persons", limit=500) for b in (one, same, other))

    assert first == second
    assert not {row["SFZMHM"] for row in first} & {row["SFZMHM"] for row in third}


def test_the_citys_own_people_and_places_are_there(start):
    address = dict.fromkeys(COLUMNS, "") | {
        "code": "LZDAAAAAAAAAA",
        "town": "沙河镇",
        "village": "驿塘村委会",
        "number": "7",
    }
    address |= {"lon": "119.77", "lat": "37.04"}
    person = {"name": "王某", "citizen_id": "370683199001010015", "phone": "13012345678"}
    document = {"as_of": "2026-05-31", "persons": [person], "addresses": [address]}

    rows = _all(start("bureau", seed=json.dumps(document)), "persons")

    assert {row["SFZMHM"]: row["LXDH"] for row in rows}["370683199001010015"] == "13012345678"
    assert {row["XZZ"] for row in rows} == {"", "山东省莱州市沙河镇驿塘村7号"}
    assert max(row["GXSJ"] for row in rows) < "2026-05-31"


def test_a_change_comes_after_its_watermark_with_the_last_row_again(start):
    bureau = start("bureau")
    last = _all(bureau, "persons")[-1]
    key = _all(bureau, "persons")[0]["SFZMHM"]

    bureau.act("correct_phone", key=key)
    rows = _get(bureau, "persons", since=last["GXSJ"] + "+08:00")["data"]

    assert [row["SFZMHM"] for row in rows] == [last["SFZMHM"], key]
    assert bureau.act("delete_person", key=key)["key"] == key
    assert _get(bureau, "persons", since=rows[1]["GXSJ"])["data"][-1]["SCBZ"] == "1"
    assert bureau.state()["counts"]["persons"] == 120


def test_people_come_and_change_by_themselves_at_speed(start):
    bureau = start("bureau", speed="100")
    watermark = _all(bureau, "persons")[-1]["GXSJ"]

    wait_until(lambda: bureau.state()["counts"]["persons"] > 120)

    assert all(row["GXSJ"] >= watermark for row in _get(bureau, "persons", since=watermark)["data"])


def test_without_the_token_or_with_a_bad_cursor_nothing_is_told(start):
    bureau = start("bureau")

    assert bureau.send("GET", "/api/persons").status == 401
    assert bureau.send("GET", "/api/persons", headers={"Authorization": "Bearer wrong"}).json()["data"] == []
    assert [_get(bureau, "persons", cursor=cursor)["code"] for cursor in ("x", "W10=", "é")] == [400, 400, 400]
    assert _get(bureau, "persons", since="yesterday")["code"] == _get(bureau, "persons", limit=0)["code"] == 400


def test_provisional_addresses_are_certified_at_once_or_later_and_always_the_same_way(start):
    bureau = start("bureau")
    items = [{"id": f"P-{n}", "text": f"莱州市沙河镇驿塘村{n}号", "lon": 119.77, "lat": 37.04} for n in range(12)]
    items += [{"id": "far", "text": "北京市", "lon": 116.4, "lat": 39.9}, {"id": "odd", "text": "x", "lon": "?"}]

    first, again = _certify(bureau, items), _certify(bureau, items)

    assert first == again
    states = [decision["state"] for decision in first]
    assert states[12:] == ["REFUSED", "REFUSED"] and {"CERTIFIED", "PENDING"} == set(states[:12])
    pending = states.count("PENDING")
    assert bureau.state()["waiting"] == pending
    assert bureau.act("certify")["decided"] == pending
    later = {row["id"]: row["code"] for row in _get(bureau, "certifications", limit=500)["data"]}
    assert sorted(later) == sorted(item["id"] for item in items)
    assert all(later[row["id"]] == row["code"] for row in first if row["state"] == "CERTIFIED")
    assert all(later[f"P-{n}"].startswith("BZ370683") for n in range(12))


def test_what_was_answered_outlives_a_kill(start):
    bureau = start("bureau")
    added = bureau.act("add")["key"]
    certified = _certify(bureau, [{"id": "P-1", "text": "沙河镇驿塘村1号"}])
    token, persons = (bureau.folder / "token.txt").read_text(), _all(bureau, "persons")

    bureau.kill()
    bureau.start()

    assert (bureau.folder / "token.txt").read_text() == token
    assert _all(bureau, "persons") == persons and persons[-1]["SFZMHM"] == added
    assert _certify(bureau, [{"id": "P-1", "text": "沙河镇驿塘村1号"}]) == certified
    assert bureau.act("add")["key"] != added


def test_its_address_deltas_load_as_they_are(start, city, tmp_path):
    row = dict.fromkeys(COLUMNS, "") | next(registry_rows())
    bureau = start("bureau", seed=json.dumps({"addresses": [row]}))
    for act in ("add_address", "add_address", "change_address", "retire_address"):
        bureau.act(act)
    file = tmp_path / "delta.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, DELTA_COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(_all(bureau, "addresses"))

    report = load_delta(file, reason="测试", actor=None, now=now())

    assert report.problems == []
    assert (report.added, report.changed, report.retired) == (2, 1, 1)
