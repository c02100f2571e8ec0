"""Rows that came before word for word are not read again, and support what they repeat all the same."""

from __future__ import annotations

import pytest

from common import clock, jobs
from elements.models import ClaimSupport, Element, Source, Vehicle
from exchange.models import LandingBatch
from exchange.services import known_rows, landing
from tests.factories.numbers import vin

pytestmark = pytest.mark.usefixtures("city")
HEADER = "车辆识别代号,品牌"


def bring(*rows: str, source: str = "TRANSPORT") -> LandingBatch:
    now = clock.now()
    batch = landing.receive_file(
        data="\n".join([HEADER, *rows]).encode(), name="cars.csv", source=Source.objects.get(code=source),
        kind_code="VEHICLE", observed_at=now, actor=None, now=now,
    )  # fmt: skip
    jobs.run(landing.start_planning(batch=batch, columns=batch.columns, datum="WGS84", actor=None).job_id)
    batch.refresh_from_db()
    jobs.run(landing.start_import(batch=batch, actor=None).job_id)
    batch.refresh_from_db()
    assert batch.state == LandingBatch.State.IMPORTED
    return batch


def undo(batch: LandingBatch) -> None:
    jobs.run(landing.start_undo(batch=batch, actor=None).job_id)


def brand(number: int) -> str | None:
    return Vehicle.objects.values_list("brand", flat=True).get(vin=vin(number))


def test_a_repeated_row_is_linked_to_the_claim_that_it_supports():
    first = bring(f"{vin(1)},甲", f"{vin(2)},乙")
    again = bring(f"{vin(1)},甲", f"{vin(2)},丙")

    outcomes = list(again.rows.order_by("row_number").values_list("outcome", "is_final", "problems"))
    assert outcomes == [("UNCHANGED", True, []), ("UPDATED", True, [])]
    made, repeated = first.rows.get(row_number=1), again.rows.get(row_number=1)
    assert (repeated.claim_id, repeated.element_id) == (made.claim_id, made.element_id)
    assert ClaimSupport.objects.filter(claim_id=made.claim_id).count() == 2
    assert brand(2) == "丙"


def test_undoing_the_first_file_takes_nothing_away_that_the_second_repeats():
    first, again = bring(f"{vin(1)},甲"), bring(f"{vin(1)},甲")
    undo(first)
    assert brand(1) == "甲"
    undo(again)
    assert not Element.objects.standing().filter(vehicle__isnull=False).exists()


def test_a_claim_that_was_undone_is_not_known():
    undo(bring(f"{vin(1)},甲"))
    assert bring(f"{vin(1)},甲").counts["unchanged"] == 0
    assert brand(1) == "甲"


def test_the_later_row_of_a_file_speaks_last_even_when_it_is_known():
    bring(f"{vin(1)},甲")
    batch = bring(f"{vin(1)},乙", f"{vin(1)},甲")
    assert brand(1) == "甲"
    assert batch.counts["received"] == 2


def test_another_source_with_the_same_row_makes_its_own_claim():
    bring(f"{vin(1)},甲")
    batch = bring(f"{vin(1)},甲", source="FIELD")
    assert batch.rows.get().outcome == "UPDATED"


def test_a_plan_whose_claims_changed_meanwhile_is_made_again():
    first = bring(f"{vin(1)},甲")
    now = clock.now()
    batch = landing.receive_file(
        data=f"{HEADER}\n{vin(1)},甲".encode(), name="cars.csv", source=first.source, kind_code="VEHICLE",
        observed_at=now, actor=None, now=now,
    )  # fmt: skip
    jobs.run(landing.start_planning(batch=batch, columns=batch.columns, datum="WGS84", actor=None).job_id)
    undo(first)
    batch.refresh_from_db()
    jobs.run(landing.start_import(batch=batch, actor=None).job_id)
    batch.refresh_from_db()
    assert (batch.state, batch.counts["unchanged"]) == (LandingBatch.State.IMPORTED, 0)
    assert brand(1) == "甲"


def test_the_hash_covers_everything_that_decides_how_a_row_is_read(monkeypatch):
    source, other = Source.objects.get(code="TRANSPORT"), Source.objects.get(code="FIELD")
    assert source.clear_mark == other.clear_mark

    def row_hash(**changes) -> bytes:
        reading = {"source": source, "kind": "VEHICLE", "datum": "WGS84", "headers": ["甲", "乙"]}
        batch = LandingBatch(**{**reading, "columns": {"甲": "brand", "乙": "model"}, **changes})
        return known_rows.RowHash(batch).of(b"row")

    marked = Source.objects.get(code="TRANSPORT")
    marked.clear_mark = "（清空）"
    changed = [
        {}, {"source": other}, {"source": marked}, {"kind": "UNIT"}, {"datum": "GCJ02"}, {"headers": ["乙", "甲"]},
        {"columns": {"甲": "model", "乙": "brand"}},
    ]  # fmt: skip
    hashes = [row_hash(**one) for one in changed]
    assert row_hash() == hashes[0]
    monkeypatch.setattr(known_rows, "READER_VERSION", known_rows.READER_VERSION + 1)
    hashes.append(row_hash())
    assert len(set(hashes)) == len(hashes) == 8
