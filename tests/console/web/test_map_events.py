"""The event layer of the map: what a tile holds, for whom, from which parts of the tables, at what cost."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from addresses.selectors.tiles import TileAddress
from common.partitions import ensure_partitions
from console.selectors import event_map
from events.models import Incident, Violation
from tests.console.web.test_map_scope import grid_of_tiles
from tests.console.web.vector_tile import Dot, read_tile
from tests.factories.events import days_ago, event, make_events, report, row
from tests.factories.users import make_users, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def module_users(module_city):
    make_events()
    return make_users(module_city)


def month() -> dict[str, str]:
    return {"occurred_from": days_ago(30).date().isoformat(), "occurred_to": days_ago(0).date().isoformat()}


def dots(client, zoom: int = 14, **parameters: str) -> list[Dot]:
    found = []
    for x, y in grid_of_tiles(zoom):
        answer = client.get(reverse("map:event-tile", args=[zoom, x, y]), month() | parameters)
        assert answer.status_code in {200, 204}, answer.content
        found += read_tile(answer.content)
    return found


def named(found: list[Dot]) -> set[tuple[str, str]]:
    """(kind of dot, number of the event) of each."""
    numbers = {event(kind, number).pk: number for kind, number in (
        ("ACCIDENT", "A1"), ("ACCIDENT", "A2"), ("ACCIDENT", "A3"), ("ACCIDENT", "A5"), ("VIOLATION", "V1"), ("VIOLATION", "V2"),
        ("VIOLATION", "V3"), ("VIOLATION", "V4"), ("INCIDENT", "I1"), ("INCIDENT", "I2"), ("INCIDENT", "I3"),
    )}  # fmt: skip
    return {(dot.properties["kind"], numbers[dot.id]) for dot in found}


EAST = {
    ("FATAL", "A1"),
    ("LOSS", "A2"),
    ("VIOLATION", "V1"),
    ("VIOLATION", "V2"),
    ("INCIDENT", "I1"),
    ("INCIDENT", "I2"),
}
WEST = {("INJURY", "A3"), ("VIOLATION", "V3"), ("INCIDENT", "I3")}


def test_dots_are_the_standing_events_of_the_time_inside_the_scope(users, city):
    assert named(dots(signed_in(users["officer-1"]))) == EAST
    assert named(dots(signed_in(users["officer-2"]))) == WEST
    brigade = signed_in(users["brigade"])
    assert named(dots(brigade)) == EAST | WEST
    assert named(dots(brigade, area=str(city.districts[2].pk))) == WEST
    assert named(dots(brigade, events="FATAL,INCIDENT")) == {
        one for one in EAST | WEST if one[0] in {"FATAL", "INCIDENT"}
    }
    assert dots(brigade, events="") == []
    assert named(dots(brigade, occurred_from="2022-03-01", occurred_to="2022-03-31")) == {("VIOLATION", "V4")}
    assert dots(signed_in(users["officer-1"]), area=str(city.districts[2].pk)) == []


def test_a_tile_carries_ids_and_kinds_alone(users):
    assert {frozenset(dot.properties) for dot in dots(signed_in(users["brigade"]))} == {frozenset({"kind"})}
    cells = dots(signed_in(users["brigade"]), zoom=10)
    assert {frozenset(dot.properties) for dot in cells} == {frozenset({"kind", "count"})}


@pytest.mark.parametrize("name", ["brigade", "officer-1", "officer-2"])
def test_cells_add_up_to_the_legend(users, name):
    client = signed_in(users[name])
    legend = client.get(reverse("map:event-legend"), month()).json()["rows"]
    drawn = {one["kind"]: one["count"] - one["not_on_map"]["count"] for one in legend}
    counted = dict.fromkeys(drawn, 0)
    for dot in dots(client, zoom=9):
        counted[dot.properties["kind"]] += dot.properties["count"]
    assert counted == drawn
    assert sum(drawn.values()) == len(EAST | WEST if name == "brigade" else EAST if name == "officer-1" else WEST)


def test_the_legend_leads_to_the_list_of_the_same_time(users):
    client = signed_in(users["officer-1"])
    rows = {one["kind"]: one for one in client.get(reverse("map:event-legend"), month()).json()["rows"]}
    assert (rows["VIOLATION"]["label"], rows["VIOLATION"]["text"]) == ("交通违法", "2")
    listed = {kind: len(client.get(row["list_url"]).context["rows"]) for kind, row in rows.items()}
    assert listed == {kind: row["count"] for kind, row in rows.items()}
    assert listed == {"FATAL": 1, "INJURY": 0, "LOSS": 1, "VIOLATION": 2, "INCIDENT": 2}


def test_an_event_without_a_place_is_counted_as_such(users):
    # A4 lies in the unplaced block of the city.
    rows = (
        signed_in(users["brigade"])
        .get(reverse("map:event-legend"), month() | {"occurred_from": "2026-01-01"})
        .json()["rows"]
    )
    loss = next(one for one in rows if one["kind"] == "LOSS")
    assert (loss["count"], loss["not_on_map"]["count"]) == (2, 1)


def test_a_tile_is_private_and_sent_again_only_when_it_differs(users):
    client = signed_in(users["officer-1"])
    urls = (reverse("map:event-tile", args=[14, x, y]) for x, y in grid_of_tiles(14))
    url = next(url for url in urls if client.get(url, month()).status_code == 200)
    first = client.get(url, month())
    again = client.get(url, month(), headers={"if-none-match": first.headers["ETag"]})
    report("INCIDENT", row("INCIDENT", "I9", grid=0, occurred_at=days_ago(1), category="1"))
    changed = client.get(url, month(), headers={"if-none-match": first.headers["ETag"]})
    assert (first.headers["Cache-Control"], "Cookie" in first.headers["Vary"]) == ("private, no-cache", True)
    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200


def test_too_many_events_ask_for_a_shorter_time(users, monkeypatch):
    monkeypatch.setattr(event_map, "ROW_BUDGET", 5)
    client = signed_in(users["officer-1"])
    x, y = grid_of_tiles(9)[0]
    answer = client.get(reverse("map:event-tile", args=[9, x, y]), month())
    assert (answer.status_code, answer.headers["X-Map-State"]) == (204, "narrow")
    assert sum(dot.properties["count"] for dot in dots(client, zoom=9, events="INCIDENT")) == 2
    rows = client.get(reverse("map:event-legend"), month()).json()["rows"]
    assert {one["more_than"] for one in rows} == {True}


@pytest.mark.parametrize(
    "query",
    [
        "occurred_from=2026-02-30",
        "occurred_from=0001-01-01",
        "occurred_from=2026-03-02&occurred_to=2026-03-01",
        "area=x",
    ],
)
def test_what_cannot_be_is_refused_as_json(users, query):
    x, y = grid_of_tiles(14)[0]
    answer = signed_in(users["brigade"]).get(f"{reverse('map:event-tile', args=[14, x, y])}?{query}")
    assert (answer.status_code, set(answer.json())) == (400, {"code", "message", "extra"})


@pytest.mark.parametrize("name", ["admin", "auditor", "station-1", "liaison-1", "nobody"])
def test_who_may_not_read_is_refused(users, name):
    client = signed_in(users[name])
    assert client.get(reverse("map:event-legend")).status_code == 403
    assert client.get(reverse("map:event-tile", args=[10, 853, 398])).status_code == 403


def test_a_click_shows_cards_of_what_the_reader_may_see(users):
    ids = [
        event("ACCIDENT", "A1").pk,
        event("ACCIDENT", "A3").pk,
        event("ACCIDENT", "A5").pk,
        event("INCIDENT", "I1").pk,
        2**40,
    ]
    url = f"{reverse('map:place')}?events={','.join(map(str, ids))}"
    cards = signed_in(users["officer-1"]).get(url).context["events"]
    assert [(one["dot"], one["what"], one["notes"]) for one in cards] == [
        ("FATAL", "碰撞运动车辆", "一般程序 · 死亡 1 人"), ("INCIDENT", "交通事故", ""),
    ]  # fmt: skip
    assert cards[0]["url"] == reverse("console:event", args=["accidents", ids[0]])
    foreign = signed_in(users["officer-2"]).get(f"{reverse('map:place')}?events={ids[0]}")
    assert (foreign.context["events"], "没有您辖区内" in foreign.content.decode()) == ([], True)


def test_a_tile_is_one_statement_that_reads_only_the_parts_of_its_time_by_the_spatial_index(users):
    """On data enough for the planner to choose by itself."""
    brigade = users["brigade"]
    assert brigade.scope.all_blocks
    first, last = date(2026, 3, 1), date(2026, 4, 30)
    ensure_partitions(Violation, date(2026, 1, 1), date(2026, 6, 30))
    _fill(first, 3_000)
    data = QueryDict(f"occurred_from={first}&occurred_to={last}&events=INCIDENT,VIOLATION")
    query, address = event_map.read_event_query(data, brigade), TileAddress(15, *grid_of_tiles(15)[0])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {event_map.point_sql(address, query)}", query.parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    # Days are those of Laizhou, parts those of UTC: March begins in the last hours of February.
    read = set(re.findall(r"events_violation_p(\d{6})", plan))
    assert read == {"202602", "202603", "202604"}, plan
    assert re.search(r"events_incident_p2026\d+_point_idx", plan), plan
    with CaptureQueriesContext(connection) as queries:
        event_map.fetch_event_tile(address, query)
    assert len(queries) == 1


def _fill(first: date, number: int) -> None:
    """Many incidents of one spring all over the county, written as copies of one that a source reported."""
    model = Incident.objects.filter(number="I1").values().get()
    columns = [name for name in model if name not in {"id", "number", "occurred_at", "point"}]
    with connection.cursor() as cursor:
        cursor.execute("SELECT make_partition('events_incident', '2026-01-01', '2027-01-01')")
        cursor.execute(
            f"""INSERT INTO events_incident (id, number, occurred_at, point, {", ".join(columns)})
                SELECT 900000 + n, 'F' || n, %s::date + (n %% 50) * interval '1 day',
                       ST_SetSRID(ST_MakePoint(119.5 + (n %% 97) * 0.008, 37 + (n %% 89) * 0.005), 4326), {", ".join(columns)}
                FROM events_incident, generate_series(1, %s) n WHERE number = 'I1'""",
            [first + timedelta(days=1), number],
        )
        cursor.execute("ANALYZE events_incident")
