"""The ferry folder: files go out with a manifest, receipts come in as files. Nothing is ever seen half written.

Order of a drop: NAME.part → disk → NAME → the sequence is kept → NAME.manifest.json. A process that is killed in
between leaves at most a file without a manifest, or finishes the manifest when it starts again.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import beijing
from agency import write_whole
from faults import Fault, shift_years, spoil_bytes
from store import Store

_HALVES = ("part", "no_manifest", "wrong_checksum")


class Ferry:
    """Drops into DIR/outbox, reads DIR/receipts; what `late` keeps back waits in DIR/held."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.outbox, self._held, self._receipts = (folder / name for name in ("outbox", "held", "receipts"))
        for path in (self.outbox, self._held, self._receipts):
            path.mkdir(exist_ok=True)
        self._store = store
        self._finish_manifests()

    def free_stamp(self, kind: str, now: datetime) -> str:
        """YYYYmmddHHMMSS that no file of the kind has had yet."""
        last = self._store.note(f"stamp:{kind}")
        second = now.astimezone(beijing.ZONE)
        if last and f"{second:%Y%m%d%H%M%S}" <= last:
            second = datetime.strptime(last, "%Y%m%d%H%M%S") + timedelta(seconds=1)
        stamp = f"{second:%Y%m%d%H%M%S}"
        self._store.set_note(f"stamp:{kind}", stamp)
        return stamp

    def drop(self, kind: str, suffix: str, body: bytes, rows: int, now: datetime, fault: Fault, charset: str) -> str:
        """One file with its manifest, as the fault lets it. Returns its name."""
        body = spoil_bytes(body, fault, charset)
        name = self._drop(kind, suffix, body, rows, now, fault)
        if fault.mode == "duplicate":
            self._drop(kind, suffix, body, rows, now, fault)
        return name

    def _drop(self, kind: str, suffix: str, body: bytes, rows: int, now: datetime, fault: Fault) -> str:
        name = f"{kind}-{self.free_stamp(kind, now)}.{suffix}"
        sequence = int(self._store.note("sequence", "0")) + 1
        half = _half(fault, sequence)
        folder = self._held if fault.mode == "late" and sequence % 2 else self.outbox
        manifest = _manifest(name, body, rows, kind, sequence, _sent_at(now, fault))
        if fault.mode == "truncate":
            body = body[: len(body) // 2]
        if half == "part":
            (folder / f"{name}.part").write_bytes(body[: len(body) // 2])
        else:
            write_whole(folder / name, body)
        if half == "wrong_checksum":
            manifest["sha256"] = hashlib.sha256(b"another file").hexdigest()
        with self._store.transaction():
            self._store.set_note("sequence", str(sequence))
            state = "BROKEN" if half else "SENT"
            self._store.put("drop", f"{sequence:010d}", manifest | {"folder": folder.name, "state": state}, now)
        if half in {"", "wrong_checksum"}:
            _write_manifest(folder, manifest)
        return name

    def release_held(self) -> None:
        """What came late goes out: the file first, its manifest last."""
        for path in sorted(self._held.glob("*.manifest.json")):
            name = path.name.removesuffix(".manifest.json")
            (self._held / name).replace(self.outbox / name)
            path.replace(self.outbox / path.name)

    def read_receipts(self, now: datetime) -> None:
        """Notes every receipt once; one that cannot be read yet is looked at again."""
        for path in sorted(self._receipts.glob("*.json")):
            if self._store.get("receipt", path.name) is None:
                receipt = _read_receipt(path)
                if receipt is not None:
                    self._store.put("receipt", path.name, receipt, now)

    def state(self) -> dict[str, Any]:
        """Numbers of drops and receipts, and what nobody has answered."""
        receipts = [stored.row for stored in self._store.every("receipt")]
        answered = {receipt.get("file") for receipt in receipts}
        drops = [stored.row for stored in self._store.every("drop")]
        return {
            "sequence": int(self._store.note("sequence", "0")),
            "receipts": len(receipts),
            "accepted": sum(receipt.get("accepted") is True for receipt in receipts),
            "unanswered": [drop["file"] for drop in drops if drop["file"] not in answered][-20:],
            "held": len(list(self._held.glob("*.manifest.json"))),
        }

    def _finish_manifests(self) -> None:
        """Of the last drop only: older ones may have been fetched and cleared away long ago."""
        last = self._store.get("drop", f"{int(self._store.note('sequence', '0')):010d}")
        if last is None or last["state"] != "SENT":
            return
        folder = self.outbox.parent / last.pop("folder")
        last.pop("state")
        if (folder / last["file"]).exists() and not _manifest_path(folder, last["file"]).exists():
            _write_manifest(folder, last)


def _half(fault: Fault, sequence: int) -> str:
    if fault.mode != "half_written":
        return ""
    return str(fault.options.get("variant", _HALVES[sequence % len(_HALVES)]))


def _sent_at(now: datetime, fault: Fault) -> str:
    sent_at = now.astimezone(beijing.ZONE).isoformat(timespec="seconds")
    return shift_years(sent_at, int(fault.number("years", 3))) if fault.mode == "clock_years" else sent_at


def _manifest(name: str, body: bytes, rows: int, kind: str, sequence: int, sent_at: str) -> dict[str, Any]:
    digest = hashlib.sha256(body).hexdigest()
    return {
        "file": name,
        "sha256": digest,
        "bytes": len(body),
        "rows": rows,
        "kind": kind,
        "sent_at": sent_at,
        "sequence": sequence,
    }


def _manifest_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.manifest.json"


def _write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    write_whole(_manifest_path(folder, manifest["file"]), text.encode())


def _read_receipt(path: Path) -> dict[str, Any] | None:
    try:
        receipt = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, FileNotFoundError):
        return None
    return receipt if isinstance(receipt, dict) else {"unreadable": True}
