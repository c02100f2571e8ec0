"""A scheme as people read it: in words, with its versions and what they may do with each."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import DomainError, NotVisible
from common.scope import Actor, Right
from tagging.choices import VersionState
from tagging.models import Scheme, SchemeVersion
from tagging.rules import explain
from tagging.rules.scheme import Indicator, read_scheme
from tagging.rules.scheme import Scheme as Body
from tagging.rules.scoring import ZERO, item_of
from tagging.selectors.grade_page import points_rule
from tagging.selectors.rules import names, spoken_names

STATE_MARKS = {
    VersionState.DRAFT: "note", VersionState.SUBMITTED: "warn", VersionState.RETURNED: "bad", VersionState.PUBLISHED: "ok",
    VersionState.REPLACED: "idle",
}  # fmt: skip
OPEN = (VersionState.DRAFT, VersionState.SUBMITTED)


def scheme_named(code: str, user: Actor) -> Scheme:
    """The scheme of a URL.

    Raises:
        NotVisible: there is none, or the reader sees no elements at all.
    """
    found = Scheme.objects.select_related("published").filter(code=code).first()
    if found is None or Right.READ not in user.scope.rights:
        raise NotVisible
    return found


def version_numbered(scheme: Scheme, number: int) -> SchemeVersion:
    """A version of the scheme.

    Raises:
        NotVisible: there is none.
    """
    found = scheme.versions.select_related("scheme").filter(number=number).first()
    if found is None:
        raise NotVisible
    return found


def base_of(scheme: Scheme, user: Actor) -> SchemeVersion:
    """The version that the form changes: the reader's own draft, else the one in force.

    Raises:
        DomainError: there is none.
    """
    own = scheme.versions.filter(state=VersionState.DRAFT, author_id=user.pk).first()
    found = own or scheme.published
    if found is None:
        raise DomainError("NOTHING_PUBLISHED", "这一方案尚未发布任何版本，请先装入随平台提供的方案。")
    return found


def versions_of(scheme: Scheme, user: Actor) -> list[dict[str, Any]]:
    """Versions, the newest first, with who made and decided them and what the reader may do: two queries."""
    rows = list(scheme.versions.order_by("-number"))
    people = {pk for row in rows for pk in (row.author_id, row.decided_by_id) if pk is not None}
    named = {one.pk: str(one) for one in User.objects.filter(pk__in=people)}
    has_open = any(row.state in OPEN for row in rows)
    return [
        {
            "row": row,
            "mark": STATE_MARKS[VersionState(row.state)],
            "author": named.get(row.author_id, "") if row.author_id else _("平台"),
            "decided_by": named.get(row.decided_by_id, "") if row.decided_by_id else "",
            **_may(row, user, has_open=has_open),
        }
        for row in rows
    ]


def _may(row: SchemeVersion, user: Actor, *, has_open: bool) -> dict[str, bool]:
    can, is_own = Right.RULE in user.scope.rights, row.author_id == user.pk
    return {
        "may_submit": can and is_own and row.state == VersionState.DRAFT,
        "may_decide": can and not is_own and row.state == VersionState.SUBMITTED,
        "waits_for_other": can and is_own and row.state == VersionState.SUBMITTED,
        "may_restore": can and not has_open and row.state == VersionState.REPLACED,
    }


def described(document: Any) -> dict[str, Any]:
    """A body in words; of one that cannot be read, why."""
    try:
        body = read_scheme(document, names())
    except DomainError as error:
        return {"failure": error.message}
    spoken = spoken_names()
    return {
        "whom": explain.phrase(body.whom, spoken),
        "levels": list(reversed(document["levels"])),
        "indicators": [_indicator(one, spoken) for one in body.indicators],
        "lists": [
            {"label": one.label, "level": body.levels[body.rank(one.level) or 0].name, "text": explain.phrase(one.condition, spoken)}
            for one in body.lists
        ],
        "hysteresis": _hysteresis(body),
    }  # fmt: skip


def _indicator(one: Indicator, spoken: explain.Names) -> dict[str, Any]:
    definition = one.definition
    return {
        "label": definition.label,
        "asks": explain.asked(one.term, spoken),
        "exposure": explain.asked(one.exposure, spoken) if one.exposure is not None else "",
        "definition": definition,
        "per": definition.per if definition.per != 1 else None,
        "is_rate": definition.kind == "rate",
        "rule": points_rule(item_of(definition, None, None, ZERO, [], "")),
    }


def _hysteresis(body: Body) -> str:
    points, days = body.hysteresis.points, body.hysteresis.days
    if points is not None and days is not None:
        return _("得分低于门槛 %(points)s 分以上，或连续 %(days)s 天低于门槛，才降级") % {
            "points": points,
            "days": days,
        }
    if points is not None:
        return _("得分低于门槛 %(points)s 分以上才降级") % {"points": points}
    if days is not None:
        return _("连续 %(days)s 天低于门槛才降级") % {"days": days}
    return _("得分低于门槛即降级")
