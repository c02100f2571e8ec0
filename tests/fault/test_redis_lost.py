"""Trust 5 and 6: Redis is a doorbell. Wiped with a backlog, or restarted again and again: everything is done all the same."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exchange.models import OutboxMessage
from tests.factories.claims import claim, submit
from tests.factories.files import csv_file
from tests.factories.numbers import plate, uscc, vin
from tests.factories.users import make_users
from tests.fault.balance import messages_of
from tests.fault.callers import Api
from tests.fault.conftest import TOKEN, give_token
from tests.fault.history import OK
from tests.fault.platform_with_links import declare_partner, start_agency
from tests.fault.rig import Rig
from tests.fault.servers import on_this_machine, wait_for
from tests.fault.traffic import HEADERS
from tests.standins.processes import StandIn

pytestmark = pytest.mark.deep
MESSAGES, FILES = 5_000, 60
DONE_S = 120
DONE = " succeeded in "
RESTARTS, SHORTEST_GAP_S, LONGEST_GAP_S = 10, 1.0, 10.0
FIRST_TASK_S, OLDEST_UNACKED_S = 10, 120


@pytest.fixture
def market(committed_city, tmp_path: Path) -> Iterator[StandIn]:
    made = start_agency("market", tmp_path, committed_city)
    yield made
    made.stop()


def bring(api: Api, number: int, text: str) -> None:
    """A file whose planning waits for a worker."""
    data = csv_file([HEADERS, [vin(number), plate(number), "02", "试验牌", "A", text]])
    outcome, batch = api.upload(
        "/api/v1/imports", f"{number}.csv", data, kind="VEHICLE", source="TMRI_VEHICLE", datum="WGS84"
    )
    assert outcome == OK, batch
    outcome, said = api.post(f"/api/v1/imports/{batch['id']}/plan")
    assert outcome == OK, said


def planned(rig: Rig) -> int:
    with rig.cluster.connect() as outside:
        return int(outside.execute("SELECT count(*) FROM exchange_landingbatch WHERE state = 'PLANNED'").fetchone()[0])


def first_task_after_start(rig: Rig) -> float:
    """Starts Redis; the seconds until the worker has done something."""
    before = len(rig.worker.said(DONE))
    rig.redis.start()
    return round(wait_for(lambda: len(rig.worker.said(DONE)) > before, 60, "a task is done", 0.1), 2)


def test_a_wiped_redis_holds_nothing_back(
    committed_city, market, start_rig: Callable[..., Rig], record_property
) -> None:
    brigade = make_users(committed_city)["brigade"]
    give_token(brigade)
    submit(
        "SECURITY_UNIT",
        "UNIT",
        *(claim(uscc=uscc(n), name=f"试验公司{n}", state="存续", grid=n % 6) for n in range(MESSAGES)),
    )
    declare_partner("market", market, ("UNIT",))
    assert OutboxMessage.objects.filter(state="PENDING").count() == MESSAGES
    rig = start_rig(peers=[f"127.0.0.1/32:{market.port}"], concurrency=2)
    rig.web.start()
    api, text = Api(rig.port, TOKEN), committed_city.text(0)
    for number in range(FILES):
        bring(api, 100 + number, text)
    with rig.redis.connect() as queue:
        assert queue.llen("celery") == FILES

    allowed_s = on_this_machine(DONE_S)
    rig.redis.kill()
    noticed = wait_for(lambda: not rig.answers(), 60, "the health check says that Redis is away")
    rig.redis.wipe()
    rig.redis.start()
    with rig.redis.connect() as queue:
        assert queue.dbsize() == 0
    begun = time.monotonic()
    rig.worker.start()
    rig.beat.start()
    wait_for(
        lambda: planned(rig) == FILES and len(messages_of(market.folder)) == MESSAGES, 4 * DONE_S, "all is done", 0.5
    )
    took = time.monotonic() - begun

    record_property("noticed_after_s", round(noticed, 2))
    record_property("done_after_s", round(took, 1))
    told = [message["fields"]["uscc"] for message in messages_of(market.folder)]
    assert sorted(told) == sorted(uscc(n) for n in range(MESSAGES))
    assert took <= allowed_s


def test_a_flapping_redis_strands_nothing(committed_city, start_rig: Callable[..., Rig], record_property) -> None:
    seed = int(os.environ.get("NEMESIS_SEED", "20261129"))
    draw, texts = random.Random(seed), committed_city.text(0)
    give_token(make_users(committed_city)["brigade"])
    rig = start_rig(concurrency=2)
    rig.start()
    allowed_s = on_this_machine(FIRST_TASK_S)
    api, first_tasks, number = Api(rig.port, TOKEN), [], 100
    for _ in range(RESTARTS):
        ends = time.monotonic() + draw.uniform(SHORTEST_GAP_S, LONGEST_GAP_S)
        while time.monotonic() < ends:
            bring(api, number, texts)
            number += 1
        rig.redis.kill()
        time.sleep(draw.uniform(0, 1))
        first_tasks.append(first_task_after_start(rig))
    brought = number - 100
    wait_for(lambda: planned(rig) == brought, 240, "every file is planned", 0.5)

    # What is stranded stays for ever: as long as it takes to be sure.
    time.sleep(OLDEST_UNACKED_S + 5)
    with rig.redis.connect() as queue:
        now = time.time()
        ages = [round(now - at) for _tag, at in queue.zrange("unacked_index", 0, -1, withscores=True)]
        held = queue.hlen("unacked")
    record_property("seed", seed)
    record_property("first_task_s", first_tasks)
    record_property("files", brought)
    record_property("unacked", held)
    record_property("unacked_ages_s", ages)
    assert rig.worker.is_running and rig.beat.is_running
    assert max(first_tasks) <= allowed_s
    assert [age for age in ages if age > OLDEST_UNACKED_S] == []
