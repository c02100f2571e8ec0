"""The administrators are told once what ails the platform, and once that it is well: real disk, real Redis, real letters."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from redis import Redis

from accounts.services import platform_watch
from accounts.services.platform_watch import MARK, watch_platform
from common import clock, disks
from common.models import PlatformTrouble
from tests.factories.users import make_users

pytestmark = pytest.mark.django_db
Name = PlatformTrouble.Name


@pytest.fixture
def queue():
    with Redis.from_url(settings.REDIS_URL) as client:
        client.delete(MARK)
        yield client
        client.delete(MARK)


@pytest.fixture
def administrator(city):
    user = make_users(city)["admin"]
    user.email = "chief@platform.example"
    user.save(update_fields=["email"])
    return user


def subjects(sink) -> list[str]:
    """Long ones are folded in the letter."""
    return [one["Subject"].strip() for one in sink.letters]


def look(minutes: int = 0) -> int:
    return watch_platform(now=clock.now() + timedelta(minutes=minutes))


def test_an_emptied_queue_is_told_once_and_that_it_is_well_once(queue, administrator, sink) -> None:
    assert look() == 0, "a new platform has lost nothing"
    assert look(1) == 0
    queue.delete(MARK)

    assert [look(2), look(3), look(4)] == [1, 1, 0]

    assert subjects(sink) == ["[平台] 消息队列被清空", "[平台] 消息队列被清空：已恢复正常"]
    assert sink.letters[0]["To"] == "chief@platform.example"
    assert "重新排队" in sink.letters[0].get_content()


def test_what_could_not_be_sent_is_due_again(queue, administrator, sink) -> None:
    look()
    queue.delete(MARK)
    sink.is_refusing = True

    assert look(1) == 0
    sink.is_refusing = False

    assert look(2) == 1
    assert PlatformTrouble.objects.get(pk=Name.QUEUE_EMPTIED).told_at is not None


def test_a_disk_is_told_by_name(queue, administrator, sink, monkeypatch, settings, tmp_path) -> None:
    settings.DATABASE_FOLDER = str(tmp_path / "not there yet")
    assert look() == 0
    # Every disk holds as much as that.
    monkeypatch.setattr(disks, "WARNING_PCT", 0)

    assert look(1) == 2
    monkeypatch.setattr(disks, "WARNING_PCT", 101)
    assert look(2) == 2

    assert subjects(sink) == [
        "[平台] 文件所在磁盘将满", "[平台] 数据库所在磁盘将满", "[平台] 文件所在磁盘将满：已恢复正常", "[平台] 数据库所在磁盘将满：已恢复正常",
    ]  # fmt: skip
    assert "清理磁盘" in sink.letters[0].get_content()


def test_well_again_before_anybody_was_told_is_no_letter(queue, administrator, sink, monkeypatch) -> None:
    look()
    sink.is_refusing = True
    monkeypatch.setattr(disks, "WARNING_PCT", 0)
    assert look(1) == 0
    monkeypatch.setattr(disks, "WARNING_PCT", 101)
    sink.is_refusing = False

    assert look(2) == 0
    assert PlatformTrouble.objects.get(pk=Name.FILES_DISK).since is None


def test_only_administrators_of_today_are_told(queue, administrator, sink, monkeypatch) -> None:
    post = administrator.posts.get()
    post.valid_to = clock.today()
    post.valid_from = clock.today() - timedelta(days=1)
    post.save(update_fields=["valid_from", "valid_to"])
    monkeypatch.setattr(disks, "WARNING_PCT", 0)

    assert look() == 0
    assert platform_watch._administrators() == []
