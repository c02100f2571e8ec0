"""What the measurement of alerts runs beside itself: a Redis, a web server, browsers that listen, and the bell of the rules."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

from django.conf import settings
from django.db import connections
from redis import Redis, RedisError

from accounts.models import User
from bench.accounts import client_of
from tagging.tasks import run_rules

_ROOT = Path(__file__).resolve().parent.parent
_START_S = 60.0
_TICK_S = 0.5


@contextmanager
def own_redis(folder: Path) -> Iterator[str]:
    """A Redis of the measurement's own; its URL."""
    port = _free_port()
    command = [
        "redis-server",
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    url = f"redis://127.0.0.1:{port}/0"

    def answers() -> bool:
        with suppress(RedisError), Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
        return False

    with _process(command, {}, folder / "redis.log", answers):
        yield url


@contextmanager
def own_web(folder: Path, redis_url: str) -> Iterator[int]:
    """The web server as a deployment starts it, on the measurement's database; its port."""
    port = _free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "laizhou.asgi:application",
    ]  # fmt: skip
    variables = {
        "REDIS_URL": redis_url, "PUBLIC_URL": f"http://127.0.0.1:{port}", "SECURE_COOKIES": "false", "PROCESS_ROLE": "web",
        "DJANGO_SETTINGS_MODULE": "laizhou.settings",
    }  # fmt: skip

    def answers() -> bool:
        with suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", port, timeout=5)) as line:
            line.request("GET", "/healthz")
            # Without a worker it is up, and says that it is not whole.
            return line.getresponse().status in {200, 503}
        return False

    with _process(command, variables, folder / "web.log", answers):
        yield port


@contextmanager
def _process(command: list[str], variables: dict[str, str], log: Path, answers: Any) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=_ROOT, env=os.environ | variables, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + _START_S
        while not answers():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{command[0]} did not start: {log.read_text(errors='replace')[-1_000:]}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(15)


class Browser:
    """One officer's browser: it listens and fetches what the stream announces.

    Attributes:
        arrived: alert → when its text was there, seconds since the epoch.
    """

    def __init__(self, user: User, port: int) -> None:
        self.user_id, self._port = user.pk, port
        self.arrived: dict[int, float] = {}
        token = secrets.token_hex(16)
        session = client_of(user).cookies[settings.SESSION_COOKIE_NAME].value
        cookie = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={token}"
        self._headers = {"Cookie": cookie, "X-CSRFToken": token, "Accept": "text/event-stream"}
        self._listens, self._ended = Event(), Event()
        self._thread = Thread(target=self._listen, daemon=True)
        self._line: HTTPConnection | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._listens.wait(_START_S):
            raise RuntimeError("a browser got no stream")
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        if self._line is not None and self._line.sock is not None:
            with suppress(OSError):
                self._line.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)

    def _listen(self) -> None:
        with suppress(OSError, HTTPException, ValueError):
            self._line = HTTPConnection("127.0.0.1", self._port, timeout=120)
            self._line.request("GET", "/alerts/stream", headers=self._headers)
            answer = self._line.getresponse()
            while not self._ended.is_set() and (line := answer.readline()):
                if line.startswith(b"event: hello"):
                    self._listens.set()
                elif line.startswith(b"event: alerts"):
                    self._fetch()

    def _fetch(self) -> None:
        """Until nothing waits any more: an answer holds a hundred."""
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=30)) as line:
            while True:
                line.request("POST", "/alerts/news/", body=b"", headers=self._headers)
                answer = json.loads(line.getresponse().read())
                now = time.time()
                for row in answer["alerts"]:
                    self.arrived.setdefault(row["id"], now)
                if not answer["more"]:
                    return


class Ticker:
    """Asks the rules every half second, as beat and worker do."""

    def __init__(self) -> None:
        self._ended = Event()
        self._thread = Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join(30)

    def _tick(self) -> None:
        try:
            while not self._ended.wait(_TICK_S):
                run_rules()
        finally:
            connections.close_all()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
