"""The landing zone: files as received, their rows, how columns map, what became of each row."""

from exchange.models.landing import LandingBatch, LandingRow, Mapping, Upload

__all__ = ["LandingBatch", "LandingRow", "Mapping", "Upload"]
