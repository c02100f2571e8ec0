"""The life of a risk sheet: drafted from what is known, completed by people, signed by a second one; then it never changes.

What was done about a measure is told afterwards, beside the signed sheet; a new assessment is the next edition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from addresses.choices import AreaKind
from addresses.models import Area
from analytics.choices import RiskState, RiskSubject
from analytics.models import RiskMeasure, RiskSheet
from analytics.reports.risk_drivers import content_of_district, content_of_element
from analytics.selectors import risk_sheets as reading
from analytics.selectors.reports import covers, may_approve, may_write
from analytics.selectors.risk_sheets import Post
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor
from elements.models import Element

MOST_MEASURES, LONGEST_REVIEW_DAYS, USUAL_DAYS = 20, 366, 30
_TABLE = RiskSheet._meta.db_table


@dataclass(frozen=True, slots=True)
class Planned:
    """A measure as it is written into a draft."""

    text: str
    post: Post
    due_on: date


def draft_sheet(*, subject: Element | Area, actor: Actor, now: datetime) -> RiskSheet:
    """A draft of the next edition, with what is known now and proposed measures.

    Raises:
        NotAllowed: the actor writes no sheets. NotVisible: the subject is not the actor's.
        Conflict: RISK_SHEET_OPEN: a draft is there (`extra["sheet"]`).
    """
    if not may_write(actor):
        raise NotAllowed
    subject, kind, key = _subject(subject, actor)
    open_sheet = RiskSheet.objects.filter(subject_key=key).exclude(state=RiskState.SIGNED).first()
    if open_sheet is not None:
        raise _already_open(open_sheet.pk)
    known = _known(subject, kind, timezone.localtime(now).date())
    try:
        with transaction.atomic():
            last = RiskSheet.objects.filter(subject_key=key).aggregate(last=Max("edition"))["last"] or 0
            sheet = RiskSheet.objects.create(
                kind=kind, subject_key=key, edition=last + 1, element=subject if isinstance(subject, Element) else None,
                area=subject if isinstance(subject, Area) else None, as_of=now, author_id=actor.pk, **known,
            )  # fmt: skip
            _write_measures(sheet, _proposed(sheet, timezone.localtime(now).date()))
            _audit(sheet, "RISK_SHEET_DRAFTED", actor, now)
    except IntegrityError:
        # Somebody else drafted it at the same moment.
        other = RiskSheet.objects.filter(subject_key=key).exclude(state=RiskState.SIGNED).first()
        raise _already_open(other.pk if other else 0) from None
    return sheet


def _already_open(pk: int) -> Conflict:
    return Conflict(
        "RISK_SHEET_OPEN", "这个对象已有一份没有签发的评估表。请在那一份上修改，或先作废它。", {"sheet": pk}
    )


def _subject(subject: Element | Area, actor: Actor) -> tuple[Element | Area, RiskSubject, str]:
    """What is meant, its kind and its key; of an element that was merged, what it has become."""
    if isinstance(subject, Area):
        if subject.kind != AreaKind.DISTRICT or not covers(actor.scope, subject):
            raise NotVisible
        return subject, RiskSubject.DISTRICT, f"AREA:{subject.pk}"
    found = reading.subject_element(subject.pk, actor)
    return found, reading.KINDS[found.kind], f"ELEMENT:{found.pk}"  # type: ignore[index]


def _known(subject: Element | Area, kind: RiskSubject, today: date) -> dict[str, Any]:
    """Columns that say what is known of the subject now."""
    if isinstance(subject, Area):
        content = content_of_district(subject, today) | {"subject": subject.name, "place": subject.parent.name}  # type: ignore[union-attr]
    else:
        place = [one.name for one in (subject.block.parent, subject.block) if one]
        content = content_of_element(subject, kind, today) | {"subject": subject.label, "place": "".join(place)}
    first = next(iter(content["sections"]), None)
    return {
        "content": content, "score": Decimal(first["score"]) if first else None, "level": first["level"] if first else "",
        "colour": first["colour"] if first else "idle",
    }  # fmt: skip


def _proposed(sheet: RiskSheet, today: date) -> list[Planned]:
    """What the level demands, the steps that lower it, and what of the last edition was not done."""
    first = next(iter(sheet.content["sections"]), None)
    texts = [text for text in ([first["consequence"], *first["cures"]] if first else []) if text]
    last = reading.editions_of(sheet).filter(state=RiskState.SIGNED).first()
    texts += [f"（上期未完成）{one.text}" for one in last.measures.filter(done_on__isnull=True)] if last else []
    posts = reading.posts_for(sheet)
    # Who answers for the district; where there is none, the lowest post.
    post = next((one for one in posts if one.area and one.area.kind == AreaKind.DISTRICT), posts[-1])
    return [Planned(text[:200], post, today + timedelta(USUAL_DAYS)) for text in texts[:MOST_MEASURES]]


def _write_measures(sheet: RiskSheet, planned: Sequence[Planned]) -> None:
    sheet.measures.all().delete()
    RiskMeasure.objects.bulk_create(
        RiskMeasure(sheet=sheet, number=n, text=one.text, role=one.post.role, area=one.post.area, due_on=one.due_on)
        for n, one in enumerate(planned, 1)
    )


@transaction.atomic
def save_sheet(
    *, sheet: RiskSheet, conclusion: str, review_on: date | None, measures: Sequence[Planned], revision: int, actor: Actor,
    now: datetime,
) -> RiskSheet:  # fmt: skip
    """Writes what people add to a draft; one that was handed over stays handed over.

    Raises:
        NotVisible. NotAllowed. Conflict: RISK_SHEET_SIGNED, RISK_SHEET_CHANGED. DomainError: TOO_MANY_MEASURES, BAD_REVIEW.
    """
    row = _opened(sheet, actor)
    if row.revision != revision:
        raise Conflict("RISK_SHEET_CHANGED", "评估表在您打开之后又被改过。页面已是最新内容，请再改一次。")
    if len(measures) > MOST_MEASURES:
        raise DomainError("TOO_MANY_MEASURES", f"管控措施最多 {MOST_MEASURES} 条。请合并或删去一些。")
    _check_review(review_on, now)
    row.conclusion, row.review_on = conclusion.replace("\x00", "").strip(), review_on
    _write_measures(row, measures)
    return _saved(row, "RISK_SHEET_EDITED", actor, now)


def _check_review(day: date | None, now: datetime) -> None:
    today = timezone.localtime(now).date()
    if day is not None and not today < day <= today + timedelta(LONGEST_REVIEW_DAYS):
        raise DomainError("BAD_REVIEW", "复评日期应在明天起的一年之内。请改正。")


@transaction.atomic
def renew_content(*, sheet: RiskSheet, actor: Actor, now: datetime) -> RiskSheet:
    """Counts a draft anew; what people wrote stays.

    Raises:
        As `save_sheet`.
    """
    row = _opened(sheet, actor)
    subject = row.element or row.area
    for name, value in _known(subject, RiskSubject(row.kind), timezone.localtime(now).date()).items():  # type: ignore[arg-type]
        setattr(row, name, value)
    row.as_of = now
    return _saved(row, "RISK_SHEET_RENEWED", actor, now)


@transaction.atomic
def submit_sheet(*, sheet: RiskSheet, actor: Actor, now: datetime) -> RiskSheet:
    """Hands a whole draft over to who signs it.

    Raises:
        NotVisible. NotAllowed. Conflict: it was handed over or signed. DomainError: RISK_SHEET_INCOMPLETE, BAD_REVIEW.
    """
    row = _opened(sheet, actor)
    if row.state != RiskState.DRAFT:
        raise Conflict("RISK_SHEET_STATE", "评估表已经提交过了，请等待另一人签发。")
    missing = [
        label
        for label, is_there in (
            ("研判结论", bool(row.conclusion)),
            ("管控措施", row.measures.exists()),
            ("复评日期", row.review_on is not None),
        )
        if not is_there
    ]
    if missing:
        raise DomainError("RISK_SHEET_INCOMPLETE", f"还没有填写：{'、'.join(missing)}。请填写并保存后再提交。")
    _check_review(row.review_on, now)
    row.state = RiskState.WAITING
    row.content.pop("returned", None)
    return _saved(row, "RISK_SHEET_SUBMITTED", actor, now)


@transaction.atomic
def sign_sheet(*, sheet: RiskSheet, actor: Actor, now: datetime) -> RiskSheet:
    """Signs a sheet: by somebody else than who drafted or last edited it. From now on it stays.

    Raises:
        NotVisible. NotAllowed: no right to sign, or signing one's own. Conflict: it does not wait for it.
    """
    row = _locked(sheet, actor)
    if not may_approve(actor):
        raise NotAllowed
    if row.state != RiskState.WAITING:
        raise Conflict("RISK_SHEET_STATE", "评估表不在待签发状态。请刷新页面。")
    if actor.pk in (row.author_id, row.edited_by_id):
        raise NotAllowed("自己编制或修改的评估表不能自己签发，请另一位有权限的人签发。")
    row.state, row.signed_by_id, row.signed_at = RiskState.SIGNED, actor.pk, now
    row.save(update_fields=["state", "signed_by_id", "signed_at"])
    _audit(row, "RISK_SHEET_SIGNED", actor, now)
    return row


@transaction.atomic
def return_sheet(*, sheet: RiskSheet, reason: str, actor: Actor, now: datetime) -> RiskSheet:
    """Gives a sheet back to who wrote it, with the reason.

    Raises:
        NotVisible. NotAllowed. Conflict: it does not wait for a signature. DomainError: REASON_MISSING.
    """
    row = _locked(sheet, actor)
    if not may_approve(actor):
        raise NotAllowed
    if row.state != RiskState.WAITING:
        raise Conflict("RISK_SHEET_STATE", "评估表不在待签发状态。请刷新页面。")
    if not (said := reason.replace("\x00", "").strip()):
        raise DomainError("REASON_MISSING", "请写明退回的理由。")
    row.state = RiskState.DRAFT
    row.content["returned"] = {"reason": said[:200], "at": now.isoformat()}
    row.save(update_fields=["state", "content"])
    _audit(row, "RISK_SHEET_RETURNED", actor, now)
    return row


@transaction.atomic
def discard_sheet(*, sheet: RiskSheet, actor: Actor, now: datetime) -> None:
    """Throws a sheet away that nobody signed.

    Raises:
        NotVisible. NotAllowed. Conflict: RISK_SHEET_SIGNED.
    """
    row = _opened(sheet, actor)
    _audit(row, "RISK_SHEET_DISCARDED", actor, now)
    row.delete()


@transaction.atomic
def report_measure(*, measure: RiskMeasure, result: str, done_on: date, actor: Actor, now: datetime) -> RiskMeasure:
    """Tells what was done about a measure of a signed sheet; told again, the later words stand and the audit keeps who.

    Raises:
        NotVisible. NotAllowed. Conflict: the sheet is not signed. DomainError: RESULT_MISSING, BAD_DAY.
    """
    if not (may_write(actor) or may_approve(actor)):
        raise NotAllowed
    sheet = reading.visible_sheet(measure.sheet_id, actor)
    row = RiskMeasure.objects.select_for_update().get(pk=measure.pk)
    if sheet.state != RiskState.SIGNED:
        raise Conflict("RISK_SHEET_STATE", "评估表签发后才填报完成情况。")
    if not (said := result.replace("\x00", "").strip()):
        raise DomainError("RESULT_MISSING", "请写明完成情况。")
    if not sheet.as_of.date() <= done_on <= timezone.localtime(now).date():
        raise DomainError("BAD_DAY", "完成日期应在评估之后、今天之前（含今天）。请改正。")
    row.result, row.done_on, row.done_by_id = said[:200], done_on, actor.pk
    row.save(update_fields=["result", "done_on", "done_by_id"])
    _audit(sheet, "RISK_MEASURE_DONE", actor, now)
    return row


def _locked(sheet: RiskSheet, actor: Actor) -> RiskSheet:
    found = reading.visible_sheets(actor).filter(pk=sheet.pk).values("pk")
    row = RiskSheet.objects.select_for_update(of=("self",)).filter(pk__in=found).first()
    if row is None:
        raise NotVisible
    return row


def _opened(sheet: RiskSheet, actor: Actor) -> RiskSheet:
    row = _locked(sheet, actor)
    if not may_write(actor):
        raise NotAllowed
    if row.state == RiskState.SIGNED:
        raise Conflict("RISK_SHEET_SIGNED", "评估表已签发存档，不能再改。情况有变的，请点“重新评估”出新版。")
    return row


def _saved(row: RiskSheet, verb: str, actor: Actor, now: datetime) -> RiskSheet:
    row.revision += 1
    row.edited_by_id, row.edited_at = actor.pk, now
    row.save()
    _audit(row, verb, actor, now)
    return row


def _audit(sheet: RiskSheet, verb: str, actor: Actor, now: datetime) -> None:
    record_audit(actor_id=actor.pk, verb=verb, subject_table=_TABLE, subject_id=sheet.pk, now=now)


def note_taken(*, sheet: RiskSheet, actor: Actor, now: datetime) -> None:
    """Somebody took the file of a sheet."""
    _audit(sheet, "RISK_SHEET_TAKEN", actor, now)
