"""Letters to the owner of a link over real SMTP: one when it is in trouble, one when it is well again, never data."""

from __future__ import annotations

import pytest

from accounts.models import User
from common import clock
from elements.models import Source
from exchange.models import Connector, ConnectorRun
from exchange.services import link_alerts


@pytest.fixture
def link(city, users) -> Connector:
    User.objects.filter(pk=users["brigade"].pk).update(email="owner@police.example")
    return Connector.objects.create(
        code="some-link", name="某部门·人员", source=Source.objects.get(code="SECURITY_PERSON"), kind="PERSON", transport="HTTP",
        options={}, owner=users["brigade"], next_run_at=clock.now(),
    )  # fmt: skip


def failed(link: Connector, failures: int) -> None:
    Connector.objects.filter(pk=link.pk).update(failures=failures)
    ConnectorRun.objects.create(
        connector=link,
        state="FAILED",
        problem="PEER_UNREACHABLE",
        message="连不上 10.1.2.3:443。",
        started_at=clock.now(),
    )


def tell() -> int:
    return link_alerts.tell_owners(now=clock.now())


def test_one_letter_an_outage_and_one_when_it_is_over(link, sink):
    failed(link, 1)
    assert (tell(), sink.letters) == (0, [])
    failed(link, 2)
    assert (tell(), tell()) == (1, 0)
    failed(link, 3)
    assert tell() == 0
    (trouble,) = sink.texts()
    assert sink.letters[0]["To"] == "owner@police.example"
    assert "连续 2 次读取失败" in trouble and "连不上 10.1.2.3:443。（PEER_UNREACHABLE）" in trouble
    assert "https://platform.example/exchange/links/some-link/" in trouble

    Connector.objects.filter(pk=link.pk).update(failures=0)
    ConnectorRun.objects.create(connector=link, state="DONE", counts={"received": 1234}, started_at=clock.now())
    assert (tell(), tell()) == (1, 0)
    assert "已恢复正常" in sink.texts()[1] and "1,234 行" in sink.texts()[1]
    failed(link, 2)
    assert tell() == 1


def test_a_held_reading_is_told_at_once(link, sink):
    ConnectorRun.objects.create(
        connector=link,
        state="HELD",
        problem="ROWS_DROPPED",
        message="全量只有 7 行，上次 10 行，少了 30%。",
        started_at=clock.now(),
    )
    assert (tell(), tell()) == (1, 0)
    assert "等您确认" in sink.texts()[0] and "少了 30%" in sink.texts()[0]


def test_a_letter_that_the_server_refuses_is_sent_later(link, sink):
    failed(link, 2)
    sink.is_refusing = True
    assert tell() == 0
    link.refresh_from_db()
    assert link.alerted_at is None
    sink.is_refusing = False
    assert (tell(), len(sink.letters)) == (1, 1)


@pytest.mark.parametrize("change", [{"owner": None}, {"is_active": False}])
def test_nobody_is_told_of_a_paused_link_or_one_without_owner(link, sink, change):
    failed(link, 5)
    Connector.objects.filter(pk=link.pk).update(**change)
    assert (tell(), sink.letters) == (0, [])
