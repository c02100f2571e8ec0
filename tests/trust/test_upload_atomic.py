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

# The child kills itself just before or just after the named call of the operating system.
_CHILD = """
import os, signal, sys
from pathlib import Path
import django
django.setup()
from django.conf import settings
from django.db import connection
from django.utils import timezone
settings.MEDIA_ROOT = Path(sys.argv[3])
connection.settings_dict["NAME"] = sys.argv[4]
point, when = sys.argv[1].split("-")
def deadly(owner, name):
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
{"write": lambda: deadly(store, "encrypt_bytes"), "fsync": lambda: deadly(os, "fsync"), "rename": lambda: deadly(Path, "rename"),
 "row": lambda: deadly(Upload.objects, "get_or_create"), "none": lambda: None}[point]()
files.store_upload(data=sys.argv[2].encode(), name="a.csv", actor=None, now=timezone.now())
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


def upload_in_child(point: str, content: str) -> int:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "laizhou.settings"}
    arguments = [point, content, str(django_settings.MEDIA_ROOT), connection.settings_dict["NAME"]]
    return subprocess.run(
        [sys.executable, "-c", _CHILD, *arguments], env=environment, check=False, timeout=60
    ).returncode


@pytest.mark.django_db(transaction=True)
def test_no_row_is_ever_without_its_file():
    ended = {point: upload_in_child(point, f"车架号\n{point}") for point in POINTS}
    rows = {upload.path: read_upload(upload).decode() for upload in Upload.objects.all()}
    lying = {path.name for path in upload_folder().iterdir()}

    assert set(ended.values()) == {-signal.SIGKILL}
    # Only the kill after the row's own commit left a row; everything before left at most a file.
    assert list(rows.values()) == ["车架号\nrow-after"]
    assert set(rows) < lying
    # One sweep after a quarter of an hour removes what no row names, and nothing else.
    removed = sweep_uploads(now=timezone.now() + timedelta(minutes=16))
    assert removed == len(lying) - 1
    assert {path.name for path in upload_folder().iterdir()} == set(rows)


@pytest.mark.django_db(transaction=True)
def test_a_killed_upload_goes_through_when_it_is_sent_again():
    for point in POINTS:
        upload_in_child(point, f"车架号\n{point}")
        again = upload_in_child("none-none", f"车架号\n{point}")
        assert again == 0

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
