"""Keys end and overlap; nonces are kept as long as they must; parcels and letters; what only a person may order."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail

from common import clock
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow
from elements.models import Unit
from exchange.choices import MessageState
from exchange.models import Contract, Disclosure, OutboxMessage, PartnerKey, PartnerNonce, PartnerRecord
from exchange.services import partner_keys
from exchange.services.contracts_service import create_version, save_partner
from exchange.services.delivery_email import collect_messages
from exchange.services.delivery_folder import next_sequence
from exchange.services.recall import give_up, recall_record
from tests.factories.claims import claim as said
from tests.factories.claims import submit
from tests.factories.partners import deliver, fan_out, inbox, make_contract, make_partner, states
from tests.standins.processes import StandIn, wait_until

USCC = ("91370683MA3C000018", "91370683MA3C000026")


def unit(number: int, day: int = 1, **values):
    submit("MARKET", "UNIT", said(day, uscc=USCC[number], grid=0, **{"name": f"试验公司{number}", **values}))


def test_a_new_key_is_shown_once_and_overlaps_with_the_one_before(city, users):
    partner, now = make_partner("transport"), clock.now()
    first, secret = partner_keys.create_key(partner=partner, actor=users["admin"], now=now)
    second, _ = partner_keys.create_key(partner=partner, actor=users["admin"], now=now + timedelta(days=30))

    assert secret.encode() not in bytes(first.secret) and len(secret) == 43
    names = [
        [key_id for key_id, _ in partner_keys.valid_keys(partner, now + timedelta(days=days))] for days in (0, 31, 38)
    ]
    assert names == [[first.key_id], [second.key_id, first.key_id], [second.key_id]]
    partner_keys.end_key(partner=partner, key_id=second.key_id, actor=users["admin"], now=now + timedelta(days=39))
    assert partner_keys.valid_keys(partner, now + timedelta(days=39, seconds=1)) == []
    with pytest.raises(DomainError) as refused:
        partner_keys.end_key(partner=partner, key_id="nobody", actor=users["admin"], now=now)
    assert refused.value.code == "KEY_OVER"
    assert AuditRow.objects.filter(subject_table="exchange_partnerkey").count() == 3


def test_nonces_are_forgotten_after_a_day_and_never_before(city):
    partner, now = make_partner("transport"), clock.now()
    for hours in (1, 23, 25):
        PartnerNonce.objects.create(partner=partner, nonce=f"nonce-{hours}", at=now - timedelta(hours=hours))

    assert partner_keys.sweep_nonces(now=now) == 1
    assert sorted(PartnerNonce.objects.values_list("nonce", flat=True)) == ["nonce-1", "nonce-23"]


@pytest.mark.parametrize("role", ["brigade", "officer-1", "liaison-1", "auditor", "nobody"])
def test_only_who_configures_writes(city, users, role):
    partner, now, actor = make_partner("transport", source="TRANSPORT"), clock.now(), users[role]
    values = {"subject": "UNIT", "selection": "ALL", "fields": ["name"], "purpose": "用途", "legal_basis": "依据",
              "valid_from": clock.today(), "valid_to": clock.today() + timedelta(days=1), "signed_by": "甲", "with_existing": False}  # fmt: skip
    for write in (
        lambda: partner_keys.create_key(partner=partner, actor=actor, now=now),
        lambda: create_version(partner=partner, actor=actor, now=now, **values),
        lambda: save_partner(partner=partner, actor=actor, now=now, changed=[]),
        lambda: recall_record(subject="UNIT", subject_id=1, reason="不应提供", actor=actor, now=now),
        lambda: give_up(partner=partner, message_id=1, reason="对方不需要", actor=actor, now=now),
    ):
        with pytest.raises(NotAllowed):
            write()
    assert (PartnerKey.objects.count(), Contract.objects.count(), AuditRow.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"fields": []}, "CONTRACT_FIELDS"),
        ({"fields": ["name", "citizen_id"]}, "CONTRACT_FIELDS"),
        ({"selection": "EVERYTHING"}, "CONTRACT_SELECTION"),
        ({"legal_basis": " "}, "CONTRACT_BASIS"),
        ({"valid_to": clock.today()}, "CONTRACT_PERIOD"),
    ],
)
def test_a_contract_that_says_too_little_is_refused(city, users, wrong, code):
    values = {"subject": "UNIT", "selection": "ALL", "fields": ["name"], "purpose": "用途", "legal_basis": "依据",
              "valid_from": clock.today(), "valid_to": clock.today() + timedelta(days=1), "signed_by": "甲"} | wrong  # fmt: skip
    with pytest.raises(DomainError) as refused:
        create_version(
            partner=make_partner("transport"), actor=users["admin"], now=clock.now(), with_existing=True, **values
        )
    assert refused.value.code == code and Contract.objects.count() == 0


def test_a_test_partner_never_gets_a_real_record(city, users):
    partner = make_partner("test", is_test=True)
    make_contract(partner, "UNIT", "name")
    unit(0)
    fan_out()

    assert OutboxMessage.objects.count() == 0


def test_a_parcel_goes_through_the_ferry_and_its_receipt_comes_back(city, tmp_path, settings):
    settings.EXCHANGE_FERRY_ROOT = str(tmp_path)
    (tmp_path / "housing").mkdir()
    standin = StandIn("partner", tmp_path / "housing", "--code", "housing", "--takes", "files")
    partner = make_partner("housing", transport="FOLDER", url="", folder="housing")
    make_contract(partner, "UNIT", "name")
    unit(0)
    fan_out()
    assert deliver(partner) == 1
    wait_until(lambda: list((tmp_path / "housing/receipts").glob("*.receipt.json")))
    unit(1)
    fan_out()
    deliver(partner)

    assert states(partner) == [("CREATE", "ACKNOWLEDGED"), ("CREATE", "SENT")]
    assert PartnerRecord.objects.get().number == "ZJ-000001"
    assert inbox(standin)[0]["fields"]["name"] == "试验公司0"
    # What was answered no longer lies about; the next parcel has the next number.
    assert not (tmp_path / "housing/inbox/housing-000001.jsonl").exists()
    manifest = json.loads((tmp_path / "housing/inbox/housing-000002.jsonl.manifest.json").read_text())
    content = (tmp_path / "housing/inbox/housing-000002.jsonl").read_bytes()
    assert (manifest["sequence"], manifest["rows"], manifest["sha256"]) == (2, 1, hashlib.sha256(content).hexdigest())
    assert next_sequence(partner) == 3
    assert standin.stop() == 0


def test_a_parcel_that_was_whole_when_its_writer_was_killed_is_not_written_again(city, tmp_path, settings):
    settings.EXCHANGE_FERRY_ROOT = str(tmp_path)
    partner = make_partner("housing", transport="FOLDER", url="", folder="housing")
    make_contract(partner, "UNIT", "name")
    unit(0)
    fan_out()
    deliver(partner)
    OutboxMessage.objects.update(sent_at=None)
    before = sorted(path.name for path in (tmp_path / "housing/inbox").iterdir())

    assert deliver(partner) == 0
    assert sorted(path.name for path in (tmp_path / "housing/inbox").iterdir()) == before
    assert OutboxMessage.objects.get().sent_at is not None


@pytest.mark.parametrize("folder", ["", "../outside", "/etc"])
def test_a_folder_outside_the_ferry_is_never_written(city, tmp_path, settings, folder):
    settings.EXCHANGE_FERRY_ROOT = str(tmp_path / "ferry")
    partner = make_partner("housing", transport="FOLDER", url="", folder=folder)
    make_contract(partner, "UNIT", "name")
    unit(0)
    fan_out()

    assert deliver(partner) == 0
    assert list(Path(tmp_path).rglob("*.jsonl")) == [] and states(partner) == [("CREATE", "PENDING")]
    assert Disclosure.objects.count() == 0


def test_a_letter_carries_a_count_and_a_link_and_the_page_tells_the_liaison_alone(city, users):
    partner = make_partner("transport", transport="EMAIL", url="", email="office@transport.invalid", source="TRANSPORT")
    make_contract(partner, "UNIT", "name", "legal_person_name")
    unit(0, legal_person_name="李试验")
    unit(1)
    fan_out()
    assert deliver(partner) == 2

    (letter,) = mail.outbox
    assert "有 2 条信息" in letter.body and "/exchange/partners/transport/?tab=collect" in letter.body
    assert not any(word in letter.body + letter.subject for word in ("试验公司", "李试验", USCC[0]))
    assert (states(partner)[0], Disclosure.objects.count()) == (("CREATE", "SENT"), 0)
    for role in ("brigade", "admin", "auditor", "officer-1"):
        with pytest.raises(NotVisible):
            collect_messages(partner=partner, actor=users[role], now=clock.now())
    assert Disclosure.objects.count() == 0
    # Changed again before it was read: told once, as it is now.
    unit(0, day=2, name="试验公司甲")
    fan_out()
    deliver(partner)
    found = collect_messages(partner=partner, actor=users["liaison-1"], now=clock.now())
    assert [one.fields["name"] for one in found] == ["试验公司1", "试验公司甲"]
    assert sorted(state for _verb, state in states(partner)) == ["ACKNOWLEDGED", "ACKNOWLEDGED", "SKIPPED"]
    assert Disclosure.objects.filter(acknowledged_at__isnull=False).count() == 4


def test_a_parked_message_is_given_up_once(city, users):
    partner = make_partner("transport")
    make_contract(partner, "UNIT", "name")
    unit(0)
    fan_out()
    message = OutboxMessage.objects.get()
    with pytest.raises(Conflict):
        give_up(partner=partner, message_id=message.pk, reason="对方不需要", actor=users["admin"], now=clock.now())
    OutboxMessage.objects.update(state=MessageState.DEAD)
    with pytest.raises(DomainError):
        give_up(partner=partner, message_id=message.pk, reason=" ", actor=users["admin"], now=clock.now())
    assert OutboxMessage.objects.get().state == MessageState.DEAD
    give_up(partner=partner, message_id=message.pk, reason="对方不需要", actor=users["admin"], now=clock.now())
    assert (OutboxMessage.objects.get().state, Unit.objects.count()) == (MessageState.SKIPPED, 1)
