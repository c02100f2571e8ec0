"""The embedded picker: who may frame it, what it answers, how often, and that it knows nobody."""

from __future__ import annotations

import re

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from addresses.models import PickerSite, StandardAddress
from addresses.services import picker_limits
from tests.factories.claims import claim, submit
from tests.factories.numbers import citizen_id, file_number, phone

pytestmark = pytest.mark.usefixtures("city")
ORIGINS = ["http://10.8.3.2:8080", "https://housing.example"]
PLACE_KEYS = {"code", "full_text", "level", "level_label", "lon", "lat", "has_children"}


@pytest.fixture
def site() -> PickerSite:
    return PickerSite.objects.create(key="housing", name="房屋登记系统", origins=ORIGINS)


@pytest.fixture
def fresh_address(request) -> str:
    """A network address of this test alone, whose counters are forgotten afterwards."""
    address = f"test-{request.node.name}"
    yield address
    redis = picker_limits._redis()
    redis.delete(*redis.keys("picker:*") or ["picker:none"])


def ask(name: str, key: str = "housing", *, address: str = "127.0.0.1", **parameters: object):
    return Client(REMOTE_ADDR=address).get(reverse(f"embed:{name}", args=[key]), parameters)


def _all_pages(city) -> list[dict]:
    """Everything under the town of the first grid."""
    town = city.address(0).parent.parent.code
    answers = [ask("children", parent=town, page=1).json()]
    while answers[-1]["has_more"]:
        answers.append(ask("children", parent=town, page=len(answers) + 1).json())
    return [row for answer in answers for row in answer["results"]]


def _without_tokens(response) -> str:
    return re.sub(r'name="csrf-token" content="[^"]*"', "", response.content.decode())


def ancestors(response) -> str:
    policy = response.headers["Content-Security-Policy"]
    return next(part.strip() for part in policy.split(";") if part.strip().startswith("frame-ancestors"))


def test_only_the_origins_of_the_site_may_frame_the_page_and_only_this_page(site):
    page, login, answer = ask("address"), Client().get(reverse("login")), ask("children")

    assert page.status_code == 200
    assert ancestors(page) == f"frame-ancestors {' '.join(ORIGINS)}"
    assert "X-Frame-Options" not in page.headers
    assert f'data-origins="{" ".join(ORIGINS)}"' in page.content.decode()
    for other in (login, answer):
        assert (ancestors(other), other.headers["X-Frame-Options"]) == ("frame-ancestors 'none'", "DENY")


def test_it_needs_and_sets_no_cookie(site):
    for name in ("address", "children", "suggest", "ground"):
        answer = ask(name, q="文昌")
        assert answer.status_code == 200
        assert not answer.cookies
    assert Session.objects.count() == 0


@pytest.mark.parametrize("name", ["address", "children", "suggest", "ground"])
def test_an_unknown_key_and_one_that_is_switched_off_answer_like_a_missing_page(site, name):
    PickerSite.objects.create(key="closed", name="停用", origins=ORIGINS, is_active=False)
    missing = Client().get("/embed/no/such/page/")
    for key in ("unknown", "closed"):
        answer = ask(name, key, q="文昌")
        assert answer.status_code == missing.status_code == 404
        assert _without_tokens(answer) == _without_tokens(missing)
        assert ancestors(answer) == "frame-ancestors 'none'"


def test_typing_finds_addresses_and_nothing_else(city, site):
    address = city.address(0)
    found = ask("suggest", q=address.full_text).json()["results"]

    assert found[0] == {
        "code": address.code, "full_text": address.full_text, "level": "number", "level_label": "门牌",
        "lon": round(address.point.x, 6), "lat": round(address.point.y, 6), "has_children": False,
    }  # fmt: skip
    assert all(set(row) == PLACE_KEYS for row in found)
    assert len(found) <= 20


@pytest.mark.parametrize(("typed", "status"), [("", 400), ("文", 400), ("文" * 81, 400), ("文昌", 200), ("%_", 200)])
def test_too_short_and_too_long_texts_are_refused_in_words(site, typed, status):
    answer = ask("suggest", q=typed)

    assert answer.status_code == status
    if status == 400:
        assert (answer.json()["code"], answer.json()["message"]) == ("TYPED_LENGTH", "请输入 2 到 80 个字。")


def test_the_tree_goes_from_the_towns_to_the_numbers(city, site):
    towns = ask("children").json()
    villages = ask("children", parent=city.address(0).parent.parent.code).json()
    numbers = ask("children", parent=city.address(0).parent.code).json()

    assert {row["level"] for row in towns["results"]} == {"town"}
    assert (towns["total"], towns["has_more"]) == (17, False)
    assert {row["level"] for row in villages["results"]} == {"village"}
    assert city.villages[0].name in {row["full_text"].removeprefix("文昌路街道") for row in _all_pages(city)}
    assert [row["code"] for row in numbers["results"]] == ["LZ-0-3", "LZ-0-8"]
    assert [row["has_children"] for row in numbers["results"]] == [False, False]


def test_what_is_retired_is_not_in_the_tree(city, site):
    village = city.address(0).parent
    StandardAddress.objects.filter(code="LZ-0-3").update(state="RETIRED")
    left = ask("children", parent=village.code).json()
    StandardAddress.objects.filter(pk=village.pk).update(state="RETIRED")
    gone = ask("children", parent=village.code).json()

    assert [row["code"] for row in left["results"]] == ["LZ-0-8"]
    assert gone == {"results": [], "total": 0, "has_more": False}


def test_twenty_a_page_in_the_order_of_the_numbers(city, site):
    first = city.address(0)
    _numbered(first, 100, 140)
    pages = [ask("children", parent=first.parent.code, page=page).json() for page in (1, 2, 3)]

    assert [len(page["results"]) for page in pages] == [20, 20, 2]
    assert [page["has_more"] for page in pages] == [True, True, False]
    assert [row["code"] for row in pages[0]["results"]][:3] == ["LZ-0-3", "LZ-0-8", "LZ-P-100"]
    assert pages[2]["results"][1]["code"] == "LZ-P-139"


def _numbered(beside: StandardAddress, first: int, end: int) -> None:
    """Houses with these numbers in the village of another one."""
    StandardAddress.objects.bulk_create(
        StandardAddress(
            code=f"LZ-P-{number}", key=f"{beside.parent.key}||P{number}", level=4, parent=beside.parent, town=beside.town,
            village=beside.village, number=str(number), full_text=f"{beside.parent.full_text}{number}号",
        )
        for number in range(first, end)
    )  # fmt: skip


@pytest.mark.parametrize("page", ["0", "-1", "x", "501", "9999", "1²"])
def test_pages_that_do_not_exist_are_refused(site, page):
    answer = ask("children", page=page)

    assert (answer.status_code, answer.json()["code"]) == (400, "PAGE_INVALID")


def test_nobody_who_lives_there_is_in_any_answer(city, site):
    submit(
        "TMRI_DRIVER", "PERSON",
        claim(1, citizen_id=citizen_id(1), file_no=file_number(1), name="张试验", phone=phone(1), licence_classes="C1", grid=0,
              residence_address=city.text(0)),
    )  # fmt: skip
    bodies = [
        ask("suggest", q="张试验").content, ask("suggest", q=city.text(0)).content, ask("suggest", q=citizen_id(1)).content,
        ask("children", parent=city.address(0).parent.code).content,
    ]  # fmt: skip

    assert not any(word.encode() in body for body in bodies for word in ("张试验", citizen_id(1), phone(1)))


def test_after_the_limit_of_a_minute_it_says_so_and_others_go_on(site, fresh_address, monkeypatch):
    monkeypatch.setattr(picker_limits, "PER_MINUTE", 3)
    PickerSite.objects.create(key="other", name="另一系统", origins=ORIGINS)
    answers = [ask("children", address=fresh_address) for _ in range(4)]

    # A new minute may begin in between; then the fourth still has room, the seventh has not.
    answers += [ask("children", address=fresh_address) for _ in range(4)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json() == {
        "code": "TOO_MANY_REQUESTS", "message": "查询太频繁，请等一分钟再试。", "extra": {"limit": 3},
    }  # fmt: skip
    assert ask("children", "other", address=fresh_address).status_code == 200
    assert ask("children", address=f"{fresh_address}-neighbour").status_code == 200


def test_after_the_limit_of_a_day_it_says_so(site, fresh_address, monkeypatch):
    monkeypatch.setattr(picker_limits, "PER_DAY", 2)
    answers = [ask("suggest", q="文昌", address=fresh_address) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["message"] == "今天的查询次数已用完，请明天再试，或联系交警大队系统管理员。"


@pytest.mark.parametrize("name", ["address", "children", "suggest", "ground"])
def test_nothing_can_be_sent(site, name):
    assert Client().post(reverse(f"embed:{name}", args=["housing"])).status_code == 405


def test_the_number_of_queries_does_not_grow_with_the_rows(city, site):
    one, many = city.address(0), city.address(1)
    _numbered(many, 100, 140)
    counts = []
    for code in (one.parent.code, many.parent.code):
        ask("children", parent=code)
        with CaptureQueriesContext(connection) as asked:
            answer = ask("children", parent=code).json()
        counts.append((len(answer["results"]), len(asked)))

    # The site, the count, the rows.
    assert counts == [(2, 3), (20, 3)]
