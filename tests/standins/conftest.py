"""Stand-ins as processes; whatever a test starts is ended after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.standins.processes import StandIn


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., StandIn]]:
    """`start("bureau", "--seed", "2")` → a running stand-in with a folder of its own."""
    yield from _starter(tmp_path)


@pytest.fixture(scope="module")
def module_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., StandIn]]:
    """The same for a process that a whole module uses."""
    yield from _starter(tmp_path_factory.mktemp("standins"))


def _starter(folder: Path) -> Iterator[Callable[..., StandIn]]:
    started: list[StandIn] = []

    def start_one(name: str, *options: str, seed: str = "", speed: str = "0") -> StandIn:
        own = folder / f"{name}-{len(started)}"
        own.mkdir()
        if seed:
            (own / "seed.json").write_text(seed, encoding="utf-8")
        started.append(StandIn(name, own, *options, speed=speed))
        return started[-1]

    yield start_one
    for standin in started:
        if standin.is_running:
            assert standin.stop() == 0
