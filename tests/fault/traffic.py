"""Traffic while things are killed: the bureau changes, files are brought by the API, vehicles are corrected, permits written."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg

from tests.factories.files import csv_file
from tests.factories.numbers import plate, vin
from tests.fault.callers import Api
from tests.fault.history import FAIL, INFO, OK, History
from tests.standins.processes import StandIn

HEADERS = ["车架号", "号牌号码", "号牌种类", "品牌", "使用性质", "登记地址"]
ROWS_PER_FILE, FIRST_UPLOADED = 6, 1_000
# Every so many files one is planned and not confirmed: nothing of it may come in.
UNCONFIRMED_EVERY, REFUSED_EVERY = 5, 7
ACTS = ("add_person", "correct_phone", "correct_phone", "add_unit", "change_boss", "change_boss")
# Rarely: the bureau gives house numbers by chance, and a number given twice is rightly held back for a person.
ADDRESS_EVERY, ADDRESS_ACTS = 40, ("add_address", "change_address")


class Traffic:
    """Threads that go on until they are stopped; whatever was acknowledged is in the history.

    Attributes:
        pressed_again: jobs of files that ended without success, by code; a person would press the button again.
        batches: files that are not known to be in, with their vehicles.
    """

    def __init__(
        self, *, api: Api, bureau: StandIn, connect: Callable[[], psycopg.Connection[Any]], history: History, seed: int,
        texts: Sequence[str], rule_id: int, vehicles: Mapping[int, str], pause_s: float = 0.5,
    ) -> None:  # fmt: skip
        self._api, self._bureau, self._connect, self._history = api, bureau, connect, history
        self._draw, self._texts, self._rule_id, self._vehicles = random.Random(seed), texts, rule_id, vehicles
        self._pause_s, self._over = pause_s, threading.Event()
        self.pressed_again: list[str] = []
        self.batches: dict[int, list[str]] = {}
        self._pool, self._running = ThreadPoolExecutor(4), list[Future[None]]()

    def start(self) -> None:
        works = (self._change, self._bring, self._correct, self._permit)
        self._running = [self._pool.submit(self._go_on, work) for work in works]

    def stop(self) -> None:
        """Returns when the last request has ended; what broke a client breaks the test."""
        self._over.set()
        self._pool.shutdown()
        for one in self._running:
            one.result()

    def settle(self) -> bool:
        """Presses what a person would press for files that are not in; true when all are."""
        for batch_id in list(self.batches):
            if self._press(batch_id):
                del self.batches[batch_id]
        return not self.batches

    def _go_on(self, work: Callable[[int], None]) -> None:
        for number in itertools.count():
            if self._over.is_set():
                return
            work(number)
            self._over.wait(self._pause_s)

    def _change(self, number: int) -> None:
        turn, is_other = divmod(number, ADDRESS_EVERY)
        self._bureau.act(self._draw.choice(ACTS) if is_other else ADDRESS_ACTS[turn % len(ADDRESS_ACTS)])

    def _permit(self, number: int) -> None:
        is_wrong = number % REFUSED_EVERY == 0
        document = {"number": f"T-{number}", "plate": next(iter(self._vehicles.values())), "valid_from": "2027-01-01",
                    "valid_to": "2026-01-01" if is_wrong else "2027-06-01"}  # fmt: skip
        outcome, _body = self._api.post(f"/api/v1/no-go/rules/{self._rule_id}/permits/", document)
        self._history.note("permit", f"T-{number}", outcome)

    def _correct(self, number: int) -> None:
        element_id, label = list(self._vehicles.items())[number % len(self._vehicles)]
        version = self._version(element_id)
        if version is None:
            return
        said = f"更正牌{number:05d}"
        document = {"values": {"brand": said}, "reason": "核对行驶证", "version": version}
        outcome, _body = self._api.post(f"/api/v1/elements/{element_id}/corrections/", document)
        self._history.note("correction", label, outcome, said)

    def _version(self, element_id: int) -> int | None:
        try:
            with self._connect() as outside:
                found = outside.execute("SELECT version FROM elements_element WHERE id = %s", [element_id]).fetchone()
        except psycopg.OperationalError:
            return None
        return int(found[0])

    def _bring(self, number: int) -> None:
        first = FIRST_UPLOADED + number * ROWS_PER_FILE
        vins = [vin(first + row) for row in range(ROWS_PER_FILE)]
        rows = [
            [vin(n), plate(n), "02", f"甲{n}", "A", self._texts[n % len(self._texts)]]
            for n in range(first, first + ROWS_PER_FILE)
        ]
        outcome, batch = self._api.upload(
            "/api/v1/imports", f"file-{number}.csv", csv_file([HEADERS, *rows]), kind="VEHICLE", source="TMRI_VEHICLE", datum="WGS84",
        )  # fmt: skip
        if outcome != OK:
            # Nobody asked for it to come in: it must not.
            self._note(vins, FAIL)
            return
        self._api.post(f"/api/v1/imports/{batch['id']}/plan")
        if number % UNCONFIRMED_EVERY == UNCONFIRMED_EVERY - 1:
            self._note(vins, FAIL)
            return
        self.batches[batch["id"]] = vins
        ends = time.monotonic() + 5
        while not self._press(batch["id"]) and time.monotonic() < ends and not self._over.is_set():
            time.sleep(0.1)

    def _press(self, batch_id: int) -> bool:
        """One look at a file and the button that brings it on; true when it is in."""
        outcome, batch = self._api.get(f"/api/v1/imports/{batch_id}")
        if outcome != OK:
            assert outcome == INFO, batch
            return False
        if batch["state"] == "IMPORTED":
            return True
        job = batch["job"]
        if job and job["error"] and job["state"] == "FAILED":
            self.pressed_again.append(job["error"]["code"])
        if "import" in batch["actions"]:
            answer, _body = self._api.post(f"/api/v1/imports/{batch_id}/import")
            self._note(self.batches[batch_id], answer)
        elif "plan" in batch["actions"]:
            self._api.post(f"/api/v1/imports/{batch_id}/plan")
        return False

    def _note(self, vins: Sequence[str], outcome: str) -> None:
        for one in vins:
            self._history.note("upload", one, outcome)
