"""Files at rest: encrypted, under the keyed hash of their content, on disk before any row speaks of them."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from common.encryption import decrypt_bytes, encrypt_bytes, keyed_hash
from common.errors import NO_ROOM, StorageFull


class FileStore:
    """One folder of encrypted files.

    Order of a write: file, flush to disk, rename, and only then the caller's row. A kill in between leaves a file that
    no row names; `sweep` removes it.

    Attributes:
        purpose: separates keys and hashes of this store from all others.
        folder_name: below the media root.
    """

    def __init__(self, *, purpose: str, folder_name: str) -> None:
        self.purpose = purpose
        self.folder_name = folder_name

    @property
    def folder(self) -> Path:
        """Where the files lie; read anew, since the media root is a setting."""
        return Path(settings.MEDIA_ROOT) / self.folder_name

    def hash_of(self, data: bytes) -> bytes:
        """Keyed hash (16 bytes) of a content; its hex form is the name of the file."""
        return keyed_hash(self.purpose, data)

    def put(self, data: bytes) -> bytes:
        """Stores a content once, however often it comes; returns its hash."""
        content_hash = self.hash_of(data)
        self.put_as(content_hash.hex(), data)
        return content_hash

    def put_as(self, name: str, data: bytes) -> None:
        """Stores what belongs to a content under a name made of the content's own; what lies there stays.

        Raises:
            StorageFull: there is no room; nothing is left behind.
        """
        path = self.folder / name
        if path.exists():
            # A sweep that is under way must not take it for old.
            path.touch()
            return
        draft = path.with_name(f"{path.name}.{uuid4().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as stream:
                stream.write(encrypt_bytes(self.purpose, data))
                stream.flush()
                os.fsync(stream.fileno())
            draft.rename(path)
        except OSError as error:
            # A full disk is not to be filled further by what nobody will finish.
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            if error.errno in NO_ROOM:
                raise StorageFull from error
            raise

    def get(self, name: str) -> bytes:
        """The content under a name.

        Raises:
            FileNotFoundError: it is no longer there.
        """
        return decrypt_bytes(self.purpose, (self.folder / name).read_bytes())

    def sweep(self, *, known: Collection[str], now: datetime, older_than: timedelta) -> int:
        """Removes files that are not in `known` and drafts that nobody finished; returns how many."""
        if not self.folder.is_dir():
            return 0
        removed = 0
        for path in self.folder.iterdir():
            if path.name not in known and now.timestamp() - path.stat().st_mtime > older_than.total_seconds():
                path.unlink(missing_ok=True)
                removed += 1
        return removed
