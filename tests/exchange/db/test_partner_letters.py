"""Letters to the owner of a partner over real SMTP: one when it cannot be told or refuses, one when it is well again."""

from __future__ import annotations

import pytest

from accounts.models import User
from common import clock
from exchange.models import OutboxMessage, Partner
from exchange.services.partner_alerts import tell_partner_owners
from tests.factories.partners import make_contract, make_partner


@pytest.fixture
def partner(city, users) -> Partner:
    User.objects.filter(pk=users["admin"].pk).update(email="owner@police.example")
    return make_partner("education", owner=users["admin"], name="教育和体育局")


def tell() -> int:
    return tell_partner_owners(now=clock.now())


def test_an_outage_is_told_once_and_its_end_once(partner, sink):
    Partner.objects.update(failures=4)
    assert tell() == 0
    Partner.objects.update(failures=5)
    assert (tell(), tell()) == (1, 0)
    (trouble,) = sink.texts()
    assert "连续 5 次没有送达" in trouble and "https://platform.example/exchange/partners/education/" in trouble

    Partner.objects.update(failures=0)
    assert (tell(), tell()) == (1, 0)
    assert "已恢复正常" in sink.texts()[1]


def test_a_dead_letter_is_told_until_it_is_settled(partner, sink):
    contract = make_contract(partner, "VIOLATION", "number")
    message = OutboxMessage.objects.create(
        partner=partner, contract=contract, subject="VIOLATION", subject_id=1, verb="CREATE", state="DEAD",
        created_at=clock.now(), due_at=clock.now(),
    )  # fmt: skip
    assert (tell(), tell()) == (1, 0)
    assert "有 1 条死信" in sink.texts()[0]

    OutboxMessage.objects.filter(pk=message.pk).update(state="SKIPPED")
    assert tell() == 1


def test_a_partner_without_anybody_to_tell_is_told_of_later(partner, sink):
    User.objects.update(email="")
    Partner.objects.update(failures=9)
    assert (tell(), sink.letters) == (0, [])
    User.objects.update(email="owner@police.example")
    assert tell() == 1
