"""The page of one rule: its versions with who, when and why, what its runs did, and what may be done next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import NotVisible
from common.scope import Actor
from tagging.choices import RunKind, VersionState
from tagging.models import Assignment, Rule, RuleRun, RuleVersion
from tagging.selectors.rule_list import OPEN, sentence_of, writes_rules
from tagging.selectors.rules import names, spoken_names

LAST_RUNS, LAST_BACKTESTS = 14, 10
_LEVELS = {
    VersionState.DRAFT: "idle", VersionState.SUBMITTED: "warn", VersionState.RETURNED: "bad", VersionState.PUBLISHED: "ok",
    VersionState.REPLACED: "idle",
}  # fmt: skip


def versions_of(rule: Rule, user: Actor) -> list[dict[str, Any]]:
    """Versions in words, the newest first; who does not write rules sees the one in force."""
    found = rule.versions.order_by("-number")
    if not writes_rules(user):
        found = found.filter(pk=rule.published_id)
    shown = list(found)
    people = _names_of(pk for one in shown for pk in (one.author_id, one.decided_by_id))
    known, spoken = names(), spoken_names()
    return [
        {
            "version": one,
            "sentence": sentence_of(one, known, spoken),
            "state_label": one.get_state_display(),
            "level": _LEVELS[VersionState(one.state)],
            "author": people.get(one.author_id or 0, _("平台自带") if one.author_id is None else ""),
            "decided_by": people.get(one.decided_by_id or 0, ""),
            "steps": steps_of(one, user),
        }
        for one in shown
    ]


def steps_of(version: RuleVersion, user: Actor) -> list[str]:
    """What the reader may do with a version now."""
    if not writes_rules(user):
        return []
    is_own = version.author_id == user.pk
    if version.state == VersionState.DRAFT:
        return ["edit", "submit", "drop"] if is_own else []
    if version.state == VersionState.SUBMITTED:
        return [] if is_own else ["publish", "return"]
    return ["restore"] if version.state == VersionState.REPLACED else []


def version_of(rule: Rule, number: int, user: Actor) -> RuleVersion:
    """One version, with its rule.

    Raises:
        NotVisible: there is none, or it is no matter of the reader's.
    """
    found = rule.versions.select_related("rule__tag", "rule__published").filter(number=number)
    if not writes_rules(user):
        found = found.filter(pk=rule.published_id)
    version = found.first()
    if version is None:
        raise NotVisible
    return version


def open_version(rule: Rule) -> RuleVersion | None:
    """The draft or submitted version, of which there is one at most."""
    return rule.versions.filter(state__in=OPEN).first()


def runs_of(rule: Rule) -> list[RuleRun]:
    """The last runs over everything, with their versions."""
    found = RuleRun.objects.filter(version__rule=rule).exclude(kind=RunKind.BACKTEST)
    return list(found.select_related("version").defer("result", "version__body").order_by("-at", "-pk")[:LAST_RUNS])


def backtests_of(rule: Rule) -> list[RuleRun]:
    """The last back-tests, with their versions."""
    found = RuleRun.objects.filter(version__rule=rule, kind=RunKind.BACKTEST).select_related("version")
    return list(found.defer("version__body").order_by("-at", "-pk")[:LAST_BACKTESTS])


def standing_of(rule: Rule, user: Actor) -> int:
    """How many things inside the reader's scope bear the rule's tag now because of it."""
    return Assignment.objects.visible_to(user).standing().filter(rule=rule).count()


def _names_of(user_ids: Iterable[int | None]) -> dict[int, str]:
    users = User.objects.filter(pk__in={one for one in user_ids if one is not None})
    return {user.pk: str(user) for user in users}
