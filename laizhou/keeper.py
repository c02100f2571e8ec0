"""Keeps one process going: started again when it ended or fell silent, ended in order when we are.

    python -m laizhou.keeper [--pulse FILE --silent-after SECONDS] -- MODULE ARGUMENTS…

A worker whose connections are broken may live on and do nothing. Its main loop touches the pulse file every few seconds
(`laizhou/celery.py`); when the file is older than allowed, everything the process has started is killed and it begins anew.
While Redis (REDIS_URL) is down, silence is no fault: the worker waits for it.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

# A process that cannot start is tried again, ever more slowly.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S, WELL_AFTER_S = 1.0, 30.0, 60.0
# In which a task in hand may end.
GRACE_S = 8.0
LOOK_S = 0.5
_PR_SET_PDEATHSIG = 1


class Keeper:
    """Holds one process at a time.

    Args:
        command: of the process.
        pulse: file it touches while it works; None = it is only started again when it ended.
        silent_after_s: how old the pulse may be.
        waits_for: (host, port) of a server without which the process may be silent.
    """

    def __init__(
        self, command: list[str], pulse: Path | None, silent_after_s: float, waits_for: tuple[str, int] | None
    ) -> None:
        self._command, self._pulse, self._silent_after_s, self._waits_for = command, pulse, silent_after_s, waits_for
        self._is_ending = False

    def keep(self) -> int:
        """Until SIGTERM or SIGINT."""
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        pause = SHORTEST_PAUSE_S
        while not self._is_ending:
            begun = time.monotonic()
            self._live_once()
            if self._is_ending:
                break
            pause = SHORTEST_PAUSE_S if time.monotonic() - begun > WELL_AFTER_S else min(2 * pause, LONGEST_PAUSE_S)
            self._rest(pause)
        return 0

    def _live_once(self) -> None:
        variables = dict(os.environ)
        if self._pulse:
            self._pulse.touch()
            variables["WORKER_PULSE"] = str(self._pulse)
        # A group of its own, so that all of it can be killed; it ends with us even if we are killed.
        process = subprocess.Popen(self._command, env=variables, process_group=0, preexec_fn=_end_with_parent)
        while process.poll() is None:
            if self._is_ending:
                _end_in_order(process)
                return
            if self._is_silent():
                _kill(process)
                _say(f"silent for {self._silent_after_s:.0f} s: killed and started again")
                return
            time.sleep(LOOK_S)
        _kill(process)
        _say(f"ended with {process.returncode}: started again")

    def _is_silent(self) -> bool:
        if self._pulse is None or time.time() - self._pulse.stat().st_mtime <= self._silent_after_s:
            return False
        if self._waits_for and not _answers(self._waits_for):
            # From when it answers again, the process has its whole time.
            self._pulse.touch()
            return False
        return True

    def _rest(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while not self._is_ending and time.monotonic() < ends:
            time.sleep(LOOK_S)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._is_ending = True


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_in_order(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        _say("did not end in time: killed")
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The process and what it left behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _answers(server: tuple[str, int]) -> bool:
    try:
        socket.create_connection(server, timeout=2).close()
    except OSError:
        return False
    return True


def _server(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "localhost", parts.port or 6379


def _say(words: str) -> None:
    sys.stderr.write(f"keeper: {words}\n")
    sys.stderr.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="laizhou.keeper")
    parser.add_argument("--pulse", type=Path)
    parser.add_argument("--silent-after", type=float, default=60.0)
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    waits_for = _server(os.environ["REDIS_URL"]) if asked.pulse else None
    return Keeper([sys.executable, "-m", *asked.command], asked.pulse, asked.silent_after, waits_for).keep()


if __name__ == "__main__":
    sys.exit(main())
