"""Risk sheets of the demonstration: what the analyst assessed, and what the brigade signed; one waits, one is a draft."""

from __future__ import annotations

from datetime import timedelta

from accounts.choices import Role
from accounts.models import User
from addresses.choices import AreaKind
from addresses.models import Area
from analytics.choices import RiskState
from analytics.models import RiskSheet
from analytics.reports import risk_sheets as services
from analytics.reports.risk_sheets import Planned
from analytics.selectors import risk_sheets as reading
from analytics.selectors.risk_sheets import Post
from common import clock
from elements.models import Element
from tagging.models import Grade

# The gravest of each scheme, and the first districts; the last two stay unsigned.
_SCHEMES = ("TRANSPORT", "KEY_UNIT", "ROAD_ORDER")
_DISTRICTS, _SIGNED = 4, 5
_REVIEW_DAYS = (20, 90, 90, 180, 60, 30, 30)


def play_risk(author: User, signer: User) -> str:
    """Assesses what was not assessed yet; says how many sheets of which state there are."""
    for number, subject in enumerate(_subjects()):
        if not RiskSheet.objects.filter(subject_key=_key(subject)).exists():
            _assess(subject, number, author, signer)
    return "，".join(f"{label} {RiskSheet.objects.filter(state=state).count()}" for state, label in RiskState.choices)


def _subjects() -> list[Element | Area]:
    found: list[Element | Area] = []
    for code in _SCHEMES:
        grade = Grade.objects.standing().filter(scheme__code=code).select_related("element").order_by("-score").first()
        if grade is not None:
            found.append(grade.element)
    districts = Area.objects.filter(kind=AreaKind.DISTRICT, valid_to__isnull=True, is_pseudo=False).order_by("code")
    return [*found, *districts[:_DISTRICTS]]


def _key(subject: Element | Area) -> str:
    return f"{'AREA' if isinstance(subject, Area) else 'ELEMENT'}:{subject.pk}"


def _assess(subject: Element | Area, number: int, author: User, signer: User) -> None:
    sheet = services.draft_sheet(subject=subject, actor=author, now=clock.now())
    if number == _SIGNED + 1:
        return
    today = clock.today()
    plan = [
        Planned(one.text, Post(Role(one.role), one.area), one.due_on) for one in sheet.measures.select_related("area")
    ]
    plan = plan or [Planned("列入日常巡逻，每月复核一次", reading.posts_for(sheet)[-1], today + timedelta(30))]
    services.save_sheet(
        sheet=sheet, conclusion="（演示）风险主要来自上表得分最高的几项，按下列措施逐项落实。", measures=plan,
        review_on=today + timedelta(_REVIEW_DAYS[number]), revision=sheet.revision, actor=author, now=clock.now(),
    )  # fmt: skip
    services.submit_sheet(sheet=sheet, actor=author, now=clock.now())
    if number < _SIGNED:
        services.sign_sheet(sheet=sheet, actor=signer, now=clock.now())
