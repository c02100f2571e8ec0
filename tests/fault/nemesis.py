"""What is killed, and when: seeded rounds of (target, step), a step being something seen from outside at that very moment."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import redis

from tests.fault.history import INFO, OK, History
from tests.fault.rig import Rig

_SQL = {
    "a link is being read": "SELECT EXISTS (SELECT FROM exchange_connectorrun WHERE state = 'RUNNING')",
    "a run is landing": "SELECT EXISTS (SELECT FROM exchange_connectorrun WHERE state = 'LANDING')",
    "a job beats": "SELECT EXISTS (SELECT FROM common_job WHERE state = 'RUNNING' AND heartbeat_at > now() - interval '5 s')",
    "a job waits": "SELECT EXISTS (SELECT FROM common_job WHERE state = 'QUEUED')",
    "a file is planned": "SELECT EXISTS (SELECT FROM exchange_landingbatch WHERE state = 'PLANNING')",
    "a file goes in": "SELECT EXISTS (SELECT FROM exchange_landingbatch WHERE state = 'IMPORTING')",
    "a message is in flight": "SELECT EXISTS (SELECT FROM exchange_outboxmessage WHERE state = 'SENT' AND sent_at IS NULL)",
    "a message waits": "SELECT EXISTS (SELECT FROM exchange_outboxmessage WHERE state = 'PENDING')",
    "a change is not fanned out": """SELECT EXISTS (SELECT FROM common_changerow c JOIN common_changereader r ON c.xid >= r.xid
                                     WHERE r.name = 'exchange.outbox')""",
}
REQUEST, BELL, UNACKED = "a request is open", "a bell hangs in the queue", "a task is not acknowledged"
STEPS: dict[str, tuple[str, ...]] = {
    "worker": (
        "a link is being read", "a run is landing", "a job beats", "a file goes in", "a message is in flight",
        "a change is not fanned out",
    ),
    "web": (REQUEST, "a file is planned", "a job waits", "a message waits"),
    "postgres": (
        "a link is being read", "a run is landing", "a job beats", "a file goes in", "a message is in flight",
        "a change is not fanned out", REQUEST,
    ),
    "redis": (BELL, UNACKED, "a job waits", "a job beats", "a message waits", "a change is not fanned out"),
}  # fmt: skip
LONGEST_WAIT_S, LONGEST_DOWN_S, LONGEST_REST_S = 20.0, 1.5, 3.0
WIPED_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class Round:
    """One kill: `was_seen` is false when the step did not come about in time and it was killed all the same."""

    target: str
    step: str
    was_seen: bool
    was_wiped: bool
    up_after_s: float


def plan(rounds: int, draw: random.Random) -> list[tuple[str, str]]:
    """Targets in turn, each going through all of its steps in an order of chance before one comes again."""
    endless = {target: _shuffled(steps, draw) for target, steps in STEPS.items()}
    targets = _shuffled(tuple(STEPS), draw)
    return [(target, next(endless[target])) for target, _ in zip(targets, range(rounds), strict=False)]


def _shuffled(steps: tuple[str, ...], draw: random.Random) -> Iterator[str]:
    while True:
        yield from draw.sample(steps, len(steps))


class Nemesis:
    """Kills and starts again; keeps a record of its rounds."""

    def __init__(self, rig: Rig, draw: random.Random, is_request_open: Callable[[], bool], history: History) -> None:
        self._rig, self._draw, self._is_request_open, self._history = rig, draw, is_request_open, history
        self.rounds: list[Round] = []

    def strike(self, target: str, step: str) -> Round:
        """Waits for the step, kills, leaves it down for a moment, starts it again."""
        was_seen = self._wait_for(step)
        victim = self._rig.targets[target]
        victim.kill()
        was_wiped = target == "redis" and self._draw.random() < WIPED_SHARE
        if was_wiped:
            self._rig.redis.wipe()
        time.sleep(self._draw.uniform(0, LONGEST_DOWN_S))
        done = Round(target, step, was_seen, was_wiped, round(victim.start(), 2))
        self.rounds.append(done)
        self._history.note("kill", target, OK if was_seen else INFO, step)
        return done

    def rest(self) -> None:
        """The platform works for a moment."""
        time.sleep(self._draw.uniform(0, LONGEST_REST_S))

    def _wait_for(self, step: str) -> bool:
        ends = time.monotonic() + LONGEST_WAIT_S
        if step == REQUEST:
            return _until(self._is_request_open, ends)
        if step in {BELL, UNACKED}:
            with self._rig.redis.connect() as queue:
                return _until(lambda: _has(queue, step), ends)
        with self._rig.cluster.connect() as outside:
            return _until(lambda: _is_true(outside, _SQL[step]), ends)

    def tally(self) -> dict[str, int]:
        """How often each pair was struck at its step."""
        return dict(Counter(f"{one.target}: {one.step}" for one in self.rounds if one.was_seen))


def _until(is_true: Callable[[], bool], ends: float) -> bool:
    while not is_true():
        if time.monotonic() > ends:
            return False
        time.sleep(0.003)
    return True


def _is_true(outside: psycopg.Connection, query: str) -> bool:
    return bool(outside.execute(query).fetchone()[0])


def _has(queue: redis.Redis, step: str) -> bool:
    return bool(queue.llen("celery") if step == BELL else queue.hlen("unacked"))
