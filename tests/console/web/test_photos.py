"""The tab of pictures, the files behind it, and their twin for machines."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from elements.models import Element, Photo
from tests.factories.pictures import exif, picture, two_halves
from tests.factories.registries import signed_in


def file(data: bytes | None = None, name: str = "张三的身份证.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data or two_halves(), "image/jpeg")


def send(client: Client, element: Element, *files: SimpleUploadedFile, **data: str):
    return client.post(reverse("elements-api:photos", args=[element.pk]), {"photos": files or [file()], **data})


@pytest.fixture
def unit(world) -> Element:
    return world.elements("UNIT")[0]


@pytest.fixture
def client(world) -> Client:
    return signed_in(world, "officer-1")


def act(client: Client, name: str, photo: Photo, **data: str):
    return client.post(reverse(f"console:photo-{name}", args=[photo.token]), data)


def test_a_picture_sent_is_in_the_list_on_the_page_and_behind_its_url(client, unit):
    answer = send(client, unit, caption="大门")
    photo = Photo.objects.get()
    listed = client.get(reverse("elements-api:photos", args=[unit.pk])).json()
    page = client.get(reverse("console:element", args=[unit.pk]), {"tab": "photos"}).content.decode()

    assert answer.status_code == 201
    assert answer.json() == listed
    assert [(one["token"], one["caption"], one["place_check"]) for one in listed["results"]] == [
        (str(photo.token), "大门", "无定位")
    ]
    assert listed["results"][0]["url"] in page and "无定位" in page and "大门" in page and "officer-1" in page
    assert "张三" not in page


def test_the_file_is_served_as_ours_and_asked_for_each_time(client, unit):
    send(client, unit)
    photo = Photo.objects.get()
    for name in ("photo", "photo-thumb"):
        url = reverse(f"console:{name}", args=[photo.token])
        answer = client.get(url)
        assert answer.content[:3] == b"\xff\xd8\xff"
        assert {k: answer[k] for k in ("Content-Type", "Content-Disposition", "X-Content-Type-Options", "Cache-Control")} == {
            "Content-Type": "image/jpeg",
            "Content-Disposition": f'inline; filename="photo-{photo.pk}.jpg"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-cache",
        }  # fmt: skip
        again = client.get(url, HTTP_IF_NONE_MATCH=answer["ETag"])
        assert (again.status_code, again.content) == (304, b"")


def test_a_foreign_picture_answers_like_a_missing_one_in_every_way(client, unit, world):
    send(client, unit)
    photo = Photo.objects.get()
    etag = client.get(reverse("console:photo", args=[photo.token]))["ETag"]
    stranger = signed_in(world, "officer-2")
    missing = Photo(token="00000000-0000-4000-8000-000000000000")

    for name in ("photo", "photo-thumb"):
        one, other = (
            stranger.get(reverse(f"console:{name}", args=[p.token]), HTTP_IF_NONE_MATCH=etag) for p in (photo, missing)
        )
        assert (one.status_code, other.status_code) == (404, 404)
    for name in ("remove", "restore", "rotate", "caption"):
        one, other = (act(stranger, name, p, caption="x") for p in (photo, missing))
        assert (one.status_code, one.content) == (other.status_code, other.content)
        assert one.status_code == 404
    assert stranger.get(reverse("console:photo-gallery", args=[unit.pk])).status_code == 404
    assert stranger.get(reverse("elements-api:photos", args=[unit.pk])).status_code == 404
    photo.refresh_from_db()
    assert (photo.removed_at, photo.caption, photo.width_px) == (None, "", 60)


def test_remove_offers_to_take_it_back(client, unit):
    send(client, unit)
    photo = Photo.objects.get()
    answer = act(client, "remove", photo)
    undo = json.loads(answer["HX-Trigger"])["photo-removed"]

    assert "还没有照片" in answer.content.decode()
    assert undo == {
        "text": "已删除照片。",
        "label": "撤销",
        "url": reverse("console:photo-restore", args=[photo.token]),
    }
    assert client.get(reverse("console:photo", args=[photo.token])).status_code == 404
    assert str(photo.token) in client.post(undo["url"]).content.decode()


def test_rotate_and_caption_give_the_gallery_with_new_content(client, unit):
    send(client, unit)
    photo = Photo.objects.get()
    before = client.get(reverse("console:photo", args=[photo.token]))["ETag"]
    turned = act(client, "rotate", photo)
    named = act(client, "caption", photo, caption="<b>路口</b>")

    assert (turned.status_code, named.status_code) == (200, 200)
    assert client.get(reverse("console:photo", args=[photo.token]))["ETag"] != before
    assert "&lt;b&gt;路口&lt;/b&gt;" in named.content.decode()
    refused = act(client, "caption", photo, caption="长" * 121)
    assert (refused.status_code, refused.json()["code"]) == (400, "PHOTO_CAPTION")


def test_refusals_of_the_api_name_their_cure(client, unit):
    url = reverse("elements-api:photos", args=[unit.pk])
    told = [
        client.post(url, {}).json(),
        send(client, unit, *[file(name=f"{n}.jpg") for n in range(21)]).json(),
        send(client, unit, file(b"GIF89a")).json(),
        send(client, unit, file(b"\x00" * (20 * 2**20 + 1))).json(),
    ]

    assert [one["code"] for one in told] == ["PHOTO_MISSING", "PHOTO_TOO_MANY", "PHOTO_KIND", "PHOTO_TOO_LARGE"]
    assert Photo.objects.count() == 0


def test_who_only_reads_sees_pictures_and_no_buttons(client, unit, world):
    send(client, unit)
    page = signed_in(world, "analyst").get(reverse("console:photo-gallery", args=[unit.pk])).content.decode()

    assert "data-photo-open" in page and "hx-post" not in page
    assert send(signed_in(world, "analyst"), unit, file(picture())).status_code == 403
    assert Photo.objects.count() == 1


def test_a_picture_from_far_away_is_marked(client, unit):
    send(client, unit, file(two_halves(exif=exif(position=(119.95, 37.105)))))
    page = client.get(reverse("console:photo-gallery", args=[unit.pk])).content.decode()

    assert "mark-warn" in page and f"拍摄位置距要素 {Photo.objects.get().distance_m} 米" in page


def test_the_number_of_queries_does_not_grow_with_the_pictures(client, unit, django_assert_num_queries):
    url = reverse("console:photo-gallery", args=[unit.pk])
    send(client, unit, file(picture(size=(20, 10))))
    client.get(url)
    with django_assert_num_queries(_queries(client, url)):
        client.get(url)
    before = _queries(client, url)
    send(client, unit, *[file(picture(size=(20 + n, 10))) for n in range(1, 5)])

    assert Photo.objects.count() == 5
    assert _queries(client, url) == before


def _queries(client: Client, url: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)
