"""A department behind a one-way ferry: files with manifests come in, receipts go out as files, later."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import beijing
from agency import write_whole
from faults import Fault
from partner_store import PartnerStore


class FileInbox:
    """Takes DIR/inbox/NAME with NAME.manifest.json; answers with DIR/receipts/NAME.receipt.json."""

    def __init__(self, folder: Path, store: PartnerStore, answer_after: timedelta) -> None:
        self._inbox, self._receipts = folder / "inbox", folder / "receipts"
        for path in (self._inbox, self._receipts):
            path.mkdir(exist_ok=True)
        self._store = store
        self._answer_after = answer_after

    def look(self, now: datetime, fault: Fault) -> None:
        """Takes what is complete and answers what is old enough."""
        for path in sorted(self._inbox.glob("*.manifest.json")):
            receipt_path = self._receipts / f"{path.name.removesuffix('.manifest.json')}.receipt.json"
            if receipt_path.exists() or self._store.note(f"lost:{path.name}"):
                continue
            receipt = self._take(path, now, fault)
            if receipt is not None:
                write_whole(receipt_path, json.dumps(receipt, ensure_ascii=False, indent=1).encode())

    def _take(self, path: Path, now: datetime, fault: Fault) -> dict[str, Any] | None:
        """The receipt when its time has come; nothing while the file is not whole."""
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            body = (self._inbox / path.name.removesuffix(".manifest.json")).read_bytes()
        except (ValueError, OSError):
            return None
        if hashlib.sha256(body).hexdigest() != manifest.get("sha256"):
            return _receipt(path, manifest, now) | {"accepted": False, "reason": "校验和不符"}
        if fault.mode == "lose":
            self._store.set_note(f"lost:{path.name}", "yes")
            self._store.count("lost")
            return None
        message_id = str(manifest.get("message_id") or path.name.removesuffix(".manifest.json"))
        message = self._store.message(message_id)
        if message is None:
            message, _is_new = self._store.keep(message_id, str(manifest.get("kind", "")), "file", body, now)
        if now - beijing.read(message.received_at) < self._answer_after:
            return None
        receipt = {"accepted": True, "receipt": message.receipt, "partner_id": message.partner_id}
        if fault.mode == "poison" and fault.options.get("message_id") in {None, message_id}:
            receipt = {"accepted": False, "reason": "字段不合要求"}
        return _receipt(path, manifest, now) | {"message_id": message_id} | receipt


def _receipt(path: Path, manifest: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "file": path.name.removesuffix(".manifest.json"),
        "sha256": manifest.get("sha256"),
        "sequence": manifest.get("sequence"),
        "at": now.astimezone(beijing.ZONE).isoformat(timespec="seconds"),
    }
