"""A process that ended or fell silent is started again; a real worker takes work again, and is left alone while Redis is down."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import end_group, launch
from tests.fault.cluster import OwnRedis
from tests.fault.servers import wait_for

WORKER = ["celery", "-A", "laizhou", "worker", "--concurrency", "1", "--loglevel", "INFO"]


class Kept:
    """A process under its keeper, with a Redis of its own."""

    def __init__(self, folder: Path, command: list[str], silent_after_s: float) -> None:
        self.redis = OwnRedis(append_only=False)
        self._log, self.silent_after_s = folder / "kept.log", silent_after_s
        keeper = ["laizhou.keeper", "--pulse", str(folder / "pulse"), "--silent-after", str(silent_after_s), "--"]
        self.keeper = launch(keeper + command, dict(os.environ) | {"REDIS_URL": self.redis.url}, self._log)

    def says(self, words: str, times: int = 1) -> None:
        """Waits until the log has the words that often."""
        wait_for(lambda: self.log.count(words) >= times, 90, f"{times} × {words}", 0.1)

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """Of the process that is kept, not of its children."""
        listed = subprocess.run(["pgrep", "-P", str(self.keeper.pid)], capture_output=True, text=True, check=True)
        (pid,) = listed.stdout.split()
        return int(pid)

    def close(self) -> None:
        end_group(self.keeper)
        self.redis.remove()


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Callable[[list[str], float], Kept]]:
    made: list[Kept] = []

    def one(command: list[str], silent_after_s: float) -> Kept:
        made.append(Kept(tmp_path, command, silent_after_s))
        made[-1].says(" ready.")
        return made[-1]

    yield one
    for kept in made:
        kept.close()


def is_gone(pid: int) -> bool:
    """Whether no process has this pid; one that nobody has collected is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def fail_twice(kept: Kept) -> None:
    """First it falls silent, then it ends; both times another one takes over."""
    silent = kept.pid
    os.kill(silent, signal.SIGSTOP)
    kept.says(" ready.", times=2)
    assert is_gone(silent)
    assert kept.log.count("keeper: silent for") == 1

    os.kill(kept.pid, signal.SIGKILL)
    kept.says(" ready.", times=3)
    assert kept.log.count("keeper: ended with -9") == 1


def test_silent_or_dead_it_begins_anew(keep) -> None:
    kept = keep(["tests.fault.pulsing"], 2.0)

    fail_twice(kept)
    last = kept.pid
    kept.keeper.terminate()

    assert kept.keeper.wait(10) == 0
    wait_for(lambda: is_gone(last), 5, "it ends with its keeper")


def test_it_ends_with_a_keeper_that_was_killed(keep) -> None:
    kept = keep(["tests.fault.pulsing"], 2.0)
    pid = kept.pid

    kept.keeper.kill()

    wait_for(lambda: is_gone(pid), 5, "it ends with its keeper")


@pytest.mark.deep
def test_a_worker_begins_anew_and_waits_for_redis(keep) -> None:
    kept = keep(WORKER, 40.0)
    fail_twice(kept)

    # Without Redis it can do nothing, and it does not help to begin anew.
    waiting = kept.pid
    kept.redis.kill()
    kept.says("Cannot connect")
    with pytest.raises(AssertionError, match="not within"):
        wait_for(lambda: kept.log.count("keeper: silent") > 1, kept.silent_after_s + 10, "silent", 0.5)
    kept.redis.start()
    kept.says("Connected to redis", times=4)
    assert kept.pid == waiting
