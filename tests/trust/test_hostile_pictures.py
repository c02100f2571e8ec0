"""Trust 27, pictures: hostile files are refused with their code within limits, in a child that can open nothing."""

from __future__ import annotations

import io
import resource
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from functools import partial

import pytest

from common.closed_child import ENVIRONMENT, ROOT
from common.errors import DomainError
from elements.pictures import MEMORY_BYTES
from elements.services.picture_child import write_picture_anew
from tests.factories.pictures import chunk, exif, picture, png_of, shown, two_halves

MAX_SECONDS = 20


def zip_bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", b"\x00" * 50_000_000)
    return stream.getvalue()


def rows(width: int, height: int, samples: int) -> bytes:
    return b"\x00" * (width * samples + 1) * height


def png_of_700_mib() -> bytes:
    return png_of(16_000, 15_300, depth=8, colour=2, rows=rows(16_000, 15_300, 3))


def text_bomb() -> bytes:
    """A good PNG with a compressed text of 200 MB."""
    deflate = zlib.compressobj(9)
    packed = b"".join(deflate.compress(b"\x00" * 2_000_000) for _ in range(100)) + deflate.flush()
    return png_of(4, 4, depth=8, colour=2, rows=rows(4, 4, 3), extra=chunk(b"zTXt", b"k\x00\x00" + packed))


def jpeg_that_claims(width: int, height: int) -> bytes:
    """A small JPEG whose header says another size."""
    data = bytearray(two_halves())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


# What takes long to make is made by its test: every run of any test reads this file.
HOSTILE = {
    "empty": (b"", "PHOTO_EMPTY"),
    "zip-bomb-named-jpg": (zip_bomb, "PHOTO_KIND"),
    "png-700-MiB": (png_of_700_mib, "PHOTO_PIXELS"),
    "png-huge-header": (png_of(2**31 - 1, 2**31 - 1, depth=8, colour=2, rows=b"\x00"), "PHOTO_PIXELS"),
    "png-just-over": (partial(picture, "1", (8001, 5000), "PNG"), "PHOTO_PIXELS"),
    "png-no-rows": (png_of(60, 40, depth=8, colour=2, rows=b""), "PHOTO_DAMAGED"),
    "png-text-bomb": (text_bomb, "PHOTO_DAMAGED"),
    "png-zero": (png_of(0, 0, depth=8, colour=2, rows=b""), "PHOTO_DAMAGED"),
    "png-odd-depth": (png_of(4, 4, depth=7, colour=2, rows=b"\x00" * 52), "PHOTO_DAMAGED"),
    "jpeg-claims-65500": (jpeg_that_claims(65_500, 65_500), "PHOTO_PIXELS"),
    "jpeg-truncated": (two_halves(quality=95)[:-300], "PHOTO_DAMAGED"),
    "jpeg-head-only": (b"\xff\xd8\xff\xe0", "PHOTO_DAMAGED"),
    "jpeg-noise": (b"\xff\xd8\xff" + bytes(range(256)) * 400, "PHOTO_DAMAGED"),
    "webp-truncated": (picture("RGB", (900, 900), "WEBP", fill=(9, 99, 9))[:120], "PHOTO_DAMAGED"),
    "webp-head-only": (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "PHOTO_DAMAGED"),
    "riff-wave": (b"RIFF\x10\x00\x00\x00WAVEfmt ", "PHOTO_KIND"),
    "svg-script": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "PHOTO_KIND"),
    "svg-entities": (b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><svg>&b;</svg>", "PHOTO_KIND"),
    "html": (b"\xef\xbb\xbf <html><script>alert(1)</script>", "PHOTO_KIND"),
    "pdf": (b"%PDF-1.4 /JS (app.alert(1))", "PHOTO_KIND"),
    "gif": (picture("P", form="GIF"), "PHOTO_KIND"),
    "tiff": (picture(form="TIFF"), "PHOTO_KIND"),
    "bmp": (picture(form="BMP"), "PHOTO_KIND"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run", "PHOTO_KIND"),
    "elf": (b"\x7fELF\x02\x01\x01", "PHOTO_KIND"),
    "heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "PHOTO_KIND"),
    "over-20-MiB": (two_halves() + b"\x00" * 20 * 2**20, "PHOTO_TOO_LARGE"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pictures_are_refused_with_their_code(name):
    data, code = HOSTILE[name]
    if callable(data):
        data = data()
    started = time.monotonic()

    with pytest.raises(DomainError) as refused:
        write_picture_anew(data)

    assert refused.value.code == code
    assert refused.value.message.endswith("。")
    assert time.monotonic() - started < MAX_SECONDS


GOOD = {
    "jpeg": two_halves(),
    "png": two_halves("PNG"),
    "webp": two_halves("WEBP", lossless=True),
    "progressive": two_halves(progressive=True),
    "broken-exif": two_halves(exif=b"Exif\x00\x00" + b"\xff" * 400),
    "absurd-position": two_halves(exif=exif(gps={1: "N", 2: (95, 0, 0), 3: "E", 4: (400, 0, 0)})),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_twins_are_accepted(name):
    got = write_picture_anew(GOOD[name])

    assert shown(got.jpeg).size == (got.width_px, got.height_px)
    assert got.position is None


@pytest.mark.parametrize("size", [(8000, 5000), (5000, 8000)])
@pytest.mark.parametrize(
    ("mode", "form"), [("RGB", "JPEG"), ("CMYK", "JPEG"), ("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("I;16", "PNG")]
)
def test_forty_million_pixels_fit_into_the_memory_of_the_child(mode, form, size):
    got = write_picture_anew(picture(mode, size, form))

    assert max(got.width_px, got.height_px) == 2048
    assert MEMORY_BYTES == 512 * 2**20


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", zip_bomb()[:4000], b"<?php system('id'); ?>"])
def test_what_hangs_behind_a_picture_is_not_stored(form, tail):
    got = write_picture_anew(two_halves(form) + tail)

    assert tail[:20] not in got.jpeg and tail[:20] not in got.thumb


def test_a_script_in_a_comment_is_not_stored():
    got = write_picture_anew(two_halves(comment=b"<script>alert(1)</script>"))

    assert b"script" not in got.jpeg


def test_the_child_can_open_nothing_and_lives_within_its_limits():
    """The walls themselves: after `set_limits` no file opens, and the limits stand."""
    code = """
import sys; sys.path.append(sys.argv[2])
import resource, socket
from elements import pictures
pictures.set_limits()
told = [resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_FSIZE)]
for attempt in (lambda: open("/etc/passwd"), lambda: socket.socket()):
    try: attempt(); told.append("opened")
    except OSError as error: told.append(error.errno)
print(told)
"""
    child = subprocess.run(
        [sys.executable, "-I", "-c", code, "0", str(ROOT)], capture_output=True, text=True, check=True, timeout=60,
        env=ENVIRONMENT,
    )  # fmt: skip

    assert child.stdout.strip() == "[(0, 0), (0, 0), 24, 24]"


def test_a_picture_does_not_grow_the_parent():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    write_picture_anew(picture("RGBA", (8000, 5000), "PNG"))

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
