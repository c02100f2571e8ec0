"""Links in and out, uploads, corrections and permits while worker, web, PostgreSQL and Redis are killed: nothing is lost or doubled.

Every record in is stored once, every record out arrives at least once under a stable id; both sides are balanced by SQL.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fault.history import OK
from tests.fault.nemesis import REQUEST, STEPS, Nemesis, plan
from tests.fault.planted import planted
from tests.fault.platform_with_links import Linked, start_linked
from tests.fault.rig import Rig
from tests.fault.servers import wait_for

ROUNDS = 100
DRAIN_S = 600
# Steps that come about within a moment.
ONE_EACH = (
    ("worker", "a change is not fanned out"), ("web", REQUEST), ("postgres", "a file goes in"), ("redis", "a job waits"),
)  # fmt: skip


def seed() -> int:
    return int(os.environ.get("NEMESIS_SEED", "20261128"))


@pytest.fixture
def start(committed_city, tmp_path: Path, start_rig: Callable[..., Rig]) -> Iterator[Callable[..., Linked]]:
    made: list[Linked] = []

    def one(**options: object) -> Linked:
        made.append(start_linked(committed_city, tmp_path, start_rig, seed=seed(), **options))
        return made[-1]

    yield one
    for linked in made:
        linked.close()


def run(
    linked: Linked, rounds: list[tuple[str, str]], draw: random.Random, record_property: Callable[..., None]
) -> Nemesis:
    """The rounds under traffic; afterwards all of it stands still."""
    nemesis = Nemesis(linked.rig, draw, lambda: linked.api.open > 0, linked.history)
    linked.traffic.start()
    try:
        for target, step in rounds:
            nemesis.strike(target, step)
            nemesis.rest()
    finally:
        linked.traffic.stop()
        record_property("seed", seed())
        record_property("rounds", [str(one) for one in nemesis.rounds])
        record_property("kills", {name: target.kills for name, target in linked.rig.targets.items()})
    wait_for(linked.rig.answers, 30, "the web server answers")
    return nemesis


def test_one_kill_of_each_part_loses_nothing(start, tmp_path: Path, record_property) -> None:
    draw = random.Random(seed())
    linked = start(pause_s=0.2, concurrency=1)
    nemesis = run(linked, draw.sample(ONE_EACH, len(ONE_EACH)), draw, record_property)
    record_property("drained_after_s", round(linked.drain(DRAIN_S, hastened=True), 1))

    assert "\n".join(linked.problems()) == ""
    assert sum(nemesis.tally().values()) == len(STEPS)
    assert all(linked.history.count(op, OK) > 0 for op in ("upload", "correction", "permit"))
    # The balance would have said so.
    for word, said in planted(linked, tmp_path):
        assert any(word in one for one in said), (word, said)


@pytest.mark.deep
def test_a_hundred_kills_lose_nothing(start, record_property) -> None:
    draw, begun = random.Random(seed()), time.monotonic()
    linked = start(pause_s=0.6, concurrency=2)
    nemesis = run(linked, plan(int(os.environ.get("NEMESIS_ROUNDS", ROUNDS)), draw), draw, record_property)
    record_property("drained_after_s", round(linked.drain(DRAIN_S), 1))
    record_property("took_s", round(time.monotonic() - begun))
    record_property("tally", nemesis.tally())
    record_property("pressed_again", linked.traffic.pressed_again)
    record_property("acknowledged", {op: linked.history.count(op, OK) for op in ("upload", "correction", "permit")})

    assert "\n".join(linked.problems()) == ""
    assert linked.rig.beat.is_running and linked.rig.worker.is_running
    assert set(nemesis.tally()) == {f"{target}: {step}" for target, steps in STEPS.items() for step in steps}
