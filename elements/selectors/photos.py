"""Pictures as a reader may see them: with their element, and never more than what the reader may read in writing."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.errors import NotVisible
from common.scope import Actor
from elements.choices import ElementKind
from elements.models import Element, Photo
from elements.selectors.masking import may_read_names

# Farther away than this, a picture may show something else: a judgement of ours, wider than any junction or yard.
FAR_M = 500
# A picture of these shows names or plates, which cannot be masked in it.
_NAMING_KINDS = (ElementKind.PERSON, ElementKind.VEHICLE)


def visible_photos(user: Actor) -> QuerySet[Photo]:
    """Standing pictures of visible elements; who may not read names sees only the own ones of persons and vehicles."""
    photos = Photo.objects.filter(element__in=Element.objects.visible_to(user), removed_at__isnull=True)
    if may_read_names(user):
        return photos
    return photos.filter(~Q(element__kind__in=_NAMING_KINDS) | Q(uploaded_by_id=user.pk))


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
