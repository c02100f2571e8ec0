"""The ledgers that there are, in the order of the page."""

from __future__ import annotations

from common.errors import NotVisible
from exchange.ledgers.dangers import DANGERS
from exchange.ledgers.drivers import DRIVERS
from exchange.ledgers.facilities import FACILITIES
from exchange.ledgers.key_vehicles import KEY_VEHICLES
from exchange.ledgers.ledger import Ledger

LEDGERS: dict[str, Ledger] = {ledger.code: ledger for ledger in (DANGERS, FACILITIES, KEY_VEHICLES, DRIVERS)}


def ledger_named(code: str) -> Ledger:
    """The ledger of a URL.

    Raises:
        NotVisible: there is none of this name.
    """
    if code not in LEDGERS:
        raise NotVisible
    return LEDGERS[code]
