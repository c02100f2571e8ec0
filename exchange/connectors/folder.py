"""A ferry folder: whole files with a manifest come in, receipts go out. What is half written is left alone.

Everything lies below one root. No link is followed. Nothing of the sender is changed; files are removed only where that is declared.
"""

from __future__ import annotations

import errno
import fnmatch
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from exchange.connectors.base import Clock, Fetched, LinkError, Options, Request, clock_doubt, fingerprint_of

MANIFEST, PART = ".manifest.json", ".part"
MOST_BYTES, MANIFEST_BYTES, MOST_FILES = 90 * 2**20, 64 * 2**10, 20_000
# A file without its manifest, or one that never ends, is said after this long.
WAITING_AFTER = timedelta(hours=1)
YEARS_OLD = timedelta(days=366)


class Manifest(NamedTuple):
    """What the sender says about a file."""

    file: str
    sha256: str
    size_bytes: int
    rows: int | None
    sequence: int | None
    sent_at: str


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file that cannot be taken yet, and why."""

    name: str
    why: str
    since: datetime


class FerryFolder:
    """Options: `folder`, `pattern`, `manifest` (ending of the manifest's name), `receipts` (folder), `clear_after_days`."""

    def __init__(self, options: Mapping[str, Any], _secret: str = "") -> None:
        given = Options(options)
        self._name = given.text("folder")
        _below_root(self._name)
        self._pattern, self._ending = given.text("pattern", "*"), given.text("manifest", MANIFEST)
        self._receipts = given.text("receipts", "")

    @cached_property
    def _folder(self) -> Path:
        return safe_folder(self._name)

    def fetch(self, request: Request) -> Fetched | None:
        """Takes the first file, by its sequence, that has a complete manifest and was not taken before."""
        manifests = self._manifests()
        ours = [one for one in manifests if fnmatch.fnmatchcase(one.file, self._pattern)]
        prints = [fingerprint_of(one.file, one.sha256) for one in ours]
        taken = set(request.taken(prints))
        for place, manifest in enumerate(ours):
            if prints[place] in taken:
                continue
            found = self._take(manifest, request)
            # What differs from its manifest is told again by what it really holds.
            if found is None or (found.defect and found.fingerprint and request.taken([found.fingerprint])):
                continue
            found.notes.update(_gap(manifests, manifest))
            return replace(found, has_more=any(one not in taken for one in prints[place + 1 :]))
        return None

    def waiting(self, now: datetime) -> list[WaitingFile]:
        """Files that wait for more than an hour for their manifest or their end, oldest first."""
        known = {one.file for one in self._manifests()}
        found = []
        for entry in self._entries():
            name = entry.name
            whole = name.removesuffix(PART)
            if name.endswith(self._ending) or not fnmatch.fnmatchcase(whole, self._pattern) or name in known:
                continue
            since = datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, now.tzinfo)
            if now - since > WAITING_AFTER:
                found.append(WaitingFile(name, "还没有写完" if name.endswith(PART) else "等待清单", since))
        return sorted(found, key=lambda one: (one.since, one.name))

    def write_receipt(self, file_name: str, receipt: dict[str, Any]) -> bool:
        """Answers a file, whole or not at all; False where the link gives no receipts."""
        if not self._receipts:
            return False
        folder = safe_folder(self._receipts)
        target = folder / f"{_plain(file_name)}.receipt.json"
        draft = target.with_name(f".{target.name}.draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(json.dumps({"file": file_name, **receipt}, ensure_ascii=False, indent=1).encode())
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
        return True

    def names(self) -> list[str]:
        """Whole files of the pattern that lie there now."""
        whole = (entry.name for entry in self._entries() if not entry.name.endswith((self._ending, PART)))
        return [name for name in whole if fnmatch.fnmatchcase(name, self._pattern)]

    def clear(self, name: str) -> None:
        """Removes a file with its manifest, the file first: a manifest alone is nothing to take."""
        for one in (_plain(name), f"{_plain(name)}{self._ending}"):
            (self._folder / one).unlink(missing_ok=True)

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        """Plain files of the folder."""
        count = 0
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
                    continue
                count += 1
                if count > MOST_FILES:
                    raise LinkError(
                        "FOLDER_FULL",
                        f"摆渡目录里的文件超过 {MOST_FILES:,} 个。请清理已有回执的旧文件；链路会自动重试。",
                    )
                yield entry

    def _manifests(self) -> list[Manifest]:
        """Complete manifests whose file is there, in the order in which they were sent."""
        names = {entry.name for entry in self._entries()}
        read = [self._manifest(name) for name in names if name.endswith(self._ending)]
        found = [one for one in read if one is not None and one.file in names]
        return sorted(found, key=lambda one: (one.sequence is None, one.sequence or 0, one.file))

    def _manifest(self, name: str) -> Manifest | None:
        """None while it is half written, or does not speak of the file beside it."""
        try:
            said = json.loads(_read(self._folder / name, MANIFEST_BYTES))
            manifest = Manifest(
                str(said["file"]), str(said["sha256"]).lower(), int(said["bytes"]), _whole(said.get("rows")),
                _whole(said.get("sequence")), str(said.get("sent_at", "")),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, FileNotFoundError):
            return None
        return manifest if manifest.file == name.removesuffix(self._ending) else None

    def _take(self, manifest: Manifest, request: Request) -> Fetched | None:
        """The file as it lies there; what does not agree with the manifest is a defect."""
        path = self._folder / manifest.file
        try:
            if path.stat(follow_symlinks=False).st_size > MOST_BYTES:
                return Fetched(
                    b"", manifest.file, fingerprint=fingerprint_of(manifest.file, f"large-{manifest.sha256}"),
                    defect=("FILE_TOO_LARGE", f"文件超过 {MOST_BYTES // 2**20} MB，没有读取。请对方分成几份重新发送。"),
                )  # fmt: skip
            data = _read(path, MOST_BYTES)
        except FileNotFoundError:
            return None
        actual = hashlib.sha256(data).hexdigest()
        moment = Clock().read(manifest.sent_at)
        return Fetched(
            data, manifest.file, observed_at=moment, declared_rows=manifest.rows,
            fingerprint=fingerprint_of(manifest.file, actual), defect=_defect(manifest, data, actual),
            doubt=_doubt(moment, request.now), notes={"sequence": manifest.sequence} if manifest.sequence else {},
        )  # fmt: skip


def _below_root(name: str) -> Path:
    if not settings.EXCHANGE_FERRY_ROOT:
        raise LinkError("FERRY_ROOT", "没有设置摆渡根目录。请管理员设置环境变量 EXCHANGE_FERRY_ROOT，再重启平台。")
    root = Path(settings.EXCHANGE_FERRY_ROOT).resolve()
    path = Path(os.path.normpath(root / name))
    if not path.is_relative_to(root):
        raise LinkError("FOLDER_OUTSIDE", "摆渡目录不在摆渡根目录之下，已拒绝。请管理员在“编辑”里改正。")
    return path


def safe_folder(name: str) -> Path:
    """A folder below the root of all ferries.

    Raises:
        LinkError: it lies elsewhere, is a link, or is not there.
    """
    path = _below_root(name)
    try:
        real = path.resolve(strict=True)
    except OSError as error:
        raise LinkError("FOLDER_GONE", "摆渡目录不存在或读不到。请检查目录是否挂载；链路会自动重试。") from error
    if real != path or not real.is_dir():
        raise LinkError("FOLDER_LINK", "摆渡目录是符号链接或不是目录，已拒绝。请管理员换成真实的目录。")
    return path


def _read(path: Path, most_bytes: int) -> bytes:
    """A plain file of at most so many bytes; a link is no file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOENT}:
            raise FileNotFoundError(path.name) from error
        raise LinkError("FILE_UNREADABLE", "文件读不到（权限或磁盘）。请检查目录权限；链路会自动重试。") from error
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileNotFoundError(path.name)
        return stream.read(most_bytes + 1)[:most_bytes]


def _plain(name: str) -> str:
    if "/" in name or name in {"", ".", ".."}:
        raise LinkError("FILE_NAME", "文件名不合规，没有写回执。")
    return name


def _whole(value: Any) -> int | None:
    with suppress(TypeError, ValueError):
        return int(value)
    return None


def _defect(manifest: Manifest, data: bytes, actual: str) -> tuple[str, str] | None:
    if len(data) != manifest.size_bytes:
        return (
            "FILE_SIZE",
            f"文件有 {len(data):,} 字节，清单写的是 {manifest.size_bytes:,} 字节，可能没有传完。请对方重新发送。",
        )
    if actual != manifest.sha256:
        return "FILE_CHECKSUM", "文件的校验值与清单不符，途中有改动或损坏。请对方重新发送。"
    return None


def _doubt(sent_at: datetime | None, now: datetime) -> tuple[str, str] | None:
    if sent_at is None:
        return None
    off = sent_at - now
    return clock_doubt(off) if off > timedelta(days=1) or -off > YEARS_OLD else None


def _gap(manifests: list[Manifest], taken: Manifest) -> dict[str, Any]:
    """Numbers that are missing right before the file, among all files of the sender that lie there."""
    if taken.sequence is None:
        return {}
    earlier = [one.sequence for one in manifests if one.sequence is not None and one.sequence < taken.sequence]
    missing = taken.sequence - max(earlier) - 1 if earlier else 0
    return {"missing_files": missing} if missing > 0 else {}
