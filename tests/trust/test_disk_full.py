"""Trust 10: the disk of the files full, that of the database full, then room again. What was acknowledged is there.

That these tests can fail: when `FileStore.put_as` leaves its draft, the disk stays full of `.part` files; when the row comes
before the file, a refused upload is listed; without `with_room_checked` a large body on a full disk is a bare 500.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.test import override_settings

from exchange.models import Upload
from exchange.services.files import read_upload, upload_folder
from tests.factories.users import make_users
from tests.fault.cluster import Cluster, database_account
from tests.fault.servers import own_folder, wait_for
from tests.trust.asking import HEALTH, Asker, Reply, asker, collect_static, web_server

pytestmark = pytest.mark.usefixtures("committed_city")
IMPORT = "/exchange/import/"
FORM = {"kind": "VEHICLE", "source": "TMRI_VEHICLE", "observed_on": "2026-10-02", "datum": "WGS84"}
MIB = 2**20


@pytest.fixture(scope="module")
def static(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    collect_static(folder)
    return folder


def content(number: int, size: int = 40_000) -> bytes:
    """A file of its own for each number."""
    head = f"号牌号码,车辆识别代号\n鲁F{number:05d},{number}\n".encode()
    return head + os.urandom(size // 2).hex().encode()


def send(who: Asker, number: int, size: int = 40_000) -> tuple[Reply, bytes]:
    data = content(number, size)
    return who.upload(IMPORT, "file", data, **FORM), data


def assert_refused_well(reply: Reply) -> None:
    assert reply.status in {503, 507}, (reply.status, reply.text[:300])
    assert int(reply.retry_after) > 0
    assert "磁盘空间不足" in reply.text or "系统繁忙" in reply.text
    assert reply.seconds < 5


def processes_of(group: int) -> list[int]:
    """The process and what it started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getpgid(int(entry.name)) == group:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found


@contextmanager
def largest_file(group: int, size: int) -> Iterator[None]:
    """No process of the group can write beyond that size: as good as a full disk, and needs no rights. Lifted at the end."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in processes_of(group)}
    for pid, (_soft, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def kept(acknowledged: list[bytes]) -> None:
    """Every file that was acknowledged has its row and its content, and no row is without its file."""
    stored = [read_upload(upload) for upload in Upload.objects.all()]
    missing = [data[:40] for data in acknowledged if data not in stored]
    assert not missing


def test_without_room_nothing_is_kept_nothing_acknowledged_and_it_goes_on_afterwards(
    own_media, tmp_path, static, committed_city
):
    users = make_users(committed_city)
    account = os.environ["DATABASE_URL"].rpartition("/")[0]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with web_server(
        f"{account}/{connection.settings_dict['NAME']}", own_media, tmp_path, static, TMPDIR=str(temporary)
    ) as (port, pid):
        who = asker(port, users["brigade"])
        first, data = send(who, 1)
        assert first.status == 302
        lying = {path.name for path in upload_folder().iterdir()}
        # The log of the web server is larger than that by now, and is no place to keep files either.
        with largest_file(pid, 16_384):
            beside_its_field, _ = send(who, 2)
            # Larger than what is held in memory: kept on the disk before Django sees it.
            as_a_body, _ = send(who, 3, 4 * MIB)
            reading = who.ask("/registry/vehicles/")
        for refused in (beside_its_field, as_a_body):
            assert_refused_well(refused)
            assert refused.status == 507
        assert reading.status == 200
        assert {path.name for path in upload_folder().iterdir()} == lying
        assert Upload.objects.count() == 1 == len(lying)

        second, more = send(who, 2)
        third, large = send(who, 3, 4 * MIB)
        assert (second.status, third.status) == (302, 302)
        kept([data, more, large])


@pytest.mark.parametrize(("used_mib", "status"), [(20, "ok"), (28, "degraded")])
@pytest.mark.deep
def test_health_warns_before_it_is_too_late(client, settings, used_mib, status, db):
    with small_disk(32) as disk:
        settings.MEDIA_ROOT = disk / "media"
        (disk / "filler").write_bytes(b"-" * used_mib * MIB)
        answer = client.get(HEALTH)
        assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert (answer.json()["warnings"] == ["DISK_NEARLY_FULL"]) is (status == "degraded")


def as_root(*command: str) -> None:
    """Mounting needs root; who is not root is asked of sudo, as the set-up asks."""
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    subprocess.run([*prefix, *command], check=True)


@contextmanager
def small_disk(mib: int) -> Iterator[Path]:
    """A file system of its own of that size, where also the account of the database comes."""
    folder = own_folder("disk", database_account())
    as_root("mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=1777", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        as_root("umount", "-l", str(folder))
        folder.rmdir()


def fill(disk: Path) -> Path:
    """Nothing more goes onto it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as stream:
        for block in (MIB, 4_096, 1):
            try:
                while True:
                    stream.write(b"-" * block)
            except OSError:
                continue
    return filler


@contextmanager
def cluster_on(disk: Path) -> Iterator[Cluster]:
    """A PostgreSQL whose data and write-ahead log lie there."""
    before, tempfile.tempdir = tempfile.tempdir, str(disk)
    try:
        cluster = Cluster()
    finally:
        tempfile.tempdir = before
    try:
        cluster.load_from(connection.settings_dict)
        yield cluster
    finally:
        cluster.remove()


def write_on(who: Asker, numbers: Iterator[int], seconds: float, acknowledged: list[bytes]) -> list[Reply]:
    """Uploads one after the other; what was acknowledged is written down after the answer was read."""
    ends, replies = time.monotonic() + seconds, []
    while time.monotonic() < ends:
        reply, data = send(who, next(numbers), 60_000)
        replies.append(reply)
        if reply.status == 302:
            acknowledged.append(data)
    return replies


def came_back(who: Asker, numbers: Iterator[int], acknowledged: list[bytes]) -> float:
    def goes_through() -> bool:
        reply, data = send(who, next(numbers))
        if reply.status == 302:
            acknowledged.append(data)
        return reply.status == 302

    return wait_for(goes_through, 30, "uploads go through again")


def uploads_of(cluster: Cluster, media: Path, check: Callable[[], None]) -> None:
    """Looks at the rows of that server with the models."""
    address = {"HOST": "127.0.0.1", "PORT": cluster.port, "USER": "laizhou_app", "NAME": "laizhou"}
    own = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(address)
    try:
        with override_settings(MEDIA_ROOT=media):
            check()
    finally:
        connection.close()
        connection.settings_dict.update(own)


@pytest.mark.deep
def test_a_full_disk_of_the_database_and_of_the_files(tmp_path, static, committed_city, record_property):
    # Its session is copied with the rest.
    who = asker(0, make_users(committed_city)["brigade"])
    acknowledged: list[bytes] = []
    numbers = iter(range(1, 1_000_000))
    with (
        small_disk(48) as media,
        small_disk(512) as data,
        cluster_on(data) as cluster,
    ):
        with web_server(cluster.url, media, tmp_path, static, TMPDIR=str(media)) as (port, _pid):
            who.port = port
            assert {reply.status for reply in write_on(who, numbers, 3, acknowledged)} == {302}

            filler = fill(media)
            for reply in write_on(who, numbers, 5, acknowledged):
                assert_refused_well(reply)
            assert '"DISK_NEARLY_FULL"' in who.ask(HEALTH).text
            assert who.ask("/registry/vehicles/").status == 200
            filler.unlink()
            record_property("files_back_s", round(came_back(who, numbers, acknowledged), 1))

            filler = fill(data)
            replies = write_on(who, numbers, 20, acknowledged)
            refused = [reply for reply in replies if reply.status != 302]
            assert refused, "the disk of the database was not full"
            for reply in refused:
                assert_refused_well(reply)
            assert who.ask(HEALTH).seconds < 5
            filler.unlink()
            if not cluster.is_up:
                # It could not write its log and ended; a supervisor starts it again.
                cluster.kill()
                cluster.start()
            record_property("database_back_s", round(came_back(who, numbers, acknowledged), 1))
            record_property("acknowledged", len(acknowledged))
        uploads_of(cluster, media, lambda: kept(acknowledged))
