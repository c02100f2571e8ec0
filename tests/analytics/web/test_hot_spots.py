"""Pages and API of accident-prone places: scope, the form, the job, the map, numbers of queries."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics.models import HotSpotRun
from analytics.services.hot_spots import make_official
from common import clock, jobs
from common.models import Job
from tests.factories.events import report
from tests.factories.hot_spot_city import a_staked_road, accident, make_accidents, run_of, searched
from tests.factories.query_counts import recorded_counts
from tests.factories.users import make_users, signed_in

PAGE, API = "/hot-spots/", "/api/v1/hot-spots/"


@pytest.fixture(scope="module")
def module_users(module_city):
    a_staked_road()
    make_accidents()
    made = make_users(module_city)
    make_official(run=run_of(searched(made["brigade"])), actor=made["brigade"], now=clock.now())
    return made


@pytest.fixture
def run(users) -> HotSpotRun:
    return HotSpotRun.objects.get()


def shown(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert (url, answer.status_code) == (url, status)
    return answer.content.decode()


def test_the_page_says_where_why_and_by_what(users, run):
    text = shown(signed_in(users["officer-1"]), PAGE)
    for said in (
        "试验路 K10+200–K10+450",
        "500 米内一般程序事故达 5 起",
        "现行结果",
        "待核实",
        "2019 年公路事故多发点段",
    ):
        assert said in text
    assert "K18+700" not in text
    assert "设为现行结果</button>" not in text


def test_no_result_yet_is_said_with_what_to_do(users, run):
    assert "还没有现行的排查结果" in shown(signed_in(users["brigade"]), f"{PAGE}?method=DENSITY")
    HotSpotRun.objects.all().delete()
    assert "还没有现行的排查结果" in shown(signed_in(users["officer-1"]), PAGE)


def test_a_search_is_asked_for_watched_and_put_in_force(users, run):
    client = signed_in(users["brigade"])
    began = client.post(PAGE, {"method": "WINDOW", "k_general": "6"})
    job = Job.objects.get(kind="HOT_SPOTS", state="QUEUED")
    assert began["Location"] == f"/hot-spots/jobs/{job.pk}/"
    assert "多发点段排查" in shown(client, began["Location"])
    assert f"/hot-spots/jobs/{job.pk}/cancel/" in shown(client, PAGE)
    jobs.run(job.pk)
    made = HotSpotRun.objects.exclude(pk=run.pk).get()
    assert f"{PAGE}?run={made.pk}" in shown(client, f"/hot-spots/jobs/{job.pk}/progress/")
    assert shown(signed_in(users["officer-1"]), f"/hot-spots/jobs/{job.pk}/", 404)
    assert "试算，未设为现行结果" in shown(client, f"{PAGE}?run={made.pk}")
    url = f"/hot-spots/runs/{made.pk}/official/"
    assert signed_in(users["squadron-1"]).post(url).status_code == 404
    assert HotSpotRun.objects.filter(is_official=True).count() == 1
    client.post(url)
    text = shown(client, PAGE)
    assert ("已消除" in text, "K18+700–K19+100" in text) == (True, True)


def test_a_stopped_search_says_so(users, run):
    client = signed_in(users["brigade"])
    client.post(PAGE, {"method": "DENSITY"})
    job = Job.objects.get(kind="HOT_SPOTS", state="QUEUED")
    assert signed_in(users["analyst"]).post(f"/hot-spots/jobs/{job.pk}/cancel/").status_code == 404
    client.post(f"/hot-spots/jobs/{job.pk}/cancel/")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "CANCELLED"


def test_what_cannot_be_comes_back_in_the_form(users, run):
    client = signed_in(users["brigade"])
    for sent, said in (({"method": "BAYES"}, "道路没有登记流量"), ({"method": "WINDOW", "k_general": "0"}, "form-error"),
                       ({"method": "X"}, "form-error")):  # fmt: skip
        answer = client.post(PAGE, sent)
        assert (answer.status_code, said in answer.content.decode()) == (400, True)
    assert not Job.objects.filter(state="QUEUED").exists()


def test_maps_show_the_stretch_and_the_accidents_of_the_reader(users, run):
    first, second = run.spots.order_by("rank")
    roles = [
        one["properties"]["role"]
        for one in signed_in(users["officer-1"]).get(f"{PAGE}{first.pk}/places/").json()["features"]
    ]
    assert {role: roles.count(role) for role in roles} == {"road": 1, "line": 1, "other": 6, "address": 2}
    whole = signed_in(users["officer-1"]).get(f"/hot-spots/runs/{run.pk}/places/").json()["features"]
    assert [one["properties"]["label"] for one in whole] == ["试验路", "1. 试验路 K10+200–K10+450"]
    for url in (f"{PAGE}{second.pk}/places/", f"{PAGE}{second.pk}/", "/hot-spots/runs/999999999/places/"):
        shown(signed_in(users["officer-1"]), url, 404)


def test_the_api_gives_the_rows_of_the_page(users, run):
    body = signed_in(users["officer-1"]).get(API).json()
    assert (body["run"], body["method"], body["is_official"], body["settings"]["point_m"]["value"]) == (
        run.pk,
        "WINDOW",
        True,
        500,
    )
    (one,) = body["results"]
    assert (one["rank"], one["kind"], one["from_m"], one["to_m"]) == (1, "POINT", 10_200, 10_450)
    assert (one["general"], one["summary"], one["deaths"], one["injured"], one["hidden"]) == (6, 2, 1, 2, 0)
    assert one["url"] == f"/events/accidents/?hot_spot={one['id']}&filter=none"
    empty = signed_in(users["brigade"]).get(f"{API}?method=DENSITY").json()
    assert (empty["run"], empty["results"]) == (None, [])


def test_strangers_and_people_without_a_post_get_nothing(users, run):
    spot = run.spots.first()
    paths = {
        PAGE: 403,
        f"{PAGE}{spot.pk}/": 404,
        f"{PAGE}{spot.pk}/places/": 404,
        f"{PAGE}runs/{run.pk}/places/": 404,
        API: 403,
    }
    stranger, nobody = Client(), signed_in(users["nobody"])
    for path, status in paths.items():
        sent = stranger.get(path)
        assert sent.status_code == 401 if path == API else "/login" in sent["Location"]
        assert "试验路" not in shown(nobody, path, status)
    assert nobody.post(PAGE, {"method": "WINDOW"}).status_code == 403
    assert Job.objects.filter(state="QUEUED").count() == 0


def test_queries_do_not_grow_with_places(users, run):
    measured: dict[str, int] = {}
    client, reader = signed_in(users["brigade"]), signed_in(users["officer-1"])
    for round_ in range(2):
        spot = HotSpotRun.objects.latest("as_of").spots.get(rank=1)
        asked = {"brigade: hot spots": (client, PAGE), "officer: hot spots": (reader, PAGE), "brigade: hot spots api": (client, API),
                 "brigade: hot spot": (client, f"{PAGE}{spot.pk}/"),
                 "brigade: hot spot places": (client, f"{PAGE}{spot.pk}/places/")}  # fmt: skip
        for one, url in asked.values():
            one.get(url)
        for name, (one, url) in asked.items():
            with CaptureQueriesContext(connection) as found:
                assert one.get(url).status_code == 200
            assert measured.setdefault(name, len(found)) == len(found), (name, round_)
        # A run with eight places more, measured against none as well.
        HotSpotRun.objects.all().delete()
        report("ACCIDENT", *(accident(f"M{at}-{n}", at + n) for at in range(10_600, 18_000, 1_000) for n in range(5)))
        make_official(run=run_of(searched(users["brigade"])), actor=users["brigade"], now=clock.now())
    assert measured == recorded_counts(measured)


def test_an_area_shows_its_places_alone(users, city):
    client = signed_in(users["brigade"])
    a_staked_road()
    make_accidents()
    run = make_official(run=run_of(searched(users["brigade"])), actor=users["brigade"], now=clock.now())
    shown = {
        district.pk: [row.spot.pk for row in client.get(f"/hot-spots/?area={district.pk}").context["rows"]]
        for district in city.districts
    }
    assert sorted(pk for found in shown.values() for pk in found) == sorted(run.spots.values_list("pk", flat=True))
    assert [] in shown.values()
    everything = client.get("/hot-spots/?area=x")
    assert len(everything.context["rows"]) == run.spots.count()
