"""One plate in two places at once, a vehicle unlike the register, and what a doubtful reading may have been."""

from __future__ import annotations

import pytest

from accounts.choices import Role
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow
from events.models import Capture, EventFinding
from events.selectors.plate_suggestions import plate_suggestions
from events.services.capture_findings import settle_finding
from tests.factories.claims import NOW, claim, submit, vehicle_of
from tests.factories.event_files import land
from tests.factories.files import take_back
from tests.factories.numbers import plate, vin
from tests.factories.places import point_in
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")


def seen(number: str, at: str, grid: int, **cells: str) -> dict[str, str]:
    lon, lat = point_in(grid)
    return {
        "过车编号": number, "过车时间": f"2026-03-05 {at}", "号牌号码": plate(1), "号牌种类": "02", "置信度": "95",
        "经度": f"{lon:.6f}", "纬度": f"{lat:.6f}",
    } | cells  # fmt: skip


def a_vehicle(number: int = 1, **values: str) -> None:
    values = {"plate_number": plate(number), "plate_type": "02", "colour": "A", "vehicle_type": "K33"} | values
    submit("TMRI_VEHICLE", "VEHICLE", claim(0, vin=vin(number), **values))


def test_a_plate_that_is_in_two_places_at_once_is_a_finding():
    # Grids 0 and 5 lie nine kilometres apart.
    land("CAPTURE", seen("K1", "10:00:00", 0), seen("K2", "10:01:00", 5))

    finding = EventFinding.objects.get()
    first, second = Capture.objects.get(number="K1"), Capture.objects.get(number="K2")
    assert (finding.kind, finding.event_id, finding.other_id, finding.block_id) == (
        "IMPOSSIBLE_PAIR", second.pk, first.pk, second.block_id,
    )  # fmt: skip
    assert finding.evidence["seconds"] == 60 and 8_500 < finding.evidence["metres"] < 9_200
    assert finding.evidence["kmh"] > 500


def test_the_pair_is_one_finding_whichever_of_the_two_comes_later():
    later = land("CAPTURE", seen("K2", "10:01:00", 5))
    land("CAPTURE", seen("K1", "10:00:00", 0))
    land("CAPTURE", seen("K1", "10:00:00", 0))
    assert EventFinding.objects.count() == 1

    take_back(later)
    assert EventFinding.objects.count() == 0


@pytest.mark.parametrize(
    "other",
    [
        seen("K2", "10:08:00", 5),  # nine kilometres in eight minutes can be driven
        seen("K2", "10:01:00", 0),  # the same checkpoint
        seen("K2", "10:01:00", 5, 置信度="60"),  # not sure enough
        seen("K2", "10:01:00", 5, 号牌种类="15"),  # another plate of the same number
        seen("K2", "10:01:00", 5, 号牌号码=plate(2)),
    ],
)
def test_what_can_be_is_no_finding(other: dict[str, str]):
    land("CAPTURE", seen("K1", "10:00:00", 0), other)
    assert not EventFinding.objects.exists()


def test_a_vehicle_unlike_the_register_is_one_finding_however_often_it_is_seen():
    a_vehicle()
    land("CAPTURE", seen("K1", "10:00:00", 0, 车身颜色="A", 车辆类型="K33"))
    assert not EventFinding.objects.exists()

    land("CAPTURE", seen("K2", "11:00:00", 0, 车身颜色="E"), seen("K3", "12:00:00", 0, 车辆类型="H11"))
    finding = EventFinding.objects.get()
    assert (finding.kind, finding.element_id) == ("UNLIKE_REGISTER", vehicle_of(vin(1)).pk)
    assert finding.evidence == {"colour_seen": "E", "colour_registered": "A", "type_registered": "K33"}


def test_a_doubtful_reading_names_the_registered_vehicles_that_it_may_have_been(city):
    user = make_user("brigade", Role.BRIGADE)
    registered = plate(1)
    position = next(i for i in range(len(registered) - 1, 1, -1) if registered[i] in "0825B")
    confused = {"0": "D", "8": "B", "2": "Z", "5": "S", "B": "8"}[registered[position]]
    reading = registered[:position] + confused + registered[position + 1 :]
    a_vehicle()
    land(
        "CAPTURE",
        seen("K1", "10:00:00", 0, 号牌号码=reading, 车身颜色="A"),
        seen("K2", "10:00:00", 0, 号牌号码=reading, 车身颜色="E"),
    )

    like, unlike = (plate_suggestions(Capture.objects.get(number=number), user) for number in ("K1", "K2"))
    assert [(one.label, one.element_id, one.is_like_register) for one in like] == [
        (registered, vehicle_of(vin(1)).pk, True)
    ]
    assert unlike[0].score < like[0].score and not unlike[0].is_like_register
    assert Capture.objects.get(number="K1").plate_read == reading

    land("CAPTURE", seen("K3", "10:00:00", 0))
    assert plate_suggestions(Capture.objects.get(number="K3"), user) == []


def test_a_finding_is_settled_once_with_a_reason_by_who_may(city):
    land("CAPTURE", seen("K1", "10:00:00", 0), seen("K2", "10:01:00", 5))
    finding = EventFinding.objects.get()
    actor = make_user("brigade", Role.BRIGADE)

    with pytest.raises(NotAllowed):
        settle_finding(finding_id=finding.pk, state="CLONED", note="x", actor=make_user("a", Role.ANALYST), now=NOW)
    with pytest.raises(NotVisible):
        far = make_user("o", Role.OFFICER, area=city.districts[0])
        settle_finding(finding_id=finding.pk, state="CLONED", note="x", actor=far, now=NOW)
    with pytest.raises(DomainError):
        settle_finding(finding_id=finding.pk, state="CLONED", note=" ", actor=actor, now=NOW)
    assert not AuditRow.objects.filter(verb="FINDING_SETTLED").exists()

    settle_finding(finding_id=finding.pk, state="CLONED", note="现场查获", actor=actor, now=NOW)
    finding.refresh_from_db()
    assert (finding.state, finding.note, finding.closed_by) == ("CLONED", "现场查获", actor.pk)
    with pytest.raises(Conflict):
        settle_finding(finding_id=finding.pk, state="MISREAD", note="x", actor=actor, now=NOW)
