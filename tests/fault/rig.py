"""The whole platform on servers of its own: PostgreSQL, Redis, web, worker, beat, each of which can be killed and started again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Protocol, Self

from celery import Celery

from tests.e2e.processes import end_group, environment, kill_group, launch, wait_for_web, wait_for_worker
from tests.fault.cluster import Cluster, OwnRedis
from tests.fault.servers import quiet_port, wait_for

Variables = dict[str, str]


class Target(Protocol):
    """What can be killed."""

    kills: int

    def start(self) -> float: ...

    def kill(self) -> None: ...


class Service:
    """A process of the product; each start has a log of its own.

    Attributes:
        kills: how often it was killed.
        logs: of all its lives, in order.
    """

    def __init__(
        self, name: str, command: list[str], variables: Variables, folder: Path,
        is_up: Callable[[subprocess.Popen[bytes], Path], None],
    ) -> None:  # fmt: skip
        self.name, self.kills, self.logs = name, 0, list[Path]()
        self._command, self._variables, self._folder, self._is_up = command, variables, folder, is_up
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> float:
        """Starts it; the seconds until it works."""
        assert not self.is_running, f"{self.name} runs"
        log = self._folder / f"{self.name}-{len(self.logs)}.log"
        self.logs.append(log)
        self._process = launch(self._command, self._variables, log)
        process = self._process
        return wait_for(lambda: self._is_up(process, log) or True, 60, f"{self.name} works")

    def kill(self) -> None:
        """SIGKILL of the process and all its children at once."""
        assert self._process is not None
        kill_group(self._process)
        self._process, self.kills = None, self.kills + 1

    def stop(self) -> None:
        """Ends it in order."""
        if self._process is not None:
            end_group(self._process)
            self._process = None

    def said(self, word: str) -> list[str]:
        """Lines of its logs with this word."""
        texts = (log.read_text(encoding="utf-8", errors="replace") for log in self.logs)
        return [line for text in texts for line in text.splitlines() if word in line]


class Rig:
    """The platform with its servers, on a copy of a test database.

    Attributes:
        targets: what a nemesis may kill, by name.
        beat: is no target: one process rings the ticks, a second one would do no harm.
    """

    def __init__(
        self, database: dict[str, Any], media: Path, folder: Path, *, peers: Sequence[str] = (), ferry_root: Path | None = None,
        append_only: bool = True, concurrency: int = 1, more: Variables | None = None,
    ) -> None:  # fmt: skip
        """Takes over the database of the test (`connection.settings_dict`); starts nothing but the two servers."""
        self.cluster = Cluster()
        self.redis = OwnRedis(append_only=append_only)
        self.port = quiet_port()
        self.cluster.load_from(database)
        variables = environment(database="", media=media, port=self.port) | {
            "DATABASE_URL": self.cluster.url, "REDIS_URL": self.redis.url, "EXCHANGE_PEERS": ",".join(peers),
            "EXCHANGE_FERRY_ROOT": str(ferry_root or ""),
        } | (more or {})  # fmt: skip
        self.variables = variables
        web = ["granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1", "laizhou.asgi:application"]  # fmt: skip
        worker = ["celery", "-A", "laizhou", "worker", "--concurrency", str(concurrency), "--loglevel", "INFO"]
        beat = ["celery", "-A", "laizhou", "beat", "--schedule", str(folder / "beat"), "--pidfile=", "--loglevel", "INFO"]  # fmt: skip
        self.web = Service("web", web, variables, folder, lambda process, log: wait_for_web(process, self.port, log))
        self.worker = Service("worker", worker, variables, folder, wait_for_worker)
        self.beat = Service("beat", beat, variables, folder, _says("beat: Starting..."))
        self.targets: dict[str, Target] = {
            "worker": self.worker, "web": self.web, "postgres": self.cluster, "redis": self.redis
        }  # fmt: skip

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts the product's processes."""
        for one in (self.worker, self.web, self.beat):
            one.start()

    def answers(self) -> bool:
        """Whether the web server says that all is well."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            try:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
            except (OSError, HTTPException):
                return False

    def ring(self, task: str) -> None:
        """Does what beat does: asks for a task of the schedule, now."""
        with Celery(broker=self.redis.url, set_as_current=False) as clock:
            clock.send_task(task)

    def remove(self) -> None:
        """Ends everything and clears the folders of the servers."""
        for one in (self.beat, self.worker, self.web):
            one.stop()
        self.redis.remove()
        self.cluster.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.remove()


def _says(word: str) -> Callable[[subprocess.Popen[bytes], Path], None]:
    def waits(process: subprocess.Popen[bytes], log: Path) -> None:
        def said() -> bool:
            assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-2000:]
            return word in log.read_text(encoding="utf-8", errors="replace")

        wait_for(said, 60, word, 0.1)

    return waits
