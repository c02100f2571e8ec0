"""What partners say back: signed, once, only about what they were told; a dispute becomes a claim or waits for a person."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common import clock
from common.models import AuditRow
from common.signing import sign
from elements.models import Element, Unit, UnitClaim
from exchange.choices import DisputeState, MessageState
from exchange.models import Disclosure, Dispute, OutboxMessage, Partner, PartnerNonce, PartnerRecord
from exchange.services.delivery_claim import claim
from exchange.services.delivery_results import Delivered, note_delivered
from exchange.services.disputes import claim_open, stated_of
from tests.factories.claims import claim as said
from tests.factories.claims import submit
from tests.factories.events import days_ago, report, row
from tests.factories.partners import fan_out, give_key, make_contract, make_partner
from tests.factories.users import signed_in

SECRET = "s" * 43
USCC = "91370683MA3C000018"
DISPUTES, RECEIPTS = "/api/v1/partners/disputes", "/api/v1/partners/receipts"


def told(partner: Partner, *, receipt: str = "HZ-1") -> OutboxMessage:
    """What waits for the partner is sent without a network; the last message."""
    fan_out()
    rendered, _ = claim(partner, now=clock.now(), limit=99)
    note_delivered([(one, Delivered(receipt)) for one in rendered], clock.now())
    return rendered[-1].message


@pytest.fixture
def partner(city) -> Partner:
    one = make_partner("transport", source="TRANSPORT")
    give_key(one, "key-1", SECRET)
    make_contract(one, "UNIT", "name", "state", "phone")
    submit("MARKET", "UNIT", said(1, uscc=USCC, grid=0, name="试验公司", state="存续", phone="13800000001"))
    return one


def say(
    path: str,
    document: Any,
    *,
    nonce: str = "",
    secret: str = SECRET,
    key_id: str = "key-1",
    late_s: int = 0,
    method="POST",
):
    """A signed request, as the partner's program makes it."""
    body = json.dumps(document).encode() if document is not None else b""
    headers = sign(
        secret.encode(), key_id=key_id, method=method, path=path, body=body, at=clock.now() - timedelta(seconds=late_s),
        nonce=nonce or uuid.uuid4().hex,
    )  # fmt: skip
    client = Client()
    extra = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    return client.generic(method, path, body, content_type="application/json", **extra)


def words(message: OutboxMessage, **more: str) -> dict[str, str]:
    return {
        "number": "YY-1",
        "message_id": str(message.uid),
        "field": "state",
        "stated": "吊销",
        "reason": "已吊销",
    } | more


def test_a_dispute_becomes_a_claim_that_stands_as_a_conflict_and_is_answered(partner):
    message = told(partner)
    made = say(DISPUTES, words(message))
    assert (made.status_code, made.json()["state"], made.json()["duplicate"]) == (202, "OPEN", False)
    assert claim_open(now=clock.now()) == 1

    dispute, unit = Dispute.objects.get(), Unit.objects.get()
    assert (dispute.state, stated_of(dispute), "吊销".encode() in bytes(dispute.stated)) == ("CLAIMED", "吊销", False)
    # The market office is believed; the other word stands beside it.
    assert unit.state == "存续" and Element.objects.get(pk=unit.element_id).conflicts == ["state"]
    assert UnitClaim.objects.get(source__code="TRANSPORT").state == "吊销"
    assert claim_open(now=clock.now()) == 0
    asked = say(f"{DISPUTES}/YY-1", None, method="GET").json()
    assert asked["state"] == "CLAIMED" and "民警核实" in asked["answer"]
    submit("MARKET", "UNIT", said(3, uscc=USCC, grid=0, name="试验公司甲", state="存续"))
    fan_out()
    (one,), _ = claim(partner, now=clock.now(), limit=9)
    assert one.document(clock.now())["disputes"] == [{"number": "YY-1", "state": "CLAIMED", "answer": asked["answer"]}]
    assert AuditRow.objects.filter(verb__in=["DISPUTE_RECEIVED", "DISPUTE_DECIDED"]).count() == 2


def test_the_same_dispute_twice_is_one_and_another_under_its_number_is_refused(partner):
    message = told(partner)
    say(DISPUTES, words(message))
    again, other = say(DISPUTES, words(message)), say(DISPUTES, words(message, stated="注销"))

    assert (again.status_code, again.json()["duplicate"]) == (202, True)
    assert (other.status_code, other.json()["code"]) == (409, "DISPUTE_NUMBER")
    assert Dispute.objects.count() == 1


def test_what_was_never_told_cannot_be_disputed(partner):
    message = told(partner)
    stranger = make_partner("other")
    give_key(stranger, "key-2", "t" * 43)

    answers = [
        say(DISPUTES, words(message, field="legal_person_name")),
        say(DISPUTES, words(message, field="no_such_field")),
        say(DISPUTES, words(message, message_id=str(uuid.uuid4()))),
        say(DISPUTES, words(message, message_id="no uuid")),
        say(DISPUTES, words(message), key_id="key-2", secret="t" * 43),
        say(f"{DISPUTES}/YY-9", None, method="GET"),
    ]
    assert [one.status_code for one in answers] == [404] * 6
    assert {one.json()["code"] for one in answers} == {"NOT_FOUND"}
    assert Dispute.objects.count() == 0


def test_a_wrong_key_an_old_clock_and_a_replay_change_nothing(partner):
    message = told(partner)
    wrong = [
        say(DISPUTES, words(message), secret="x" * 43),
        say(DISPUTES, words(message), key_id="nobody"),
        say(DISPUTES, words(message), late_s=400),
        Client().post(DISPUTES, words(message), content_type="application/json"),
    ]
    assert [(one.status_code, one.json()["code"]) for one in wrong] == [
        (401, "SIGNATURE_WRONG"), (401, "KEY_UNKNOWN"), (401, "CLOCK_SKEW"), (401, "SIGNATURE_MISSING"),
    ]  # fmt: skip
    assert (Dispute.objects.count(), PartnerNonce.objects.count()) == (0, 0)
    # What is refused for its content uses no nonce up; what is taken does.
    nonce = uuid.uuid4().hex
    assert say(DISPUTES, words(message, field="brand"), nonce=nonce).status_code == 404
    assert say(DISPUTES, words(message), nonce=nonce).status_code == 202
    replay = say(DISPUTES, words(message), nonce=nonce)
    assert (replay.status_code, replay.json()["code"]) == (409, "REPLAY")
    assert Dispute.objects.count() == 1
    Partner.objects.update(is_active=False)
    assert say(DISPUTES, words(message, number="YY-2")).json()["code"] == "KEY_UNKNOWN"


@pytest.mark.parametrize(
    "document", [[], "x", {"message_id": 1}, {"field": "state", "stated": "x" * 300, "reason": "r"}]
)
def test_an_unreadable_dispute_says_what_is_missing(partner, document):
    answer = say(DISPUTES, document)

    assert answer.status_code == 400 and answer.json()["code"] in {"BODY_UNREADABLE", "DISPUTE_FIELD"}
    assert Dispute.objects.count() == 0


def test_a_receipt_that_comes_later_acknowledges_and_brings_the_number(partner):
    message = told(partner, receipt="")
    assert OutboxMessage.objects.get(pk=message.pk).state == MessageState.SENT
    document = {"message_id": str(message.uid), "accepted": True, "receipt": "HZ-7", "partner_id": "JT-1"}
    answers = [say(RECEIPTS, document).status_code, say(RECEIPTS, document).status_code]

    assert answers == [200, 200]
    kept = OutboxMessage.objects.get(pk=message.pk)
    assert (kept.state, kept.receipt) == (MessageState.ACKNOWLEDGED, "HZ-7")
    assert not Disclosure.objects.filter(message=message, acknowledged_at=None).exists()
    assert PartnerRecord.objects.get().number == "JT-1"
    assert say(RECEIPTS, document | {"message_id": str(uuid.uuid4())}).status_code == 404
    assert say(RECEIPTS, {"message_id": str(message.uid), "accepted": True}).json()["code"] == "RECEIPT_MISSING"


def test_a_receipt_that_is_quicker_than_the_answer_counts(partner):
    fan_out()
    (one,), _ = claim(partner, now=clock.now(), limit=9)
    assert say(RECEIPTS, {"message_id": str(one.message.uid), "accepted": True, "receipt": "HZ-7"}).status_code == 200
    note_delivered([(one, Delivered())], clock.now())

    kept = OutboxMessage.objects.get()
    assert (kept.state, kept.receipt) == (MessageState.ACKNOWLEDGED, "HZ-7")


def test_a_receipt_that_refuses_counts_against_the_message(partner):
    message = told(partner, receipt="")
    for _ in range(3):
        say(RECEIPTS, {"message_id": str(message.uid), "accepted": False, "reason": "字段不合要求"})
        OutboxMessage.objects.filter(pk=message.pk, state="PENDING").update(state="SENT", sent_at=clock.now())

    kept = OutboxMessage.objects.get(pk=message.pk)
    assert (kept.state, kept.error_code) == (MessageState.DEAD, "REFUSED_3")


def test_a_dispute_about_an_event_waits_for_a_person_who_answers(city, users):
    partner = make_partner("education", source="TRANSPORT")
    give_key(partner, "key-1", SECRET)
    make_contract(partner, "VIOLATION", "occurred_at", "fine_yuan")
    report("VIOLATION", row("VIOLATION", "V1", grid=0, occurred_at=days_ago(1), code="1101", fine_yuan=200))
    message = told(partner)
    say(DISPUTES, words(message, field="fine_yuan", stated="100"))
    assert claim_open(now=clock.now()) == 0
    dispute = Dispute.objects.get()
    assert dispute.state == DisputeState.OPEN

    url = reverse("exchange:partner-dispute", args=["education", dispute.pk])
    assert signed_in(users["admin"]).post(url, {"decision": "refuse", "answer": "核对无误"}).status_code == 403
    assert Dispute.objects.get().state == DisputeState.OPEN
    signed_in(users["brigade"]).post(url, {"decision": "refuse", "answer": ""})
    assert Dispute.objects.get().state == DisputeState.OPEN
    signed_in(users["brigade"]).post(url, {"decision": "refuse", "answer": "核对无误"})
    answer = say(f"{DISPUTES}/YY-1", None, method="GET").json()
    assert (answer["state"], answer["answer"]) == ("REFUSED", "核对无误")
