"""Standard addresses as acts of the bureau, and our provisional ones sent back for its code."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point

from addresses.models import StandardAddress
from addresses.parsing.components import Components
from addresses.services.registry_changes import create_address
from common import clock
from common.models import AuditRow
from exchange.services import link_admin
from tests.exchange.db.link_parts import bureau_link, run_link, seed_of, work
from tests.standins.conftest import start  # noqa: F401
from tests.standins.processes import StandIn


@pytest.fixture
def bureau(city, users, start, settings) -> StandIn:  # noqa: F811
    standin = start("bureau", seed=seed_of(city))
    settings.EXCHANGE_PEERS = [f"127.0.0.1/32:{standin.port}"]
    return standin


@pytest.fixture
def link(bureau):
    return bureau_link(bureau, "bureau-addresses")


def address(code: str) -> StandardAddress:
    return StandardAddress.objects.get(code=code)


def test_an_address_is_added_changed_and_retired_and_overlap_does_nothing(bureau, link):
    code = bureau.act("add_address")["key"]
    added = run_link(link)
    assert (added.state, added.message, added.counts["added"]) == ("DONE", "", 1)
    assert (address(code).state, address(code).is_provisional) == ("ACTIVE", False)
    assert run_link(link).state == "EMPTY"

    before = address(code).full_text
    bureau.act("change_address", key=code)
    changed = run_link(link)
    assert (changed.state, changed.counts["changed"], changed.counts["unchanged"]) == ("DONE", 1, 0)
    assert StandardAddress.objects.filter(full_text=before, state="ACTIVE").count() == 0

    standing = StandardAddress.objects.filter(code=code).get()
    bureau.act("retire_address", key=code)
    retired = run_link(link)
    assert retired.state == "DONE"
    assert retired.counts["retired"] + retired.counts["unchanged"] == 1
    assert StandardAddress.objects.get(pk=standing.pk).state != "ACTIVE"


def test_what_was_overtaken_before_it_was_read_is_one_act(bureau, link):
    code = bureau.act("add_address")["key"]
    bureau.act("change_address", key=code)
    other = bureau.act("add_address")["key"]
    bureau.act("retire_address", key=other)
    run = run_link(link)

    assert (run.state, run.rows, run.counts["received"], run.counts["added"]) == ("DONE", 4, 1, 1)
    assert not StandardAddress.objects.filter(code=other).exists()


def test_acts_that_cannot_be_carried_out_hold_all_of_them(bureau, link, users, city):
    taken = city.address(0)
    bureau.act("add_address")
    bureau.fault("zero_coordinates")
    held = run_link(link)
    assert (held.state, held.problem) == ("HELD", "ADDRESS_PROBLEMS")
    assert "坐标不在莱州范围内" in held.counts["finding"]["problems"][0]
    assert StandardAddress.objects.filter(state="ACTIVE").count() == StandardAddress.objects.count()

    accepted = work(link_admin.accept_run(run=held, actor=users["admin"], now=clock.now()))
    assert (accepted.state, accepted.counts["left_out"], accepted.counts["added"]) == ("DONE", 1, 0)
    assert address(taken.code).state == "ACTIVE"


def test_provisional_addresses_are_certified_at_once_or_later_and_asked_once(bureau, link, city):
    village = city.address(0)
    for number in range(11, 17):
        parts = Components(town=village.town.name, village=village.village.name, number=f"{number}号")
        create_address(components=parts, point=village.point, reason="走访登记", actor=None, now=clock.now())
    provisional = StandardAddress.objects.filter(is_provisional=True)
    assert provisional.count() == 6

    first = run_link(link)
    assert (first.state, first.counts["certify_sent"]) == ("EMPTY", 6)
    assert first.counts["certified"] + first.counts["certify_waiting"] == 6
    assert provisional.count() == first.counts["certify_waiting"] > 0
    assert AuditRow.objects.filter(verb="CERTIFICATION_ASKED").count() == 6

    bureau.act("certify")
    second = run_link(link)
    assert (second.counts["certify_sent"], second.counts["certified"]) == (0, first.counts["certify_waiting"])
    assert (provisional.count(), second.counts["certify_waiting"]) == (0, 0)
    assert run_link(link).counts == {}


def test_a_refused_address_is_noted_and_not_asked_again(bureau, link, city):
    village = city.address(0)
    parts = Components(town=village.town.name, village=village.village.name, number="21号")
    create_address(components=parts, point=village.point, reason="走访登记", actor=None, now=clock.now())
    StandardAddress.objects.filter(is_provisional=True).update(point=Point(116.4, 39.9, srid=4326))
    run = run_link(link)
    assert (run.counts["certify_sent"], run.counts["certify_refused"], run.counts["certify_waiting"]) == (1, 1, 0)
    assert run_link(link).counts == {}
    assert StandardAddress.objects.filter(is_provisional=True).count() == 1
