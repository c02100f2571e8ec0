"""Trust 3, the uploaded file: killed at every point between file, flush, rename and commit; no row without its file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from exchange.models import Upload
from exchange.services.files import read_upload, store_upload, sweep_uploads, upload_folder

# A child for each point, made by forking one process in which Django is ready; it kills itself just before or just after
# the named call of the operating system, and its status is printed.
_CHILDREN = """
import os, signal, sys
from pathlib import Path
import django
django.setup()
from django.conf import settings
from django.utils import timezone
folder, settings.DATABASES["default"]["NAME"], *points = sys.argv[1:]
settings.MEDIA_ROOT = Path(folder)
def deadly(owner, name, when):
    real = getattr(owner, name)
    def call(*args, **kwargs):
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(owner, name, call)
from exchange.models import Upload
from common import files as store
from exchange.services import files
def upload(point):
    place, when = point.split("-")
    {"write": lambda: deadly(store, "encrypt_bytes", when), "fsync": lambda: deadly(os, "fsync", when),
     "rename": lambda: deadly(Path, "rename", when), "row": lambda: deadly(Upload.objects, "get_or_create", when)}[place]()
    files.store_upload(data=f"车架号\\n{point}".encode(), name="a.csv", actor=None, now=timezone.now())
for point in points:
    child = os.fork()
    if not child:
        upload(point)
        os._exit(0)
    print(point, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
POINTS = [
    "write-before",
    "write-after",
    "fsync-before",
    "fsync-after",
    "rename-before",
    "rename-after",
    "row-before",
    "row-after",
]


def killed_uploads() -> dict[str, int]:
    """Uploads a file at every point; how each child ended."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "laizhou.settings"}
    arguments = [str(django_settings.MEDIA_ROOT), connection.settings_dict["NAME"], *POINTS]
    done = subprocess.run(
        [sys.executable, "-c", _CHILDREN, *arguments],
        env=environment,
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )
    return {point: int(status) for point, status in (line.split() for line in done.stdout.splitlines())}


@pytest.mark.django_db(transaction=True)
def test_no_row_is_ever_without_its_file():
    ended = killed_uploads()
    rows = {upload.path: read_upload(upload).decode() for upload in Upload.objects.all()}
    lying = {path.name for path in upload_folder().iterdir()}

    assert ended == dict.fromkeys(POINTS, -signal.SIGKILL)
    # Only the kill after the row's own commit left a row; everything before left at most a file.
    assert list(rows.values()) == ["车架号\nrow-after"]
    assert set(rows) < lying
    # One sweep after a quarter of an hour removes what no row names, and nothing else.
    removed = sweep_uploads(now=timezone.now() + timedelta(minutes=16))
    assert removed == len(lying) - 1
    assert {path.name for path in upload_folder().iterdir()} == set(rows)


@pytest.mark.django_db(transaction=True)
def test_a_killed_upload_goes_through_when_it_is_sent_again():
    killed_uploads()
    for point in POINTS:
        store_upload(data=f"车架号\n{point}".encode(), name="a.csv", actor=None, now=timezone.now())

    contents = {read_upload(upload).decode() for upload in Upload.objects.all()}
    assert contents == {f"车架号\n{point}" for point in POINTS}


def test_two_uploads_of_equal_content_share_one_file(db):
    first = store_upload(data=b"a,b\n1,2\n", name="甲.csv", actor=None, now=timezone.now())
    second = store_upload(data=b"a,b\n1,2\n", name="乙.csv", actor=None, now=timezone.now())

    assert (first.pk, Upload.objects.count(), len(list(upload_folder().iterdir()))) == (second.pk, 1, 1)
    assert b"a,b" not in (upload_folder() / first.path).read_bytes()


def test_a_file_that_a_row_names_is_never_swept(db):
    upload = store_upload(data=b"a,b\n1,2\n", name="甲.csv", actor=None, now=timezone.now())

    assert sweep_uploads(now=timezone.now() + timedelta(days=90)) == 0
    assert read_upload(upload) == b"a,b\n1,2\n"
