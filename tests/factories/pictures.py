"""Pictures in memory, good and hostile; all drawn here."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

EXIF_IFD, GPS_IFD = 0x8769, 0x8825
CAMERA = "SentinelCamera-7f3a"


def picture(
    mode: str = "RGB", size: tuple[int, int] = (60, 40), form: str = "JPEG", fill: Any = 0, **saved: Any
) -> bytes:
    """A picture of one colour."""
    stream = io.BytesIO()
    Image.new(mode, size, fill).save(stream, form, **saved)
    return stream.getvalue()


def two_halves(form: str = "JPEG", **saved: Any) -> bytes:
    """60 × 40: red on the left, blue on the right."""
    stream = io.BytesIO()
    image = Image.new("RGB", (60, 40), (255, 0, 0))
    image.paste((0, 0, 255), (30, 0, 60, 40))
    image.save(stream, form, **saved)
    return stream.getvalue()


def exif(
    *,
    position: tuple[float, float] | None = None,
    taken: str | None = None,
    offset: str | None = None,
    orientation: int | None = None,
    gps: dict[int, Any] | None = None,
) -> bytes:
    """EXIF of a camera at (longitude, latitude); `gps` sets tags as they are."""
    tags = Image.Exif()
    if orientation is not None:
        tags[0x0112] = orientation
    tags[0x010F] = CAMERA
    if taken is not None:
        tags.get_ifd(EXIF_IFD)[0x9003] = taken
    if offset is not None:
        tags.get_ifd(EXIF_IFD)[0x9011] = offset
    if position is not None:
        lon, lat = position
        gps = {1: "N" if lat >= 0 else "S", 2: angle(abs(lat)), 3: "E" if lon >= 0 else "W", 4: angle(abs(lon))}
    for tag, value in (gps or {}).items():
        tags.get_ifd(GPS_IFD)[tag] = value
    return tags.tobytes()


def angle(value_deg: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Degrees, minutes, seconds as a camera writes them."""
    minutes, seconds = divmod(round(value_deg * 3_600_000), 60_000)
    degrees, minutes = divmod(minutes, 60)
    return IFDRational(degrees, 1), IFDRational(minutes, 1), IFDRational(seconds, 1000)


def shown(jpeg: bytes) -> Image.Image:
    """The picture as a reader sees it."""
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(width: int, height: int, *, depth: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG with a header that says what it likes; `rows` are filter bytes and samples, not compressed yet."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + extra
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )
