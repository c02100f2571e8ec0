"""Reports, templates and subscriptions that somebody may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from addresses.choices import AreaKind
from addresses.models import Area
from addresses.selectors.blocks import current_areas
from analytics.choices import Cycle, Level
from analytics.models import Report, ReportTemplate, Subscription
from common import clock
from common.errors import NotVisible
from common.scope import Actor, Right, Scope

# Made and sent without a signature.
SENT_UNSIGNED = (Cycle.DAY, Cycle.WEEK)
LEVEL_KINDS = {Level.SQUADRON: AreaKind.SQUADRON, Level.DISTRICT: AreaKind.DISTRICT}


def covered_areas(scope: Scope) -> QuerySet[Area]:
    """Squadrons and districts that lie wholly inside the scope: whose figures are the reader's own."""
    areas = current_areas(clock.today()).filter(is_pseudo=False).defer("geom")
    wanted = areas.filter(kind__in=[AreaKind.SQUADRON, AreaKind.DISTRICT])
    if Right.READ not in scope.rights or scope.sees_nothing:
        return wanted.none()
    if scope.all_blocks:
        return wanted
    grids = areas.filter(kind=AreaKind.GRID)
    foreign = grids.exclude(pk__any=scope.block_ids).values("parent_id")
    districts = areas.filter(kind=AreaKind.DISTRICT, pk__in=grids.values("parent_id")).exclude(pk__in=foreign)
    missing = areas.filter(kind=AreaKind.DISTRICT).exclude(pk__in=districts.values("pk")).values("parent_id")
    squadrons = areas.filter(kind=AreaKind.SQUADRON, pk__in=districts.values("parent_id")).exclude(pk__in=missing)
    return wanted.filter(Q(pk__in=districts.values("pk")) | Q(pk__in=squadrons.values("pk")))


def covers(scope: Scope, area: Area | None) -> bool:
    """Whether an area, or the whole city, lies inside the scope."""
    if Right.READ not in scope.rights:
        return False
    return scope.all_blocks if area is None else covered_areas(scope).filter(pk=area.pk).exists()


def areas_of_level(level: str, user: Actor) -> QuerySet[Area]:
    """Areas of a level that the user may have a report of; a report of the city has none."""
    return covered_areas(user.scope).filter(kind=LEVEL_KINDS.get(Level(level), "")).order_by("code")


def topic_template_id(user: Actor) -> int | None:
    """The template of special topics that is proposed to a user, if there is one."""
    return templates(user).filter(cycle=Cycle.ONCE).order_by("pk").values_list("pk", flat=True).first()


def subscribers(report: Report) -> QuerySet[Subscription]:
    """Subscriptions in force that a report is for."""
    return Subscription.objects.filter(template=report.template, area=report.area, ended_at=None).order_by("pk")


def visible_reports(user: Actor) -> QuerySet[Report]:
    """Reports of areas that lie inside the reader's scope, those of the city for who sees all of it."""
    scope = user.scope
    if Right.READ not in scope.rights:
        return Report.objects.none()
    if scope.all_blocks:
        return Report.objects.all()
    return Report.objects.filter(area_id__in=covered_areas(scope).values("pk"))


def visible_report(report_id: int, user: Actor) -> Report:
    """One report with template and area: one query.

    Raises:
        NotVisible: there is none, or its area is not the reader's.
    """
    report = visible_reports(user).select_related("template", "area").filter(pk=report_id).first()
    if report is None:
        raise NotVisible
    return report


def may_write(user: Actor) -> bool:
    """Who takes figures out of the platform writes reports."""
    return Right.EXPORT in user.scope.rights


def may_approve(user: Actor) -> bool:
    """Who decides about data signs reports."""
    return Right.CORRECT in user.scope.rights


def may_manage(user: Actor) -> bool:
    """Who publishes rules keeps the templates, which are those of the whole city."""
    return Right.RULE in user.scope.rights and user.scope.all_blocks


def templates(user: Actor) -> QuerySet[ReportTemplate]:
    """Templates in use whose level the user has an area of."""
    found = ReportTemplate.objects.filter(is_active=True).order_by("level", "cycle", "code")
    if Right.READ not in user.scope.rights:
        return found.none()
    if user.scope.all_blocks:
        return found
    kinds = set(covered_areas(user.scope).values_list("kind", flat=True))
    return found.filter(level__in=[level for level, kind in LEVEL_KINDS.items() if kind in kinds])


def visible_template(code: str, user: Actor) -> ReportTemplate:
    """One of them.

    Raises:
        NotVisible.
    """
    found = templates(user).filter(code=code).first()
    if found is None:
        raise NotVisible
    return found


def own_subscriptions(user: Any) -> QuerySet[Subscription]:
    """What the user has subscribed to, the latest first."""
    return (
        Subscription.objects.filter(user_id=user.pk, ended_at=None).select_related("template", "area").order_by("-pk")
    )


def all_subscriptions(user: Actor) -> QuerySet[Subscription]:
    """Everybody's, for who keeps the templates: whom a letter did not reach, and why."""
    if not may_manage(user):
        return Subscription.objects.none()
    found = Subscription.objects.filter(ended_at=None).select_related("template", "area", "user")
    return found.order_by("template__code", "pk")


def names_of(ids: set[int | None]) -> dict[int, str]:
    """Who did what: id → name; one query."""
    return {user.pk: str(user) for user in User.objects.filter(pk__in={one for one in ids if one})}
