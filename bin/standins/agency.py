"""What every stand-in has in common: its folder, its fault, its answers, its clock."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import beijing
from faults import Fault


@dataclass(frozen=True, slots=True)
class Setup:
    """How the process was started. `speed` is the factor on how often things happen by themselves; 0 = never."""

    name: str
    folder: Path
    seed: int
    speed: float
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def seed_text(self) -> str:
        return f"{self.seed}:{self.name}:{self.options.get('code', '')}"

    @property
    def today(self) -> date:
        return beijing.now().date()


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `target` is path?query as it stood in the first line."""

    method: str
    path: str
    target: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as an object.

        Raises:
            Refusal: it is none.
        """
        try:
            document = json.loads(self.body or b"{}")
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise Refusal(400, "请求体不是 JSON 对象")
        return document


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in the agency's charset."""

    document: Any
    status: int = 200
    charset: str = "utf-8"


class Refusal(Exception):
    """The request is answered by this status and message."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


class Agency:
    """A system of another agency. Subclasses say what it holds.

    Attributes:
        modes: the faults that it knows.
        busy: held while something happens in its data; there is one agency a process.
    """

    modes: frozenset[str] = frozenset()
    charset = "utf-8"
    busy = threading.RLock()

    def answer(self, request: Request, fault: Fault) -> Reply:
        """Answers a request of the agency's own dialect.

        Raises:
            Refusal: with status and message.
        """
        raise Refusal(404, "没有这个接口")

    def refuse(self, refusal: Refusal) -> Reply:
        """A refusal in the agency's dialect."""
        document = {"code": refusal.code or refusal.status, "message": refusal.message, "data": [], "next": None}
        return Reply(document, refusal.status, self.charset)

    def tick(self, now: datetime, fault: Fault) -> None:
        """What happens by itself, once a second."""

    def act(self, name: str, arguments: dict[str, Any], now: datetime, fault: Fault) -> dict[str, Any]:
        """Makes something happen at once.

        Raises:
            Refusal: unknown act, or nothing there to do it to.
        """
        raise Refusal(400, f"没有动作 {name}")

    def state(self) -> dict[str, Any]:
        """What it holds, in numbers."""
        return {}


class Metronome:
    """Says how often something is due: every `interval_s` seconds at speed 1."""

    def __init__(self, interval_s: float, speed: float) -> None:
        self._interval_s = interval_s / speed if speed > 0 else None
        self._last: datetime | None = None

    def beats(self, now: datetime, most: int = 20) -> int:
        """Beats since the last question; of a long pause only the last ones count."""
        if self._interval_s is None:
            return 0
        self._last = self._last or now
        count = int((now - self._last).total_seconds() / self._interval_s)
        if count:
            self._last = now
        return min(count, most)


def kept_secret(path: Path) -> str:
    """A secret that is made at the first start and stays."""
    if not path.exists():
        write_whole(path, secrets.token_urlsafe(24).encode(), mode=0o600)
    return path.read_text(encoding="utf-8").strip()


def write_whole(path: Path, body: bytes, mode: int = 0o644) -> None:
    """Writes beside, to the disk, and renames: nobody ever sees half of the file."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
