"""A rig with agencies: a bureau that is read every few seconds, two partners that are told, vehicles that are corrected."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from common import clock
from exchange.models import Connector
from exchange.services.outbox_fanout import announce
from tests.exchange.db.link_parts import bureau_link, seed_of
from tests.factories.no_go import a_lorry, a_rule
from tests.factories.partners import give_key, make_contract, make_partner
from tests.factories.places import HOUSES, SmallCity
from tests.factories.users import make_users
from tests.fault import balance
from tests.fault.callers import Api
from tests.fault.conftest import TOKEN, give_token
from tests.fault.history import History, compare, counted, stale
from tests.fault.rig import Rig
from tests.fault.servers import wait_for
from tests.fault.traffic import Traffic
from tests.standins.processes import StandIn

LINKS = ("bureau-persons", "bureau-units", "bureau-addresses")
EVERY_S, LORRIES = 5, 6
PARTNERS = {"market": ("UNIT",), "transport": ("UNIT", "VEHICLE")}
_FIELDS = {"UNIT": balance.UNIT_FIELDS, "VEHICLE": balance.VEHICLE_FIELDS}
# What is still to do: jobs, readings, changes, messages; and links that have not read to the end since a moment.
_UNDONE = """
    SELECT (SELECT count(*) FROM common_job WHERE state IN ('QUEUED', 'RUNNING')),
           (SELECT count(*) FROM exchange_connectorrun WHERE state IN ('RUNNING', 'LANDING')),
           (SELECT count(*) FROM exchange_outboxmessage WHERE state IN ('PENDING', 'SENT')),
           (SELECT count(*) FROM common_changerow c JOIN common_changereader r ON c.xid >= r.xid WHERE r.name = 'exchange.outbox'),
           (SELECT count(*) FROM exchange_connector c WHERE NOT EXISTS (SELECT FROM exchange_connectorrun r
              WHERE r.connector_id = c.id AND r.started_at > %s AND r.state IN ('DONE', 'EMPTY')))"""
SILENT_S = 3
_MINUTES_LATER = (
    f"""UPDATE common_job SET heartbeat_at = heartbeat_at - interval '2 min'
        WHERE state = 'RUNNING' AND heartbeat_at < now() - interval '{SILENT_S} s'""",
    f"""UPDATE common_job SET created_at = created_at - interval '2 min'
        WHERE state = 'QUEUED' AND created_at < now() - interval '{SILENT_S} s'""",
    "UPDATE exchange_connector SET next_run_at = now() WHERE failures > 0",
    "UPDATE exchange_partner SET next_try_at = NULL",
)


@dataclass
class Linked:
    """What runs.

    Attributes:
        agencies: bureau, market, transport.
        lorries: plates of the vehicles that are corrected.
    """

    rig: Rig
    agencies: dict[str, StandIn]
    traffic: Traffic
    history: History
    api: Api
    lorries: tuple[str, ...]
    _next_haste: float = 0.0

    def drain(self, seconds: float, *, hastened: bool = False) -> float:
        """Waits until nothing is left to do anywhere; the seconds it took. `hastened`: see `hasten`."""
        with self.rig.cluster.connect() as outside:
            (since,) = outside.execute("SELECT now()").fetchone()
            left: list[Any] = []

            def is_quiet() -> bool:
                if hastened:
                    self.hasten()
                are_in = self.traffic.settle()
                left[:] = outside.execute(_UNDONE, [since]).fetchone()
                return are_in and not any(left)

            begun = time.monotonic()
            try:
                return wait_for(is_quiet, seconds, "nothing is left", 0.1)
            except AssertionError as error:
                raise AssertionError(f"after {time.monotonic() - begun:.0f} s (jobs, runs, messages, changes, links) {left}") from error  # fmt: skip

    def hasten(self) -> None:
        """What minutes of silence do: leases and pauses end, the ticks of beat come round. At most every few seconds."""
        if time.monotonic() < self._next_haste:
            return
        self._next_haste = time.monotonic() + SILENT_S
        with self.rig.cluster.connect() as outside:
            for query in _MINUTES_LATER:
                outside.execute(query)
        for task in ("common.tasks.reap_jobs", "exchange.tasks.run_links"):
            self.rig.ring(task)

    @property
    def folders(self) -> dict[str, Path]:
        """Where each agency keeps its own."""
        return {name: one.folder for name, one in self.agencies.items()}

    def problems(self) -> list[str]:
        """See `what_does_not_fit`, of what is there now."""
        with self.rig.cluster.connect() as outside:
            return self.what_does_not_fit(outside, self.folders)

    def what_does_not_fit(self, outside: psycopg.Connection[Any], folders: Mapping[str, Path]) -> list[str]:
        """Between the two sides of any link, and between what was acknowledged and what is there."""
        found = [
            *balance.persons(outside, folders["bureau"]), *balance.units(outside, folders["bureau"]),
            *balance.addresses(outside, folders["bureau"]), *balance.batches(outside),
        ]  # fmt: skip
        for code, subjects in PARTNERS.items():
            found += balance.partner(outside, code, folders[code], subjects)
        vehicles = outside.execute("SELECT vin, plate_number, brand FROM elements_vehicle").fetchall()
        permits = outside.execute("SELECT number FROM elements_nogopermit").fetchall()
        there = {
            "upload": counted(vin for vin, plate, _brand in vehicles if plate not in self.lorries),
            "permit": counted(number for (number,) in permits),
        }
        for op, present in there.items():
            verdict = asdict(compare(self.history.entries(op), present))
            found += [f"{op} {name}: {keys}" for name, keys in verdict.items() if keys]
        old = stale(self.history.entries("correction"), {plate: brand for _vin, plate, brand in vehicles})
        return found + ([f"corrections with old words: {old}"] if old else [])

    def close(self) -> None:
        """Ends the agencies; the rig is its fixture's."""
        for one in self.agencies.values():
            if one.is_running:
                one.stop()


def start_linked(
    city: SmallCity, folder: Path, start_rig: Callable[..., Rig], *, seed: int, pause_s: float, concurrency: int
) -> Linked:
    """Agencies, declared links and partners, all processes; no traffic yet."""
    users = make_users(city)
    brigade = users["brigade"]
    give_token(brigade)
    lorries = [a_lorry(number) for number in range(1, LORRIES + 1)]
    rule = a_rule(brigade)
    agencies = {name: start_agency(name, folder, city) for name in ("bureau", *PARTNERS)}
    for code in LINKS:
        bureau_link(agencies["bureau"], code)
    Connector.objects.update(every_s=EVERY_S)
    for code, subjects in PARTNERS.items():
        declare_partner(code, agencies[code], subjects)
    texts = [city.text(grid, house) for grid in range(6) for house in HOUSES]
    rig = start_rig(
        peers=[f"127.0.0.1/32:{one.port}" for one in agencies.values()], ferry_root=folder, concurrency=concurrency
    )
    try:
        rig.start()
    except BaseException:
        for one in agencies.values():
            one.stop()
        raise
    history, api = History(folder / "history.jsonl"), Api(rig.port, TOKEN)
    traffic = Traffic(
        api=api, bureau=agencies["bureau"], connect=rig.cluster.connect, history=history, seed=seed, texts=texts, rule_id=rule.pk,
        vehicles={one.pk: one.label for one in lorries}, pause_s=pause_s,
    )  # fmt: skip
    return Linked(rig, agencies, traffic, history, api, tuple(one.label for one in lorries))


def start_agency(name: str, folder: Path, city: SmallCity) -> StandIn:
    """A stand-in with a folder of its own; a partner's key has a name of its own, for key ids are one name space on our side."""
    own = folder / name
    own.mkdir()
    if name == "bureau":
        (own / "seed.json").write_text(seed_of(city), encoding="utf-8")
        return StandIn("bureau", own)
    made = StandIn("partner", own, "--code", name)
    keys = json.loads((own / "keys.json").read_text(encoding="utf-8"))
    (own / "keys.json").write_text(json.dumps({f"key-{name}": keys["platform"]}), encoding="utf-8")
    return made


def declare_partner(code: str, standin: StandIn, subjects: tuple[str, ...]) -> None:
    """A partner that is told of all records of these subjects, those that are there already among them."""
    made = make_partner(code, url=f"{standin.url}/inbox")
    give_key(made, f"key-{code}", json.loads((standin.folder / "keys.json").read_text(encoding="utf-8"))[f"key-{code}"])
    for subject in subjects:
        contract = make_contract(made, subject, *_FIELDS[subject])
        announce(contract=contract, now=clock.now(), with_existing=True)
