"""The platform's own processes on the test database: web server and worker, started and ended for one test."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

START_SECONDS = 60
END_SECONDS = 5
ROOT = Path(__file__).resolve().parents[2]


def environment(*, database: str, media: Path, port: int) -> dict[str, str]:
    """What a deployment gives its processes: the application role, never the owner; cookies without TLS."""
    address, question, options = os.environ["DATABASE_URL"].partition("?")
    given = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_OWNER_URL", "PYTEST_"))
    }
    return given | {
        "DATABASE_URL": f"{address.rpartition('/')[0]}/{database}{question}{options}",
        "MEDIA_ROOT": str(media),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SECURE_COOKIES": "false",
        # Static files as they lie in the checkout: a test must not need collectstatic.
        "DEBUG": "true",
        "DJANGO_SETTINGS_MODULE": "laizhou.settings",
    }


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch(command: list[str], variables: dict[str, str], log: Path) -> subprocess.Popen:
    """A process with a group of its own; what it says is added to the log."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *command], env=variables, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip


@contextmanager
def running(name: str, command: list[str], variables: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """A process with a group of its own; on leaving, the whole group is ended, whatever happened."""
    log.unlink(missing_ok=True)
    process = launch(command, variables, log)
    try:
        yield process
    finally:
        end_group(process)
    if process.returncode not in {0, -signal.SIGTERM, -signal.SIGKILL}:
        raise AssertionError(f"{name} ended with {process.returncode}:\n{_tail(log)}")


def kill_group(process: subprocess.Popen) -> None:
    """SIGKILL of the process and all that it started, at once."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=END_SECONDS)


def end_group(process: subprocess.Popen) -> None:
    """Asks the process to end; kills what is left of its group."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=END_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-4000:]


def wait_for_web(process: subprocess.Popen, port: int, log: Path) -> None:
    """Returns when the web server answers its health check."""

    def answers() -> bool:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False

    _wait(process, log, answers)


def wait_for_worker(process: subprocess.Popen, log: Path) -> None:
    """Returns when the worker says that it takes work."""
    _wait(process, log, lambda: " ready." in log.read_text(encoding="utf-8", errors="replace"))


def _wait(process: subprocess.Popen, log: Path, is_up) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + START_SECONDS
    while not is_up():
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            if time.monotonic() < end:
                continue
        raise AssertionError(f"did not start within {START_SECONDS} s:\n{_tail(log)}")
