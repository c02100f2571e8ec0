"""Telling a partner: what changed reaches a real one over HTTP, once, in order, by its contract; the ledger knows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from common import clock
from elements.models import Unit
from exchange.choices import MessageState
from exchange.models import Disclosure, OutboxMessage, PartnerRecord
from exchange.services.contracts_service import create_version, end_contract
from exchange.services.delivery_claim import claim
from exchange.services.delivery_http import push
from exchange.services.delivery_results import Delivered, note_delivered, pause
from exchange.services.partner_keys import create_key, end_key, valid_keys
from exchange.services.recall import give_up, recall_record, resend
from exchange.services.receipts import reconcile
from tests.factories.claims import claim as said
from tests.factories.claims import submit, undo
from tests.factories.partners import allow, deliver, fan_out, give_key, inbox, make_contract, make_partner, states
from tests.standins.processes import StandIn

USCC = ("91370683MA3C000018", "91370683MA3C000026")


def unit(number: int, day: int = 1, **values):
    """What the market office says of a unit on a day."""
    submit("MARKET", "UNIT", said(day, uscc=USCC[number], grid=0, **{"name": f"试验公司{number}", **values}))


@pytest.fixture
def standin(tmp_path, settings) -> Iterator[StandIn]:
    (tmp_path / "market").mkdir()
    one = StandIn("partner", tmp_path / "market", "--code", "market")
    allow(settings, one)
    yield one
    if one.is_running:
        assert one.stop() == 0


@pytest.fixture
def partner(city, standin):
    return make_partner("market", standin)


def later(**period: int):
    return clock.now() + timedelta(**period)


def test_created_updated_changed_state_and_deleted_reach_the_partner_once_and_in_order(partner, standin):
    make_contract(partner, "UNIT", "name", "uscc", "state")
    unit(0, state="存续")
    assert (fan_out(), deliver(partner)) == (1, 1)
    unit(0, day=2, name="试验公司甲", state="存续")
    assert (fan_out(), deliver(partner)) == (1, 1)
    unit(0, day=3, name="试验公司甲", state="吊销")
    assert (fan_out(), deliver(partner)) == (1, 1)
    # Nothing that the contract names.
    unit(0, day=4, name="试验公司甲", state="吊销", unit_type="合作社")
    assert (fan_out(), deliver(partner)) == (1, 0)
    record = Unit.objects.get().element_id
    assert recall_record(subject="UNIT", subject_id=record, reason="不应提供", actor=None, now=clock.now()) == 1
    assert deliver(partner) == 1

    told = inbox(standin)
    assert [(one["verb"], one["fields"]) for one in told] == [
        ("CREATE", {"name": "试验公司0", "uscc": USCC[0], "state": "存续"}),
        ("UPDATE", {"name": "试验公司甲", "uscc": USCC[0], "state": "存续"}),
        ("TRANSITION", {"name": "试验公司甲", "uscc": USCC[0], "state": "吊销"}),
        ("RECALL", {}),
    ]
    assert told[0]["record"] == {"id": record} and told[1]["record"] == {"id": record, "partner_id": "SC-000001"}
    assert told[3]["reason"] == "不应提供" and told[0]["contract"]["purpose"] == "试验用途"
    assert states(partner) == [
        ("CREATE", "ACKNOWLEDGED"), ("UPDATE", "ACKNOWLEDGED"), ("TRANSITION", "ACKNOWLEDGED"), ("UPDATE", "SKIPPED"),
        ("RECALL", "ACKNOWLEDGED"),
    ]  # fmt: skip
    ledger = Disclosure.objects.filter(partner=partner)
    assert ledger.count() == 9 and not ledger.filter(recalled_at=None).exists()
    assert PartnerRecord.objects.get().number == "SC-000004"
    # A recall stands: the next change of the record is not told anew.
    unit(0, day=5, name="试验公司甲", state="注销")
    assert (fan_out(), deliver(partner), inbox(standin)[-1]["verb"]) == (0, 0, "RECALL")


def test_what_the_source_takes_back_is_deleted_at_who_had_it_and_told_to_nobody_else(partner, standin, settings):
    other = make_partner("other", url="http://10.9.9.9/inbox")
    make_contract(partner, "UNIT", "name")
    batch = submit("MARKET", "UNIT", said(1, uscc=USCC[0], grid=0, name="试验公司0"))
    fan_out()
    deliver(partner)
    make_contract(other, "UNIT", "name")
    undo(batch)
    fan_out()
    deliver(partner)

    assert [one["verb"] for one in inbox(standin)] == ["CREATE", "DELETE"]
    assert states(other) == []
    assert not Disclosure.objects.filter(partner=partner, recalled_at=None).exists()


def test_a_contract_that_is_over_tells_nothing_new_but_corrects_and_recalls_what_is_held(partner, standin, users):
    contract = make_contract(partner, "UNIT", "name", "state")
    unit(0, state="存续")
    fan_out()
    deliver(partner)
    end_contract(partner=partner, contract_id=contract.pk, reason="到期", actor=users["admin"], now=clock.now())
    unit(0, day=2, name="试验公司更正", state="存续")
    unit(1)
    fan_out()
    deliver(partner)

    # The corrected field and no other; the new record not at all.
    assert [(one["verb"], one["fields"]) for one in inbox(standin)][1:] == [("UPDATE", {"name": "试验公司更正"})]
    recall_record(
        subject="UNIT",
        subject_id=Unit.objects.get(uscc=USCC[0]).element_id,
        reason="约定到期",
        actor=None,
        now=clock.now(),
    )
    deliver(partner)
    assert [one["verb"] for one in inbox(standin)] == ["CREATE", "UPDATE", "RECALL"]


def test_a_message_that_waits_when_its_contract_ends_is_not_sent(partner, standin, users):
    contract = make_contract(partner, "UNIT", "name")
    unit(0)
    fan_out()
    end_contract(partner=partner, contract_id=contract.pk, reason="到期", actor=users["admin"], now=clock.now())
    deliver(partner)

    assert inbox(standin) == [] and Disclosure.objects.count() == 0
    assert list(OutboxMessage.objects.values_list("state", "error_code")) == [("SKIPPED", "CONTRACT_OVER")]


def test_poison_is_parked_after_three_refusals_while_others_pass(partner, standin):
    make_contract(partner, "UNIT", "name")
    unit(0)
    unit(1)
    fan_out()
    poison = OutboxMessage.objects.earliest("pk")
    standin.fault("poison", message_id=str(poison.uid))
    for minutes in (0, 60, 120, 180):
        deliver(partner, later(minutes=minutes))

    poison.refresh_from_db()
    assert (poison.state, poison.attempts, poison.error_code) == (MessageState.DEAD, 3, "REFUSED_3")
    assert [one["message_id"] for one in inbox(standin)] == [str(OutboxMessage.objects.latest("pk").uid)]
    # A later change of the record waits behind it; the partner is well.
    unit(0, day=2, name="试验公司甲")
    fan_out()
    deliver(partner, later(minutes=240))
    assert states(partner)[-1] == ("UPDATE", "PENDING") and len(inbox(standin)) == 1
    partner.refresh_from_db()
    assert partner.failures == 0


def test_a_parked_message_goes_again_or_is_given_up_and_frees_its_record(partner, standin, users):
    make_contract(partner, "UNIT", "name")
    unit(0)
    unit(1)
    fan_out()
    first, second = OutboxMessage.objects.order_by("pk")
    OutboxMessage.objects.update(state=MessageState.DEAD)
    unit(1, day=2, name="试验公司乙")
    fan_out()
    assert deliver(partner) == 0
    resend(partner=partner, message_id=first.pk, actor=users["admin"], now=clock.now())
    give_up(partner=partner, message_id=second.pk, reason="对方不需要", actor=users["admin"], now=clock.now())

    assert deliver(partner) == 2
    assert [(one["message_id"] == str(first.uid), one["fields"]["name"]) for one in inbox(standin)] == [
        (True, "试验公司0"), (False, "试验公司乙"),
    ]  # fmt: skip


def test_a_dead_partner_rests_longer_and_longer_and_gets_everything_once_afterwards(partner, standin):
    make_contract(partner, "UNIT", "name")
    unit(0)
    unit(1)
    fan_out()
    standin.kill()
    assert deliver(partner) == 0
    partner.refresh_from_db()
    first = partner.next_try_at - clock.now()
    assert partner.failures == 1 and timedelta(0) < first <= timedelta(seconds=5)
    assert [one.attempts for one in OutboxMessage.objects.order_by("pk")] == [1, 0]
    # What was written and never tried is not in the ledger.
    assert Disclosure.objects.count() == 1
    standin.start(standin.port)
    assert deliver(partner, later(seconds=6)) == 2

    assert [one["fields"]["name"] for one in inbox(standin)] == ["试验公司0", "试验公司1"]
    assert standin.state()["counts"]["duplicates"] == 0
    partner.refresh_from_db()
    assert (partner.failures, partner.next_try_at) == (0, None)
    assert max(pause(n) for n in range(1, 40)) <= timedelta(minutes=30) and pause(40) >= timedelta(minutes=15)


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_deliverer_killed_between_send_and_note_sends_again(partner, standin, is_changed):
    make_contract(partner, "UNIT", "name")
    unit(0)
    fan_out()
    (one,), _ = claim(partner, now=clock.now(), limit=9)
    push(partner.url, valid_keys(partner, clock.now()), one.body(clock.now()))
    # Nothing is noted: the process is gone. The ledger has it all the same.
    assert Disclosure.objects.get().message_id == one.message.pk
    if is_changed:
        unit(0, day=2, name="试验公司甲")

    assert deliver(partner) == 1
    # The same words go under the same uid; other words are another message, else the partner would keep the old ones.
    names = ["试验公司0", "试验公司甲"] if is_changed else ["试验公司0"]
    assert [told["fields"]["name"] for told in inbox(standin)] == names
    assert standin.state()["counts"]["duplicates"] == (0 if is_changed else 1)
    assert states(partner)[0] == ("CREATE", "SKIPPED" if is_changed else "ACKNOWLEDGED")
    fan_out()
    assert deliver(partner) == 0


def test_keys_roll_over_under_traffic(partner, standin, users):
    make_contract(partner, "UNIT", "name")
    key, secret = create_key(partner=partner, actor=users["admin"], now=clock.now())
    unit(0)
    fan_out()
    # The partner does not know the new key yet: the old one still speaks.
    assert deliver(partner) == 1
    keys = json.loads((standin.folder / "keys.json").read_text())
    (standin.folder / "keys.json").write_text(json.dumps(keys | {key.key_id: secret}))
    end_key(partner=partner, key_id="platform", actor=users["admin"], now=clock.now())
    unit(1)
    fan_out()

    assert deliver(partner) == 1
    assert len(inbox(standin)) == 2


def test_what_the_partner_lost_is_found_by_the_comparison_and_sent_again_by_a_button(partner, standin, users):
    make_contract(partner, "UNIT", "name")
    unit(0)
    unit(1)
    fan_out()
    first = OutboxMessage.objects.earliest("pk")
    standin.fault("lose")
    (one, two), _ = claim(partner, now=clock.now(), limit=9)
    keys = valid_keys(partner, clock.now())
    note_delivered([(one, push(partner.url, keys, one.body(clock.now())))], clock.now())
    standin.fault("")
    push(partner.url, keys, two.body(clock.now()))
    note_delivered([(two, Delivered())], clock.now())
    found = reconcile(partner=partner, now=later(minutes=10))

    assert (found.compared, found.lost, found.found) == (2, [first.uid], [two.message.uid])
    assert states(partner) == [("CREATE", "DEAD"), ("CREATE", "ACKNOWLEDGED")]
    resend(partner=partner, message_id=first.pk, actor=users["admin"], now=clock.now())
    assert deliver(partner) == 1
    assert reconcile(partner=partner, now=later(minutes=10)).lost == []
    assert len(inbox(standin)) == 2


def test_a_new_version_withdraws_the_fields_it_no_longer_names(partner, standin, users):
    def version(*fields: str):
        create_version(
            partner=partner, subject="UNIT", selection="ALL", fields=fields, purpose="用途", legal_basis="依据",
            valid_from=clock.today(), valid_to=clock.today() + timedelta(days=365), signed_by="签署人", with_existing=True,
            actor=users["admin"], now=clock.now(),
        )  # fmt: skip

    unit(0, legal_person_name="李试验")
    version("name", "legal_person_name")
    deliver(partner)
    version("name")
    deliver(partner)

    told = inbox(standin)
    assert told[0]["fields"] == {"name": "试验公司0", "legal_person_name": "李试验"}
    assert (told[1]["fields"], told[1]["withdrawn_fields"]) == ({"name": "试验公司0"}, ["legal_person_name"])
    assert [one["contract"]["version"] for one in told] == [1, 2]
    held = Disclosure.objects.filter(recalled_at=None, superseded_at=None)
    assert [one.field for one in held] == ["name"]


def test_a_correction_reaches_all_three_that_had_the_field_each_with_a_receipt(city, tmp_path, settings):
    standins = []
    for code in ("market", "transport", "housing"):
        (tmp_path / code).mkdir()
        standins.append(StandIn("partner", tmp_path / code, "--code", code))
    allow(settings, *standins)
    partners = [
        make_partner(one.folder.name, one, key_id="platform") if not n else _with_own_key(one, n)
        for n, one in enumerate(standins)
    ]
    for one in partners:
        make_contract(one, "UNIT", "name")
    unit(0)
    fan_out()
    for one in partners:
        deliver(one)
    unit(0, day=2, name="试验公司更正")
    fan_out()
    for one in partners:
        deliver(one)

    assert [inbox(one)[-1]["fields"] for one in standins] == [{"name": "试验公司更正"}] * 3
    current = Disclosure.objects.filter(superseded_at=None, acknowledged_at__isnull=False)
    assert {one.partner.code for one in current} == {"market", "transport", "housing"}
    assert [one.stop() for one in standins] == [0, 0, 0]


def _with_own_key(standin: StandIn, number: int):
    """Key ids are one name space on our side: this partner calls its key otherwise."""
    keys = json.loads((standin.folder / "keys.json").read_text())
    (standin.folder / "keys.json").write_text(json.dumps({f"key-{number}": keys["platform"]}))
    partner = make_partner(standin.folder.name, url=f"{standin.url}/inbox")
    give_key(partner, f"key-{number}", keys["platform"])
    return partner
