"""What comes in and goes out."""

from exchange.models.connector import Connector, ConnectorRun
from exchange.models.landing import LandingBatch, LandingRow, Mapping, Upload
from exchange.models.partner import (
    Contract,
    Disclosure,
    Dispute,
    OutboxMessage,
    Partner,
    PartnerKey,
    PartnerNonce,
    PartnerRecord,
)

__all__ = [
    "Connector",
    "ConnectorRun",
    "Contract",
    "Disclosure",
    "Dispute",
    "LandingBatch",
    "LandingRow",
    "Mapping",
    "OutboxMessage",
    "Partner",
    "PartnerKey",
    "PartnerNonce",
    "PartnerRecord",
    "Upload",
]
