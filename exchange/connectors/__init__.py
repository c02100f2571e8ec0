"""How a link in fetches: one small class a transport, told everything by the options of its connector."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from exchange.choices import Transport
from exchange.connectors.base import Options, TransportReader
from exchange.connectors.database import DatabaseView
from exchange.connectors.folder import FerryFolder
from exchange.connectors.http_api import HttpApi

# Option: within how many seconds something new is expected to come. A ferry that says nothing is expected daily.
EXPECTED, EXPECTED_S = "expect_every_s", 86_400


def expected_every(transport: str, options: Mapping[str, Any]) -> timedelta | None:
    """Within how long something new is expected; None where nobody said so."""
    default = EXPECTED_S if transport == Transport.FOLDER else None
    seconds = options.get(EXPECTED, default)
    return timedelta(seconds=seconds) if seconds else None


def reader_of(transport: str, options: Mapping[str, Any], secret: str) -> TransportReader:
    """The reader of a transport, its options checked.

    Raises:
        LinkError: an option is missing or wrong.
    """
    # Told by how well the link is, not by its reader.
    Options(options).number(EXPECTED, EXPECTED_S)
    if transport == Transport.HTTP:
        return HttpApi(options, secret)
    if transport == Transport.DATABASE:
        return DatabaseView(options, secret)
    return FerryFolder(options, secret)
