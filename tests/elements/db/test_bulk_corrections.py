"""Many elements corrected at once: shown, applied from what was shown, undone as one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from common import jobs
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow, Job
from elements.choices import CorrectionState
from elements.models import BulkCorrection, Vehicle
from elements.services import bulk_corrections as bulk
from tests.factories.claims import NOW, claim, submit, vehicle_of
from tests.factories.dumps import dump_elements
from tests.factories.numbers import vin
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def brigade():
    return make_user("brigade", "BRIGADE")


@pytest.fixture
def fleet() -> list[int]:
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(1, vin=vin(1), brand="甲牌", use_nature="A"), claim(1, vin=vin(2), brand="乙牌", use_nature="A"),
        claim(1, vin=vin(3), brand="丙牌", use_nature="A"),
    )  # fmt: skip
    return [vehicle_of(vin(number)).pk for number in (1, 2, 3)]


def start(actor, ids, **values) -> BulkCorrection:
    made = bulk.start_bulk_correction(
        registry="vehicles", element_ids=ids, values=values, reason="车队统一核对", actor=actor, now=NOW
    )
    jobs.run(made.job_id)
    made.refresh_from_db()
    return made


def run(made: BulkCorrection) -> None:
    made.refresh_from_db()
    jobs.run(made.job_id)
    made.refresh_from_db()


def brands() -> list[str | None]:
    return [Vehicle.objects.get(vin=vin(number)).brand for number in (1, 2, 3)]


def test_the_plan_writes_nothing_and_counts_what_will_change(fleet, brigade):
    before = dump_elements()
    made = start(brigade, fleet, brand="乙牌")

    assert made.state == CorrectionState.PLANNED
    # The second has that brand already.
    assert made.counts == {"chosen": 3, "changed": 2, "conflicts": 0}
    assert dump_elements() == before


def test_it_is_applied_and_undone_as_one(fleet, brigade):
    before = dump_elements()
    made = start(brigade, fleet[:2], brand="丁牌", colour=None)
    bulk.confirm_bulk_correction(correction=made, actor=brigade, now=NOW)
    run(made)
    assert made.state == CorrectionState.APPLIED
    assert brands() == ["丁牌", "丁牌", "丙牌"]

    bulk.undo_bulk_correction(correction=made, actor=brigade, now=NOW)
    run(made)
    assert made.state == CorrectionState.UNDONE
    assert dump_elements() == before
    verbs = list(AuditRow.objects.order_by("pk").values_list("verb", "count"))
    assert ("CORRECTED", 2) in verbs and ("CORRECTION_UNDONE", 2) in verbs


def test_official_fields_become_conflicts_and_are_counted_so(fleet, brigade):
    made = start(brigade, fleet, use_nature="B")
    assert made.counts == {"chosen": 3, "changed": 0, "conflicts": 3}
    bulk.confirm_bulk_correction(correction=made, actor=brigade, now=NOW)
    run(made)
    assert vehicle_of(vin(1)).conflicts == ["use_nature"]
    assert Vehicle.objects.get(vin=vin(1)).use_nature == "A"


def test_what_somebody_changed_after_the_preview_is_planned_again(fleet, brigade):
    made = start(brigade, fleet, brand="丁牌")
    submit("TMRI_VEHICLE", "VEHICLE", claim(5, vin=vin(1), brand="新牌", seats=5))
    bulk.confirm_bulk_correction(correction=made, actor=brigade, now=NOW)
    run(made)

    assert brands() == ["丁牌", "丁牌", "丁牌"]
    # What it corrected was the old word; the new one is a conflict.
    assert vehicle_of(vin(1)).conflicts == ["brand"]


def test_a_plan_that_a_crash_took_away_is_made_again(fleet, brigade):
    made = start(brigade, fleet, brand="丁牌")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM elements_vehiclestage")
        cursor.execute("DELETE FROM elements_vehicleplan")
    bulk.confirm_bulk_correction(correction=made, actor=brigade, now=NOW)
    run(made)
    assert brands() == ["丁牌", "丁牌", "丁牌"]


def test_killed_while_it_applies_it_goes_on(fleet, brigade, monkeypatch):
    made = start(brigade, fleet, brand="丁牌")
    bulk.confirm_bulk_correction(correction=made, actor=brigade, now=NOW)
    made.refresh_from_db()

    class Killed(BaseException):
        pass

    def killed(**_kwargs):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(bulk, "drop_working_rows", killed)
        with pytest.raises(Killed):
            jobs.run(made.job_id)
    Job.objects.filter(pk=made.job_id).update(heartbeat_at=NOW - timedelta(days=90))
    run(made)
    assert made.state == CorrectionState.APPLIED
    assert brands() == ["丁牌", "丁牌", "丁牌"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM elements_claimlog l JOIN elements_source s ON s.id = l.source_id WHERE s.code = 'FIELD'"
        )
        assert cursor.fetchone() == (3,)


def test_what_broke_off_is_taken_up_again_by_its_owner(fleet, brigade, monkeypatch):
    made = start(brigade, fleet, brand="丁牌")
    bulk.confirm_bulk_correction(correction=made, actor=brigade, now=NOW)
    made.refresh_from_db()
    with pytest.raises(Conflict):
        bulk.retry_bulk_correction(correction=made, actor=brigade, now=NOW)

    def broken(**_kwargs):
        raise DomainError("ELEMENTS_BUSY", "这批要素正被修改")

    with monkeypatch.context() as patch:
        patch.setattr(bulk, "apply_claims", broken)
        jobs.run(made.job_id)
    assert brands() == ["甲牌", "乙牌", "丙牌"]
    bulk.retry_bulk_correction(correction=made, actor=brigade, now=NOW)
    run(made)
    assert (made.state, brands()) == (CorrectionState.APPLIED, ["丁牌", "丁牌", "丁牌"])


def test_dropped_it_leaves_nothing(fleet, brigade):
    before = dump_elements()
    made = start(brigade, fleet, brand="丁牌")
    bulk.drop_bulk_correction(correction=made, actor=brigade, now=NOW)
    with pytest.raises(Conflict):
        bulk.confirm_bulk_correction(correction=made, actor=brigade, now=NOW)
    assert dump_elements() == before


@pytest.mark.parametrize(
    ("values", "code"),
    [({"vin": vin(9)}, "BULK_FIELD"), ({}, "CORRECTION_EMPTY"), ({"nonsense": "1"}, "CORRECTION_FIELD")],
)
def test_what_cannot_be_set_for_many(fleet, brigade, values, code):
    with pytest.raises(DomainError) as refused:
        start(brigade, fleet, **values)
    assert refused.value.code == code
    assert BulkCorrection.objects.count() == 0


def test_only_who_may_what_is_visible_and_ones_own(fleet, brigade):
    with pytest.raises(NotAllowed):
        start(make_user("analyst", "ANALYST"), fleet, brand="丁牌")
    with pytest.raises(NotVisible):
        start(brigade, [*fleet, 999_999], brand="丁牌")
    made = start(brigade, fleet, brand="丁牌")
    with pytest.raises(NotVisible):
        bulk.confirm_bulk_correction(correction=made, actor=make_user("other", "BRIGADE"), now=NOW)
    assert brands() == ["甲牌", "乙牌", "丙牌"]
