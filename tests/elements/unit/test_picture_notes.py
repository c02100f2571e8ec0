"""Notes drawn into a picture: where they were asked for, and of a blurred region nothing is left."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops

from common.errors import DomainError
from elements.picture_notes import SQUARES, draw_notes, font_bytes
from elements.services.picture_child import draw_notes_on
from tests.factories.pictures import picture, shown

SIZE = (600, 400)


def stripes() -> bytes:
    """Black and white columns of two pixels: what is fine enough to be read, and gone when it is blurred."""
    image = Image.new("RGB", SIZE, "white")
    for x in range(0, SIZE[0], 4):
        image.paste((0, 0, 0), (x, 0, x + 2, SIZE[1]))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def drawn(*notes: dict, data: bytes | None = None) -> Image.Image:
    return shown(draw_notes(data or picture(size=SIZE, fill=(0, 90, 0)), list(notes), font_bytes())["picture"])


def is_red(pixel: tuple[int, ...]) -> bool:
    return pixel[0] > 170 and pixel[1] < 90 and pixel[2] < 90


def test_an_arrow_points_from_the_first_place_to_the_second():
    image = drawn({"kind": "arrow", "x1": 0.1, "y1": 0.5, "x2": 0.9, "y2": 0.5})

    assert is_red(image.getpixel((300, 200))) and is_red(image.getpixel((530, 200)))
    # The head is at the second place.
    assert is_red(image.getpixel((530, 203))) and not is_red(image.getpixel((70, 203)))
    assert image.getpixel((300, 100))[1] > 80 and not is_red(image.getpixel((300, 100)))


def test_a_circle_fills_its_box_and_is_hollow():
    image = drawn({"kind": "circle", "x1": 0.75, "y1": 0.75, "x2": 0.25, "y2": 0.25})

    assert is_red(image.getpixel((151, 200))) and is_red(image.getpixel((300, 101)))
    assert not is_red(image.getpixel((300, 200))) and not is_red(image.getpixel((155, 105)))


def test_a_region_keeps_few_squares_and_the_rest_stays():
    region = {"kind": "pixelate", "x1": 0.2, "y1": 0.25, "x2": 0.8, "y2": 0.75}
    image = drawn(region, data=stripes())
    inside, outside = image.crop((124, 104, 476, 296)), image.crop((0, 0, 116, 400))

    low, high = inside.convert("L").getextrema()
    assert high - low < 40
    low, high = outside.convert("L").getextrema()
    assert high - low > 200


@pytest.mark.parametrize(
    ("box", "most"), [((0.2, 0.25, 0.8, 0.75), (6, 3)), ((0.0, 0.0, 1.0, 1.0), (6, 4)), ((0.5, 0.1, 0.52, 0.9), (1, 6))]
)
def test_the_squares_of_a_region_are_at_most_six_along_its_longer_side(box, most):
    noise = Image.effect_noise(SIZE, 90).convert("RGB")
    stream = io.BytesIO()
    noise.save(stream, "PNG")
    x1, y1, x2, y2 = box
    image = drawn({"kind": "pixelate", "x1": x1, "y1": y1, "x2": x2, "y2": y2}, data=stream.getvalue())
    pixels = (round(x1 * 600), round(y1 * 400), round(x2 * 600), round(y2 * 400))
    region = image.crop(pixels)

    # Drawn from its own squares it is the same again: nothing finer is in it.
    few = region.resize(most, Image.Resampling.BOX).resize(region.size, Image.Resampling.NEAREST)
    difference = ImageChops.difference(region, few).convert("L").getextrema()[1]
    assert difference < 40 and max(most) == SQUARES


def test_what_is_drawn_over_a_region_is_not_blurred_with_it():
    region = {"kind": "pixelate", "x1": 0.2, "y1": 0.25, "x2": 0.8, "y2": 0.75}
    arrow = {"kind": "arrow", "x1": 0.3, "y1": 0.5, "x2": 0.7, "y2": 0.5}

    assert is_red(drawn(arrow, region, data=stripes()).getpixel((300, 200)))


def test_words_lie_inside_the_picture_wherever_they_begin():
    for x, y in ((0, 0), (1, 1), (0.5, 1)):
        image = drawn({"kind": "text", "x1": x, "y1": y, "text": "护栏破损，需更换"})
        red = image.convert("RGB").point(lambda value: value)
        found = [(i % 600, i // 600) for i, pixel in enumerate(red.getdata()) if is_red(pixel)]
        assert found
        assert min(p[0] for p in found) > 0 and max(p[0] for p in found) < 599
        assert min(p[1] for p in found) > 0 and max(p[1] for p in found) < 399


def test_forty_characters_are_made_smaller_until_they_fit():
    image = drawn({"kind": "text", "x1": 0, "y1": 0.5, "text": "字" * 40}, data=picture(size=(300, 200)))

    assert image.size == (300, 200)


def test_without_a_font_a_text_is_refused_and_an_arrow_is_drawn():
    words = {"kind": "text", "x1": 0.1, "y1": 0.1, "text": "字"}
    arrow = {"kind": "arrow", "x1": 0.1, "y1": 0.5, "x2": 0.9, "y2": 0.5}

    with pytest.raises(DomainError) as refused:
        draw_notes(picture(size=SIZE), [words], b"")
    assert refused.value.code == "NOTES_FONT"
    assert is_red(shown(draw_notes(picture(size=SIZE), [arrow], b"")["picture"]).getpixel((300, 200)))


def test_the_closed_child_draws_every_kind_within_its_limits():
    notes = [
        {"kind": "text", "x1": 0.1, "y1": 0.1, "text": "护栏破损 No.12"},
        {"kind": "arrow", "x1": 0.1, "y1": 0.5, "x2": 0.9, "y2": 0.5},
        {"kind": "circle", "x1": 0.2, "y1": 0.2, "x2": 0.4, "y2": 0.4},
        {"kind": "pixelate", "x1": 0.6, "y1": 0.6, "x2": 0.9, "y2": 0.9},
    ]
    got = draw_notes_on(picture(size=(2048, 1536), fill=(0, 90, 0)), notes)

    assert (got.width_px, got.height_px) == (2048, 1536)
    assert is_red(shown(got.jpeg).getpixel((1024, 768))) and shown(got.thumb).size == (320, 240)


def test_a_damaged_picture_is_refused_by_the_child():
    with pytest.raises(DomainError) as refused:
        draw_notes_on(b"\xff\xd8\xff\x00", [{"kind": "text", "x1": 0.1, "y1": 0.1, "text": "a"}])

    assert refused.value.code == "PHOTO_DAMAGED"
