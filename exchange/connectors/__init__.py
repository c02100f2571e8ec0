"""How a link in fetches: one small class a transport, told everything by the options of its connector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exchange.choices import Transport
from exchange.connectors.base import TransportReader
from exchange.connectors.database import DatabaseView
from exchange.connectors.folder import FerryFolder
from exchange.connectors.http_api import HttpApi


def reader_of(transport: str, options: Mapping[str, Any], secret: str) -> TransportReader:
    """The reader of a transport, its options checked.

    Raises:
        LinkError: an option is missing or wrong.
    """
    if transport == Transport.HTTP:
        return HttpApi(options, secret)
    if transport == Transport.DATABASE:
        return DatabaseView(options, secret)
    return FerryFolder(options, secret)
