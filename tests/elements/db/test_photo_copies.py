"""Copies of pictures with notes: beside the original, once, for whom, removable; who may see what they hide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from common.errors import Conflict, NotAllowed, NotVisible
from common.models import AuditRow
from elements.models import Element, Photo
from elements.selectors.photos import photos_of, visible_photo, with_copies_first
from elements.services import photos
from elements.services.photos import (
    PHOTO_STORE,
    add_photo,
    annotate_photo,
    caption_photo,
    read_photo,
    remove_photo,
    restore_photo,
    rotate_photo,
    sweep_photos,
)
from tests.factories.pictures import exif, shown, two_halves

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
REGION = {"kind": "pixelate", "x1": 0.1, "y1": 0.1, "x2": 0.9, "y2": 0.9}
ARROW = {"kind": "arrow", "x1": 0.1, "y1": 0.5, "x2": 0.9, "y2": 0.5}


@pytest.fixture
def unit(world) -> Element:
    """It shows no names."""
    return world.elements("UNIT")[0]


@pytest.fixture
def officer(world):
    return world.users["officer-1"]


def add(element: Element, actor, caption: str = "大门") -> Photo:
    data = two_halves(exif=exif(position=(119.905, 37.105), taken="2026:11:20 08:30:00", offset="+08:00"))
    return add_photo(element_id=element.pk, data=data, name="a.jpg", caption=caption, actor=actor, now=NOW)


def annotate(photo: Photo, actor, *notes: dict, now: datetime = LATER) -> Photo:
    return annotate_photo(token=str(photo.token), notes=list(notes) or [ARROW], actor=actor, now=now)


def seen(element: Element, user) -> list[int]:
    return [photo.pk for photo in photos_of(element.pk, user)]


def state() -> tuple:
    verbs = AuditRow.objects.filter(subject_table="elements_photo").order_by("pk").values_list("verb", flat=True)
    return Photo.objects.count(), list(verbs)


def test_the_copy_stands_beside_an_untouched_original(unit, officer):
    photo = add(unit, officer)
    before = read_photo(photo)
    copy = annotate(photo, officer)
    photo.refresh_from_db()

    assert read_photo(photo) == before != read_photo(copy)
    assert (copy.element_id, copy.caption, copy.uploaded_by_id, copy.uploaded_at) == (
        unit.pk,
        "标注：大门",
        officer.pk,
        LATER,
    )
    assert (copy.taken_at, copy.position, copy.distance_m) == (photo.taken_at, photo.position, photo.distance_m)
    assert (copy.width_px, copy.height_px, copy.size_bytes) == (60, 40, len(read_photo(copy)))
    assert shown(read_photo(copy, is_thumb=True)).size == (60, 40)
    assert state() == (2, ["PHOTO_ADDED", "PHOTO_ANNOTATED"])
    audit = AuditRow.objects.get(verb="PHOTO_ANNOTATED")
    assert (audit.actor_id, audit.subject_id, audit.count) == (officer.pk, str(copy.pk), 1)


def test_a_picture_without_a_caption_gives_a_copy_with_one(unit, officer):
    assert annotate(add(unit, officer, ""), officer).caption == "标注版"
    long = add(unit, officer)
    long = caption_photo(token=str(long.token), caption="长" * 120, actor=officer, now=NOW)
    assert annotate(long, officer, REGION).caption == "标注：" + "长" * 117


def test_the_same_notes_twice_are_one_copy_and_others_another(unit, officer):
    photo = add(unit, officer)
    first, again, other = annotate(photo, officer), annotate(photo, officer), annotate(photo, officer, REGION)

    assert first.pk == again.pk != other.pk
    assert state() == (3, ["PHOTO_ADDED", "PHOTO_ANNOTATED", "PHOTO_ANNOTATED"])


def test_the_copies_come_first_and_their_original_behind_them(unit, officer):
    older = add(unit, officer)
    newer = add_photo(
        element_id=unit.pk, data=two_halves(quality=60), name="b.jpg", actor=officer, now=NOW + timedelta(minutes=1)
    )  # fmt: skip
    copy = annotate(older, officer)
    copy_of_copy = annotate(copy, officer, REGION, now=LATER + timedelta(minutes=1))

    shown_as = with_copies_first(photos_of(unit.pk, officer))

    assert [(one.pk, first and first.pk, has) for one, first, has in shown_as] == [
        (copy_of_copy.pk, older.pk, False), (copy.pk, older.pk, False), (older.pk, None, True), (newer.pk, None, False),
    ]  # fmt: skip
    assert copy_of_copy.caption == "标注：大门"


def test_a_copy_still_belongs_to_its_original_when_either_was_turned_or_renamed(unit, officer):
    photo = add(unit, officer)
    copy = annotate(photo, officer)
    rotate_photo(token=str(photo.token), turn_deg=90, actor=officer, now=LATER)
    rotate_photo(token=str(copy.token), turn_deg=90, actor=officer, now=LATER)
    caption_photo(token=str(copy.token), caption="护栏", actor=officer, now=LATER)

    assert [(one.pk, first and first.pk) for one, first, _has in with_copies_first(photos_of(unit.pk, officer))] == [
        (copy.pk, photo.pk), (photo.pk, None),
    ]  # fmt: skip


def test_who_may_not_read_names_sees_the_copy_and_not_what_it_hides(unit, officer, world):
    photo = add(unit, officer)
    copy = annotate(photo, officer, REGION)
    reader = world.users["assistant-1"]

    assert seen(unit, reader) == [copy.pk]
    assert seen(unit, officer) == seen(unit, world.users["brigade"]) == [copy.pk, photo.pk]
    assert visible_photo(str(copy.token), reader).pk == copy.pk
    with pytest.raises(NotVisible):
        visible_photo(str(photo.token), reader)


def test_once_the_copy_is_removed_everybody_sees_the_original_again(unit, officer, world):
    photo = add(unit, officer)
    copy = annotate(photo, officer)
    remove_photo(token=str(copy.token), actor=officer, now=LATER)

    assert seen(unit, world.users["assistant-1"]) == [photo.pk]
    restore_photo(token=str(copy.token), actor=officer, now=LATER)
    assert seen(unit, world.users["assistant-1"]) == [copy.pk]


def test_the_own_picture_stays_visible_to_who_uploaded_it(unit, officer, world):
    photo = add(unit, world.users["assistant-1"])
    copy = annotate(photo, officer)

    assert set(seen(unit, world.users["assistant-1"])) == {photo.pk, copy.pk}


@pytest.mark.parametrize("name", ["analyst", "auditor", "admin", "station-1", "nobody"])
def test_who_neither_corrects_nor_proposes_annotates_nothing(unit, officer, world, name):
    photo = add(unit, officer)

    with pytest.raises(NotAllowed):
        annotate(photo, world.users[name])

    assert state() == (1, ["PHOTO_ADDED"])


def test_who_proposes_annotates_only_the_own_pictures(unit, officer, world):
    photo = add(unit, officer)

    with pytest.raises(NotAllowed):
        annotate(photo, world.users["coordinator-1"])

    assert state() == (1, ["PHOTO_ADDED"])


def test_a_foreign_or_removed_picture_answers_like_a_missing_one(unit, officer, world):
    photo = add(unit, officer)
    with pytest.raises(NotVisible):
        annotate(photo, world.users["officer-2"])
    remove_photo(token=str(photo.token), actor=officer, now=NOW)
    with pytest.raises(NotVisible):
        annotate(photo, officer)

    assert state() == (1, ["PHOTO_ADDED", "PHOTO_REMOVED"])


def test_copies_count_among_the_pictures_of_an_element(unit, officer, monkeypatch):
    photo = add(unit, officer)
    monkeypatch.setattr(photos, "PHOTOS_PER_ELEMENT", 1)

    with pytest.raises(Conflict) as refused:
        annotate(photo, officer)

    assert refused.value.code == "PHOTO_LIMIT"
    assert state() == (1, ["PHOTO_ADDED"])


def test_the_sweep_keeps_the_files_of_both(unit, officer):
    photo = add(unit, officer)
    copy = annotate(photo, officer)
    sweep_photos(now=datetime.now(tz=UTC) + timedelta(days=1))

    assert read_photo(photo) and read_photo(copy)
    assert len(list(PHOTO_STORE.folder.iterdir())) == 4
