"""Files as received: encrypted, under their hash, on disk before any row speaks of them."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from common.encryption import decrypt_bytes, encrypt_bytes, keyed_hash
from common.errors import DomainError
from common.scope import Actor
from common.scrub import scrub
from exchange.models import Upload

_PURPOSE = "upload"


def upload_folder() -> Path:
    """Where encrypted uploads lie."""
    return Path(settings.MEDIA_ROOT) / "uploads"


def store_upload(*, data: bytes, name: str, actor: Actor | None, now: datetime) -> Upload:
    """Stores a file once, however often it comes: write, flush to disk, rename, then the row.

    A kill between rename and row leaves a file that no row names; `sweep_uploads` removes it.

    Raises:
        DomainError: larger than the limit.
    """
    if len(data) > settings.UPLOAD_MAX_BYTES:
        limit = settings.UPLOAD_MAX_BYTES // 2**20
        raise DomainError("FILE_TOO_LARGE", f"文件超过 {limit} MB。请分成几份导入。")
    content_hash = keyed_hash("upload", data)
    path = upload_folder() / content_hash.hex()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        with draft.open("wb") as stream:
            stream.write(encrypt_bytes(_PURPOSE, data))
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(path)
    upload, _ = Upload.objects.get_or_create(
        content_hash=content_hash,
        defaults={
            "name": scrub(Path(name).name)[-200:],
            "size_bytes": len(data),
            "path": path.name,
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
        return decrypt_bytes(_PURPOSE, (upload_folder() / upload.path).read_bytes())
    except FileNotFoundError as error:
        raise DomainError("FILE_GONE", "原始文件已不在存储中，请重新上传。") from error


def sweep_uploads(*, now: datetime, older_than: timedelta = timedelta(minutes=15)) -> int:
    """Removes files that no row names and drafts that nobody finished; returns how many."""
    if not upload_folder().is_dir():
        return 0
    known = set(Upload.objects.values_list("path", flat=True))
    removed = 0
    for path in upload_folder().iterdir():
        if path.name not in known and now.timestamp() - path.stat().st_mtime > older_than.total_seconds():
            path.unlink(missing_ok=True)
            removed += 1
    return removed
