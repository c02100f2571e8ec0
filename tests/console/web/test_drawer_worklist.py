"""The elements that the worklist of address texts names open in the drawer, too."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.factories.address_texts import carry, spaced, unknown_house
from tests.factories.users import signed_in

pytestmark = pytest.mark.django_db
PAGE = "/registry/address-texts/"


def test_the_worklist_previews_the_element_it_names_to_who_sees_it(city, users):
    text = unknown_house(city)
    carry(text, spaced(text), grid=0)
    client, stranger = signed_in(users["officer-1"]), signed_in(users["officer-2"])

    answer = client.get(PAGE)

    first = answer.context["rows"][0]["first_element"]
    page, url = answer.content.decode(), reverse("console:element-card", args=[first])
    assert f'data-preview="{first}"' in page and "data-drawer " in page
    assert f'data-card-url="{reverse("console:element-card", args=[0])}"' in page
    assert (client.get(url).status_code, stranger.get(url).status_code) == (200, 404)
    assert f'data-preview="{first}"' not in stranger.get(PAGE).content.decode()


def test_without_texts_there_is_no_drawer(users):
    answer = signed_in(users["officer-1"]).get(PAGE)

    assert answer.context["rows"] == [] and "data-drawer" not in answer.content.decode()
