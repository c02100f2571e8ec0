"""A web server of the product's own as a deployment has it (no debugging), and askers that take the time of its answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client, override_settings

from accounts.models import User
from tests.e2e.processes import environment, free_port, running, wait_for_web

HANGS_S = 20.0
HEALTH = "/healthz"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; status 0: none came within `HANGS_S`."""

    path: str
    status: int
    seconds: float
    text: str = ""
    retry_after: str = ""


@dataclass(slots=True)
class Asker:
    """Somebody signed in, at one web server.

    Attributes:
        replies: all that `crowd` heard.
    """

    port: int
    cookies: str
    token: str
    replies: list[Reply] = field(default_factory=list)

    def ask(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """GET, or POST when there is a body."""
        begun = time.monotonic()
        sent = {"Referer": f"http://127.0.0.1:{self.port}/"} | dict(headers or {})
        # What watches the platform's health has no session.
        sent |= {"Cookie": self.cookies} if path != HEALTH else {}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=HANGS_S)) as line:
            try:
                line.request("GET" if body is None else "POST", path, body=body, headers=sent)
                answer = line.getresponse()
                text = answer.read().decode("utf-8", "replace")
            except (OSError, HTTPException) as error:
                return Reply(path, 0, time.monotonic() - begun, repr(error))
        return Reply(path, answer.status, time.monotonic() - begun, text, answer.getheader("Retry-After") or "")

    def upload(self, path: str, name: str, data: bytes, **fields: str) -> Reply:
        """A form with one file, as a browser sends it."""
        boundary = "a-line-that-no-file-has"
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
                 for key, value in ({"csrfmiddlewaretoken": self.token} | fields).items()]  # fmt: skip
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'
        body = b"".join([*parts, head.encode(), data, f"\r\n--{boundary}--\r\n".encode()])
        return self.ask(path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    @contextmanager
    def crowd(self, paths: Sequence[str], clients: int) -> Iterator[None]:
        """So many ask for these again and again, until the body ends; what they hear is in `replies`."""
        is_over = threading.Event()

        def ask_on(first: int) -> None:
            number = first
            while not is_over.is_set():
                self.replies.append(self.ask(paths[number % len(paths)]))
                number += 1
                # Who was sent away comes again, if sooner than asked.
                is_over.wait(0.1)

        with ThreadPoolExecutor(clients) as pool:
            asked = [pool.submit(ask_on, number) for number in range(clients)]
            try:
                yield
            finally:
                is_over.set()
        for one in asked:
            one.result()


def asker(port: int, user: User) -> Asker:
    """A session of this user; the row is there, the web server knows it."""
    client = Client()
    client.force_login(user)
    token = "t" * 32
    session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    cookies = f"{django_settings.SESSION_COOKIE_NAME}={session}; {django_settings.CSRF_COOKIE_NAME}={token}"
    return Asker(port, cookies, token)


def collect_static(folder: Path) -> None:
    """Static files as a deployment has them: without debugging, pages name them by their hash."""
    with override_settings(
        STATIC_ROOT=folder,
        STORAGES=django_settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}},
    ):  # fmt: skip
        call_command("collectstatic", interactive=False, verbosity=0)


@contextmanager
def web_server(database_url: str, media: Path, folder: Path, static: Path, **more: str) -> Iterator[tuple[int, int]]:
    """The web server; (port, pid)."""
    port, log = free_port(), folder / "web.log"
    given = {"DATABASE_URL": database_url, "DEBUG": "false", "STATIC_ROOT": str(static)} | more
    variables = environment(database="", media=media, port=port) | given
    command = ["granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with running("web server", [*command, "laizhou.asgi:application"], variables, log) as process:
        wait_for_web(process, port, log)
        yield port, process.pid
