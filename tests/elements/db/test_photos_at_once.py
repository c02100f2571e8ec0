"""One picture sent by many hands at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from common.models import AuditRow
from elements.models import Element, Photo
from elements.services.photos import add_photo
from tests.factories.claims import claim, person_of, submit
from tests.factories.numbers import citizen_id
from tests.factories.pictures import two_halves
from tests.factories.users import make_users

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def add(element: Element, actor, data: bytes) -> Photo:
    return add_photo(element_id=element.pk, data=data, name="现场.jpg", actor=actor, now=NOW)


def placed(citizen: int, grid: int) -> Element:
    submit("TMRI_DRIVER", "PERSON", claim(citizen_id=citizen_id(citizen), name="张试验", grid=grid))
    return person_of(citizen)


@pytest.mark.django_db(transaction=True)
def test_the_same_file_from_eight_hands_at_once_is_one_picture(committed_city):
    officer = make_users(committed_city)["officer-1"]
    element, got, failed = placed(1, 0), [], []

    def upload() -> None:
        try:
            got.append(add(element, officer, two_halves()).pk)
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=upload) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (failed, len(got), len(set(got)), Photo.objects.count()) == ([], 8, 1, 1)
    assert AuditRow.objects.filter(verb="PHOTO_ADDED").count() == 1
