"""Pictures as a reader may see them: with their element, and never more than what the reader may read in writing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import BinaryField, Exists, F, Func, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.errors import NotVisible
from common.scope import Actor
from elements.choices import ElementKind
from elements.models import Element, Photo
from elements.selectors.masking import may_read_names

# Farther away than this, a picture may show something else: a judgement of ours, wider than any junction or yard.
FAR_M = 500
# Of a picture's token: the hash of what a copy with notes was made from begins with as many.
KEY_BYTES = 8
# A picture of these shows names or plates, which cannot be masked in it.
_NAMING_KINDS = (ElementKind.PERSON, ElementKind.VEHICLE)


def visible_photos(user: Actor) -> QuerySet[Photo]:
    """Standing pictures of visible elements; who may not read names sees only the own ones of persons and vehicles.

    Nor does he or she see a picture of others of which there is a copy with notes: the copy may hide faces and plates.
    """
    photos = Photo.objects.filter(element__in=Element.objects.visible_to(user), removed_at__isnull=True)
    if may_read_names(user):
        return photos
    shown = ~Q(element__kind__in=_NAMING_KINDS) & ~Exists(_copies())
    return photos.filter(shown | Q(uploaded_by_id=user.pk))


def _copies() -> QuerySet[Photo]:
    """Standing copies with notes of the outer picture."""
    copies = Photo.objects.filter(element_id=OuterRef("element_id"), removed_at__isnull=True)
    return copies.annotate(key=_first_bytes("received_hash"), wanted=_key_of_outer()).filter(key=F("wanted"))


def _first_bytes(name: str) -> Func:
    return Func(F(name), 1, KEY_BYTES, function="substr", output_field=BinaryField())


def _key_of_outer() -> Func:
    sent = Func(OuterRef("token"), function="uuid_send", output_field=BinaryField())
    return Func(sent, 1, KEY_BYTES, function="substr", output_field=BinaryField())


def original_of(photo: Photo, others: Mapping[bytes, Photo]) -> Photo | None:
    """The picture that this one is a copy of, among `others` by the first half of their tokens."""
    found = others.get(bytes(photo.received_hash)[:KEY_BYTES])
    return found if found is not None and found.pk != photo.pk else None


def with_copies_first(photos: Iterable[Photo]) -> list[tuple[Photo, Photo | None, bool]]:
    """(picture, its original, whether copies of it come before it): each original right behind its copies, else as given."""
    photos = list(photos)
    by_key = {one.token.bytes[:KEY_BYTES]: one for one in photos}
    originals = {one.pk: original_of(one, by_key) for one in photos}
    copied = {found.pk for found in originals.values() if found is not None}
    result: list[tuple[Photo, Photo | None, bool]] = []
    placed: set[int] = set()
    for photo in photos:
        first = originals[photo.pk] or photo
        if first.pk in placed:
            continue
        placed.add(first.pk)
        result += [(one, first, False) for one in photos if originals[one.pk] is first]
        result.append((first, None, first.pk in copied))
    return result


def photos_of(element_id: int, user: Actor) -> list[Photo]:
    """Pictures of an element, the newest first: one query."""
    return list(visible_photos(user).filter(element_id=element_id).order_by("-uploaded_at", "-pk"))


def visible_photo(token: str, user: Actor) -> Photo:
    """The picture with that token.

    Raises:
        NotVisible: there is none, it was removed, or its element is outside the scope.
    """
    photo = visible_photos(user).filter(token=token).first()
    if photo is None:
        raise NotVisible
    return photo


def place_check(photo: Photo) -> tuple[str, str | Promise]:
    """Level of a badge and its words: whether the camera stood where the element is."""
    if photo.position is None:
        return "idle", _("无定位")
    if photo.distance_m is None:
        return "idle", _("要素无位置，无法核对拍摄位置")
    words = _("拍摄位置距要素 %(distance)s 米") % {"distance": photo.distance_m}
    return ("warn" if photo.distance_m > FAR_M else "ok"), words
