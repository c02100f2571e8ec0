"""Grades set by people: asked for, confirmed by somebody else who leads, until a day; refused ways change nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common import clock
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow
from tagging.models import Grade, GradeOverride
from tagging.services import overrides
from tagging.services.grading import grade_all
from tests.factories.grades import body, element_of, grade_of, graded_vehicles, run, scheme_of, weigh
from tests.factories.users import make_users


@pytest.fixture(scope="module")
def module_users(module_city):
    graded_vehicles()
    return make_users(module_city)


@pytest.fixture
def scheme(users):
    made = scheme_of()
    run(made)
    return made


def ask(
    scheme,
    actor,
    *,
    number: int = 1,
    level: str = "HIGH",
    reason: str = "群众多次举报",
    days: int | None = 30,
    now=None,
):
    now = now or clock.now()
    expires_on = clock.today() + timedelta(days=days) if days is not None else None
    return overrides.request_override(
        element_id=element_of(number).pk, scheme=scheme, level=level, reason=reason, expires_on=expires_on, actor=actor, now=now,
    )  # fmt: skip


def decide(row, actor, *, is_approved: bool = True, note: str = "", now=None):
    return overrides.decide_override(
        override_id=row.pk, is_approved=is_approved, note=note, actor=actor, now=now or clock.now()
    )


def verbs() -> list[str]:
    return list(
        AuditRow.objects.filter(subject_table="tagging_gradeoverride").order_by("pk").values_list("verb", flat=True)
    )


def state() -> tuple:
    rows = list(GradeOverride.objects.order_by("pk").values_list("state", "decided_by_id"))
    return rows, list(Grade.objects.order_by("pk").values_list("pk", "level", "until")), verbs()


def test_a_grade_is_asked_for_confirmed_shown_and_expires(scheme, users):
    row = ask(scheme, users["officer-1"])
    assert (row.state, grade_of(scheme, 1).level) == ("REQUESTED", "MID")

    decide(row, users["squadron-1"], note="属实")
    grade = grade_of(scheme, 1)
    assert (grade.level, grade.computed_level, grade.override_id) == ("HIGH", "MID", row.pk)

    # It outlives runs, also when the score changes.
    weigh(1, 500, day=2)
    run(scheme)
    grade = grade_of(scheme, 1)
    assert (grade.level, grade.computed_level, str(grade.score)) == ("HIGH", "MID", "23.3720")

    # Its last day still counts, the day after it is over.
    for days, level in ((30, "HIGH"), (31, "MID")):
        grade_all(now=clock.now() + timedelta(days=days))
        assert grade_of(scheme, 1).level == level
    row.refresh_from_db()
    assert (row.state, grade_of(scheme, 1).override_id) == ("ENDED", None)
    assert verbs() == ["GRADE_OVERRIDE_REQUEST", "GRADE_OVERRIDE_APPROVE", "GRADE_OVERRIDE_EXPIRE"]


def test_the_brigade_may_decide_everywhere(scheme, users):
    row = ask(scheme, users["officer-2"], number=2)
    assert decide(row, users["brigade"]).state == "APPROVED"
    assert grade_of(scheme, 2).level == "HIGH"


def test_who_asked_may_not_confirm(scheme, users):
    row = ask(scheme, users["squadron-1"])
    before = state()
    with pytest.raises(NotAllowed):
        decide(row, users["squadron-1"])
    assert state() == before


@pytest.mark.parametrize(("reader", "refusal"), [
    ("officer-2", NotVisible), ("coordinator-1", NotAllowed), ("analyst", NotAllowed), ("admin", NotVisible), ("nobody", NotVisible),
])  # fmt: skip
def test_who_does_not_lead_may_not_confirm(scheme, users, reader, refusal):
    row = ask(scheme, users["squadron-1"])
    before = state()
    with pytest.raises(refusal):
        decide(row, users[reader])
    assert state() == before


def test_an_officer_of_the_same_district_may_not_confirm(scheme, users):
    row = ask(scheme, users["squadron-1"])
    before = state()
    with pytest.raises(NotAllowed, match="NOT_ALLOWED"):
        decide(row, users["officer-1"])
    assert state() == before


def test_another_squadron_does_not_see_it(scheme, users):
    row = ask(scheme, users["officer-2"], number=2)
    before = state()
    with pytest.raises(NotVisible):
        decide(row, users["squadron-1"])
    with pytest.raises(NotVisible):
        overrides.end_override(override_id=row.pk, note="不再需要", actor=users["squadron-1"], now=clock.now())
    with pytest.raises(NotVisible):
        ask(scheme, users["officer-1"], number=2)
    assert state() == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"level": "TOP"}, "NO_SUCH_LEVEL"), ({"level": "MID"}, "SAME_LEVEL"), ({"reason": "  "}, "REASON_MISSING"),
        ({"days": None}, "BAD_EXPIRY"), ({"days": 0}, "BAD_EXPIRY"), ({"days": 367}, "BAD_EXPIRY"), ({"number": 4}, "NOT_GRADED"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_changes_nothing(scheme, users, changes, code):
    before = state()
    with pytest.raises(DomainError, match=code):
        ask(scheme, users["officer-1"], **changes)
    assert state() == before


def test_only_one_is_open_at_a_time(scheme, users):
    ask(scheme, users["officer-1"])
    before = state()
    with pytest.raises(Conflict, match="OVERRIDE_OPEN"):
        ask(scheme, users["squadron-1"], level="LOW")
    assert state() == before


def test_a_refusal_needs_a_reason_and_leaves_the_level(scheme, users):
    row = ask(scheme, users["officer-1"])
    with pytest.raises(DomainError, match="REASON_MISSING"):
        decide(row, users["squadron-1"], is_approved=False)
    assert decide(row, users["squadron-1"], is_approved=False, note="依据不足").state == "REFUSED"
    assert grade_of(scheme, 1).level == "MID"
    with pytest.raises(Conflict, match="OVERRIDE_DECIDED"):
        decide(row, users["brigade"])
    # Another may be asked for now.
    assert ask(scheme, users["officer-1"]).state == "REQUESTED"


def test_one_that_holds_is_ended_with_a_reason(scheme, users):
    row = decide(ask(scheme, users["officer-1"], level="LOW"), users["squadron-1"])
    assert grade_of(scheme, 1).level == "LOW"
    with pytest.raises(DomainError, match="REASON_MISSING"):
        overrides.end_override(override_id=row.pk, note=" ", actor=users["officer-1"], now=clock.now())
    overrides.end_override(override_id=row.pk, note="情况已变", actor=users["officer-1"], now=clock.now())
    assert (grade_of(scheme, 1).level, grade_of(scheme, 1).override_id) == ("MID", None)
    with pytest.raises(Conflict, match="OVERRIDE_ENDED"):
        overrides.end_override(override_id=row.pk, note="情况已变", actor=users["officer-1"], now=clock.now())


def test_a_request_that_nobody_decided_runs_out(scheme, users):
    row = ask(scheme, users["officer-1"], days=2)
    later = clock.now() + timedelta(days=3)
    with pytest.raises(Conflict, match="OVERRIDE_PAST"):
        decide(row, users["squadron-1"], now=later)
    assert overrides.end_expired(now=later) == 1
    row.refresh_from_db()
    assert (row.state, grade_of(scheme, 1).level) == ("ENDED", "MID")


def test_a_set_level_that_the_scheme_no_longer_has_does_not_hold(scheme, users):
    decide(ask(scheme, users["officer-1"]), users["squadron-1"])
    version = scheme.published
    levels = body()["levels"]
    version.body = body(levels=[levels[0], levels[1], levels[2] | {"code": "TOP", "name": "顶"}], lists=[])
    version.save()
    run(scheme)
    assert (grade_of(scheme, 1).level, grade_of(scheme, 1).override_id) == ("MID", None)
