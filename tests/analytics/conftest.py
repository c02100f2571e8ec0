"""Fixtures of analysis with its parts real."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories.reports import make_accidents
from tests.factories.smtp_sink import SmtpSink


@pytest.fixture
def sink(settings) -> Iterator[SmtpSink]:
    """A mail server that takes letters down, or refuses them; the platform sends to it."""
    made = SmtpSink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.PUBLIC_URL = "https://platform.example"
    yield made
    made.close()


@pytest.fixture
def october(city, users) -> None:
    """The accidents of `tests/factories/reports.py`."""
    make_accidents()
