"""Letters that the platform wrote, where they land as files: the person at the desk sees that the mail came."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import beijing

_MOST = 8
_MOST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter; `at` is Beijing time in words."""

    at: str
    to: str
    subject: str
    body: str


def latest_letters(folder: Path | None) -> list[Letter] | None:
    """The newest letters, or None where they do not land as files."""
    if folder is None or not folder.is_dir():
        return None
    paths = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [_read(path) for path in paths[:_MOST]]


def _read(path: Path) -> Letter:
    """A file of the platform's may hold several letters, a line of hyphens after each; the last one counts."""
    parts = path.read_bytes()[-_MOST_BYTES:].split(b"-" * 79)
    texts = [part.strip() for part in parts if part.strip()]
    message = email.message_from_bytes(texts[-1] if texts else b"", policy=email.policy.default)
    at = _moment(str(message["Date"])) if message["Date"] else None
    body = message.get_content() if message.get_content_type() == "text/plain" else ""
    return Letter(
        f"{at:%m-%d %H:%M:%S}" if at else "", str(message["To"] or ""), str(message["Subject"] or ""), body.strip()
    )


def _moment(date: str) -> datetime:
    """A date of "-0000" comes without a zone, and means UTC."""
    moment = parsedate_to_datetime(date)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(beijing.ZONE)
