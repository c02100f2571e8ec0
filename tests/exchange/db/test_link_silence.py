"""Links that are read well and bring nothing: said, with a lag from the last file, and told to the owner once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common import clock
from common.errors import DomainError
from elements.models import Source
from exchange.models import Connector, ConnectorRun
from exchange.selectors.links import link_lines
from exchange.services import link_admin, link_alerts
from tests.exchange.db.link_parts import run_link

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def link(city, users, settings, tmp_path) -> Connector:
    """A link of an empty ferry folder."""
    User.objects.filter(pk=users["brigade"].pk).update(email="owner@police.example")
    (tmp_path / "outbox").mkdir()
    settings.EXCHANGE_FERRY_ROOT = tmp_path
    return Connector.objects.create(
        code="some-ferry", name="某部门·位置", source=Source.objects.get(code="TRANSPORT"), kind="POSITION", transport="FOLDER",
        options={"folder": "outbox", "expect_every_s": 600}, owner=users["brigade"], next_run_at=clock.now(),
    )  # fmt: skip


def came(link: Connector, before: timedelta) -> ConnectorRun:
    """A file that came so long ago."""
    run = ConnectorRun.objects.create(
        connector=link, state="DONE", rows=7, counts={"received": 7}, fingerprint=before.total_seconds().hex().encode()[:16],
        started_at=clock.now() - before,
    )  # fmt: skip
    Connector.objects.filter(pk=link.pk).update(last_ok_at=run.started_at)
    return run


def seen(users) -> tuple[str, str, str]:
    """Level, word and lag on the list."""
    (line,) = link_lines(users["admin"], clock.now())
    return line.health["level"], line.health["label"], line.lag


def tell() -> int:
    return link_alerts.tell_owners(now=clock.now())


def test_a_silent_folder_is_said_and_told_once_and_once_when_it_speaks_again(link, users, sink):
    came(link, 12 * MINUTE)
    assert run_link(link).state == "EMPTY"
    assert seen(users) == ("warn", "没有来文", "12 分钟")
    assert (tell(), tell()) == (1, 0)
    (trouble,) = sink.texts()
    assert "没有来文" in trouble and "已有 12 分钟没有新文件或新数据，约定至少每 10 分钟一次" in trouble
    assert sink.letters[0]["To"] == "owner@police.example"

    came(link, timedelta())
    assert seen(users) == ("ok", "正常", "不到 1 分钟")
    assert (tell(), tell()) == (1, 0)
    assert "已恢复正常" in sink.texts()[1] and "7 行" in sink.texts()[1]


def test_a_file_of_a_few_minutes_ago_is_no_silence(link, users, sink):
    came(link, 10 * MINUTE + 30 * MINUTE / 60)
    assert run_link(link).state == "EMPTY"
    assert (seen(users)[:2], tell(), sink.letters) == (("ok", "正常"), 0, [])


@pytest.mark.parametrize(("before", "word"), [(25 * HOUR, "正常"), (27 * HOUR, "没有来文")])
def test_a_folder_that_states_nothing_is_expected_daily(link, users, before, word):
    Connector.objects.filter(pk=link.pk).update(options={"folder": "outbox"})
    came(link, before)
    assert run_link(link).state == "EMPTY"
    assert seen(users)[1] == word


def test_while_nobody_looked_nobody_was_silent(link, users, sink):
    came(link, 12 * MINUTE)
    assert seen(users)[1] == "正常"
    assert (tell(), sink.letters) == (0, [])


def test_a_folder_that_never_brought_anything_is_silent_since_it_is_read(link, users, sink):
    for _ in range(2):
        assert run_link(link).state == "EMPTY"
    assert seen(users)[1] == "正常"
    link.runs.update(started_at=F("started_at") - timedelta(days=3))
    assert run_link(link).state == "EMPTY"
    assert link.runs.count() == 2
    assert seen(users) == ("warn", "没有来文", "3 天")
    assert tell() == 1


@pytest.mark.parametrize(("options", "word"), [({}, "正常"), ({"expect_every_s": 600}, "没有来文")])
def test_another_transport_is_expected_to_speak_only_where_it_says_so(link, users, options, word):
    came(link, 12 * MINUTE)
    Connector.objects.filter(pk=link.pk).update(transport="HTTP", options=options, last_ok_at=clock.now())
    assert seen(users)[1] == word


def test_an_expectation_that_is_no_number_is_refused(link, users):
    with pytest.raises(DomainError) as refused:
        link_admin.save_link(
            connector=link, values={"options": link.options | {"expect_every_s": "bald"}}, secret=None, actor=users["admin"], now=clock.now()
        )  # fmt: skip
    link.refresh_from_db()
    assert (refused.value.code, link.options["expect_every_s"]) == ("LINK_OPTIONS", 600)


def test_the_page_says_since_when_and_how_few_rows_stop_only_a_whole_reading(link, users):
    came(link, 12 * MINUTE)
    Connector.objects.filter(pk=link.pk).update(last_ok_at=clock.now(), last_rows=10)
    client = Client()
    client.force_login(users["admin"])
    pages = []
    for mode in ("DELTA", "SNAPSHOT"):
        Connector.objects.filter(pk=link.pk).update(mode=mode)
        pages.append(client.get(reverse("exchange:link", args=[link.code])).content.decode())

    assert "距上次来文 <strong>12 分钟</strong>" in pages[0] and "没有来文" in pages[0]
    assert ["少于 80% 停下" in page for page in pages] == [False, True]
    assert "12 分钟没有来文" in client.get(reverse("exchange:links")).content.decode()
