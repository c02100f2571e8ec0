"""Pages of borders: drawn, previewed, carried out; who may, what is refused, how many queries."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Post
from addresses.choices import BorderMoveState
from addresses.models import Area, BorderMove, StandardAddress
from common import clock, jobs
from common.models import Job
from duty.models import WorkOrder
from elements.models import Element
from elements.services.placing import PLACE_ELEMENTS
from exchange.importers.rows import point_hex
from tests.factories.borders import NOW, TODAY, box, square
from tests.factories.claims import claim, submit
from tests.factories.numbers import vin
from tests.factories.places import point_in
from tests.factories.users import signed_in

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def admin(users) -> Client:
    return signed_in(users["admin"])


@pytest.fixture
def things(city) -> None:
    """In the piece: two facilities, one of them with an open and a closed work order, and a parked vehicle."""
    facilities = [
        claim(1, number=name, name=name, facility_type="11", point=point_hex(*point_in(1, east)))
        for name, east in (("F-1", 0.7), ("F-2", 0.9), ("F-3", 0.1))
    ]
    submit("FACILITY_LEDGER", "FACILITY", *facilities)
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), registered_address=city.text(1, 8)))
    facility = Element.objects.get(label="F-1")
    for number, state in (("W-1", "DISPATCHED"), ("W-2", "CHECKED")):
        WorkOrder.objects.create(
            number=number, facility=facility, cause="FAULT", state=state, fault="试", reported_at=NOW
        )


def form(city, **values) -> dict:
    piece = {"geometry": json.loads(box(1.6, 2).geojson), "from": city.grids[1].pk, "to": city.grids[2].pk}
    return {
        "grid": "G-2", "name": "东部调整", "reason": "大队会议", "effective_on": TODAY.isoformat(),
        "pieces": json.dumps([piece]), **values,
    }  # fmt: skip


def test_a_change_is_drawn_previewed_and_carried_out_as_previewed(city, admin, things):
    answer = admin.post(reverse("console:border-new"), form(city))
    move = BorderMove.objects.get()
    page = reverse("console:border-move", args=[move.pk])
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    effects = admin.get(reverse("console:border-move-effects", args=[move.pk])).json()
    moved = StandardAddress.objects.get(code="LZ-1-8")
    g2, g3 = city.grids[1].pk, city.grids[2].pk
    posts = {one.user.username for one in posts_of(effects["posts"])}
    assert {key: effects[key] for key in ("state", "addresses", "flows", "rows", "elements", "tasks", "areas")} == {
        "state": "DRAFT", "addresses": 1, "flows": [[g2, g3, 1]], "rows": [[moved.pk, g2, g3]],
        "elements": {"VEHICLE": 1, "FACILITY": 2}, "tasks": 1, "areas": [g2, g3],
    }  # fmt: skip
    # The district of the first officer loses ground, the village of the assistant lies in G-2; nobody has G-3.
    assert posts == {"officer-1", "assistant-1"}
    text = admin.get(page).content.decode()
    assert "大队会议" in text
    assert moved.full_text in text
    assert Area.objects.get(pk=g2).geom == city.grids[1].geom

    step = reverse("console:border-move-step", args=[move.pk, "schedule"])
    assert admin.post(step).headers["Location"] == page
    move.refresh_from_db()
    jobs.run(move.job_id)
    placing = Job.objects.get(kind=PLACE_ELEMENTS)
    jobs.run(placing.pk)

    move.refresh_from_db()
    placing.refresh_from_db()
    assert (move.state, move.counts["moved_addresses"], placing.counts) == (
        BorderMoveState.DONE, effects["addresses"], effects["elements"],
    )  # fmt: skip
    progress = admin.get(reverse("console:border-move-progress", args=[move.pk])).content.decode()
    assert "hx-get" not in progress
    assert "已换块的要素合计</dt><dd>3</dd>" in progress


def posts_of(ids):
    return Post.objects.filter(pk__in=ids).select_related("user")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"pieces": "[]"}, "还没有划出任何范围"),
        ({"pieces": "no json"}, "划出的地块无法读取"),
        (
            {"pieces": '[{"geometry": {"type": "Point", "coordinates": [119.9, 37.17]}, "from": 1, "to": 2}]'},
            "不是多边形",
        ),
        ({"name": ""}, "id_name_error_1"),
        ({"effective_on": "2026-11-26"}, "生效日期不能早于今天"),
    ],
)
def test_what_does_not_fit_is_told_and_nothing_is_kept(city, admin, values, told):
    answer = admin.post(reverse("console:border-new"), form(city, **values))

    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert BorderMove.objects.count() == 0


def borders_file(*features: tuple[str, object]) -> SimpleUploadedFile:
    document = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"code": code}, "geometry": json.loads(geom.geojson)}
            for code, geom in features
        ],
    }
    return SimpleUploadedFile("borders.geojson", json.dumps(document).encode(), "application/geo+json")


def test_new_borders_come_from_a_file(city, admin):
    good = borders_file(("G-1", square(box(0, 0.8))), ("G-2", box(0.8, 2)))
    answer = admin.post(reverse("console:border-new"), form(city, pieces="", file=good))

    move = BorderMove.objects.get()
    assert answer.headers["Location"] == reverse("console:border-move", args=[move.pk])
    assert [item.area.code for item in move.items.order_by("area__code")] == ["G-1", "G-2"]
    document = admin.get(reverse("console:border-move-borders", args=[move.pk])).json()
    roles = [(one["properties"]["code"], one["properties"]["role"]) for one in document["features"]]
    assert roles == [("G-1", "after"), ("G-2", "after"), ("G-1", "before"), ("G-2", "before")]


@pytest.mark.parametrize(
    ("features", "told"),
    [
        ((("G-99", box(0, 1)),), "没有代码为“G-99”的现行网格"),
        ((("G-1", box(0, 1)), ("G-1", box(0, 1))), "同一个网格出现了两次"),
        ((("G-1", box(0, 0.8)),), "新边界留下"),
        ((("G-1", box(0, 1.2)), ("G-2", box(1, 2))), "的新边界重叠"),
    ],
)
def test_a_file_that_is_no_tiling_is_refused_by_name(city, admin, features, told):
    answer = admin.post(reverse("console:border-new"), form(city, pieces="", file=borders_file(*features)))

    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert BorderMove.objects.count() == 0


def test_the_map_gets_the_grid_and_those_beside_it(city, admin):
    document = admin.get(reverse("console:border-neighbours"), {"grid": "G-2"}).json()

    roles = {one["properties"]["code"]: one["properties"]["role"] for one in document["features"]}
    assert roles == {"G-1": "neighbour", "G-2": "grid", "G-3": "neighbour"}
    assert admin.get(reverse("console:border-neighbours"), {"grid": "UNPLACED"}).status_code == 404


def test_the_check_shows_faults_with_a_place(city, admin):
    url = reverse("console:area-check")
    assert admin.get(url).content.decode().count("没有问题") == 3

    Area.objects.filter(pk=city.grids[0].pk).update(geom=square(box(0, 1.1)))
    text = admin.get(url).content.decode()
    assert (text.count("没有问题"), "G-1 G-1、G-2 G-2" in text) == (2, True)


def test_an_empty_list_says_what_to_do(city, admin):
    text = admin.get(reverse("console:border-moves")).content.decode()
    assert "还没有调整过边界" in text
    assert reverse("console:border-new") in text


def test_the_list_takes_as_many_queries_for_many_as_for_one(city, admin):
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(reverse("console:border-moves")).status_code == 200
        return len(captured)

    admin.post(reverse("console:border-new"), form(city))
    one = count()
    for number in range(3):
        admin.post(reverse("console:border-new"), form(city, name=f"调整 {number}"))
    assert (BorderMove.objects.count(), count()) == (4, one)


@pytest.mark.parametrize("name", ["brigade", "squadron-1", "officer-1", "analyst", "auditor", "liaison-1", "nobody"])
def test_only_who_configures_comes_in(city, users, admin, name):
    admin.post(reverse("console:border-new"), form(city))
    move = BorderMove.objects.get()
    client = signed_in(users[name])
    pages = [reverse(f"console:{page}") for page in ("area-check", "border-moves", "border-new")]
    pages += [
        reverse(f"console:border-move{part}", args=[move.pk]) for part in ("", "-progress", "-effects", "-borders")
    ]
    pages.append(reverse("console:border-neighbours") + "?grid=G-1")

    assert [client.get(page).status_code for page in pages] == [403] * 8
    assert client.post(reverse("console:border-new"), form(city)).status_code == 403
    for step in ("schedule", "cancel", "retry"):
        assert client.post(reverse("console:border-move-step", args=[move.pk, step])).status_code == 403
    assert list(BorderMove.objects.values_list("state", flat=True)) == ["DRAFT"]
    assert reverse("console:border-moves") not in client.get(reverse("console:today")).content.decode()


def test_a_missing_move_and_an_unknown_step_are_not_found(city, admin):
    assert admin.get(reverse("console:border-move", args=[999])).status_code == 404
    assert admin.post(reverse("console:border-move-step", args=[999, "schedule"])).status_code == 404
    admin.post(reverse("console:border-new"), form(city))
    move = BorderMove.objects.get()
    assert admin.post(reverse("console:border-move-step", args=[move.pk, "explode"])).status_code == 404
    move.refresh_from_db()
    assert move.state == BorderMoveState.DRAFT
