"""A list says what became of an address that was not accepted: a position relative to a place is no failure."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from elements.models import ElementAddress
from tests.factories.claims import claim, submit
from tests.factories.users import make_users


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("{place}东100米", "relative", "相对位置"),
        ("山东省青岛市市南区香港中路1号", "outside", "外地"),
        ("东边那家", "unmatched", "未匹配"),
    ],
)
def test_the_badge_is_that_of_the_status(city, text, status, words):
    submit(
        "FACILITY_LEDGER",
        "FACILITY",
        claim(number="1", name="试验", site_address=text.format(place=city.text(0)), grid=0),
    )
    assert ElementAddress.objects.get().text.status == status
    client = Client()
    client.force_login(make_users(city)["brigade"])

    page = client.get(reverse("elements:list", args=["facilities"])).content.decode()
    # The rows alone: a filter names the same states.
    rows = page[page.index("<tbody") : page.index("</tbody>")]
    assert words in rows
    assert not any(other in rows for other in {"相对位置", "外地", "未匹配"} - {words})
