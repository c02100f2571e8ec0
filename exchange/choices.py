"""What may come in."""

from __future__ import annotations

from elements.choices import ElementKind
from events.choices import EventKind

# Things, and what happened: everything that a file or a link may be about.
KIND_CHOICES = [*ElementKind.choices, *EventKind.choices]
