"""Pictures and the place of their element."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from elements.models import Element, Photo
from elements.selectors.photos import place_check
from elements.services.photos import add_photo
from tests.factories.claims import claim, person_of, submit
from tests.factories.numbers import citizen_id
from tests.factories.pictures import exif, two_halves
from tests.factories.places import point_in
from tests.factories.users import make_users

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def add(element: Element, actor, data: bytes) -> Photo:
    return add_photo(element_id=element.pk, data=data, name="现场.jpg", actor=actor, now=NOW)


def placed(citizen: int, grid: int | None) -> Element:
    submit("TMRI_DRIVER", "PERSON", claim(citizen_id=citizen_id(citizen), name="张试验", grid=grid))
    return person_of(citizen)


@pytest.mark.parametrize(
    ("position", "distance_m", "level", "words"),
    [
        (None, None, "idle", "无定位"),
        ((0.0, 0.0), 0, "ok", "拍摄位置距要素 0 米"),
        ((0.0, 0.0045), 499, "ok", "拍摄位置距要素 499 米"),
        ((0.0, 0.0046), 511, "warn", "拍摄位置距要素 511 米"),
    ],
)
def test_the_place_of_the_camera_is_compared_with_the_element(city, position, distance_m, level, words):
    officer = make_users(city)["officer-1"]
    element = placed(1, 0)
    lon, lat = point_in(0)
    data = two_halves(exif=exif(position=(lon + position[0], lat + position[1]))) if position else two_halves()
    photo = add(element, officer, data)

    assert photo.distance_m == distance_m
    assert (place_check(photo)[0], str(place_check(photo)[1])) == (level, words)


def test_a_picture_from_another_city_is_far_away(city):
    officer = make_users(city)["officer-1"]
    photo = add(placed(1, 0), officer, two_halves(exif=exif(position=(116.4, 39.9))))

    assert 420_000 < photo.distance_m < 440_000
    assert place_check(photo)[0] == "warn"


def test_an_element_without_a_place_cannot_be_compared(city):
    photo = add(placed(1, None), make_users(city)["brigade"], two_halves(exif=exif(position=(119.9, 37.1))))

    assert (photo.element.point, photo.distance_m, photo.position.coords) == (None, None, (119.9, 37.1))
    assert str(place_check(photo)[1]) == "要素无位置，无法核对拍摄位置"
