"""Foreign pictures written anew as plain JPEG, in a process of its own: what comes out was drawn by us, pixel by pixel.

Two walls stand before the first byte is parsed: 512 MiB and 20 s; and no further file descriptor. Position and time are
taken out of the file and everything else in it (EXIF, profiles, comments, what hangs behind) is left behind. No Django
here: the child imports nothing but this and Pillow.

Source: trust C7 (images are re-encoded, `MAX_IMAGE_PIXELS`, warning is error, EXIF dropped, HEIC refused).
"""

from __future__ import annotations

import io
import json
import math
import resource
import struct
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from PIL import (
    Image,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from common.errors import DomainError

CPU_SECONDS = 20
MEMORY_BYTES = 512 * 2**20
MAX_PIXELS = 40_000_000
LONGEST_SIDE_PX = 2048
THUMB_SIDE_PX = 320
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP")
TURNS = {
    0: None,
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
# Source: EXIF 2.32, tag Orientation.
_ORIENTATIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip
# Pillow imports some of these only once a file asks for them: then nothing can be opened any more.
_LOADED = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_TAKEN, _TAKEN_OFFSET = 0x9003, 0x9011
# What Pillow and the arithmetic below may raise on broken tags: the picture is good all the same.
_BROKEN_TAGS = (
    ArithmeticError, AttributeError, EOFError, LookupError, OSError, SyntaxError, TypeError, ValueError, struct.error,
)  # fmt: skip
# What Pillow raises on a file that ends early or contradicts itself.
_BROKEN_PICTURE = (
    ArithmeticError, EOFError, LookupError, OSError, SyntaxError, TypeError, ValueError, struct.error,
)  # fmt: skip


def write_anew(data: bytes, turn_deg: int) -> dict[str, Any]:
    """The picture upright, at most 2048 px, as JPEG, with its thumbnail; `turn_deg` turns it clockwise besides.

    Returns:
        `width_px, height_px, taken_at` (ISO without zone, or with the camera's offset), `lon, lat`, `picture`, `thumb`.

    Raises:
        DomainError: too many pixels, or damaged.
    """
    picture, facts = opened_picture(data, turn_deg)
    return facts | encoded(picture)


def opened_picture(data: bytes, turn_deg: int) -> tuple[Image.Image, dict[str, Any]]:
    """The picture upright, small and in plain colours, and what the camera said.

    Raises:
        DomainError: too many pixels, or damaged.
    """
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            return _upright(opened, turn_deg), facts_of(opened)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DomainError("PHOTO_PIXELS", "照片超过 4000 万像素。请在手机或电脑上缩小后再上传。") from error
    except MemoryError as error:
        raise DomainError("PHOTO_PIXELS", "照片的像素太多，处理不了。请缩小到 1200 万像素以内再上传。") from error
    except (UnidentifiedImageError, *_BROKEN_PICTURE) as error:
        raise DomainError("PHOTO_DAMAGED", "照片文件损坏或不完整，请重新拍摄，或从手机重新传一次原图。") from error


def encoded(picture: Image.Image) -> dict[str, Any]:
    """Size, JPEG and JPEG of the thumbnail."""
    thumb = picture.copy()
    thumb.thumbnail((THUMB_SIDE_PX, THUMB_SIDE_PX), Image.Resampling.LANCZOS)
    return {
        "width_px": picture.width,
        "height_px": picture.height,
        "picture": _jpeg(picture, QUALITY),
        "thumb": _jpeg(thumb, 80),
    }


def _upright(opened: Image.Image, turn_deg: int) -> Image.Image:
    """Small first, then turned and flattened: the memory is that of one decoded picture."""
    opened.draft("L" if opened.mode == "L" else "RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    opened.load()
    picture = _in_bands(_in_plain_mode(opened))
    picture.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.LANCZOS)
    for turn in (_turn_of_camera(opened), TURNS[turn_deg]):
        picture = picture if turn is None else picture.transpose(turn)
    if picture.mode in {"LA", "RGBA"}:
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture.getchannel("A"))
        return paper
    return picture.convert("RGB")


def _in_plain_mode(opened: Image.Image) -> Image.Image:
    """L, LA, RGB, RGBA or CMYK: modes that can be made smaller; sixteen bits become eight, a palette becomes colours."""
    if opened.mode.startswith("I"):
        return opened.convert("I").point(lambda value: value / 256).convert("L")
    if opened.mode in {"L", "LA", "RGB", "RGBA", "CMYK"}:
        return opened
    return opened.convert("L" if opened.mode in {"1", "F"} else "RGBA")


def _in_bands(whole: Image.Image) -> Image.Image:
    """About twice the size that is wanted, band by band: made smaller in one piece, what has an alpha channel is held twice."""
    factor = max(whole.size) // (2 * LONGEST_SIDE_PX)
    if whole.mode not in {"LA", "RGBA"} or factor < 2:
        return whole
    smaller = Image.new(whole.mode, (-(-whole.width // factor), -(-whole.height // factor)))
    step = 64 * factor
    for top in range(0, whole.height, step):
        band = whole.crop((0, top, whole.width, min(top + step, whole.height)))
        smaller.paste(band.reduce(factor), (0, top // factor))
    return smaller


def _turn_of_camera(opened: Image.Image) -> Image.Transpose | None:
    try:
        return _ORIENTATIONS.get(opened.getexif().get(0x0112))
    except _BROKEN_TAGS:
        return None


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    # Pillow writes a comment or a profile of the file it came from along with the pixels.
    picture.info = {}
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality, optimize=True, exif=b"")
    return stream.getvalue()


def facts_of(opened: Image.Image) -> dict[str, Any]:
    """Time and position of the camera; None where the tags are missing, broken or absurd."""
    facts: dict[str, Any] = {"taken_at": None, "lon": None, "lat": None}
    with suppress(*_BROKEN_TAGS):
        facts["taken_at"] = _taken_at(opened.getexif().get_ifd(_EXIF_IFD))
    with suppress(*_BROKEN_TAGS):
        facts["lon"], facts["lat"] = _position(opened.getexif().get_ifd(_GPS_IFD)) or (None, None)
    return facts


def _taken_at(tags: dict[int, Any]) -> str | None:
    text = str(tags.get(_TAKEN) or "").strip("\x00 ")
    if not text:
        return None
    # Not `strptime`: it reads a module from disk when first called, and nothing can be opened any more.
    taken = datetime.fromisoformat(f"{text[:10].replace(':', '-')}T{text[11:]}").replace(tzinfo=None)
    offset = str(tags.get(_TAKEN_OFFSET) or "").strip("\x00 ")
    try:
        return datetime.fromisoformat(f"{taken.isoformat()}{offset}").isoformat()
    except ValueError:
        return taken.isoformat()


def _position(tags: dict[int, Any]) -> tuple[float, float] | None:
    """(longitude, latitude) of GPS tags 1 to 4; None when there is none, or none on Earth, or the null island."""
    if not tags.get(2) or not tags.get(4):
        return None
    lat = _degrees(tags[2]) * (-1 if str(tags.get(1, "N")).upper().startswith("S") else 1)
    lon = _degrees(tags[4]) * (-1 if str(tags.get(3, "E")).upper().startswith("W") else 1)
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return None
    return None if abs(lat) < 1e-6 and abs(lon) < 1e-6 else (round(lon, 7), round(lat, 7))


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    if not (0 <= minutes < 60 and 0 <= seconds < 60 and degrees >= 0):
        raise ValueError("no angle")
    return degrees + minutes / 60 + seconds / 3600


def set_limits() -> None:
    """Time and memory of this process; it writes no file, opens none and leaves no core."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    Image.preinit()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def main() -> None:
    """Entry of the child: degrees to turn in its arguments, a picture on stdin; a line of JSON and two JPEGs on stdout."""
    set_limits()
    answer_with(lambda: write_anew(sys.stdin.buffer.read(), int(sys.argv[1])))


def answer_with(write: Callable[[], dict[str, Any]]) -> None:
    """Writes what the child has to say: a line of JSON and two JPEGs, or why it refused."""
    try:
        answer = write()
    except DomainError as refused:
        sys.stdout.write(json.dumps({"refused": refused.code, "message": refused.message}) + "\n")
        return
    picture, thumb = answer.pop("picture"), answer.pop("thumb")
    sys.stdout.buffer.write(json.dumps(answer | {"picture_bytes": len(picture)}).encode() + b"\n" + picture + thumb)
