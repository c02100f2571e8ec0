"""What the demonstration does with its events: once, however often it is prepared."""

from __future__ import annotations

from datetime import date

from analytics.models import HotSpotRun, Report, RiskSheet, Subscription
from analytics.reports.shipping import load_shipped
from console.demo_analysis import play_analysis
from tests.factories.hot_spot_city import a_staked_road, make_accidents
from tests.factories.reports import make_accidents as make_october_accidents


def test_searched_signed_by_another_and_sent_once_however_often_it_is_played(city, users, sink):
    load_shipped()
    a_staked_road()
    make_accidents()
    make_october_accidents()
    for name in ("brigade", "squadron-1", "officer-1"):
        users[name].email = f"{name}@platform.example"
        users[name].save(update_fields=["email"])

    told: list[str] = []
    for _ in range(2):
        play_analysis(date(2026, 10, 31), told.append)

    assert told[: len(told) // 2] == told[len(told) // 2 :]
    assert sorted(HotSpotRun.objects.values_list("method", "is_official")) == [("DENSITY", True), ("WINDOW", True)]
    report = Report.objects.get()
    assert (report.state, report.author_id, report.approved_by_id) == ("SENT", users["analyst"].pk, users["brigade"].pk)
    assert Subscription.objects.count() == 3
    # Three districts, nothing graded: all signed by another than who wrote them.
    assert set(RiskSheet.objects.values_list("state", "author_id", "signed_by_id")) == {
        ("SIGNED", users["analyst"].pk, users["brigade"].pk)
    }
    # The monthly one at once; the others when their periods end.
    assert [one["To"] for one in sink.letters] == ["brigade@platform.example"]
