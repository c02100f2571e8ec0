"""The steps of a version of a rule by name, for pages and the API alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from common.errors import NotVisible
from common.scope import Actor
from tagging.models import RuleVersion
from tagging.services import publishing

# Each takes the version, the note, the actor and the time.
STEPS: dict[str, Callable[..., Any]] = {
    "submit": lambda *, note, **given: publishing.submit(**given),
    "drop": lambda *, note, **given: publishing.drop_draft(**given),
    "publish": publishing.publish,
    "return": publishing.send_back,
    "restore": publishing.take_back_to,
}


def take_version_step(*, version: RuleVersion, action: str, note: str, actor: Actor, now: datetime) -> None:
    """Takes a step of a version.

    Raises:
        NotVisible: there is no such step. DomainError: see `publishing`.
    """
    if action not in STEPS:
        raise NotVisible
    STEPS[action](version=version, note=note, actor=actor, now=now)
