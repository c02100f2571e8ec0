"""Reads one geographic file in a process of its own: bytes on stdin → a header line and rows as JSON lines on stdout.

Two walls stand before the first byte is parsed: 512 MiB and 20 s; and no further file descriptor, so that whatever a
file names (a path, a link, a database to attach, a /vsi name) can be opened by nobody: no file, no socket, no pipe.
"""

from __future__ import annotations

import codecs
import json
import resource
import sys
from collections.abc import Callable

from common.errors import DomainError
from exchange.importers.geo.layer import Layer, write

CPU_SECONDS = 20
MEMORY_BYTES = 512 * 2**20
# Codecs are modules that Python reads from disk when first asked for (cp437: names in a zip).
_CODECS = ("utf-8-sig", "gb18030", "cp437", "ascii", "latin-1")


def close_doors() -> None:
    """After this nothing can be opened any more; call it when everything needed has been imported."""
    for name in _CODECS:
        codecs.lookup(name)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def reader_of(kind: str) -> Callable[..., Layer]:
    """The reader of a format with everything it needs imported, and nothing of the others."""
    if kind == "geojson":
        from exchange.importers.geo.geojson import read_geojson

        return read_geojson
    if kind == "gpkg":
        from exchange.importers.geo.gpkg import read_gpkg

        return read_gpkg
    from exchange.importers.geo.shapefile import load_gdal, read_shapefile

    load_gdal()
    return read_shapefile


def set_limits() -> None:
    """Time and memory of this process; it writes no file and leaves no core."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Entry of the child: the format is its first argument, with `.areas` behind it where polygons are asked for."""
    set_limits()
    try:
        kind, _dot, wanted = sys.argv[1].partition(".")
        read = reader_of(kind)
        close_doors()
        write(read(sys.stdin.buffer.read(), areas=wanted == "areas"))
    except DomainError as refused:
        sys.stdout.write(json.dumps({"refused": refused.code, "message": refused.message}) + "\n")
