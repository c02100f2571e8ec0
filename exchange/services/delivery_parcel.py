"""A parcel for a one-way ferry: messages as lines of JSON, and beside it a manifest that says when it is whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone

from common.errors import DomainError

MANIFEST = ".manifest.json"


def ferry_folder(name: str, part: str) -> Path:
    """`inbox` or `receipts` of a partner below the ferry root.

    Raises:
        DomainError: there is no root, or the folder would lie outside it.
    """
    if not settings.EXCHANGE_FERRY_ROOT:
        raise DomainError("FERRY_MISSING", "没有设置摆渡目录。请管理员设置环境变量 EXCHANGE_FERRY_ROOT 后重启平台。")
    root = Path(settings.EXCHANGE_FERRY_ROOT).resolve()
    folder = (root / name / part).resolve()
    if not name or root not in folder.parents:
        raise DomainError("FERRY_OUTSIDE", "摆渡目录必须在 EXCHANGE_FERRY_ROOT 之下，请修改伙伴的目录。")
    return folder


def write_parcel_files(
    folder: Path, *, name: str, kind: str, sequence: int, documents: Sequence[dict[str, Any]], sent_at: datetime
) -> None:
    """Content first, manifest last, each written beside and renamed: who sees the manifest sees the whole.

    A parcel of one message names it in its manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = b"".join(orjson.dumps(document) + b"\n" for document in documents)
    manifest = {
        "file": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "rows": len(documents), "kind": kind,
        "sent_at": timezone.localtime(sent_at).isoformat(timespec="seconds"), "sequence": sequence,
    }  # fmt: skip
    if len(documents) == 1:
        manifest["message_id"] = documents[0]["message_id"]
    _write(folder / name, content)
    _write(folder / f"{name}{MANIFEST}", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))


def remove_parcel(folder: Path, name: str) -> None:
    """What the partner has answered need not lie about."""
    for path in (folder / f"{name}{MANIFEST}", folder / name):
        path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.part")
    with draft.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.rename(path)
