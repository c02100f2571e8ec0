"""Trust 1: what was acknowledged is there. Eight clients write while PostgreSQL and the web server are killed together."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.factories.no_go import a_lorry, a_rule
from tests.factories.users import make_users
from tests.fault.callers import Api
from tests.fault.conftest import TOKEN, give_token
from tests.fault.history import FAIL, INFO, OK, History, Verdict, compare, counted
from tests.fault.rig import Rig
from tests.fault.servers import on_this_machine, wait_for

CLIENTS = 8
FIRST_ANSWER_S = 10.0
# Every so often something that must be refused, and must not be there.
REFUSED_EVERY = 10


@dataclass(frozen=True)
class Writing:
    """What the clients write to."""

    rig: Rig
    rule_id: int
    plate: str


@pytest.fixture
def writing(committed_city, start_rig: Callable[..., Rig]) -> Writing:
    users = make_users(committed_city)
    brigade = users["brigade"]
    lorry, rule = a_lorry(1), a_rule(brigade)
    give_token(brigade)
    made = start_rig()
    made.web.start()
    return Writing(made, rule.pk, lorry.label)


def test_one_kill_loses_nothing_that_was_acknowledged(writing, tmp_path: Path, record_property) -> None:
    run = Run(writing, tmp_path)
    run.through_kills(1, lambda: run.until_acknowledged(200))
    run.judge(record_property)


@pytest.mark.deep
def test_five_kills_lose_nothing_that_was_acknowledged(writing, tmp_path: Path, record_property) -> None:
    run = Run(writing, tmp_path)
    run.through_kills(5, lambda: run.until_acknowledged(3_400, at_most=1.2))
    run.judge(record_property)
    assert run.history.count("permit", OK) >= 20_000


class Run:
    """Eight clients, and kills of both servers at moments of chance."""

    def __init__(self, writing: Writing, folder: Path) -> None:
        self.writing, self.history = writing, History(folder / "history.jsonl")
        self.seed = int(os.environ.get("NEMESIS_SEED", "20261127"))
        self.draw, self.first_answers = random.Random(self.seed), list[float]()
        # As the machine is before this run works on it.
        self.longest_s = on_this_machine(FIRST_ANSWER_S)

    def until_acknowledged(self, more: int, at_most: float = 2.0) -> None:
        """Waits for that many writes more, or up to so many times as many."""
        wanted = self.history.count("permit", OK) + self.draw.randint(more, round(at_most * more))
        wait_for(lambda: self.history.count("permit", OK) >= wanted, 600, f"{wanted} writes", 0.1)

    def through_kills(self, kills: int, between: Callable[[], None]) -> None:
        """Clients write all the time; between kills it works for a while, and at the end."""
        over = threading.Event()
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(_client, self.writing, number, self.history, over) for number in range(CLIENTS)]
            try:
                for _ in range(kills):
                    between()
                    self.first_answers.append(self._kill())
                between()
            finally:
                over.set()
        for one in clients:
            one.result()

    def _kill(self) -> float:
        """Both at once; the seconds from the restart to the first good answer."""
        rig = self.writing.rig
        rig.cluster.kill()
        rig.web.kill()
        begun = time.monotonic()
        rig.cluster.start()
        rig.web.start()
        wait_for(rig.answers, 60, "the first answer")
        return round(time.monotonic() - begun, 2)

    def judge(self, record_property: Callable[[str, object], None]) -> None:
        """Nothing lost, nothing of what was refused, nothing twice; each with its audit row; soon up again."""
        with self.writing.rig.cluster.connect() as outside:
            there = counted(number for (number,) in outside.execute("SELECT number FROM elements_nogopermit"))
            query = "SELECT count(*) FROM common_auditrow WHERE verb = 'NO_GO_PERMITTED'"
            (audited,) = outside.execute(query).fetchone()
        record_property("seed", self.seed)
        for outcome in (OK, FAIL, INFO):
            record_property(outcome, self.history.count("permit", outcome))
        record_property("first_answer_s", self.first_answers)
        record_property("allowed_s", round(self.longest_s, 1))
        assert compare(self.history.entries("permit"), there) == Verdict()
        # The audit row is in the transaction of the write.
        assert audited == len(there)
        assert self.history.count("permit", FAIL) > 0
        assert max(self.first_answers) <= self.longest_s


def _client(writing: Writing, number: int, history: History, over: threading.Event) -> None:
    api, written = Api(writing.rig.port, TOKEN), 0
    while not over.is_set():
        written += 1
        key, is_wrong = f"T-{number}-{written}", written % REFUSED_EVERY == 0
        document = {
            "number": key,
            "plate": writing.plate,
            "valid_from": "2027-01-01",
            "valid_to": "2026-01-01" if is_wrong else "2027-06-01",
        }
        outcome, _body = api.post(f"/api/v1/no-go/rules/{writing.rule_id}/permits/", document)
        history.note("permit", key, outcome)
        if outcome not in {OK, FAIL}:
            # Nobody there: not a busy loop.
            time.sleep(0.2)
