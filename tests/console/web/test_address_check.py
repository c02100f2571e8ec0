"""地址解析: one text read character by character; nothing of it is stored or stands in a URL."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from addresses.choices import Verdict
from addresses.models import AddressDecision, AddressText
from addresses.parsing.normalise import cache_key
from common.models import AuditRow

PAGE = reverse("console:address-check")


def asked(user, text: str, **headers) -> str:
    client = Client(headers=headers)
    client.force_login(user)
    answer = client.post(PAGE, {"text": text})
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def characters(page: str) -> list[tuple[str, str]]:
    """(character, role) of the tokens, without those of the legend."""
    tokens = page[page.index('<ol class="address-tokens"') : page.index('<ul class="address-legend"')]
    found = re.findall(r'<span class="address-character is-([a-z-]+)[^"]*"[^>]*>([^<]*)</span>', tokens)
    return [(text, role) for role, text in found]


def test_every_character_has_its_kind(users, city):
    page = asked(users["officer-1"], "毛家庄子村委会新3号附近")

    assert characters(page) == [
        *((c, "name") for c in "毛家庄子村委会"), ("新", "unread"), ("3", "number"), ("号", "unit-word"),
        ("附", "position"), ("近", "position"),
    ]  # fmt: skip
    assert "没有读懂“新”" in page and "待核" in page


def test_an_accepted_text_shows_code_levels_point_and_block(users, city):
    page = asked(users["officer-1"], f"莱州市{city.text(0)}")

    assert "精确" in page and "LZ-0-3" in page and "G-1" in page
    assert page.count("一致") == 3
    assert "&quot;is_answer&quot;:true" in page
    assert reverse("console:building", args=["LZ-0-3"]) in page


def test_an_address_outside_the_area_is_told_but_leads_nowhere(users, city):
    page = asked(users["officer-2"], city.text(0))

    assert "LZ-0-3" in page and reverse("console:building", args=["LZ-0-3"]) not in page


def test_what_was_folded_is_shown_beside_the_raw_text(users, city):
    page = asked(users["officer-1"], "毛家庄子村委会\u202e ３号")

    assert "与原文不同的有 3 处" in page
    assert "U+202E" in page and "U+0020" in page and "\u202e" not in page[page.index("address-tokens") :]
    assert "第 10 字" in page and "<td>３</td><td>3</td>" in page


def test_personal_numbers_are_cut_and_nothing_is_kept(users, city):
    before = AuditRow.objects.count()
    page = asked(users["officer-1"], "毛家庄子村委会3号 电话13812345678")

    assert "13812345678" not in page and "已遮去" in page
    assert (AddressText.objects.count(), AuditRow.objects.count()) == (0, before)


def test_candidates_come_with_their_faults_in_words(users, city):
    page = asked(users["officer-1"], "毛家庄子村委会999号")

    assert "没有登记这个门牌：999" in page and "候选" in page
    assert "文昌路街道毛家庄子村委会" in page and "number_not_found" not in page


def test_a_standing_decision_is_told(users, city):
    text = "老粮站后院"
    AddressDecision.objects.create(
        normalised=cache_key(text), verdict=Verdict.LINK, address=city.address(1), actor_id=users["brigade"].pk,
        decided_at=timezone.now(),
    )  # fmt: skip
    page = asked(users["officer-1"], text)

    assert "已有人工裁定" in page and city.text(1) in page and "未匹配" in page


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\x00", "①②③", "山东省" * 300, "𠮷" * 40, "' OR 1=1 --", "-1号"]
)
def test_hostile_texts_are_shown_as_text(users, city, text):
    page = asked(users["officer-1"], text)

    assert "<script>alert" not in page and "一字一字地读" in page


def test_an_empty_and_an_endless_text_are_refused_with_the_cure(users):
    client = Client()
    client.force_login(users["officer-1"])
    empty, endless = client.post(PAGE, {"text": "  "}), client.post(PAGE, {"text": "山" * 1_001})

    assert (empty.status_code, endless.status_code) == (400, 400)
    assert "请先填写一个地址" in empty.content.decode()
    assert "超过 1000 字" in endless.content.decode()


def test_the_page_begins_empty_with_examples(users):
    client = Client()
    client.force_login(users["officer-1"])
    page = client.get(PAGE).content.decode()

    assert "还没有解析" in page and page.count('name="example"') == 9
    assert f'href="{PAGE}"' in page


def test_htmx_gets_the_answer_alone(users, city):
    fragment = asked(users["officer-1"], city.text(0), HX_Request="true")

    assert "<html" not in fragment and "LZ-0-3" in fragment


@pytest.mark.parametrize(
    ("name", "status"), [("analyst", 200), ("assistant-1", 200), ("auditor", 403), ("nobody", 403)]
)
def test_the_page_is_for_who_reads(users, name, status):
    client = Client()
    client.force_login(users[name])

    assert (client.get(PAGE).status_code, client.post(PAGE, {"text": "沙河镇"}).status_code) == (status, status)


def test_queries_do_not_grow_with_candidates(users, city):
    def counted(text: str) -> int:
        asked(users["brigade"], text, HX_Request="true")
        with CaptureQueriesContext(connection) as captured:
            asked(users["brigade"], text, HX_Request="true")
        return sum("addresses_standardaddress" in query["sql"] for query in captured)

    # The registry is asked once more when the deepest node does not exist; not once for each candidate.
    assert (counted(city.text(0)), counted("毛家庄子村委会999号")) == (4, 5)
