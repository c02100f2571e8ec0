"""Pages and API of alerts: scope, masks, steps, refusals, notification centre, news of a browser, times, number of queries."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import clock
from common.masking import mask_plate
from elements.models import SavedFilter
from tagging.choices import AlertLevel, AlertState
from tagging.models import Alert, AlertMute, AlertRecipient, Assignment
from tagging.selectors.alert_times import times_by_squadron
from tagging.services.alert_answers import accept, close_alert
from tests.factories.alerts import alert_on, alerting_tag, vehicle_at
from tests.factories.numbers import plate
from tests.factories.query_counts import recorded_counts
from tests.factories.users import make_users, signed_in

LIST, CENTRE, NEWS, API = "/alerts/", "/alerts/notifications/", "/alerts/news/", "/api/v1/alerts/"


@pytest.fixture(scope="module")
def module_users(module_city) -> dict[str, Any]:
    """Alerts of one tag on vehicles 1 (first grid), 2 (second), 5 (the other squadron)."""
    made, tag = make_users(module_city), alerting_tag()
    for number, grid in ((1, 0), (2, 1), (5, 5)):
        alert_on(tag, vehicle_at(number, grid=grid))
    return made


def alert(number: int) -> Alert:
    return Alert.objects.get(element__label=plate(number))


def labels(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return sorted(row["label"] for row in answer.context["rows"])


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        ("brigade", [plate(1), plate(2), plate(5)]),
        ("officer-1", [plate(1), plate(2)]),
        ("officer-2", [plate(5)]),
        ("assistant-1", [mask_plate(plate(2))]),
    ],
)
def test_the_list_shows_the_alerts_of_the_scope_masked_as_the_post_demands(users, reader, expected):
    client = signed_in(users[reader])
    answer = client.get(LIST)
    assert labels(answer) == sorted(expected)
    api = client.get(API, {"standing": "open"}).json()
    assert sorted(row["label"] for row in api["results"]) == sorted(expected)
    if reader == "assistant-1":
        assert plate(2) not in answer.content.decode() + json.dumps(api)


@pytest.mark.parametrize("reader", ["admin", "auditor", "station-1", "nobody"])
def test_who_may_not_read_elements_gets_no_alerts(users, reader):
    client = signed_in(users[reader])
    answers = [client.get(LIST), client.get(CENTRE), client.get("/alerts/times/"), client.get(API), client.post(NEWS)]
    assert [one.status_code for one in answers] == [403] * 5
    assert client.get(f"/alerts/{alert(1).pk}/").status_code == 404


def test_filters_narrow_and_nonsense_is_refused(users, city):
    client = signed_in(users["brigade"])
    accept(alert_id=alert(1).pk, version=1, actor=users["officer-1"], now=clock.now())
    assert labels(client.get(LIST, {"state": "ACCEPTED"})) == [plate(1)]
    assert labels(client.get(LIST, {"area": city.districts[2].pk})) == [plate(5)]
    assert labels(client.get(LIST, {"level": AlertLevel.NORMAL})) == []
    # Of the brigade nobody was told: each block has its officer.
    assert labels(client.get(LIST, {"mine": "true"})) == []
    assert client.get(LIST, {"standing": "nonsense"}).status_code == 400
    assert client.get(LIST, {"sort": "fingerprint"}).status_code == 400
    Alert.objects.filter(pk=alert(2).pk).update(first_at=clock.now() - timedelta(minutes=11))
    assert labels(client.get(LIST, {"standing": "late"})) == [plate(2)]
    assert labels(client.get(LIST, {"standing": "overdue"})) == []


@pytest.mark.parametrize("path", ["/alerts/{}/", "/alerts/{}/accept/", "/api/v1/alerts/{}/accept/"])
def test_a_foreign_alert_answers_like_a_missing_one(users, path):
    client, foreign = signed_in(users["officer-2"]), alert(1)
    bodies = []
    for pk in (foreign.pk, 999_999_999):
        url = path.format(pk)
        answer = (
            client.get(url)
            if "accept" not in path
            else client.post(url, {"version": 1}, content_type="application/json")
        )
        bodies.append(answer.status_code)
    assert bodies == [404, 404]
    foreign.refresh_from_db()
    assert (foreign.state, foreign.version) == ("NEW", 1)


def test_the_page_says_what_why_who_and_when_and_notes_that_it_was_seen(users):
    officer, one = users["officer-1"], alert(1)
    text = signed_in(officer).get(f"/alerts/{one.pk}/").content.decode()
    for part in (
        "标签LATE",
        plate(1),
        "年检已过期",
        "上门告知",
        "责任块的网格协管员",
        "在地图上看",
        "已教育（标签解除，30 天）",
    ):
        assert part in text
    seen = AlertRecipient.objects.get(alert=one, user_id=officer.pk)
    assert (seen.seen_at is not None, seen.delivered_at is not None) == (True, True)
    other = AlertRecipient.objects.get(alert=one, user_id=users["coordinator-1"].pk)
    assert (other.seen_at, other.delivered_at) == (None, None)


def test_an_alert_goes_through_the_page_to_its_outcome(users):
    client, one = signed_in(users["officer-1"]), alert(1)
    assert client.post(f"/alerts/{one.pk}/accept/", {"version": 1}).status_code == 302
    assert client.post(f"/alerts/{one.pk}/act/", {"version": 2}).status_code == 302
    done = client.post(f"/alerts/{one.pk}/close/", {"version": 3, "outcome": "TAUGHT", "note": "当面"}, follow=True)

    assert "已教育：当面" in done.content.decode()
    one.refresh_from_db()
    assert (one.state, one.version) == (AlertState.CLOSED, 4)
    tag = Assignment.objects.get(pk=one.assignment_id)
    assert (tag.end_note, tag.until is not None) == ("已教育", True)


def test_a_step_that_was_overtaken_or_lacks_something_comes_back_in_words(users):
    client, one = signed_in(users["officer-1"]), alert(1)
    late = client.post(f"/alerts/{one.pk}/accept/", {"version": 7})
    assert (late.status_code, "刷新页面" in late.content.decode()) == (409, True)
    bare = client.post(f"/alerts/{one.pk}/close/", {"version": 1, "outcome": ""})
    unread = client.post(f"/alerts/{one.pk}/escalate/", {"version": 1, "note": ""})
    wrong = client.post(f"/alerts/{one.pk}/explode/", {"version": 1})
    assert [one.status_code for one in (bare, unread, wrong)] == [400, 400, 404]
    one.refresh_from_db()
    assert (one.state, one.version, one.steps.count()) == ("NEW", 1, 1)


def test_the_api_takes_steps_and_refuses_with_a_code(users):
    client, one = signed_in(users["officer-1"]), alert(1)

    def send(action: str, **body: Any) -> Any:
        return client.post(f"{API}{one.pk}/{action}/", body, content_type="application/json")

    first = send("accept", version=1)
    assert (first.status_code, first.json()["state"], first.json()["version"]) == (200, "ACCEPTED", 2)
    assert send("accept", version=1).json()["code"] == "ALERT_CHANGED"
    assert send("close", version=2).json()["code"] == "OUTCOME_MISSING"
    muted = send("mute", version=2, what="element", days=7, note="施工")
    assert (muted.status_code, muted.json()["state"], AlertMute.objects.count()) == (200, "MUTED", 1)


def test_news_are_told_once_as_text_and_the_bell_counts_what_is_unseen(users):
    client, one = signed_in(users["officer-1"]), alert(1)
    first, second = client.post(NEWS).json(), client.post(NEWS).json()

    assert (first["unread"], len(first["alerts"])) == (2, 2)
    row = next(row for row in first["alerts"] if row["id"] == one.pk)
    assert (row["label"], row["title"], row["url"], row["place"]) == (
        plate(1), "标签LATE", f"/alerts/{one.pk}/", "JQ-1 G-1",
    )  # fmt: skip
    assert second == {"unread": 2, "alerts": [], "more": False}
    assert AlertRecipient.objects.filter(user_id=users["officer-1"].pk, delivered_at__isnull=True).count() == 0

    client.get(f"/alerts/{one.pk}/")
    assert client.post(NEWS).json()["unread"] == 1
    masked = signed_in(users["assistant-1"]).post(NEWS).json()
    assert [row["label"] for row in masked["alerts"]] == [mask_plate(plate(2))]


def test_who_lost_the_post_gets_no_news_of_it(users, city):
    moved = users["officer-1"]
    moved.posts.update(area=city.districts[2])
    answer = signed_in(type(moved).objects.get(pk=moved.pk)).post(NEWS).json()
    assert answer == {"unread": 0, "alerts": [], "more": False}


def test_a_stranger_is_told_to_sign_in_and_a_server_without_event_loop_refuses_the_stream(users):
    assert [Client().post(NEWS).status_code, Client().get("/alerts/stream").status_code] == [401, 401]
    refused = signed_in(users["officer-1"]).get("/alerts/stream")
    assert (refused.status_code, refused.json()["code"]) == (503, "ALERT_STREAM_UNAVAILABLE")


def test_the_centre_groups_by_tag_and_marks_as_read(users):
    client, officer = signed_in(users["officer-1"]), users["officer-1"]
    (group,) = client.get(CENTRE).context["groups"]
    assert (group["title"], group["count"], group["unread"], len(group["rows"])) == ("标签LATE", 2, 2, 2)

    client.post(f"{CENTRE}read/", {"alert": alert(1).pk})
    assert client.get(CENTRE).context["groups"][0]["unread"] == 1
    back = client.post(f"{CENTRE}read/", {"title": "标签LATE", "back": "standing=open"})
    assert (back.status_code, back.headers["Location"]) == (302, f"{CENTRE}?standing=open")
    assert AlertRecipient.objects.filter(user_id=officer.pk, seen_at__isnull=True).count() == 0
    # Of the others nothing was marked.
    assert AlertRecipient.objects.filter(seen_at__isnull=True).exclude(user_id=officer.pk).count() == 3
    assert client.post(f"{CENTRE}read/", {"alert": "1; drop"}).status_code == 400


def test_the_centre_shows_mutes_and_lifts_them(users):
    client, one = signed_in(users["officer-1"]), alert(1)
    client.post(f"/alerts/{one.pk}/mute/", {"version": 1, "what": "element", "days": 7, "note": "车辆在修"})
    assert "车辆在修" in client.get(CENTRE).content.decode()
    row = AlertMute.objects.get()
    assert signed_in(users["officer-2"]).post(f"/alerts/mutes/{row.pk}/lift/").status_code == 404
    assert client.post(f"/alerts/mutes/{row.pk}/lift/").status_code == 302
    row.refresh_from_db()
    assert row.lifted_at is not None


def test_the_day_and_the_thing_show_what_is_open(users):
    client = signed_in(users["officer-1"])
    assert sorted(row["label"] for row in client.get("/alerts/today/").context["rows"]) == [plate(1), plate(2)]
    assert reverse("tagging:alerts-today") in client.get("/").content.decode()
    one = alert(1)
    strip = f"/alerts/elements/{one.element_id}/"
    assert f"/alerts/{one.pk}/" in client.get(strip).content.decode()
    assert strip in client.get(f"/elements/{one.element_id}/").content.decode()
    assert signed_in(users["officer-2"]).get(strip).status_code == 404


def test_what_was_taken_and_not_closed_in_time_shows_as_overdue(users):
    client, one = signed_in(users["officer-1"]), alert(1)
    accept(alert_id=one.pk, version=1, actor=users["officer-1"], now=clock.now() - timedelta(hours=4, seconds=1))
    accept(alert_id=alert(2).pk, version=1, actor=users["officer-1"], now=clock.now() - timedelta(hours=3, minutes=59))

    assert labels(client.get(LIST, {"standing": "overdue"})) == [plate(1)]
    assert {row["label"]: row["late"] for row in client.get(LIST).context["rows"]} == {
        plate(1): "逾期未办结",
        plate(2): "",
    }
    today = client.get("/alerts/today/")
    assert today.context["overdue"] == 1
    assert 'standing=overdue&amp;mine=true" data-count="1"' in today.content.decode()
    assert "逾期未办结" in client.get(f"/alerts/{one.pk}/").content.decode()


def test_times_by_squadron_are_medians_and_nine_tenths(users):
    now = clock.now()
    for number, minutes in ((1, 10), (2, 20)):
        one = alert(number)
        Alert.objects.filter(pk=one.pk).update(first_at=now - timedelta(minutes=minutes))
        accept(alert_id=one.pk, version=1, actor=users["officer-1"], now=now)
    close_alert(
        alert_id=alert(1).pk, version=2, outcome="TAUGHT", actor=users["officer-1"], now=now + timedelta(minutes=5)
    )

    first, second = times_by_squadron(users["brigade"], since=now - timedelta(days=1))
    spans = {span.stage: (span.count, span.median_s, span.p90_s) for span in first.spans}
    assert (first.name, first.alerts, second.name, second.alerts) == ("ZD-1", 2, "ZD-2", 1)
    assert (spans["accepted"], spans["closed"]) == ((2, 900.0, 1140.0), (1, 900.0, 900.0))
    assert [one.name for one in times_by_squadron(users["officer-2"], since=now - timedelta(days=1))] == ["ZD-2"]
    Alert.objects.filter(pk=alert(5).pk).update(first_at=now - timedelta(days=40))
    brigade = signed_in(users["brigade"])
    text = brigade.get("/alerts/times/").content.decode()
    assert "15 分" in text and "<rect" in text
    # Every number opens as many rows.
    numbers = re.findall(r'href="(/alerts/\?first_from=[^"]+)" data-count="(\d+)"', text)
    assert [(len(labels(brigade.get(unescape(url)))), int(count)) for url, count in numbers] == [(2, 2)]


def test_the_number_of_queries_does_not_grow_with_the_alerts(users):
    client, one = signed_in(users["officer-1"]), alert(1)
    pages = {
        "alerts": LIST, "alert": f"/alerts/{one.pk}/", "notifications": CENTRE, "alerts today": "/alerts/today/",
        "alert times": "/alerts/times/", "alerts api": API,
    }  # fmt: skip
    for url in pages.values():
        client.get(url)
    measured = {f"officer-1: {name}": counted(client, url) for name, url in pages.items()}
    assert measured == recorded_counts(measured)

    tag = alerting_tag("MORE")
    for number in range(30, 42):
        alert_on(tag, vehicle_at(number, grid=0))
    again = {f"officer-1: {name}": counted(client, url) for name, url in pages.items()}
    assert again == measured


def counted(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_a_kept_filter_opens_the_list_in_place_of_the_usual_one_and_is_shared_with_ones_own_rows_only(users):
    mine, other = signed_in(users["brigade"]), signed_in(users["officer-2"])
    usual = mine.get(LIST)
    assert (usual.context["query"], usual.context["may_save"]) == ("standing=open", True)
    keep = reverse("console:save-filter", args=["alerts"])
    mine.post(keep, {"name": "紧急", "query": "level=2&cursor=x", "is_shared": "on", "is_default": "on"})
    saved = SavedFilter.objects.get()
    assert (saved.list_name, saved.query) == ("alerts", "level=2")
    assert mine.get(LIST)["Location"] == f"?filter={saved.pk}"
    kept = mine.get(f"{LIST}?filter={saved.pk}")
    assert (labels(kept), kept.context["saved"]) == ([plate(1), plate(2), plate(5)], saved)
    assert "level=2" in kept.context["export_url"]
    assert labels(mine.get(f"{LIST}?filter=none")) == [plate(1), plate(2), plate(5)]
    # The default is the reader's own; shared with others it shows their rows.
    assert other.get(LIST).status_code == 200
    assert labels(other.get(f"{LIST}?filter={saved.pk}")) == [plate(5)]
    assert [row["label"] for row in other.get(f"{API}?filter={saved.pk}").json()["results"]] == [plate(5)]
    menu = mine.get(reverse("console:saved-menu", args=["alerts"])).content.decode()
    assert "紧急" in menu and ">3<" in menu
    SavedFilter.objects.update(is_shared=False)
    assert [other.get(f"{url}?filter={saved.pk}").status_code for url in (LIST, API)] == [404, 404]


def test_the_list_is_taken_out_as_it_is_shown(users):
    squadron = signed_in(users["squadron-1"])
    Alert.objects.filter(pk=alert(2).pk).update(state=AlertState.CLOSED, due_at=None)

    def taken(client: Client, query: str) -> str:
        file = client.get(client.get(LIST + query).context["export_url"] + "&format=csv")
        assert file.status_code == 200
        return b"".join(file.streaming_content if file.streaming else [file.content]).decode("utf-8-sig")

    usual, every, ended = (taken(squadron, query) for query in ("", "?sort=-last_at", "?standing=ended"))
    assert [plate(n) in usual for n in (1, 2, 5)] == [True, False, False]
    assert [plate(n) in every for n in (1, 2, 5)] == [True, True, False]
    assert [plate(n) in ended for n in (1, 2, 5)] == [False, True, False]
