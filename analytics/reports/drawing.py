"""A drawing of few shapes, shown as SVG on the page and in the PDF, as PNG of 150 dpi in the DOCX: the same shapes, the same font."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from analytics.reports.fonts import picture_font, piece_of

# Units of a drawing are CSS pixels, of which an inch has 96.
DPI, CSS_DPI = 150, 96
SCALE = DPI / CSS_DPI
_OVERSAMPLE = 2
_WEIGHT = 400


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points, or the outline of an area."""

    points: tuple[tuple[float, float], ...]
    stroke: str
    width: float = 1
    fill: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    radius: float
    fill: str
    is_square: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """Anchored at its baseline: start, middle or end. `value`: a count of the rows at `url`."""

    x: float
    y: float
    text: str
    size: int = 12
    anchor: str = "start"
    fill: str = "#1a2433"
    url: str = ""
    value: int | None = None


Shape = Box | Path | Dot | Text


@dataclass(slots=True)
class Drawing:
    """Shapes from back to front on white."""

    width: int
    height: int
    label: str
    shapes: list[Shape] = field(default_factory=list)

    def svg(self) -> str:
        """For a page: no style attribute, no script."""
        head = (
            f'<svg class="report-drawing" viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'
            f' role="img" aria-label={quoteattr(self.label)} xmlns="http://www.w3.org/2000/svg">'
        )
        return head + "".join(_svg(one) for one in self.shapes) + "</svg>"

    def png(self) -> bytes:
        """For a document."""
        from PIL import Image, ImageDraw

        factor = SCALE * _OVERSAMPLE
        size = round(self.width * SCALE), round(self.height * SCALE)
        picture = Image.new("RGB", (size[0] * _OVERSAMPLE, size[1] * _OVERSAMPLE), "white")
        pen = ImageDraw.Draw(picture)
        for one in self.shapes:
            if not isinstance(one, Text):
                _draw(pen, one, factor)
        picture = picture.resize(size, Image.Resampling.LANCZOS)
        pen = ImageDraw.Draw(picture)
        for one in self.shapes:
            if isinstance(one, Text):
                _write(pen, one)
        data = BytesIO()
        picture.save(data, "PNG", dpi=(DPI, DPI), optimize=True)
        return data.getvalue()


def _svg(shape: Shape) -> str:
    match shape:
        case Box(x, y, width, height, fill):
            return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'
        case Path(points, stroke, width, fill):
            at = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            shape_name = "polygon" if fill else "polyline"
            return f'<{shape_name} points="{at}" fill="{fill or "none"}" stroke="{stroke}" stroke-width="{width}"/>'
        case Dot(x, y, radius, fill, True):
            return f'<rect x="{x - radius:.1f}" y="{y - radius:.1f}" width="{2 * radius}" height="{2 * radius}" fill="{fill}"/>'
        case Dot(x, y, radius, fill):
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" fill-opacity="0.75"/>'
    text = (
        f'<text x="{shape.x:.1f}" y="{shape.y:.1f}" font-size="{shape.size}" text-anchor="{shape.anchor}" fill="{shape.fill}">'
        f"{escape(shape.text)}</text>"
    )
    if not shape.url:
        return text
    counted = f' data-count="{shape.value}"' if shape.value is not None else ""
    return f"<a href={quoteattr(shape.url)}{counted}>{text}</a>"


def _draw(pen: Any, shape: Shape, factor: float) -> None:
    match shape:
        case Box(x, y, width, height, fill):
            pen.rectangle([x * factor, y * factor, (x + width) * factor, (y + height) * factor], fill=fill)
        case Path(points, stroke, width, fill):
            at = [(x * factor, y * factor) for x, y in points]
            if fill:
                pen.polygon(at, fill=fill)
                at.append(at[0])
            pen.line(at, fill=stroke, width=max(1, round(width * factor)), joint="curve")
        case Dot(x, y, radius, fill, is_square):
            corners = [(x - radius) * factor, (y - radius) * factor, (x + radius) * factor, (y + radius) * factor]
            (pen.rectangle if is_square else pen.ellipse)(corners, fill=fill)


def _write(pen: Any, shape: Text) -> None:
    """Character by character, each from the piece of the font that holds it."""
    size = round(shape.size * SCALE)
    fonts = [picture_font(piece, size, _WEIGHT) if (piece := piece_of(one)) else None for one in shape.text]
    widths = [font.getlength(one) if font else size for font, one in zip(fonts, shape.text, strict=True)]
    x = shape.x * SCALE - {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * sum(widths)
    for font, one, width in zip(fonts, shape.text, widths, strict=True):
        if font:
            pen.text((x, shape.y * SCALE), one, font=font, fill=shape.fill, anchor="ls")
        x += width
