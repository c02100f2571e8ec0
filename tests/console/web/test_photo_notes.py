"""Annotating on the tab of pictures: what is posted, what the page shows, who has the button."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from elements.models import Element, Photo
from tests.factories.pictures import two_halves
from tests.factories.registries import World, signed_in

ARROW = {"kind": "arrow", "x1": 0.1, "y1": 0.5, "x2": 0.9, "y2": 0.5}


@pytest.fixture
def unit(world: World) -> Element:
    return world.elements("UNIT")[0]


@pytest.fixture
def client(world: World) -> Client:
    return signed_in(world, "officer-1")


@pytest.fixture
def photo(client: Client, unit: Element) -> Photo:
    files = {"photos": SimpleUploadedFile("a.jpg", two_halves(), "image/jpeg"), "caption": "大门"}
    assert client.post(reverse("elements-api:photos", args=[unit.pk]), files).status_code == 201
    return Photo.objects.get()


def annotate(client: Client, photo: Photo, *notes: Any, **body: Any):
    url = reverse("console:photo-annotate", args=[photo.token])
    return client.post(url, json.dumps(body or {"notes": notes}), content_type="application/json")


def gallery(client: Client, unit: Element) -> str:
    return client.get(reverse("console:photo-gallery", args=[unit.pk])).content.decode()


def test_the_copy_is_shown_first_with_the_way_to_its_original(client, unit, photo):
    answer = annotate(client, photo, ARROW)
    copy = Photo.objects.exclude(pk=photo.pk).get()
    page = gallery(client, unit)

    assert (answer.status_code, answer.json()) == (
        201,
        {
            "text": "已保存标注版，原图保留。",
            "label": "撤销",
            "url": reverse("console:photo-remove", args=[copy.token]),
        },
    )
    assert page.index(str(copy.token)) < page.index(str(photo.token))
    assert "标注：大门" in page and f'data-photo-original="photo-{photo.pk}"' in page and "原图，前面有标注版" in page


def test_undo_takes_the_copy_away_and_the_original_is_alone_again(client, unit, photo):
    undo = annotate(client, photo, ARROW).json()["url"]
    page = client.post(undo).content.decode()

    assert str(photo.token) in page and "查看原图" not in page and "标注：" not in page


def test_who_may_not_see_the_original_gets_no_way_to_it(client, unit, photo, world):
    annotate(client, photo, ARROW)
    reader = signed_in(world, "assistant-1")
    page = gallery(reader, unit)

    assert "标注：大门" in page and str(photo.token) not in page and "查看原图" not in page
    for name in ("photo", "photo-thumb"):
        assert reader.get(reverse(f"console:{name}", args=[photo.token])).status_code == 404
    listed = reader.get(reverse("elements-api:photos", args=[unit.pk])).json()["results"]
    assert [one["caption"] for one in listed] == ["标注：大门"]


@pytest.mark.parametrize(
    ("body", "code"),
    [({"notes": []}, "NOTES_MISSING"), ({"notes": [ARROW] * 51}, "NOTES_TOO_MANY"), ({"shapes": [ARROW]}, "NOTES_BAD"),
     ({"notes": [ARROW | {"x1": 2}]}, "NOTES_PLACE")],
)  # fmt: skip
def test_what_is_no_note_is_refused_with_its_cure(client, photo, body, code):
    answer = annotate(client, photo, **body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["message"].endswith("。")
    assert Photo.objects.count() == 1


def test_a_foreign_picture_answers_like_a_missing_one(client, photo, world):
    stranger = signed_in(world, "officer-2")
    one = annotate(stranger, photo, ARROW)
    other = annotate(stranger, Photo(token="00000000-0000-4000-8000-000000000000"), ARROW)

    assert (one.status_code, one.content) == (other.status_code, other.content)
    assert one.status_code == 404 and Photo.objects.count() == 1


def test_who_may_not_write_has_neither_button_nor_window(photo, unit, world):
    analyst = signed_in(world, "analyst")
    page = analyst.get(reverse("console:element", args=[unit.pk]), {"tab": "photos"}).content.decode()

    assert "data-photo-open" in page
    assert "data-photo-annotate" not in page and "data-annotate-url" not in page and "data-photo-notes" not in page
    assert annotate(analyst, photo, ARROW).status_code == 403
    assert Photo.objects.count() == 1
