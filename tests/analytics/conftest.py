"""Fixtures of analysis."""

from __future__ import annotations

import pytest

from tests.factories.reports import make_accidents


@pytest.fixture
def october(city, users) -> None:
    """The accidents of `tests/factories/reports.py`."""
    make_accidents()
