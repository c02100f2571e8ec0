"""Work orders from report to check: the order, its trail, and what the facility learns from it."""

from __future__ import annotations

from datetime import date

import pytest

from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow, ChangeRow
from duty.models import WorkOrder, WorkOrderPhoto, WorkOrderStep
from duty.services import orders
from elements.models import ClaimBatch, ClaimLog, Element, Photo
from tests.factories.claims import NOW
from tests.factories.upkeep import (
    checked,
    danger_spot,
    dispatched,
    facility,
    facility_of,
    picture,
    repaired,
    report,
    request,
)

pytestmark = pytest.mark.usefixtures("city")


def state(number: int = 1) -> str | None:
    return facility_of(number).facility.state


def written() -> tuple[int, ...]:
    """How many rows of everything that a step writes."""
    tables = (WorkOrder, WorkOrderStep, WorkOrderPhoto, Photo, AuditRow, ChangeRow, ClaimLog)
    return tuple(model.objects.count() for model in tables)


def test_a_fault_goes_from_report_to_check_and_the_facility_with_it(users):
    signal = facility()
    seen = [state()]

    order = report(signal, users["coordinator-1"], photos=[picture(10)])
    seen.append(state())
    order = dispatched(order, users["officer-1"])
    seen.append(state())
    order = repaired(order, users["coordinator-1"])
    seen.append(state())
    order = checked(order, users["officer-1"])
    seen.append(state())

    assert seen == ["1", "2", "5", "5", "1"]
    assert (order.number, order.state, order.version) == ("WX20261001-0001", "CHECKED", 4)
    assert (order.owner_department, order.due_on) == ("试验市政", date(2026, 10, 8))
    assert order.closed_at is not None
    steps = list(order.steps.order_by("pk").values_list("from_state", "to_state", "note", "actor_id"))
    coordinator, officer = users["coordinator-1"].pk, users["officer-1"].pk
    assert steps == [
        ("", "REPORTED", "", coordinator),
        ("REPORTED", "DISPATCHED", "", officer),
        ("DISPATCHED", "REPAIRED", "已换灯", coordinator),
        ("REPAIRED", "CHECKED", "", officer),
    ]
    assert WorkOrderPhoto.objects.count() == 2
    verbs = AuditRow.objects.filter(subject_table="duty_workorder").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["ORDER_REPORTED", "ORDER_DISPATCHED", "ORDER_REPAIRED", "ORDER_CHECKED"]
    assert ChangeRow.objects.filter(subject_table="duty_workorder").count() == 4


def test_what_the_facility_learns_is_a_claim_of_the_field_at_the_time_of_the_step(users):
    order = report(facility(), users["officer-1"])

    entry = order.claim_batch_ids[0]
    batch = ClaimBatch.objects.get(pk=entry["batch"])
    claim = ClaimLog.objects.get(batch=batch)
    assert entry["values"] == {"state": "2"}
    assert (batch.source.code, claim.element_id, claim.observed_at) == ("FIELD", order.facility_id, NOW)


def test_a_missing_facility_is_missing(users):
    report(facility(), users["officer-1"], is_missing=True)

    assert state() == "3"


def test_a_danger_is_reviewed_when_its_treatment_was_checked(users):
    spot = danger_spot()
    order = report(spot, users["officer-1"], cause="DANGER", fault="树木遮挡")
    assert order.number == "YH20261001-0001"
    assert order.owner_department == "试验公路站"
    order = checked(repaired(dispatched(order, users["officer-1"]), users["coordinator-1"]), users["officer-1"])

    said = ClaimLog.objects.get(batch_id=order.claim_batch_ids[0]["batch"]).payload
    assert (said["review_result"], said["reviewed_on"]) == ("1", "2026-10-01")
    # The ledger says otherwise and is believed first: a conflict for a person to decide.
    element = Element.objects.get(pk=spot.pk)
    assert "review_result" in element.conflicts


def test_a_facility_that_is_no_danger_takes_no_order_of_that_cause(users):
    signal = facility()
    before = written()

    with pytest.raises(DomainError) as refused:
        report(signal, users["officer-1"], cause="DANGER")
    assert (refused.value.code, written()) == ("NO_DANGER", before)


def test_what_was_not_true_is_taken_back(users):
    order = report(facility(), users["coordinator-1"])
    assert state() == "2"

    order = orders.reject(number=order.number, note="现场完好", version=1, actor=users["officer-1"], now=NOW)

    assert (order.state, state()) == ("REJECTED", "1")
    assert ClaimBatch.objects.get(pk=order.claim_batch_ids[0]["batch"]).state == ClaimBatch.State.RETRACTED


def test_a_checked_repair_leaves_the_facility_as_another_open_fault_says(users):
    signal = facility()
    first = report(signal, users["officer-1"], 1)
    report(signal, users["officer-1"], 2, fault="灯杆倾斜")
    checked(repaired(dispatched(first, users["officer-1"]), users["coordinator-1"]), users["officer-1"])

    assert state() == "2"


def test_a_returned_repair_is_mended_again(users):
    order = repaired(dispatched(report(facility(), users["officer-1"]), users["officer-1"]), users["coordinator-1"])
    order = orders.return_for_rework(number=order.number, note="仍不亮", version=3, actor=users["officer-1"], now=NOW)
    assert (order.state, order.returned_count, state()) == ("RETURNED", 1, "5")

    order = checked(repaired(order, users["coordinator-1"], note="已换线"), users["officer-1"])
    assert (order.state, order.version, state()) == ("CHECKED", 6, "1")


def test_the_repairer_does_not_check(users):
    order = repaired(dispatched(report(facility(), users["coordinator-1"]), users["officer-1"]), users["officer-1"])
    before = written()

    with pytest.raises(NotAllowed):
        checked(order, users["officer-1"])
    order.refresh_from_db()
    assert (order.state, written()) == ("REPAIRED", before)
    assert checked(order, users["squadron-1"]).state == "CHECKED"


def test_a_repair_needs_words_and_a_picture(users):
    order = dispatched(report(facility(), users["officer-1"]), users["officer-1"])
    before = written()
    given = {"number": order.number, "version": 2, "actor": users["officer-1"], "now": NOW}

    with pytest.raises(DomainError) as without_note:
        orders.report_repair(note=" ", photos=[picture()], **given)
    with pytest.raises(DomainError) as without_photo:
        orders.report_repair(note="已换灯", photos=[], **given)
    with pytest.raises(DomainError) as no_picture:
        orders.report_repair(note="已换灯", photos=[type(picture())(b"%PDF-1.7", "a.jpg")], **given)

    assert (without_note.value.code, without_photo.value.code) == ("NOTE_MISSING", "PHOTO_MISSING")
    assert no_picture.value.code.startswith("PHOTO")
    assert written() == before


@pytest.mark.parametrize("reader", ["analyst", "auditor", "admin", "station-1", "nobody"])
def test_who_only_reads_reports_nothing(users, reader):
    signal = facility()
    before = written()

    with pytest.raises(NotAllowed):
        report(signal, users[reader])
    assert written() == before


def test_a_proposer_does_not_decide(users):
    order = report(facility(), users["coordinator-1"])
    before = written()

    with pytest.raises(NotAllowed):
        dispatched(order, users["coordinator-1"])
    with pytest.raises(NotAllowed):
        orders.reject(number=order.number, note="不实", version=1, actor=users["coordinator-1"], now=NOW)
    assert written() == before


def test_a_foreign_order_and_facility_are_like_missing_ones(users):
    signal = facility()
    order = report(signal, users["officer-1"])
    before = written()

    with pytest.raises(NotVisible):
        report(signal, users["officer-2"], 2)
    with pytest.raises(NotVisible):
        dispatched(order, users["officer-2"])
    with pytest.raises(NotVisible):
        orders.check(number="WX20261001-0009", version=1, actor=users["officer-2"], now=NOW)
    assert written() == before


def test_the_same_report_again_is_the_first_one(users):
    signal = facility()
    first = report(signal, users["officer-1"], photos=[picture()])
    before = written()

    assert report(signal, users["officer-1"], photos=[picture()]).pk == first.pk
    with pytest.raises(Conflict) as other_body:
        report(signal, users["officer-1"], fault="绿灯不亮")
    with pytest.raises(Conflict) as other_person:
        report(signal, users["coordinator-1"])
    assert (other_body.value.code, other_person.value.code) == ("REQUEST_USED", "REQUEST_USED")
    assert written() == before


def test_the_same_step_again_answers_and_another_meets_a_conflict_with_a_name(users):
    order = report(facility(), users["officer-1"])
    dispatched(order, users["officer-1"])
    before = written()

    assert dispatched(order, users["officer-1"]).version == 2
    with pytest.raises(Conflict) as refused:
        dispatched(order, users["squadron-1"])
    assert refused.value.code == "ORDER_CHANGED"
    assert "officer-1" in refused.value.message
    assert written() == before


def test_a_step_out_of_turn_is_refused(users):
    order = report(facility(), users["officer-1"])
    before = written()

    with pytest.raises(Conflict) as refused:
        orders.check(number=order.number, version=1, actor=users["officer-1"], now=NOW)
    assert (refused.value.code, written()) == ("ORDER_STATE", before)


@pytest.mark.parametrize(
    ("owner", "due", "code"), [(" ", date(2026, 10, 8), "OWNER_MISSING"), ("市政", date(2026, 9, 30), "DUE_PAST")]
)
def test_a_dispatch_needs_a_department_and_a_day_to_come(users, owner, due, code):
    order = report(facility(), users["officer-1"])
    before = written()

    with pytest.raises(DomainError) as refused:
        orders.dispatch(
            number=order.number, owner_department=owner, due_on=due, version=1, actor=users["officer-1"], now=NOW
        )
    assert (refused.value.code, written()) == (code, before)


def test_numbers_run_by_day_and_cause(users):
    signal, spot = facility(), danger_spot()
    made = [
        report(signal, users["officer-1"], 1).number,
        report(signal, users["officer-1"], 2).number,
        report(spot, users["officer-1"], 3, cause="DANGER").number,
    ]

    assert made == ["WX20261001-0001", "WX20261001-0002", "YH20261001-0001"]
    assert WorkOrder.objects.get(request_id=request(2)).number == "WX20261001-0002"
