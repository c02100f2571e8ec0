"""What the tab of pictures shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from accounts.models import User
from elements.models import Element, Photo
from elements.selectors.photos import photos_of, place_check
from elements.services.photos import MAX_CAPTION, PHOTOS_PER_ELEMENT, may_change, may_write


@dataclass(frozen=True, slots=True)
class PhotoCard:
    """A picture in the gallery; `version` changes with its content, so that a turned picture is fetched anew."""

    photo: Photo
    who: str
    level: str
    place: str | Promise
    may_change: bool
    version: str


def gallery(element_id: int, user: Any) -> dict[str, Any]:
    """Context of `console/photo_gallery.html`: two queries."""
    photos = photos_of(element_id, user)
    names = dict(
        User.objects.filter(pk__in={one.uploaded_by_id for one in photos}).values_list("pk", "display_name")
    )  # fmt: skip
    return {
        "element_id": element_id,
        "photo_cards": [_card(photo, names, user) for photo in photos],
        "photo_limit": PHOTOS_PER_ELEMENT,
        "max_caption": MAX_CAPTION,
        "may_add": may_write(user),
    }


def _card(photo: Photo, names: dict[int, str], user: Any) -> PhotoCard:
    level, place = place_check(photo)
    return PhotoCard(
        photo=photo,
        who=names.get(photo.uploaded_by_id or 0, ""),
        level=level,
        place=place,
        may_change=may_change(photo, user),
        version=bytes(photo.content_hash).hex()[:8],
    )


def photo_panel(element: Element, user: Any) -> dict[str, Any]:
    """Context of the tab."""
    return gallery(element.pk, user)
