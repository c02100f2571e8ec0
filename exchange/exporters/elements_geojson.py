"""A registry as GeoJSON (RFC 7946): a feature per row, its cells under their headings, null where it has no place."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
from django.contrib.gis.db.models.functions import AsGeoJSON

from exchange.exporters.elements_table import Cell, ElementTable


def export_geojson(table: ElementTable) -> Iterator[bytes]:
    """Chunks of the file. `name` and `made` are members that the standard leaves to us."""
    head = orjson.dumps({"type": "FeatureCollection", "name": table.title, "made": table.mark})
    yield head[:-1] + b',"features":['
    separator = b"\n"
    for rows in table.placed_chunks(AsGeoJSON):
        yield separator + b",\n".join(_feature(table.headings, shape, row) for shape, row in rows)
        separator = b",\n"
    yield b"\n]}\n"


def _feature(headings: list[str], shape: str | None, row: list[Cell]) -> bytes:
    feature = {
        "type": "Feature",
        "id": row[-2],
        # The database wrote it as JSON already.
        "geometry": orjson.Fragment(shape) if shape else None,
        # A blank is no text: beside numbers it would make texts of them for whoever opens the file.
        "properties": {heading: None if cell == "" else cell for heading, cell in zip(headings, row, strict=True)},
    }
    return orjson.dumps(feature, default=float)
