"""The section 事件 of a block sheet: each number is that of the list it leads to; events are news."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.factories.events import days_ago, make_events, report, row
from tests.factories.users import make_users, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def module_users(module_city):
    make_events()
    return make_users(module_city)


def sheet(client, city, grid: int = 0):
    answer = client.get(reverse("console:block", args=[city.grids[grid].code]))
    assert answer.status_code == 200
    return answer


def figures(answer) -> dict[str, tuple[str, str]]:
    """Label → numbers of 30 days and of 12 months."""
    return {str(one["label"]): tuple(cell["value"] for cell in one["cells"]) for one in answer.context["event_figures"]}


def test_numbers_of_both_spans_with_the_procedures_apart(users, city):
    report(
        "ACCIDENT",
        row("ACCIDENT", "B1", grid=0, occurred_at=days_ago(100), accident_type="2", deaths=0, injured=3),
        row("ACCIDENT", "B2", grid=0, occurred_at=days_ago(29), accident_type="4"),
        row("ACCIDENT", "B3", grid=0, occurred_at=days_ago(30), accident_type="4"),
        row("ACCIDENT", "B4", grid=0, occurred_at=days_ago(500), accident_type="1", deaths=2),
    )
    assert figures(sheet(signed_in(users["officer-1"]), city)) == {
        "交通事故（一般程序）": ("1", "2"), "交通事故（简易程序）": ("1", "2"), "死亡人数": ("1", "1"), "受伤人数": ("0", "3"),
        "交通违法": ("2", "2"), "警情": ("2", "2"), "过车记录": ("2", "2"),
    }  # fmt: skip


def test_every_number_is_that_of_its_list(users, city):
    client = signed_in(users["officer-1"])
    for grid in (0, 1):
        for one in sheet(client, city, grid).context["event_figures"]:
            for cell in one["cells"]:
                listed = client.get(cell["url"])
                assert listed.status_code == 200
                if str(one["label"]) not in {"死亡人数", "受伤人数"}:
                    assert str(len(listed.context["rows"])) == cell["value"], cell["url"]


def test_events_are_news_until_the_reader_has_seen_them(users, city):
    client, block = signed_in(users["officer-1"]), city.grids[0]
    first = sheet(client, city)
    assert [(kind.value, str(n)) for kind, n in first.context["feed"].events] == [
        ("ACCIDENT", "1"), ("VIOLATION", "2"), ("INCIDENT", "2"),
    ]  # fmt: skip
    assert client.post(reverse("console:block-seen", args=[block.code])).status_code == 302
    assert sheet(client, city).context["feed"].events == []
    report("VIOLATION", row("VIOLATION", "N1", grid=0, occurred_at=days_ago(2), code="1625"))
    report("VIOLATION", row("VIOLATION", "N2", grid=1, occurred_at=days_ago(2), code="1625"))
    news = sheet(client, city)
    assert [(kind.value, str(n)) for kind, n in news.context["feed"].events] == [("VIOLATION", "1")]
    assert "交通违法 1" in news.content.decode()


def test_the_same_as_data(users, city):
    client = signed_in(users["officer-1"])
    answer = client.get(f"/api/v1/blocks/{city.grids[0].code}/").json()["events"]
    assert answer["month"]["counts"]["general"] == {"count": 1, "more_than": False}
    assert (answer["year"]["deaths"], answer["year"]["counts"]["violations"]["count"]) == (1, 2)
