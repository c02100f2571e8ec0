"""Ledgers (台账): the papers that squadrons keep, as ready files; one module a ledger."""

from exchange.ledgers.catalogue import LEDGERS, ledger_named
from exchange.ledgers.ledger import Ledger, LedgerColumn, LedgerRow
from exchange.ledgers.rows import ledger_rows

__all__ = ["LEDGERS", "Ledger", "LedgerColumn", "LedgerRow", "ledger_named", "ledger_rows"]
