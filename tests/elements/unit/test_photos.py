"""Pictures written anew: upright, plain, small, and nothing of the camera in them."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from common.errors import DomainError
from elements.pictures import write_anew
from elements.services.picture_child import MAX_BYTES, check_picture_file
from tests.factories.pictures import CAMERA, exif, picture, png_of, shown, two_halves

RED, BLUE = (254, 0, 0), (0, 0, 254)


def facts(data: bytes) -> tuple:
    answer = write_anew(data, 0)
    return answer["taken_at"], answer["lon"], answer["lat"]


def test_a_large_picture_is_2048_px_and_its_thumbnail_320():
    answer = write_anew(picture(size=(4000, 3000)), 0)

    assert (answer["width_px"], answer["height_px"]) == (2048, 1536)
    assert shown(answer["picture"]).size == (2048, 1536)
    assert shown(answer["thumb"]).size == (320, 240)


def test_a_small_picture_keeps_its_size():
    assert shown(write_anew(picture(), 0)["picture"]).size == (60, 40)


# Where the left, red half of the stored pixels lands; source: EXIF 2.32, Orientation.
@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [(1, (60, 40), (5, 20)), (2, (60, 40), (55, 20)), (3, (60, 40), (55, 20)), (4, (60, 40), (5, 20)), (5, (40, 60), (20, 5)),
     (6, (40, 60), (20, 5)), (7, (40, 60), (20, 55)), (8, (40, 60), (20, 55)), (99, (60, 40), (5, 20))],
)  # fmt: skip
def test_the_orientation_of_the_camera_is_applied(orientation, size, red_at):
    seen = shown(write_anew(two_halves(exif=exif(orientation=orientation), quality=95), 0)["picture"])

    assert seen.size == size
    assert seen.getpixel(red_at)[0] > 230 and seen.getpixel(red_at)[2] < 25


@pytest.mark.parametrize(
    ("turn_deg", "size", "red_at"), [(90, (40, 60), (20, 5)), (180, (60, 40), (55, 20)), (270, (40, 60), (20, 55))]
)
def test_a_turn_is_clockwise(turn_deg, size, red_at):
    seen = shown(write_anew(two_halves(quality=95), turn_deg)["picture"])

    assert seen.size == size
    assert seen.getpixel(red_at)[0] > 230


def test_time_and_position_are_read_and_nothing_of_the_camera_is_stored():
    data = two_halves(exif=exif(position=(119.945, 37.1775), taken="2026:11:20 08:30:00", offset="+08:00"))
    answer = write_anew(data, 0)

    assert (answer["taken_at"], answer["lon"], answer["lat"]) == ("2026-11-20T08:30:00+08:00", 119.945, 37.1775)
    for stored in (answer["picture"], answer["thumb"]):
        assert dict(Image.open(io.BytesIO(stored)).getexif()) == {}
        assert b"Exif" not in stored and CAMERA.encode() not in stored
    assert CAMERA.encode() in data


def test_png_and_webp_carry_exif_too():
    for form in ("PNG", "WEBP"):
        data = two_halves(form, exif=exif(position=(119.945, 37.1775), taken="2026:11:20 08:30:00"))
        assert facts(data) == ("2026-11-20T08:30:00", 119.945, 37.1775)


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (95, 0, 0), 3: "E", 4: (119, 0, 0)},
        {1: "N", 2: (37, 0, 0), 3: "E", 4: (190, 0, 0)},
        {1: "N", 2: (0, 0, 0), 3: "E", 4: (0, 0, 0)},
        {1: "N", 2: (IFDRational(37, 0), 0, 0), 3: "E", 4: (119, 0, 0)},
        {1: "N", 2: (37, 75, 0), 3: "E", 4: (119, 0, 0)},
        {1: "N", 2: (37, 10), 3: "E", 4: (119, 0)},
        {1: "N", 2: (37, 10, 0)},
        {1: "N"},
    ],
)
def test_an_absurd_position_is_none(gps):
    assert facts(two_halves(exif=exif(gps=gps, taken="2026:11:20 08:30:00"))) == ("2026-11-20T08:30:00", None, None)


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "gestern", "2026:13:40 99:99:99", " "])
def test_a_broken_time_is_none(taken):
    assert facts(two_halves(exif=exif(position=(119.945, 37.1775), taken=taken))) == (None, 119.945, 37.1775)


def test_broken_exif_does_not_spoil_the_picture():
    for broken in (b"Exif\x00\x00", b"Exif\x00\x00II*\x00\xff\xff\xff\xff", b"Exif\x00\x00" + b"\xff" * 400):
        answer = write_anew(two_halves(exif=broken), 0)
        assert (answer["taken_at"], answer["lon"], answer["width_px"]) == (None, None, 60)


@pytest.mark.parametrize(
    ("data", "colour"),
    [
        (picture("CMYK", fill=(0, 255, 255, 0)), RED),
        (picture("L", fill=128), (128, 128, 128)),
        (picture("RGBA", form="PNG", fill=(255, 0, 0, 0)), (255, 255, 255)),
        (picture("LA", form="PNG", fill=(0, 0)), (255, 255, 255)),
        (picture("1", form="PNG", fill=1), (255, 255, 255)),
        (picture("I;16", form="PNG", fill=0x8000), (128, 128, 128)),
        (picture("RGB", form="PNG", fill=(255, 0, 0)), RED),
        (picture("RGBA", form="WEBP", fill=(0, 0, 255, 255), lossless=True), BLUE),
        (png_of(4, 4, depth=16, colour=2, rows=(b"\x00" + b"\xff\xff\x00\x00\x00\x00" * 4) * 4), RED),
    ],
    ids=["cmyk", "grey", "rgba", "grey-alpha", "one-bit", "grey-16", "png", "webp", "rgb-16"],
)  # fmt: skip
def test_every_mode_becomes_plain_colours(data, colour):
    seen = shown(write_anew(data, 0)["picture"])

    assert all(abs(one - other) <= 3 for one, other in zip(seen.getpixel((2, 2)), colour, strict=True))


def test_a_palette_and_the_first_frame_of_a_moving_picture():
    stream = io.BytesIO()
    palette = shown(two_halves("PNG")).convert("P", palette=Image.Palette.ADAPTIVE)
    palette.save(stream, "PNG")
    assert shown(write_anew(stream.getvalue(), 0)["picture"]).getpixel((5, 20))[0] > 230
    for form in ("PNG", "WEBP"):
        stream = io.BytesIO()
        first, second = Image.new("RGB", (60, 40), (255, 0, 0)), Image.new("RGB", (60, 40), (0, 0, 255))
        first.save(stream, form, save_all=True, append_images=[second], duration=100)
        answer = write_anew(stream.getvalue(), 0)
        assert Image.open(io.BytesIO(stream.getvalue())).n_frames == 2
        assert shown(answer["picture"]).getpixel((30, 20))[0] > 230


def test_a_large_transparent_picture_is_made_smaller_in_bands_without_seams():
    stream = io.BytesIO()
    image = Image.new("RGBA", (9000, 700), (0, 128, 0, 255))
    image.save(stream, "PNG")
    seen = shown(write_anew(stream.getvalue(), 0)["picture"])

    assert seen.size == (2048, 159)
    assert max(abs(seen.getpixel((x, y))[1] - 128) for x in range(0, 2048, 64) for y in range(158)) <= 2


@pytest.mark.parametrize(
    ("data", "code", "cure"),
    [
        (b"", "PHOTO_EMPTY", "重新选择"),
        (b"GIF89a....", "PHOTO_KIND", "另存为 JPG"),
        (b"%PDF-1.7", "PHOTO_KIND", "导出为 JPG"),
        (b"PK\x03\x04....", "PHOTO_KIND", "先解压"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "PHOTO_KIND", "兼容性最佳"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00", "PHOTO_KIND", "兼容性最佳"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00", "PHOTO_KIND", "视频"),
        (b"  <?xml version='1.0'?><svg onload='x'/>", "PHOTO_KIND", "另存为 PNG"),
        (b"BM....", "PHOTO_KIND", "另存为 JPG"),
        (b"II*\x00....", "PHOTO_KIND", "另存为 JPG"),
        (b"MZ\x90\x00", "PHOTO_KIND", "只接受 JPG"),
        (b"\xff\xd8\xff" + b"\x00" * MAX_BYTES, "PHOTO_TOO_LARGE", "缩小"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_cure(data, code, cure):
    with pytest.raises(DomainError) as refused:
        check_picture_file(data)

    assert refused.value.code == code
    assert cure in refused.value.message
