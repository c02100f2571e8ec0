"""Files as received: encrypted, under their hash, on disk before any row speaks of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from common.errors import DomainError
from common.files import FileStore
from common.scope import Actor
from common.scrub import scrub
from exchange.models import Upload

_STORE = FileStore(purpose="upload", folder_name="uploads")


def upload_folder() -> Path:
    """Where encrypted uploads lie."""
    return _STORE.folder


def store_upload(*, data: bytes, name: str, actor: Actor | None, now: datetime) -> Upload:
    """Stores a file once, however often it comes: the file first, then the row.

    A kill between the two leaves a file that no row names; `sweep_uploads` removes it.

    Raises:
        DomainError: larger than the limit.
    """
    if len(data) > settings.UPLOAD_MAX_BYTES:
        limit = settings.UPLOAD_MAX_BYTES // 2**20
        raise DomainError("FILE_TOO_LARGE", f"文件超过 {limit} MB。请分成几份导入。")
    content_hash = _STORE.put(data)
    upload, _ = Upload.objects.get_or_create(
        content_hash=content_hash,
        defaults={
            "name": scrub(Path(name).name)[-200:],
            "size_bytes": len(data),
            "path": content_hash.hex(),
            "owner_id": actor.pk if actor else None,
            "created_at": now,
        },
    )
    return upload


def read_upload(upload: Upload) -> bytes:
    """The file as it was received.

    Raises:
        DomainError: it is no longer there.
    """
    try:
        return _STORE.get(upload.path)
    except FileNotFoundError as error:
        raise DomainError("FILE_GONE", "原始文件已不在存储中，请重新上传。") from error


def sweep_uploads(*, now: datetime, older_than: timedelta = timedelta(minutes=15)) -> int:
    """Removes files that no row names and drafts that nobody finished; returns how many."""
    known = set(Upload.objects.values_list("path", flat=True))
    return _STORE.sweep(known=known, now=now, older_than=older_than)
