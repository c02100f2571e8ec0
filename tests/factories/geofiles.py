"""Layers of a map as agencies export them: GeoJSON, GeoPackage, zipped Shapefile; and a Shapefile taken apart."""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
from shapely.geometry.base import BaseGeometry

Properties = Mapping[str, Sequence[Any]]


def layer(properties: Properties, shapes: Sequence[BaseGeometry | None], *, crs: int | None = 4326) -> Any:
    """Columns and shapes as GeoPandas holds them."""
    return geopandas.GeoDataFrame(dict(properties), geometry=list(shapes), crs=crs)


def geojson_file(frame: Any) -> bytes:
    """GeoJSON as GDAL writes it."""
    return _written(frame, "layer.geojson", driver="GeoJSON")["layer.geojson"]


def gpkg_file(frame: Any, *, spoil: Callable[[sqlite3.Connection], object] | None = None) -> bytes:
    """GeoPackage as GDAL writes it, with its triggers and its spatial index; `spoil` may change it afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.gpkg"
        frame.to_file(path, driver="GPKG", layer="layer")
        if spoil:
            connection = sqlite3.connect(path)
            # The triggers of the spatial index call functions that only GDAL has.
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f'DROP TRIGGER "{name}"')
            spoil(connection)
            connection.commit()
            connection.close()
        return path.read_bytes()


def shapefile_parts(frame: Any, *, encoding: str = "GBK") -> dict[str, bytes]:
    """Parts of a Shapefile by file name."""
    with warnings.catch_warnings():
        # Long column names are cut to ten bytes: that is what a Shapefile is.
        warnings.simplefilter("ignore")
        return _written(frame, "layer.shp", driver="ESRI Shapefile", encoding=encoding)


def zipped(parts: Mapping[str, bytes], *, stored: bool = False) -> bytes:
    """A zip of these parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def shapefile(frame: Any, *, encoding: str = "GBK") -> bytes:
    """Zipped Shapefile."""
    return zipped(shapefile_parts(frame, encoding=encoding))


def geojson_text(*features: Any, **members: Any) -> bytes:
    """A feature collection written by hand."""
    return json.dumps({"type": "FeatureCollection", **members, "features": features}, ensure_ascii=False).encode()


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    """A feature written by hand."""
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _written(frame: Any, name: str, **options: Any) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        frame.to_file(Path(folder) / name, **options)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
