"""Every number opens its rows: all pages, several posts, and no figure is without its mark."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import engines
from django.template.loaders.filesystem import Loader
from django.test import Client
from django.urls import reverse

from analytics.models import HotSpot, Report, RiskSheet
from analytics.services.hot_spots import make_official
from common import clock
from events.models import Accident
from exchange.models import LandingBatch
from tagging.models import Alert, Rule, Scheme, Tag
from tagging.services.alert_answers import accept
from tests.console.web.figures import Figure, bare_figures, figures_of, listed, read, summed
from tests.factories.alerts import alert_on, alerting_tag, vehicle_at
from tests.factories.claims import vehicle_of
from tests.factories.events import days_ago, make_events, report, row
from tests.factories.files import VEHICLE_HEADERS, bring_in, csv_file
from tests.factories.grades import graded_vehicles, run, scheme_of
from tests.factories.hot_spot_city import a_staked_road, make_accidents, run_of, searched
from tests.factories.indicators import inspected, serious, treated
from tests.factories.numbers import plate, vin
from tests.factories.partners import make_partner
from tests.factories.reports import make_accidents as make_reported_accidents
from tests.factories.reports import make_october
from tests.factories.risk import signed_sheet
from tests.factories.rules import PLATED, a_rule, in_force
from tests.factories.users import make_users, signed_in
from tests.trust.crawl import routes
from tests.trust.url_classes import ADMIN, ARGUMENTS, OVERRIDES, PUBLIC

# Who looks, and how many links of one template he opens on a page: the largest; None = every one.
SOME = {"brigade": 4, "officer-1": 1}
EVERY = {"brigade": None, "squadron-1": 4, "officer-1": 4, "analyst": 4}
MISSING = 999_999_999


@pytest.fixture(scope="module")
def module_users(module_city) -> dict[str, Any]:
    """Something of everything that is counted anywhere."""
    made = make_users(module_city)
    make_events()
    a_staked_road()
    make_accidents()
    for grid in (0, 5):
        inspected(1, 1, grid=grid)
        serious(3, 1, grid=grid)
    treated(1, 1, grid=0)
    graded_vehicles()
    run(scheme_of())
    for number, grid in ((21, 0), (22, 5)):
        alert_on(alerting_tag(f"T{number}"), vehicle_at(number, grid=grid))
    # One is taken and not closed in time.
    first = Alert.objects.earliest("pk")
    accept(alert_id=first.pk, version=1, actor=made["officer-1"], now=clock.now() - timedelta(days=1))
    in_force(a_rule("COUNTED", author=made["brigade"]), PLATED, author=made["brigade"], second=made["analyst"])
    _make_a_factor()
    make_official(run=run_of(searched(made["brigade"])), actor=made["brigade"], now=clock.now())
    make_reported_accidents()
    make_october()
    signed_sheet(module_city.districts[0], made)
    bring_in(csv_file([VEHICLE_HEADERS, [vin(60), *[""] * 8], ["无", *[""] * 8]]))
    LandingBatch.objects.update(owner_id=made["brigade"].pk)
    make_partner("CHECKED")
    return made


def _make_a_factor() -> None:
    """Injuries in the rain, losses in the sun, one vehicle in three of them: analysis tells of the weather and of the chain."""
    kinds = [("2", "3"), ("4", "1")]
    rows = [
        row("ACCIDENT", f"W{kind}{n}", grid=0, occurred_at=days_ago(2), accident_type=kind, weather=weather)
        for kind, weather in kinds
        for n in range(10)
    ]
    report("ACCIDENT", *rows)
    numbers = ("W20", "W21", "W40")
    report(
        "PARTY",
        *(row("PARTY", f"{n}/1", accident_number=n, plate_number=plate(1), plate_type="02") for n in numbers),
    )


@pytest.fixture(scope="module")
def _templates_named() -> Iterator[None]:
    """Each mark tells which template wrote it."""
    read_plain = Loader.get_contents

    def read_named(self: Loader, origin: Any) -> str:
        text: str = read_plain(self, origin)
        mark = f'data-template="{origin.template_name}" '
        return re.sub(r"(?=data-(count|sum)=)", mark, text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loader, "get_contents", read_named)
        _forget_templates()
        yield
    _forget_templates()


def _forget_templates() -> None:
    for loader in engines["django"].engine.template_loaders:
        loader.reset()


# Pages that show more when they are asked for it.
MORE = {
    "analytics:overview": [f"?occurred_from={days_ago(9):%Y-%m-%d}&occurred_to={days_ago(0):%Y-%m-%d}"],
    "analytics:indicators": ["", "?indicator=VEHICLE_SCRAP&by=setting", "?indicator=STANDARD_ADDRESS"],
    "console:coverage": ["", "?by=village&registry=vehicles", "?by=grid&registry=houses"],
    "console:element": ["", "?tab=events", "?tab=tags"],
}


def pages(city: Any) -> dict[str, list[str]]:
    """Route → the pages of it that are looked at: every list and kind, one object of the rest."""
    ids = _objects(city)
    found: dict[str, list[str]] = {}
    for route in routes():
        # Streams do not end.
        if route.url_class in {PUBLIC, ADMIN} or route.name.startswith("admin:") or route.name.endswith("-stream"):
            continue
        values = ids | ids.get(route.name, {})
        fixed = ARGUMENTS | OVERRIDES.get(route.name, {})
        choices = [values.get(one) or [fixed.get(one, MISSING)] for one in route.parameters]
        urls = [
            reverse(route.name, kwargs=dict(zip(route.parameters, chosen, strict=True))) for chosen in product(*choices)
        ]
        found[route.name] = [url + more for url in urls for more in MORE.get(route.name, ("",))]
    return found


def _objects(city: Any) -> dict[str, Any]:
    """Parameter → values; route → its own."""
    schemes = {"code": list(Scheme.objects.values_list("code", flat=True))}
    blocks, addresses = {"code": [city.grids[0].code]}, {"code": [city.address(0).code]}
    lists = {"name": ["accidents", "violations"]}
    return {
        "element_id": [vehicle_of(vin(1)).pk, vehicle_of(vin(21)).pk],
        "event_id": [Accident.objects.get(number="A1").pk],
        "spot_id": [HotSpot.objects.earliest("rank").pk],
        "report_id": [Report.objects.get().pk],
        "sheet_id": [RiskSheet.objects.get().pk],
        "batch_id": [LandingBatch.objects.get().pk],
        "alert_id": [Alert.objects.earliest("pk").pk],
        "key": ["STANDARD_ADDRESS", "DANGER_TREATMENT"],
        "exchange:partner": {"code": ["CHECKED"]},
        "tagging:tag": {"code": list(Tag.objects.values_list("code", flat=True))},
        "tagging:rule": {"code": list(Rule.objects.values_list("code", flat=True))},
        "tagging:scheme": schemes,
        "tagging:scheme-simulate": schemes,
        "console:block": blocks,
        "console:address": addresses,
        "console:building": addresses,
        "elements:list": {"name": ["vehicles", "drivers"]},
        "analytics:overview": lists,
        "console:ledger-count": {"code": ["drivers", "vehicles"]},
    }


@pytest.mark.usefixtures("_templates_named")
@pytest.mark.parametrize(
    "readers", [pytest.param(SOME, id="some"), pytest.param(EVERY, id="every", marks=pytest.mark.deep)]
)
def test_every_number_opens_its_rows_and_no_figure_goes_without_a_mark(users, city, readers):
    asked, seen, wrong, bare, lists = pages(city), set(), {}, {}, {}
    for reader, most in readers.items():
        client = signed_in(users[reader])
        # Who sees the same blocks has the same lists.
        known = lists.setdefault(users[reader].scope.block_ids, {})
        for route, url in [(route, url) for route, urls in asked.items() for url in urls]:
            page = shown(client, url)
            if page is None:
                continue
            bare |= {f"{route}: {one}": url for one in bare_figures(page)}
            for figure in some_of(figures_of(page, url), most):
                seen.add(figure.template)
                key = figure.url, figure.is_sum
                if known.get(key) != figure.value:
                    known[key] = rows_behind(client, figure)
                if known[key] != figure.value:
                    wrong[f"{reader} {url} {figure.template} {figure.url}"] = (figure.value, known[key])
    assert bare == {}
    assert wrong == {}
    assert with_marks() - seen == set()


def some_of(figures: set[Figure], most: int | None) -> list[Figure]:
    """So many figures of each template, the largest first, since an empty list proves little."""
    of_template: dict[str, list[Figure]] = defaultdict(list)
    for one in sorted(figures, key=lambda one: (-int(re.sub(r"\D", "", one.value) or 0), one.url)):
        of_template[one.template].append(one)
    return [one for found in of_template.values() for one in found[:most]]


def shown(client: Client, url: str) -> Any:
    """The page, or None where the reader gets none."""
    answer = client.get(url)
    is_page = answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    return read(answer.content) if is_page and not answer.streaming else None


def rows_behind(client: Client, figure: Figure) -> str:
    """What the list behind a link says; "" = there is no such list."""
    if not figure.url:
        return "no link"
    answer = client.get(figure.url, headers={"HX-Request": "true"})
    if answer.status_code != 200:
        return f"status {answer.status_code}"
    return summed(answer, figure.url) if figure.is_sum else listed(answer)


def with_marks() -> set[str]:
    """Templates that write a marked number."""
    folder = Path(settings.BASE_DIR) / "templates"
    texts = {one: one.read_text(encoding="utf-8") for one in folder.rglob("*.html")}
    return {str(one.relative_to(folder)) for one, text in texts.items() if re.search(r"data-(count|sum)=", text)}
