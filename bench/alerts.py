"""`alerts`: from an event to the text of its alert in twenty browsers: rules, routing, stream, fetching. No peer: reported only.

A real web server and a real Redis, both of the measurement's own. Violations come in batches of a hundred, each of another vehicle;
the rules are asked every half second, as beat does. Twenty officers of the whole city listen, and fetch what the stream announces.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.test.utils import override_settings

from accounts.choices import Role
from accounts.models import Post, User
from addresses.choices import AreaKind
from addresses.models import Area
from bench.alert_clients import Browser, Ticker, own_redis, own_web
from bench.ground import load_ground
from bench.importing import import_bytes
from bench.landing import violation_file
from bench.report import Result
from bench.timing import Laps, percentile
from bench.vehicles import as_csv, vehicle_rows
from common import clock
from common.changes import start_reader
from elements.models import Element
from tagging.choices import AlertLevel
from tagging.models import Alert, AlertRecipient, Rule, Tag
from tagging.rules.schema import read_rule
from tagging.selectors.rules import names
from tagging.services import alerts, running, versions

DEFAULT_ROWS = 500
DEFAULT_REPEATS = 1
BATCH, BROWSERS, TRUCK_EVENTS = 100, 20, 1_000
_WAIT_S = 60.0


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Rows are violations, each of another vehicle; the last batch may be smaller."""
    addresses = load_ground(2_000, tell)
    tell(f"{rows * repeats:,} vehicles")
    said = clock.now() - timedelta(minutes=1)
    import_bytes(
        as_csv(vehicle_rows(0, rows * repeats, addresses)), name="vehicles.csv", source="TMRI_VEHICLE", kind="VEHICLE", laps=Laps(),
        said_at=said,
    )  # fmt: skip
    users = _officers()
    _rule()
    start_reader(running.READER)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        redis_url = stack.enter_context(own_redis(folder))
        stack.enter_context(override_settings(REDIS_URL=redis_url))
        port = stack.enter_context(own_web(folder, redis_url))
        browsers = [stack.enter_context(Browser(user, port)) for user in users]
        stack.enter_context(Ticker())
        committed = _land(rows * repeats, addresses, browsers, tell)
        took = _taken(committed, browsers)
        raise_s = _truck(tell)
    return _result(rows * repeats, took, browsers, raise_s)


def _land(rows: int, addresses: list[str], browsers: list[Browser], tell: Callable[[str], None]) -> dict[int, float]:
    """Lands the violations batch by batch; alert → when the event that raised it was there."""
    committed: dict[int, float] = {}
    for first in range(0, rows, BATCH):
        count = min(BATCH, rows - first)
        import_bytes(
            violation_file(first, count, addresses),
            name=f"violations-{first}.csv",
            source="TMRI_VIOLATION",
            kind="VIOLATION",
            laps=Laps(),
        )
        landed = time.time()
        _wait_for(lambda wanted=first + count: _all_have(browsers, wanted))
        new = set(Alert.objects.values_list("pk", flat=True)) - set(committed)
        committed |= dict.fromkeys(new, landed)
        tell(f"{first + count} violations, {len(committed)} alerts")
    return committed


def _all_have(browsers: list[Browser], wanted: int) -> bool:
    return all(len(browser.arrived) >= wanted for browser in browsers)


def _wait_for(is_there: Callable[[], bool]) -> None:
    """What has not come in a minute is counted as lost."""
    end = time.monotonic() + _WAIT_S
    while not is_there() and time.monotonic() < end:
        time.sleep(0.02)


def _taken(committed: dict[int, float], browsers: list[Browser]) -> dict[str, list[float]]:
    """Seconds of every alert in every browser, from the event and from the alert itself."""
    raised = {pk: at.timestamp() for pk, at in Alert.objects.values_list("pk", "first_at")}
    pairs = [(pk, at) for browser in browsers for pk, at in browser.arrived.items()]
    return {
        "event": [max(0.0, at - committed[pk]) for pk, at in pairs if pk in committed],
        "alert": [at - raised[pk] for pk, at in pairs],
    }


def _truck(tell: Callable[[str], None]) -> float:
    """A thousand events of one vehicle; the seconds they took."""
    tell(f"{TRUCK_EVENTS:,} events of one vehicle")
    truck = Element.objects.filter(kind="VEHICLE").order_by("pk").first()
    if truck is None:
        raise RuntimeError("there is no vehicle")
    began = time.perf_counter()
    for _ in range(TRUCK_EVENTS):
        seed = alerts.Seed(f"no-go:{truck.pk}", truck.pk, truck.block_id, AlertLevel.URGENT, "重点车辆进入禁行区", "")
        alerts.raise_alerts([seed], now=clock.now())
    return time.perf_counter() - began


def _result(rows: int, took: dict[str, list[float]], browsers: list[Browser], raise_s: float) -> Result:
    truck = Alert.objects.filter(fingerprint__startswith="no-go:")
    tagged = Alert.objects.filter(fingerprint__startswith="tag:")
    told = AlertRecipient.objects.filter(alert__in=tagged, user_id__in=[one.user_id for one in browsers]).count()
    arrived = sum(len(set(one.arrived) & set(tagged.values_list("pk", flat=True))) for one in browsers)
    result = Result("alerts")
    result.figures = {
        "events": rows, "browsers": len(browsers), "alerts": tagged.count(), "told": told, "lost": rows * len(browsers) - arrived,
        "p50_s": percentile(took["event"], 0.5), "p95_s": percentile(took["event"], 0.95),
        "from_alert_p50_s": percentile(took["alert"], 0.5), "from_alert_p95_s": percentile(took["alert"], 0.95),
        "alerts_for_one_truck": truck.count(), "events_of_one_truck": sum(truck.values_list("count", flat=True)),
        "live_events_per_s": TRUCK_EVENTS / raise_s,
    }  # fmt: skip
    result.notes = [
        "p50_s and p95_s: from when the import of a batch has returned to the text in each browser; rules are asked every half second.",
        "from_alert_…: from the moment of judgement that the alert bears to the text.",
    ]
    return result


def _officers() -> list[User]:
    root = Area.objects.get(kind=AreaKind.BRIGADE, valid_to__isnull=True)
    made = []
    for number in range(BROWSERS):
        user = User.objects.create(username=f"bench-alerts-{number}")
        Post.objects.create(user=user, role=Role.OFFICER, area=root, valid_from=clock.today())
        made.append(User.objects.get(pk=user.pk))
    return made


def _rule() -> None:
    tag = Tag.objects.create(code="BENCH", name="有违法", kind="VEHICLE", group="bench", alert_level=AlertLevel.URGENT)
    rule = Rule.objects.create(code="BENCH", title="bench", tag=tag)
    where = {"fact": "vehicle.violations", "args": {"days": 365}, "op": ">=", "value": 1}
    versions.install(owner=rule, body={"kind": "VEHICLE", "where": where}, note="bench", check=_check, now=clock.now())


def _check(body: object) -> None:
    read_rule(body, names())  # type: ignore[arg-type]
