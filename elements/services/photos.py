"""Pictures of elements: taken in, turned, described, taken away and put back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.utils import timezone

from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.files import FileStore
from common.geometry import SRID
from common.scope import Actor, Right
from elements.models import Element, Photo
from elements.photo_notes import Note
from elements.selectors.photos import KEY_BYTES, visible_photo
from elements.services.picture_child import Picture, check_picture_file, draw_notes_on, write_picture_anew

PHOTOS_PER_ELEMENT = 60
MAX_CAPTION = 120
# How the caption of a copy with notes begins.
COPY_MARK, UNNAMED_COPY = "标注：", "标注版"
# A removed picture can be put back for so long; then its file goes.
KEPT_AFTER_REMOVAL = timedelta(days=30)
PHOTO_STORE = FileStore(purpose="photo", folder_name="photos")
_TABLE = "elements_photo"
_DISTANCE = """
    SELECT round(ST_Distance(coalesce(r.line, e.point)::geography, ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography))
    FROM elements_element e LEFT JOIN elements_road r ON r.element_id = e.id WHERE e.id = %s"""


def thumb_name(content_hash: bytes) -> str:
    """Name of the thumbnail in the store: it lies beside its picture."""
    return f"{bytes(content_hash).hex()}.thumb"


def add_photo(*, element_id: int, data: bytes, name: str, caption: str = "", actor: Actor, now: datetime) -> Photo:
    """Takes a picture in: written anew by the child, stored, then its row. Sent twice it is one picture.

    `name` is that of the sender's file. It says nothing true about the content and is not kept.

    Raises:
        NotAllowed: the user neither corrects nor proposes.
        NotVisible: the element is outside the scope.
        DomainError: no picture of ours, damaged, too large, caption too long, or the element has its number.
    """
    del name
    _require_writer(actor)
    _visible(element_id, actor)
    caption = _checked_caption(caption)
    check_picture_file(data)
    received = PHOTO_STORE.hash_of(data)
    known = _standing(element_id, received)
    if known is not None:
        return known
    picture = write_picture_anew(data)
    content_hash = _store(picture)
    with transaction.atomic():
        _lock_element(element_id)
        known = _standing(element_id, received)
        if known is not None:
            return known
        _require_room(element_id)
        photo = Photo.objects.create(
            element_id=element_id, received_hash=received, caption=caption, uploaded_by_id=actor.pk, uploaded_at=now,
            **_facts(element_id, picture, now), **_content(picture, content_hash),
        )  # fmt: skip
        _audit(photo, actor, now, verb="PHOTO_ADDED")
    return photo


def annotate_photo(*, token: str, notes: Sequence[Note], actor: Actor, now: datetime) -> Photo:
    """Adds a copy of a picture with notes drawn into it; the picture itself stays. The same notes twice are one copy.

    `received_hash` of the copy begins with the first half of the original's token: that is how the two belong together.
    A copy of a copy belongs to the same original.

    Raises:
        NotAllowed, NotVisible: as `remove_photo`, and a picture that the user may not see is not there.
        Conflict: the element has its number of pictures.
        DomainError: there is no font for a text.
    """
    _require_writer(actor)
    photo = visible_photo(token, actor)
    if not may_change(photo, actor):
        raise NotAllowed("只能标注自己上传的照片。")
    picture = draw_notes_on(read_photo(photo), notes)
    said = PHOTO_STORE.hash_of(bytes(photo.content_hash) + orjson.dumps(list(notes)))
    received = _original_key(photo) + said[:KEY_BYTES]
    content_hash = _store(picture)
    with transaction.atomic():
        photo = _locked(token, actor)
        _lock_element(photo.element_id)
        known = _standing(photo.element_id, received)
        if known is not None:
            return known
        _require_room(photo.element_id)
        copy = Photo.objects.create(
            element_id=photo.element_id, received_hash=received, caption=_copy_caption(photo.caption),
            taken_at=photo.taken_at, position=photo.position, distance_m=photo.distance_m, uploaded_by_id=actor.pk,
            uploaded_at=now, **_content(picture, content_hash),
        )  # fmt: skip
        _audit(copy, actor, now, verb="PHOTO_ANNOTATED")
    return copy


def remove_photo(*, token: str, actor: Actor, now: datetime) -> Photo:
    """Takes a picture away; it can be put back for thirty days.

    Raises:
        NotAllowed: neither the right to correct nor one's own picture.
        NotVisible: there is none, or its element is outside the scope.
    """
    with transaction.atomic():
        photo = _locked(token, actor)
        photo.removed_at, photo.removed_by_id = now, actor.pk
        photo.save(update_fields=["removed_at", "removed_by_id"])
        _audit(photo, actor, now, verb="PHOTO_REMOVED")
    return photo


def restore_photo(*, token: str, actor: Actor, now: datetime) -> Photo:
    """Puts a removed picture back.

    Raises:
        NotVisible: it is not a removed one, or its element is outside the scope.
        Conflict: the same picture came again in the meantime, or its file is gone.
    """
    with transaction.atomic():
        photo = _locked(token, actor, is_removed=True)
        if photo.removed_at and photo.removed_at < now - KEPT_AFTER_REMOVAL:
            raise Conflict("PHOTO_GONE", "这张照片删除已超过 30 天，不能恢复。请重新上传。")
        _lock_element(photo.element_id)
        if _standing(photo.element_id, bytes(photo.received_hash)) is not None:
            raise Conflict("PHOTO_AGAIN", "同一张照片已重新上传，不必恢复。")
        _require_room(photo.element_id)
        photo.removed_at = photo.removed_by_id = None
        photo.save(update_fields=["removed_at", "removed_by_id"])
        _audit(photo, actor, now, verb="PHOTO_RESTORED")
    return photo


def rotate_photo(*, token: str, turn_deg: int, actor: Actor, now: datetime) -> Photo:
    """Turns a picture clockwise by 90, 180 or 270 degrees; what was stored is written anew.

    Raises:
        DomainError: another angle.
        NotAllowed, NotVisible: as `remove_photo`.
    """
    if turn_deg not in {90, 180, 270}:
        raise DomainError("PHOTO_TURN", "只能旋转 90、180 或 270 度。")
    with transaction.atomic():
        photo = _locked(token, actor)
        picture = write_picture_anew(read_photo(photo), turn_deg=turn_deg)
        for field, value in _content(picture, _store(picture)).items():
            setattr(photo, field, value)
        photo.save(update_fields=["content_hash", "width_px", "height_px", "size_bytes"])
        _audit(photo, actor, now, verb="PHOTO_ROTATED")
    return photo


def caption_photo(*, token: str, caption: str, actor: Actor, now: datetime) -> Photo:
    """Writes what the picture shows.

    Raises:
        DomainError: too long.
        NotAllowed, NotVisible: as `remove_photo`.
    """
    caption = _checked_caption(caption)
    with transaction.atomic():
        photo = _locked(token, actor)
        if photo.caption != caption:
            photo.caption = caption
            photo.save(update_fields=["caption"])
            _audit(photo, actor, now, verb="PHOTO_CAPTIONED", fields=["caption"])
    return photo


def read_photo(photo: Photo, *, is_thumb: bool = False) -> bytes:
    """The JPEG of a picture or of its thumbnail.

    Raises:
        NotVisible: the file is no longer there.
    """
    name = thumb_name(bytes(photo.content_hash)) if is_thumb else bytes(photo.content_hash).hex()
    try:
        return PHOTO_STORE.get(name)
    except FileNotFoundError as error:
        raise NotVisible from error


def sweep_photos(*, now: datetime, older_than: timedelta = timedelta(minutes=15)) -> int:
    """Removes files that no row names, or only rows that were removed long ago; returns how many."""
    rows = Photo.objects.exclude(removed_at__lt=now - KEPT_AFTER_REMOVAL)
    known = {bytes(content_hash) for content_hash in rows.values_list("content_hash", flat=True)}
    names = {one.hex() for one in known} | {thumb_name(one) for one in known}
    return PHOTO_STORE.sweep(known=names, now=now, older_than=older_than)


def may_write(actor: Actor) -> bool:
    """Whether the user may add pictures at all."""
    return bool({Right.CORRECT, Right.PROPOSE} & actor.scope.rights)


def may_change(photo: Photo, actor: Actor) -> bool:
    """Who corrects changes every picture in the scope, who proposes only the own ones."""
    if Right.CORRECT in actor.scope.rights:
        return True
    return Right.PROPOSE in actor.scope.rights and photo.uploaded_by_id == actor.pk


def _require_writer(actor: Actor) -> None:
    if not may_write(actor):
        raise NotAllowed


def _visible(element_id: int, actor: Actor) -> None:
    element = Element.objects.visible_to(actor).filter(pk=element_id).only("merged_into_id").first()
    if element is None:
        raise NotVisible
    if element.merged_into_id is not None:
        raise Conflict("ELEMENT_MERGED", "这个要素已并入另一个要素，请在并入后的要素上添加照片。")


def _locked(token: str, actor: Actor, *, is_removed: bool = False) -> Photo:
    _require_writer(actor)
    photo = (
        Photo.objects.select_for_update()
        .filter(token=token, removed_at__isnull=not is_removed, element__in=Element.objects.visible_to(actor))
        .first()
    )
    if photo is None:
        raise NotVisible
    if not may_change(photo, actor):
        raise NotAllowed("只能修改自己上传的照片。")
    return photo


def _lock_element(element_id: int) -> None:
    """One picture at a time for an element: its number is counted under this lock."""
    Element.objects.select_for_update(no_key=True).filter(pk=element_id).values_list("pk").get()


def _standing(element_id: int, received: bytes) -> Photo | None:
    return Photo.objects.filter(element_id=element_id, received_hash=received, removed_at__isnull=True).first()


def _require_room(element_id: int) -> None:
    if Photo.objects.filter(element_id=element_id, removed_at__isnull=True).count() >= PHOTOS_PER_ELEMENT:
        raise Conflict("PHOTO_LIMIT", f"每个要素最多 {PHOTOS_PER_ELEMENT} 张照片。请先删除不需要的照片，再上传。")


def _checked_caption(caption: str) -> str:
    caption = " ".join(caption.split())
    if len(caption) > MAX_CAPTION:
        raise DomainError("PHOTO_CAPTION", f"照片说明不超过 {MAX_CAPTION} 个字。")
    return caption


def _copy_caption(caption: str) -> str:
    """Names the original; a copy of a copy is called as that copy."""
    if caption == UNNAMED_COPY or caption.startswith(COPY_MARK):
        return caption
    return f"{COPY_MARK}{caption}"[:MAX_CAPTION] if caption else UNNAMED_COPY


def _original_key(photo: Photo) -> bytes:
    """First half of the original's token: of the picture itself, or of the one it is a copy of."""
    standing = Photo.objects.filter(element_id=photo.element_id)
    keys = {bytes(one.bytes[:KEY_BYTES]) for one in standing.values_list("token", flat=True)}
    own = bytes(photo.received_hash)[:KEY_BYTES]
    return own if own in keys else photo.token.bytes[:KEY_BYTES]


def _store(picture: Picture) -> bytes:
    """The thumbnail first: a picture whose row stands has both."""
    content_hash = PHOTO_STORE.hash_of(picture.jpeg)
    PHOTO_STORE.put_as(thumb_name(content_hash), picture.thumb)
    return PHOTO_STORE.put(picture.jpeg)


def _content(picture: Picture, content_hash: bytes) -> dict[str, object]:
    return {
        "content_hash": content_hash,
        "width_px": picture.width_px,
        "height_px": picture.height_px,
        "size_bytes": len(picture.jpeg),
    }


def _facts(element_id: int, picture: Picture, now: datetime) -> dict[str, object]:
    """What the camera said, where it can be true: a time that has not come is none."""
    taken = picture.taken_at
    if taken is not None and timezone.is_naive(taken):
        taken = timezone.make_aware(taken)
    if taken is not None and (taken.year < 1990 or taken > now + timedelta(days=1)):
        taken = None
    position = Point(*picture.position, srid=SRID) if picture.position else None
    distance_m = _distance_m(element_id, picture.position) if picture.position else None
    return {"taken_at": taken, "position": position, "distance_m": distance_m}


def _distance_m(element_id: int, position: tuple[float, float]) -> int | None:
    """Metres between the camera and the element's line or point; None when the element has no place."""
    with connection.cursor() as cursor:
        cursor.execute(_DISTANCE, [*position, element_id])
        row = cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _audit(photo: Photo, actor: Actor, now: datetime, *, verb: str, fields: tuple[str, ...] | list[str] = ()) -> None:
    record_audit(
        actor_id=actor.pk, verb=verb, subject_table=_TABLE, subject_id=photo.pk, fields=fields, count=1, now=now
    )  # fmt: skip
