"""What the tab of pictures shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from accounts.models import User
from elements.models import Element, Photo
from elements.photo_notes import MAX_NOTE_TEXT, MAX_NOTES
from elements.selectors.photos import photos_of, place_check, with_copies_first
from elements.services.photos import MAX_CAPTION, PHOTOS_PER_ELEMENT, may_change, may_write


@dataclass(frozen=True, slots=True)
class PhotoCard:
    """A picture in the gallery; `version` changes with its content, so that a turned picture is fetched anew.

    `original` is set on a copy with notes whose original the reader sees too; `has_copies` on that original.
    """

    photo: Photo
    who: str
    level: str
    place: str | Promise
    may_change: bool
    version: str
    original: Photo | None
    has_copies: bool


def gallery(element_id: int, user: Any) -> dict[str, Any]:
    """Context of `console/photo_gallery.html`: two queries."""
    photos = photos_of(element_id, user)
    names = dict(
        User.objects.filter(pk__in={one.uploaded_by_id for one in photos}).values_list("pk", "display_name")
    )  # fmt: skip
    return {
        "element_id": element_id,
        "photo_cards": [_card(*one, names, user) for one in with_copies_first(photos)],
        "photo_limit": PHOTOS_PER_ELEMENT,
        "max_caption": MAX_CAPTION,
        "max_notes": MAX_NOTES,
        "max_note_text": MAX_NOTE_TEXT,
        "may_add": may_write(user),
    }


def _card(photo: Photo, original: Photo | None, has_copies: bool, names: dict[int, str], user: Any) -> PhotoCard:
    level, place = place_check(photo)
    return PhotoCard(
        photo=photo,
        who=names.get(photo.uploaded_by_id or 0, ""),
        level=level,
        place=place,
        may_change=may_change(photo, user),
        version=bytes(photo.content_hash).hex()[:8],
        original=original,
        has_copies=has_copies,
    )


def photo_panel(element: Element, user: Any) -> dict[str, Any]:
    """Context of the tab."""
    return gallery(element.pk, user)
