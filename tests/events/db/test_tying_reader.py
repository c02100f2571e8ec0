"""The reader of change rows that ties events to what has become known."""

from __future__ import annotations

import pytest

from common.changes import start_reader
from events.models import Violation
from events.services.tying import READER, tie_changed_elements
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.event_files import land
from tests.factories.numbers import plate, vin


@pytest.mark.usefixtures("committed_city")
def test_the_reader_ties_what_changed_since_it_last_read():
    start_reader(READER)
    land("VIOLATION", {"违法编号": "V1", "违法时间": "2026-03-20 10:00", "号牌号码": plate(1), "号牌种类": "02"})
    assert tie_changed_elements() == 0

    submit("TMRI_VEHICLE", "VEHICLE", claim(0, vin=vin(1), plate_number=plate(1), plate_type="02"))
    assert tie_changed_elements() == 1
    assert Violation.objects.get().vehicle == vehicle_of(vin(1))
    assert tie_changed_elements() == 0
