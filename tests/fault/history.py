"""What clients did and how it ended, line by line in a file; and what must be true of the data afterwards.

Three outcomes: `ok`: acknowledged, and the answer was read whole. `fail`: refused. `info`: nobody knows (no answer, or a fault):
it may be there or not, but never twice.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

OK, FAIL, INFO = "ok", "fail", "info"


@dataclass(frozen=True, slots=True)
class Entry:
    """One attempt: `value` is what was written under the key, where a key is written more than once."""

    op: str
    key: str
    outcome: str
    value: str = ""


class History:
    """A ledger on the disk that several threads write."""

    def __init__(self, path: Path) -> None:
        self._file, self._lock = path.open("a", encoding="utf-8"), threading.Lock()
        self._path, self._tally = path, Counter[tuple[str, str]]()

    def note(self, op: str, key: str, outcome: str, value: str = "") -> None:
        """One line; it is written after the answer was read."""
        with self._lock:
            self._file.write(json.dumps([op, key, outcome, value], ensure_ascii=False) + "\n")
            self._file.flush()
            self._tally[op, outcome] += 1

    def entries(self, op: str) -> list[Entry]:
        """What was noted of one operation, in order."""
        with self._path.open(encoding="utf-8") as lines:
            found = [Entry(*json.loads(line)) for line in lines]
        return [one for one in found if one.op == op]

    def count(self, op: str, outcome: str) -> int:
        return self._tally[op, outcome]


@dataclass(slots=True)
class Verdict:
    """What does not fit; nothing does when all are empty.

    Attributes:
        lost: acknowledged and not there.
        phantom: refused, or never asked for, and there.
        doubled: there more than once.
    """

    lost: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


def compare(entries: Iterable[Entry], present: Mapping[str, int]) -> Verdict:
    """Keys that are written once against how often each is there."""
    outcomes: dict[str, set[str]] = defaultdict(set)
    for one in entries:
        outcomes[one.key].add(one.outcome)
    there = {key for key, times in present.items() if times}
    return Verdict(
        lost=sorted(key for key, seen in outcomes.items() if OK in seen and key not in there),
        phantom=sorted(key for key in there if not outcomes[key] & {OK, INFO}),
        doubled=sorted(key for key, times in present.items() if times > 1),
    )


def stale(entries: Iterable[Entry], stored: Mapping[str, str]) -> list[str]:
    """Keys that one client writes again and again: what is stored is neither the last acknowledged nor a later unknown value."""
    possible: dict[str, set[str]] = defaultdict(set)
    for one in entries:
        if one.outcome == OK:
            possible[one.key] = {one.value}
        elif one.outcome == INFO:
            possible[one.key].add(one.value)
    acknowledged = {one.key for one in entries if one.outcome == OK}
    return sorted(
        key for key, values in possible.items()
        if stored.get(key) not in values and (key in acknowledged or key in stored)
    )  # fmt: skip


def counted(keys: Iterable[str]) -> Counter[str]:
    """How often each key is there."""
    return Counter(keys)
