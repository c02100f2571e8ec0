"""Real parts for the browser tests: ASGI server, worker with its clock, Chromium; all on this test's own database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.processes import environment, free_port, running, wait_for_web, wait_for_worker
from tests.e2e.watching import Window
from tests.factories.places import HOUSES, SmallCity
from tests.factories.users import PASSWORD, make_users

CHROMIUM = "/usr/bin/chromium"
# What comes ends the wait; on a busy machine it may come late.
expect.set_options(timeout=20_000)
# The sandbox needs rights that a container's root lacks; the rest keeps Chromium from calling its maker.
_SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True)
class Platform:
    """A running platform.

    Attributes:
        address: where the web server listens, without a slash at the end.
        texts: (grid, house) → address text. Read before the browser starts: its event loop bars this thread from the ORM.
        variables: environment of its processes.
        logs: folder of their output.
    """

    address: str
    texts: dict[tuple[int, int], str]
    variables: dict[str, str]
    logs: Path


@cache
def _stored_password() -> str:
    """`PASSWORD` by the hasher of the web server, which knows nothing of that of the tests."""
    hasher = PBKDF2PasswordHasher()
    return hasher.encode(PASSWORD, hasher.salt())


@pytest.fixture
def platform(committed_city: SmallCity, own_media: Path, tmp_path: Path) -> Iterator[Platform]:
    """The web server. Its users have the names of the demo; brigade, officers and admin sign in with `PASSWORD`."""
    texts = {(grid, house): committed_city.text(grid, house) for grid in range(6) for house in HOUSES}
    users = make_users(committed_city)
    for name in ("brigade", "officer-1", "officer-2", "admin"):
        users[name].password = _stored_password()
        users[name].save(update_fields=["password"])
    port, log = free_port(), tmp_path / "web.log"
    variables = environment(database=connection.settings_dict["NAME"], media=own_media, port=port)
    command = ["granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with running("web server", [*command, "laizhou.asgi:application"], variables, log) as process:
        wait_for_web(process, port, log)
        yield Platform(f"http://127.0.0.1:{port}", texts, variables, tmp_path)


@pytest.fixture
def worker(platform: Platform) -> Iterator[None]:
    """The worker, with beat inside it: the pyramid of the map is folded every ten seconds by it."""
    log = platform.logs / "worker.log"
    command = [
        "celery", "-A", "laizhou", "worker", "--beat", "--schedule", str(platform.logs / "beat"), "--concurrency", "1",
        # What earlier tests rang in this Redis database names jobs that are gone.
        "--purge", "--loglevel", "INFO",
    ]  # fmt: skip
    with running("worker", command, platform.variables, log) as process:
        wait_for_worker(process, log)
        yield


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium of the system."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=_SWITCHES)
        yield opened
        opened.close()


@pytest.fixture
def browser(platform: Platform) -> Iterator[Browser]:
    """The browser, ended before the platform that it looks at."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def open_window(browser: Browser, platform: Platform) -> Iterator[Callable[..., Window]]:
    """Opens windows of signed-in users by name; at the end none may have seen a fault."""
    windows: list[Window] = []

    def open_one(user: str, **options: object) -> Window:
        window = Window(browser, platform.address, **options)  # type: ignore[arg-type]
        windows.append(window)
        window.sign_in(user, PASSWORD)
        return window

    yield open_one
    for window in windows:
        window.close()
