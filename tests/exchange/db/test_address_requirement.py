"""Sources that must bring standard addresses: rows without one wait, by text or by code they come in, and are tried again."""

from __future__ import annotations

import pytest

from addresses.models import AddressText, StandardAddress
from common.errors import Conflict
from common.models import AuditRow
from elements.models import Element, ElementAddress, Source, Vehicle
from exchange.importers.mapping import address_columns, suggest
from exchange.problems import sentence
from exchange.selectors.address_requirement import held_preview
from exchange.services import landing
from tests.factories.claims import vehicle_of
from tests.factories.files import bring_in, csv_file, plan, receive, run_step, take_back
from tests.factories.numbers import citizen_id, file_number, vin

pytestmark = pytest.mark.usefixtures("city")
HEADERS = ["车架号", "品牌", "停放地址", "登记地址", "标准地址编码"]
FOREIGN = "山东省青岛市市南区香港中路11号"


def require(code: str = "TRANSPORT", *, on: bool = True) -> None:
    Source.objects.filter(code=code).update(address_required=on)


def row(number: int, parking: str = "", registered: str = "", code: str = "", brand: str = "甲") -> list[str]:
    return [vin(number), brand, parking, registered, code]


def bring(*rows: list[str], source: str = "TRANSPORT"):
    return bring_in(csv_file([HEADERS, *rows]), source=source)


def outcomes(batch) -> list[str]:
    return list(batch.rows.order_by("row_number").values_list("outcome", flat=True))


def codes(batch) -> dict[int, list[tuple[str, str]]]:
    found = batch.rows.order_by("row_number")
    return {one.row_number: [(p["code"], p["column"]) for p in one.problems] for one in found if one.problems}


def test_rows_without_a_standard_address_are_held_back_and_say_why(city):
    require()
    batch = bring(
        row(1, city.text(0)),
        row(2, "某某胡同九九号"),
        row(3, city.text(0), "也不知道哪里77号"),
        row(4),
        row(5, FOREIGN),
        row(6, FOREIGN, city.text(1)),
    )

    assert outcomes(batch) == ["CREATED", "TO_REVIEW", "TO_REVIEW", "TO_REVIEW", "TO_REVIEW", "CREATED"]
    assert codes(batch) == {
        2: [("ADDRESS_REQUIRED", "停放地址")],
        3: [("ADDRESS_REQUIRED", "登记地址")],
        4: [("ADDRESS_BLANK", "停放地址")],
        5: [("ADDRESS_OUTSIDE", "停放地址")],
    }
    said = sentence(batch.rows.get(row_number=2).problems)
    assert said.startswith("“停放地址”没有对应到标准地址") and "重新处理" in said and "标准地址编码" in said
    assert sorted(Vehicle.objects.values_list("vin", flat=True)) == sorted([vin(1), vin(6)])
    assert batch.counts["received"] == sum(n for name, n in batch.counts.items() if name != "received") == 6


def test_without_the_switch_the_same_rows_come_in(city):
    batch = bring(row(1, "某某胡同九九号"), row(2))

    assert outcomes(batch) == ["CREATED", "CREATED"]
    assert codes(batch) == {}


def test_a_file_that_says_nothing_of_addresses_is_not_held_back():
    require()
    batch = bring_in(csv_file([["车架号", "品牌"], [vin(1), "甲"]]), source="TRANSPORT")

    assert outcomes(batch) == ["CREATED"]


def test_the_preview_already_holds_them_back(city):
    require()
    batch = plan(receive(csv_file([HEADERS, row(1, city.text(0)), row(2, "某某胡同九九号")]), source="TRANSPORT"))

    assert outcomes(batch) == ["CREATED", "TO_REVIEW"]
    assert batch.counts["to_review"] == 1
    assert Element.objects.count() == 0


def test_held_rows_go_through_once_their_text_is_decided(city):
    require()
    batch = bring(row(1, "某某胡同九九号"), row(2, "某某胡同八八号"), row(3, city.text(0)))
    AddressText.objects.filter(text="某某胡同九九号").update(
        status="exact", address=city.address(2), town=city.address(2).town, is_decided=True
    )
    run_step(landing.start_reprocessing(batch=batch, actor=None))
    batch.refresh_from_db()

    assert batch.state == "IMPORTED"
    assert outcomes(batch) == ["CREATED", "TO_REVIEW", "CREATED"]
    assert vehicle_of(vin(1)).block == city.grids[2]
    assert (batch.counts["created"], batch.counts["to_review"], batch.counts["received"]) == (2, 1, 3)
    assert batch.rows.filter(is_final=False).count() == 0
    assert list(AuditRow.objects.filter(verb="IMPORT_REPROCESSED").values_list("subject_id", "count")) == [
        (str(batch.pk), 2)
    ]

    # It is one batch to undo.
    assert take_back(batch).state == "UNDONE"
    assert Element.objects.standing().count() == 0


def test_nothing_held_back_is_nothing_to_try_again(city):
    batch = bring(row(1, city.text(0)))
    with pytest.raises(Conflict) as refused:
        landing.start_reprocessing(batch=batch, actor=None)

    batch.refresh_from_db()
    assert refused.value.code == "NOTHING_HELD"
    assert (batch.state, AuditRow.objects.filter(verb="IMPORT_REPROCESSED").count()) == ("IMPORTED", 0)


def test_rows_that_came_before_the_switch_are_read_again(city):
    first = bring(row(1, "某某胡同九九号"), row(2, city.text(0)))
    require()
    again = bring(row(1, "某某胡同九九号"), row(2, city.text(0)))

    assert outcomes(first) == ["CREATED", "CREATED"]
    assert outcomes(again) == ["TO_REVIEW", "UNCHANGED"]


def test_an_address_is_stated_by_code_and_nothing_is_parsed(city):
    require()
    address = city.address(3)
    batch = bring(row(1, code=address.code), row(2, "某某胡同九九号", code=address.code.lower()))

    assert outcomes(batch) == ["CREATED", "CREATED"]
    texts = dict(Vehicle.objects.values_list("vin", "parking_address"))
    assert texts == {
        vin(1): f"{address.full_text}〔{address.code}〕",
        vin(2): f"某某胡同九九号〔{address.code.lower()}〕",
    }
    linked = AddressText.objects.filter(text__in=texts.values()).values_list("status", "address_id", "confidence")
    assert set(linked) == {("exact", address.pk, 1.0)}
    assert {vehicle_of(vin(n)).block for n in (1, 2)} == {city.grids[3]}
    assert ElementAddress.objects.filter(text__address=address).count() == 2


def test_the_code_of_a_merged_address_leads_to_the_one_that_took_it_in(city):
    old, new = city.address(0), city.address(0, 8)
    StandardAddress.objects.filter(pk=old.pk).update(state="MERGED", replaced_by=new)
    bring(row(1, code=old.code))

    assert list(ElementAddress.objects.values_list("text__address_id", flat=True)) == [new.pk]


def test_an_unknown_code_is_not_taken_and_said(city):
    batch = bring(row(1, city.text(0), code="LZ-9-99"))
    require("TMRI_VEHICLE")
    strict = bring(row(2, city.text(0), code="LZ-9-99"), source="TMRI_VEHICLE")
    retired = city.address(1)
    StandardAddress.objects.filter(pk=retired.pk).update(state="RETIRED")
    late = bring(row(3, code=retired.code), source="TMRI_VEHICLE")

    assert (outcomes(batch), codes(batch)) == (["CREATED"], {1: [("ADDRESS_CODE_UNKNOWN", "标准地址编码")]})
    assert ElementAddress.objects.filter(text__address__isnull=False).count() == 0
    assert outcomes(strict) == ["TO_REVIEW"]
    assert codes(strict) == {1: [("ADDRESS_CODE_UNKNOWN", "标准地址编码"), ("ADDRESS_REQUIRED", "停放地址")]}
    assert outcomes(late) == ["TO_REVIEW"]


def test_a_code_speaks_about_the_first_address_that_the_file_has():
    from elements.kinds import KINDS

    vehicle, person = KINDS["VEHICLE"], KINDS["PERSON"]
    columns = suggest(vehicle, ["车架号", "登记地址", "标准地址编码"])

    assert columns["标准地址编码"] == "address_code"
    assert address_columns(vehicle, columns) == {"registered_address": "登记地址"}
    assert address_columns(person, suggest(person, ["身份证号", "DZBM"])) == {"residence_address": "DZBM"}
    assert address_columns(vehicle, {"车架号": "vin"}) == {}


def test_no_personal_number_in_the_code_column_is_stored(city):
    batch = bring_in(
        csv_file([["身份证号", "档案编号", "标准地址编码"], [citizen_id(1), file_number(1), citizen_id(2)]]),
        source="TMRI_DRIVER", kind="PERSON",
    )  # fmt: skip

    assert outcomes(batch) == ["CREATED"]
    assert not AddressText.objects.filter(text__contains=citizen_id(2)).exists()


def test_the_admin_is_told_what_the_switch_would_have_held_back(city):
    source = Source.objects.get(code="TRANSPORT")
    nothing = held_preview(source)
    batch = bring(row(1, city.text(0)), row(2, "某某胡同九九号"), row(3))
    found = held_preview(source)

    assert nothing is None
    assert found is not None
    assert (found.batch_id, found.rows, found.held) == (batch.pk, 3, 2)
