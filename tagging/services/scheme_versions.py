"""Versions of grading schemes: what `versions` does for rules as well, with the body checked and the run asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.db import transaction

from common.errors import DomainError
from common.scope import Actor
from tagging.models import Scheme, SchemeVersion
from tagging.rules.scheme import read_scheme
from tagging.selectors.rules import names
from tagging.services import versions
from tagging.services.grading import ask_run


def checked_by(scheme: Scheme) -> versions.Check:
    """Refuses a body that cannot be read, or is about elements of another kind."""
    known = names()

    def check(body: Any) -> None:
        if read_scheme(body, known).kind != scheme.kind:
            raise DomainError("SCHEME_KIND", f"“{scheme.name}”只用于{scheme.get_kind_display()}，不能改成其他种类。")

    return check


def save_draft(*, scheme: Scheme, body: Any, note: str, actor: Actor, now: datetime) -> SchemeVersion:
    """See `versions.save_draft`."""
    row = versions.save_draft(owner=scheme, body=body, note=note, check=checked_by(scheme), actor=actor, now=now)
    return cast(SchemeVersion, row)


def submit(*, version: SchemeVersion, actor: Actor, now: datetime) -> None:
    """See `versions.submit`."""
    versions.submit(version=version, check=checked_by(version.scheme), actor=actor, now=now)


@transaction.atomic
def publish(*, version: SchemeVersion, note: str, actor: Actor, now: datetime) -> None:
    """Puts a version in force and has it run over everything; see `versions.publish`."""
    versions.publish(version=version, note=note, check=checked_by(version.scheme), actor=actor, now=now)
    ask_run(version.scheme, owner_id=actor.pk)


def send_back(*, version: SchemeVersion, note: str, actor: Actor, now: datetime) -> None:
    """See `versions.send_back`."""
    versions.send_back(version=version, note=note, actor=actor, now=now)


def drop(*, version: SchemeVersion, actor: Actor, now: datetime) -> None:
    """See `versions.drop_draft`."""
    versions.drop_draft(version=version, actor=actor, now=now)


def take_back_to(*, version: SchemeVersion, note: str, actor: Actor, now: datetime) -> None:
    """See `versions.take_back_to`."""
    versions.take_back_to(version=version, note=note, check=checked_by(version.scheme), actor=actor, now=now)
