"""Pictures of elements: one row however often sent, scope, rights, audit, files that nothing names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow
from elements.models import Element, Photo
from elements.selectors.photos import photos_of, visible_photo
from elements.services import photos
from elements.services.photos import (
    PHOTO_STORE,
    add_photo,
    caption_photo,
    read_photo,
    remove_photo,
    restore_photo,
    rotate_photo,
    sweep_photos,
)
from tests.factories.pictures import exif, picture, shown, two_halves

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def add(element: Element, actor, data: bytes | None = None, **values) -> Photo:
    return add_photo(
        element_id=element.pk, data=data or two_halves(), name="现场.jpg", actor=actor, now=NOW, **values
    )  # fmt: skip


def files() -> set[str]:
    return {path.name for path in PHOTO_STORE.folder.iterdir()} if PHOTO_STORE.folder.is_dir() else set()


def verbs() -> list[str]:
    return list(AuditRow.objects.filter(subject_table="elements_photo").order_by("pk").values_list("verb", flat=True))


@pytest.fixture
def house(world) -> Element:
    """A unit of the east: it shows no names."""
    return world.elements("UNIT")[0]


@pytest.fixture
def officer(world):
    return world.users["officer-1"]


def test_a_picture_is_stored_encrypted_with_row_and_audit(house, officer):
    photo = add(house, officer, caption="  大门   正面 ")

    assert (photo.width_px, photo.height_px, photo.caption, photo.uploaded_by_id) == (60, 40, "大门 正面", officer.pk)
    assert shown(read_photo(photo)).size == shown(read_photo(photo, is_thumb=True)).size == (60, 40)
    assert photo.size_bytes == len(read_photo(photo))
    assert all(b"JFIF" not in path.read_bytes() for path in PHOTO_STORE.folder.iterdir())
    assert (verbs(), str(photo)) == (["PHOTO_ADDED"], f"#{photo.pk}")


def test_the_same_file_twice_is_one_picture(house, officer, world):
    first, again = add(house, officer), add(house, world.users["brigade"], caption="再传")
    other = add(world.elements("UNIT")[1], world.users["brigade"])

    assert again.pk == first.pk and again.caption == ""
    assert other.pk != first.pk and len(files()) == 2
    assert verbs() == ["PHOTO_ADDED", "PHOTO_ADDED"]


@pytest.mark.parametrize("name", ["analyst", "auditor", "admin", "station-1", "nobody"])
def test_who_neither_corrects_nor_proposes_adds_nothing(house, world, name):
    with pytest.raises(NotAllowed):
        add(house, world.users[name])

    assert (Photo.objects.count(), files(), verbs()) == (0, set(), [])


def test_a_foreign_element_and_a_missing_one_are_the_same(house, world):
    for element in (house, Element(pk=999_999_999)):
        with pytest.raises(NotVisible):
            add(element, world.users["officer-2"])

    assert (Photo.objects.count(), files()) == (0, set())


@pytest.mark.parametrize(
    ("taken", "offset", "stored"),
    [
        ("2026:11:20 08:30:00", None, datetime(2026, 11, 20, 0, 30, tzinfo=UTC)),
        ("2026:11:20 08:30:00", "+00:00", datetime(2026, 11, 20, 8, 30, tzinfo=UTC)),
        ("2031:01:01 00:00:00", None, None),
        ("1970:01:01 00:00:00", None, None),
    ],
)
def test_the_time_of_the_camera_is_local_unless_it_says_so_and_never_in_the_future(
    house, officer, taken, offset, stored
):
    assert add(house, officer, two_halves(exif=exif(taken=taken, offset=offset))).taken_at == stored


def test_sixty_pictures_are_enough(house, officer):
    rows = [
        Photo(element=house, received_hash=bytes([n] * 16), content_hash=bytes([n] * 16), width_px=1, height_px=1,
              size_bytes=1, uploaded_at=NOW)
        for n in range(60)
    ]  # fmt: skip
    Photo.objects.bulk_create(rows)

    with pytest.raises(Conflict) as refused:
        add(house, officer)

    assert (refused.value.code, Photo.objects.count(), verbs()) == ("PHOTO_LIMIT", 60, [])
    Photo.objects.filter(received_hash=bytes(16)).update(removed_at=NOW)
    assert add(house, officer).pk


def test_remove_and_restore(house, officer):
    photo = add(house, officer)
    remove_photo(token=photo.token, actor=officer, now=LATER)
    with pytest.raises(NotVisible):
        visible_photo(photo.token, officer)
    with pytest.raises(NotVisible):
        remove_photo(token=photo.token, actor=officer, now=LATER)
    assert photos_of(house.pk, officer) == []
    restore_photo(token=photo.token, actor=officer, now=LATER)

    assert [one.pk for one in photos_of(house.pk, officer)] == [photo.pk]
    assert verbs() == ["PHOTO_ADDED", "PHOTO_REMOVED", "PHOTO_RESTORED"]


def test_what_came_again_is_not_restored_twice(house, officer):
    photo = add(house, officer)
    remove_photo(token=photo.token, actor=officer, now=LATER)
    again = add(house, officer)

    with pytest.raises(Conflict) as refused:
        restore_photo(token=photo.token, actor=officer, now=LATER)

    assert refused.value.code == "PHOTO_AGAIN"
    assert [one.pk for one in photos_of(house.pk, officer)] == [again.pk]


def test_a_turn_writes_the_picture_anew_and_four_turns_are_none(house, officer):
    photo = add(house, officer, two_halves(quality=95))
    once = rotate_photo(token=photo.token, turn_deg=90, actor=officer, now=LATER)

    assert (once.width_px, once.height_px) == (40, 60)
    assert shown(read_photo(once)).getpixel((20, 5))[0] > 220
    for _ in range(3):
        last = rotate_photo(token=photo.token, turn_deg=90, actor=officer, now=LATER)
    assert (last.width_px, last.height_px) == (60, 40)
    assert shown(read_photo(last)).getpixel((5, 20))[0] > 220
    # Sent again it is still the same picture.
    assert add(house, officer, two_halves(quality=95)).pk == photo.pk
    with pytest.raises(DomainError):
        rotate_photo(token=photo.token, turn_deg=45, actor=officer, now=LATER)


def test_a_caption_is_kept_to_its_length_and_written_once(house, officer):
    photo = add(house, officer)
    for _ in range(2):
        assert caption_photo(token=photo.token, caption="路口北侧", actor=officer, now=LATER).caption == "路口北侧"
    with pytest.raises(DomainError) as refused:
        caption_photo(token=photo.token, caption="长" * 121, actor=officer, now=LATER)

    photo.refresh_from_db()
    assert (photo.caption, refused.value.code) == ("路口北侧", "PHOTO_CAPTION")
    assert verbs() == ["PHOTO_ADDED", "PHOTO_CAPTIONED"]


ACTS = {
    "remove": lambda token, actor: remove_photo(token=token, actor=actor, now=LATER),
    "rotate": lambda token, actor: rotate_photo(token=token, turn_deg=90, actor=actor, now=LATER),
    "caption": lambda token, actor: caption_photo(token=token, caption="别人的", actor=actor, now=LATER),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("name", "error"), [("officer-2", NotVisible), ("analyst", NotAllowed), ("coordinator-1", NotAllowed)]
)
def test_who_may_not_change_a_picture_changes_nothing(house, officer, world, act, name, error):
    photo = add(house, officer)
    before = Photo.objects.values().get()

    with pytest.raises(error):
        ACTS[act](photo.token, world.users[name])

    assert Photo.objects.values().get() == before
    assert verbs() == ["PHOTO_ADDED"]


def test_who_proposes_changes_the_own_picture(house, world):
    coordinator = world.users["coordinator-1"]
    photo = add(house, coordinator)

    assert remove_photo(token=photo.token, actor=coordinator, now=LATER).removed_by_id == coordinator.pk


def test_who_may_not_read_names_sees_only_the_own_pictures_of_persons(world):
    unit = world.elements("UNIT")[0]
    driver = next(one for one in world.elements("PERSON") if one.block_id == world.blocks["east"].pk)
    assistant = world.users["assistant-1"]
    for element in (driver, unit):
        add(element, world.users["officer-1"])
    own = add(driver, assistant, picture())

    assert [photo.pk for photo in photos_of(driver.pk, assistant)] == [own.pk]
    assert len(photos_of(driver.pk, world.users["coordinator-1"])) == 2
    assert len(photos_of(unit.pk, assistant)) == 1


def test_the_sweep_takes_what_no_row_names_and_what_was_removed_long_ago(house, officer):
    kept, gone = add(house, officer), add(house, officer, picture())
    PHOTO_STORE.put(b"orphan")
    (PHOTO_STORE.folder / "x.1.part").write_bytes(b"draft")
    assert sweep_photos(now=datetime.now(UTC)) == 0
    assert sweep_photos(now=datetime.now(UTC) + timedelta(minutes=16)) == 2
    remove_photo(token=gone.token, actor=officer, now=NOW)
    assert sweep_photos(now=NOW + timedelta(days=30)) == 0
    assert sweep_photos(now=NOW + timedelta(days=365)) == 2

    assert shown(read_photo(kept)).size == (60, 40)
    with pytest.raises(Conflict):
        restore_photo(token=gone.token, actor=officer, now=NOW + timedelta(days=31))


def test_two_rows_of_one_content_share_a_file_and_the_file_stays_for_the_other(world):
    brigade = world.users["brigade"]
    first, second = (add(element, brigade) for element in world.elements("UNIT"))
    remove_photo(token=first.token, actor=brigade, now=NOW)

    assert sweep_photos(now=datetime.now(UTC) + timedelta(days=365)) == 0
    assert shown(read_photo(second)).size == (60, 40)


def test_no_transaction_waits_for_the_child(house, officer, monkeypatch):
    """The lock of an element is not held while a picture is decoded."""
    states = []
    real = photos.write_picture_anew
    outside = len(connection.savepoint_ids)
    monkeypatch.setattr(
        photos, "write_picture_anew", lambda data: states.append(len(connection.savepoint_ids)) or real(data)
    )
    add(house, officer)

    assert states == [outside]
