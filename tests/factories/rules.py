"""Rules for tests: tags, drafts and versions in force, made by the services that people use."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from common import clock
from tagging.models import Rule, RuleVersion, Tag
from tagging.services import publishing

PLATED = {"fact": "vehicle.plate_type", "op": "in", "value": ["02"]}


def a_tag(code: str, kind: str = "VEHICLE", **values: Any) -> Tag:
    """A tag of its own name."""
    return Tag.objects.create(code=code, name=f"标签{code}", kind=kind, group="试验", **values)


def a_rule(code: str, *, author: User, kind: str = "VEHICLE", **values: Any) -> Rule:
    """A rule without a version, for a tag of its own."""
    return publishing.create_rule(
        title=f"规则{code}", tag=a_tag(code, kind, **values), source="试验", actor=author, now=clock.now()
    )


def a_draft(rule: Rule, where: dict[str, Any], *, author: User) -> RuleVersion:
    """A draft that says this."""
    body = {"kind": rule.tag.kind, "where": where}
    return publishing.save_draft(rule=rule, body=body, note="试验", actor=author, now=clock.now())


def in_force(rule: Rule, where: dict[str, Any], *, author: User, second: User) -> RuleVersion:
    """The same, submitted by one and published by another."""
    version = publishing.submit(version=a_draft(rule, where, author=author), actor=author, now=clock.now())
    published = publishing.publish(version=version, note="", actor=second, now=clock.now())
    rule.refresh_from_db()
    return published
