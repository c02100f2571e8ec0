"""Time as these agencies write it: Beijing time, mostly without saying so."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=8))


def now() -> datetime:
    """This moment, with its zone."""
    return datetime.now(ZONE)


def stamp(moment: datetime) -> str:
    """Fixed width, so that texts sort like times: 2026-05-01T08:00:00.000000, without a zone."""
    return moment.astimezone(ZONE).replace(tzinfo=None).isoformat(timespec="microseconds")


def second(moment: datetime) -> str:
    """2026-05-01 08:00:00."""
    return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"


def read(text: str) -> datetime:
    """ISO 8601 with or without zone (none = Beijing); a blank where a URL ate the plus sign is mended.

    Raises:
        ValueError: no such time.
    """
    text = text.strip()
    if len(text) > 19 and " " in text[19:]:
        text = text[:19] + text[19:].replace(" ", "+")
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)
