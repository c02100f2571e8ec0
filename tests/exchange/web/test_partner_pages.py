"""Pages of partners: who sees which, what they write, what they never show, with a constant number of queries."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import clock
from common.encryption import decrypt_bytes
from common.models import AuditRow
from common.signing import sign
from elements.models import Unit
from exchange.models import Contract, Disclosure, OutboxMessage, Partner, PartnerKey
from exchange.services.delivery_claim import claim
from exchange.services.delivery_results import Delivered, note_delivered
from tests.factories.claims import claim as said
from tests.factories.claims import submit
from tests.factories.partners import allow, fan_out, give_key, inbox, make_contract, make_partner
from tests.factories.query_counts import recorded_counts
from tests.factories.users import signed_in
from tests.standins.processes import StandIn

PAGE = "/exchange/partners/transport/"
TABS = ("overview", "contracts", "messages", "ledger", "disputes", "guide", "keys")
PHONE = "13800000001"
# Two numbers with right check digits.
USCC = ("91370683MA3C000018", "91370683MA3C000026")


def unit(number: int, **values: str) -> None:
    words = {"name": f"试验公司{number}", "legal_person_name": "李试验", "phone": PHONE, "state": "存续"} | values
    submit("MARKET", "UNIT", said(1, uscc=USCC[number], grid=0, **words))


def told(partner: Partner) -> OutboxMessage:
    fan_out()
    rendered, _ = claim(partner, now=clock.now(), limit=99)
    note_delivered([(one, Delivered("HZ-1")) for one in rendered], clock.now())
    return rendered[-1].message


@pytest.fixture
def partner(users) -> Partner:
    one = make_partner("transport", source="TRANSPORT")
    make_partner("education", source="MARKET")
    make_contract(one, "UNIT", "name", "legal_person_name", "phone", "state")
    unit(0)
    return one


def test_who_sees_which_partners(partner, users):
    answers = {}
    for role, user in users.items():
        client = signed_in(user)
        codes = [client.get(f"/exchange/partners/{code}/").status_code for code in ("transport", "education", "nobody")]
        answers[role] = (client.get("/exchange/partners/").status_code, *codes)

    every, none = (200, 200, 200, 404), (403, 404, 404, 404)
    assert answers == {
        "admin": every, "brigade": every, "auditor": every, "liaison-1": (200, 200, 404, 404), "analyst": none,
        "squadron-1": none, "officer-1": none, "officer-2": none, "coordinator-1": none, "assistant-1": none,
        "station-1": none, "nobody": none,
    }  # fmt: skip
    assert "education" not in signed_in(users["liaison-1"]).get("/exchange/partners/").content.decode()


def test_every_tab_shows_and_none_shows_personal_values(partner, users):
    message = told(partner)
    Partner.objects.update(failures=2)
    for role in ("admin", "brigade", "auditor", "liaison-1"):
        for tab in TABS:
            answer = signed_in(users[role]).get(PAGE, {"tab": tab})
            text = answer.content.decode()
            assert answer.status_code == 200, (role, tab)
            assert PHONE not in text and "李试验" not in text and "试验公司0" not in text, (role, tab)
    assert f"#{message.subject_id}" in signed_in(users["auditor"]).get(PAGE, {"tab": "ledger"}).content.decode()


def test_the_preview_is_masked_and_for_who_sees_the_record_or_speaks_for_the_partner(partner, users):
    message = told(partner)
    url = reverse("exchange:partner-message", args=["transport", message.pk])
    shown = {
        role: signed_in(users[role]).get(url) for role in ("brigade", "liaison-1", "admin", "auditor", "officer-1")
    }

    assert {role: one.status_code for role, one in shown.items()} == {
        "brigade": 200, "liaison-1": 200, "admin": 404, "auditor": 404, "officer-1": 404,
    }  # fmt: skip
    text = shown["liaison-1"].content.decode()
    assert "试验公司0" in text and "李*" in text and "138****0001" in text
    assert PHONE not in text and "李试验" not in text
    assert AuditRow.objects.filter(verb="PARTNER_PREVIEWED").count() == 2


def test_the_ledger_says_who_got_which_field_of_which_record_and_leaves_as_a_file(partner, users):
    told(partner)
    unit(1)
    told(partner)
    client, record = signed_in(users["auditor"]), Unit.objects.latest("pk").element_id
    rows = list(
        csv.reader(io.StringIO(b"".join(client.get(f"{PAGE}ledger.csv").streaming_content).decode("utf-8-sig")))
    )
    one = list(
        csv.reader(
            io.StringIO(b"".join(client.get(f"{PAGE}ledger.csv?record={record}").streaming_content).decode("utf-8-sig"))
        )
    )

    assert len(rows) == 1 + 8 and len(one) == 1 + 4
    assert {(row[1], row[2], row[3], row[6]) for row in one[1:]} == {
        ("企业单位", str(record), label, "持有") for label in ("单位名称", "法定代表人", "联系电话", "经营状态")
    }
    page = client.get(PAGE, {"tab": "ledger", "record": record}).context
    assert [row["field"] for row in page["rows"]] == [row[3] for row in one[1:]]
    days = client.get(PAGE, {"tab": "ledger"}).context["days"]
    assert [(day["made"], day["sent"], day["acknowledged"], day["dead"]) for day in days] == [(2, 2, 2, 0)]
    assert AuditRow.objects.filter(verb="EXPORTED", subject_table="exchange_disclosure").count() == 2


def test_the_element_page_names_who_holds_it(partner, users):
    record = told(partner).subject_id
    line = reverse("exchange:told", args=["UNIT", record])

    assert "transport" in signed_in(users["brigade"]).get(line).content.decode()
    assert line in signed_in(users["brigade"]).get(f"/elements/{record}/").content.decode()
    assert [signed_in(users[role]).get(line).status_code for role in ("officer-1", "admin", "liaison-1")] == [404] * 3
    assert line not in signed_in(users["officer-1"]).get(f"/elements/{record}/").content.decode()


def test_a_partner_and_its_contract_are_made_by_form(users):
    admin = signed_in(users["admin"])
    missing = admin.post(
        "/exchange/partners/new/", {"code": "highway", "name": "公路", "transport": "HTTP", "is_active": "on"}
    )
    assert missing.status_code == 400 and Partner.objects.count() == 0
    answer = admin.post(
        "/exchange/partners/new/",
        {"code": "highway", "name": "公路", "transport": "HTTP", "url": "http://10.1.2.3/inbox", "is_active": "on"},
    )
    assert answer.status_code == 302
    form = {"selection": "HIGHWAY", "fields_told": ["danger", "treat_by_on"], "purpose": "整改", "legal_basis": "道交法",
            "valid_from": clock.today().isoformat(), "valid_to": (clock.today() + timedelta(days=9)).isoformat(),
            "signed_by": "张三"}  # fmt: skip
    url = "/exchange/partners/highway/contracts/new/DANGER/"
    assert admin.get(url).status_code == 200
    assert admin.post(url, form | {"fields_told": ["citizen_id"]}).status_code == 400
    assert admin.post(url, form | {"valid_to": form["valid_from"]}).status_code == 400
    assert Contract.objects.count() == 0
    assert admin.post(url, form).status_code == 302
    made = Contract.objects.get()
    assert (made.version, made.fields, made.selection) == (1, ["danger", "treat_by_on"], "HIGHWAY")
    assert admin.get("/exchange/partners/highway/contracts/new/NOTHING/").status_code == 404
    admin.post(f"/exchange/partners/highway/contracts/{made.pk}/end/", {"reason": ""})
    assert Contract.objects.get().ended_at is None
    admin.post(f"/exchange/partners/highway/contracts/{made.pk}/end/", {"reason": "到期"})
    assert Contract.objects.get().ended_by == users["admin"].pk
    verbs = list(AuditRow.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["PARTNER_MADE", "CONTRACT_MADE", "CONTRACT_ENDED"]


def test_a_secret_is_shown_once(partner, users):
    admin = signed_in(users["admin"])
    made = admin.post(f"{PAGE}keys/")
    key = PartnerKey.objects.get()
    secret = decrypt_bytes("partner_key", key.secret).decode()

    assert secret in made.content.decode() and made["Cache-Control"] == "no-store"
    assert secret not in admin.get(PAGE, {"tab": "keys"}).content.decode()
    assert signed_in(users["liaison-1"]).post(f"{PAGE}keys/").status_code == 403
    admin.post(f"{PAGE}keys/{key.key_id}/end/")
    assert PartnerKey.objects.get().valid_to <= clock.now()


def test_the_checker_says_which_step_differs(partner, users):
    give_key(partner, "key-1", "s" * 43)
    headers = sign(b"s" * 43, key_id="key-1", method="POST", path="/x", body=b"{}", at=clock.now(), nonce="n" * 20)
    form = {"method": "POST", "path": "/x", "key_id": "key-1", "timestamp": headers["X-Timestamp"], "nonce": "n" * 20,
            "signature": headers["X-Signature"], "body": "{}"}  # fmt: skip
    client = signed_in(users["liaison-1"])
    right, wrong = (client.post(f"{PAGE}signature/", form | more) for more in ({}, {"body": "{ }"}))

    assert [one.is_right for one in right.context["check_steps"]] == [True] * 6
    assert [one.label for one in wrong.context["check_steps"] if not one.is_right] == ["签名"]
    assert "s" * 43 not in right.content.decode()


def test_a_test_partner_gets_an_invented_message_by_button(users, tmp_path, settings):
    (tmp_path / "test").mkdir()
    standin = StandIn("partner", tmp_path / "test")
    allow(settings, standin)
    make_partner("transport", standin, is_test=True)
    signed_in(users["admin"]).post(f"{PAGE}test/", {"subject": "DRIVER"})
    (message,) = inbox(standin)

    assert message["is_test"] is True and message["fields"]["citizen_id"] == "370683199001010010"
    assert standin.stop() == 0


def test_dead_letters_are_resent_and_given_up_on_the_page(partner, users):
    fan_out()
    message = OutboxMessage.objects.get()
    url = f"{PAGE}messages/{message.pk}/"
    assert signed_in(users["brigade"]).post(f"{url}resend/").status_code == 403
    OutboxMessage.objects.update(state="DEAD", error_code="REFUSED_3")
    admin = signed_in(users["admin"])
    assert "死信全部重发" in admin.get(PAGE, {"tab": "messages", "state": "DEAD"}).content.decode()
    admin.post(f"{url}give-up/", {"reason": "不"})
    assert OutboxMessage.objects.get().state == "DEAD"
    admin.post(f"{PAGE}messages/resend/")
    assert OutboxMessage.objects.get().state == "PENDING"
    OutboxMessage.objects.update(state="DEAD")
    admin.post(f"{url}give-up/", {"reason": "对方不需要"})
    assert OutboxMessage.objects.get().state == "SKIPPED"


def test_a_partner_that_waits_is_tried_at_once(partner, users):
    admin, later = signed_in(users["admin"]), clock.now() + timedelta(minutes=20)
    assert "立即重试" not in admin.get(PAGE).content.decode()
    Partner.objects.filter(pk=partner.pk).update(failures=7, next_try_at=later)
    assert signed_in(users["brigade"]).post(f"{PAGE}try/").status_code == 403
    assert "立即重试" in admin.get(PAGE).content.decode()
    assert Partner.objects.get(pk=partner.pk).next_try_at == later

    assert admin.post(f"{PAGE}try/", follow=True).status_code == 200
    assert Partner.objects.get(pk=partner.pk).next_try_at is None
    assert AuditRow.objects.filter(verb="PARTNER_TRIED").count() == 1
    assert "没有在等" in admin.post(f"{PAGE}try/", follow=True).content.decode()


def test_a_record_is_recalled_from_the_page(partner, users):
    record = told(partner).subject_id
    admin = signed_in(users["admin"])
    admin.post(f"{PAGE}recall/", {"subject": "UNIT", "record": "x", "reason": "不应提供"})
    assert OutboxMessage.objects.filter(verb="RECALL").count() == 0
    admin.post(f"{PAGE}recall/", {"subject": "UNIT", "record": str(record), "reason": "不应提供"})
    assert OutboxMessage.objects.get(verb="RECALL").error_message == "不应提供"
    told(partner)
    assert not Disclosure.objects.filter(recalled_at=None).exists()


def counted(client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_pages_ask_a_constant_number_of_queries(partner, users):
    told(partner)
    client = signed_in(users["admin"])
    client.get("/exchange/partners/")
    urls = {"list": "/exchange/partners/"} | {tab: f"{PAGE}?tab={tab}" for tab in TABS}
    measured = {f"admin: partner {name}": counted(client, url) for name, url in urls.items()}
    assert measured == recorded_counts(measured)

    unit(1)
    for number in range(3):
        make_partner(f"more-{number}")
        make_contract(partner, "VEHICLE", "brand", version=number + 1, ended_at=clock.now())
        give_key(partner, f"key-{number}", "s" * 43)
    told(partner)
    assert {f"admin: partner {name}": counted(client, url) for name, url in urls.items()} == measured


def test_a_recall_names_what_it_means_and_what_nobody_holds_is_refused(partner, users):
    client, record = signed_in(users["admin"]), told(partner).subject_id
    open_page, of_record = (
        client.get(PAGE, {"tab": "ledger"} | more).content.decode() for more in ({}, {"record": record})
    )
    assert '<option value="UNIT" selected>' not in open_page
    assert '<option value="UNIT" selected>' in of_record

    order = {"subject": "VIOLATION", "record": record, "reason": "不应提供"}
    answer = client.post(f"{PAGE}recall/", order, follow=True).content.decode()
    assert "没有伙伴持有这条记录" in answer
    assert not AuditRow.objects.filter(verb="RECORD_RECALLED").exists()

    client.post(f"{PAGE}recall/", order | {"subject": "UNIT"}, follow=True)
    assert AuditRow.objects.get(verb="RECORD_RECALLED").subject_id == f"UNIT:{record}"
