"""The life of the registry: made, certified, retired, merged, split, renumbered; old numbers keep their meaning."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.gis.geos import Point

from addresses.choices import AddressState, DecisionState, ResolveStatus
from addresses.models import (
    AddressChange,
    AddressChangeItem,
    AddressDecision,
    AddressName,
    AddressText,
    MapFeature,
    StandardAddress,
)
from addresses.parsing.components import Components
from addresses.services.registry import load_addresses
from addresses.services.registry_changes import (
    Part,
    certify_address,
    create_address,
    merge_addresses,
    renumber_address,
    retire_address,
    split_address,
)
from addresses.services.registry_changes_record import trial
from addresses.services.resolution import ensure_texts, resolve_texts
from common.errors import DomainError, NotAllowed, NotVisible
from common.jobs import UnwatchedRun
from common.models import AuditRow, Job
from tests.factories.places import SmallCity, point_in, write_registry

pytestmark = pytest.mark.usefixtures("city")
NOW = datetime(2026, 11, 27, 2, tzinfo=UTC)


@pytest.fixture
def brigade(users):
    return users["brigade"]


def place(city: SmallCity, grid: int, **rest: str) -> Components:
    house = city.address(grid)
    return Components(town=house.town.name, village=house.village.name, **rest)


def said(text: str) -> tuple[str, str | None]:
    """Status and code of the address that a text resolves to."""
    (found,) = resolve_texts([text])
    return str(found.status), found.node.code if found.node else None


def linked(text: str) -> AddressText:
    ensure_texts([text], UnwatchedRun())
    return AddressText.objects.get(text=text)


def create(city, actor, grid: int, point: Point | None = None, twin_reason: str = "", **rest: str) -> AddressChange:
    where = point or Point(*point_in(grid))
    return create_address(
        components=place(city, grid, **rest),
        point=where,
        reason="现场核实",
        actor=actor,
        now=NOW,
        twin_reason=twin_reason,
    )


def made(change: AddressChange) -> StandardAddress:
    return StandardAddress.objects.filter(changes__change=change, changes__before__isnull=True).order_by("level").last()


def estate(city, folder, grid: int, name: str, rooms: tuple[str, ...]) -> None:
    """An estate with building 1 and rooms; codes `E-name-room`."""
    lon, lat = point_in(grid, 0.4)
    house = city.address(grid)
    rows = [
        {
            "code": f"E-{name}-{room}", "town": house.town.name, "village": house.village.name, "estate": name,
            "building": "1号楼", "room": room, "lon": f"{lon:.6f}", "lat": f"{lat:.6f}",
        }
        for room in rooms
    ]  # fmt: skip
    load_addresses(write_registry(folder / f"{name}.csv", iter(rows)))


def node(text: str) -> StandardAddress:
    return StandardAddress.objects.get(full_text__endswith=text, state=AddressState.ACTIVE)


def snapshot() -> tuple:
    """Everything of addresses that a refused or previewed change must leave."""
    return (
        list(StandardAddress.objects.order_by("pk").values_list()),
        list(AddressText.objects.order_by("pk").values_list()),
        list(AddressName.objects.order_by("pk").values_list()),
        list(AddressChange.objects.values_list("pk", "state")),
        AddressChangeItem.objects.count(),
        AuditRow.objects.count(),
        Job.objects.count(),
        sorted(MapFeature.objects.values_list("subject_id", "block_id", "kind")),
    )


def test_a_provisional_address_resolves_at_once_and_is_drawn(city, brigade):
    change = create(city, brigade, 0, number="12")
    address = made(change)

    assert address.code.startswith("TMP-") and address.is_provisional and address.block == city.grids[0]
    assert said(address.full_text) == ("exact", address.code)
    assert MapFeature.objects.get(subject_id=address.pk, layer=1).block_id == city.grids[0].pk
    assert change.counts["addresses"] == change.counts["added"] == 1
    assert AuditRow.objects.get(verb="ADDRESS_CREATED").subject_id == str(change.pk)


@pytest.mark.parametrize("number", ["12号", "１２号", "十二号"])
def test_the_same_number_in_other_writing_is_the_same_address(city, brigade, number):
    first = made(create(city, brigade, 0, number="12"))
    before = snapshot()
    with pytest.raises(DomainError) as refused:
        create(city, brigade, 0, number=number)

    assert refused.value.code == "ADDRESS_EXISTS" and first.full_text in refused.value.message
    assert snapshot() == before


def test_a_twin_makes_the_number_ambiguous_and_what_lies_below_too(city, brigade):
    first = made(create(city, brigade, 0, number="12"))
    twin = made(create(city, brigade, 0, number="12号", twin_reason="村东村西各有一处"))
    room = made(create(city, brigade, 0, number="12", room="101"))
    (found,) = resolve_texts([first.full_text])

    assert (twin.key, twin.twin_of_id) == (f"{first.key}~2", first.pk)
    assert found.status == "ambiguous" and {c.node.code for c in found.candidates} == {first.code, twin.code}
    assert "村东村西各有一处" in AddressChange.objects.get(items__address=twin).reason
    assert said(room.full_text) == ("review", None)


def test_what_is_missing_above_is_made_too(city, brigade):
    change = create(city, brigade, 0, estate="新建小区", building="2号楼", unit="1", room="301")

    assert [a.level for a in StandardAddress.objects.filter(changes__change=change).order_by("level")] == [5, 6, 7, 8]
    assert said(made(change).full_text)[0] == "exact"


def test_an_officer_makes_addresses_in_the_own_area_only(city, users):
    create(city, users["officer-1"], 0, number="12")
    before = snapshot()
    for actor, grid, point in (("officer-1", 4, None), ("officer-1", 0, Point(*point_in(5))), ("analyst", 0, None)):
        with pytest.raises(NotAllowed):
            create(city, users[actor], grid, point, number="14")

    assert snapshot() == before


def test_certifying_gives_the_bureaus_code(city, users, brigade):
    address = made(create(city, brigade, 0, number="12"))
    with pytest.raises(NotAllowed):
        certify_address(code=address.code, reason="公安批复", actor=users["officer-1"], now=NOW)
    with pytest.raises(DomainError) as taken:
        certify_address(code=address.code, reason="公安批复", actor=brigade, now=NOW, new_code="LZ-0-3")
    certify_address(code=address.code, reason="公安批复", actor=brigade, now=NOW, new_code="3706830001")
    address.refresh_from_db()

    assert taken.value.code == "ADDRESS_CODE"
    assert (address.code, address.is_provisional) == ("3706830001", False)
    with pytest.raises(DomainError) as again:
        certify_address(code="3706830001", reason="公安批复", actor=brigade, now=NOW)
    assert again.value.code == "ADDRESS_CERTIFIED"


def test_an_old_number_keeps_working_and_texts_keep_their_place(city, brigade):
    house = city.address(0)
    text = linked(house.full_text)
    change = renumber_address(code=house.code, changes={"number": "103"}, reason="门牌整治", actor=brigade, now=NOW)
    old, house = house.full_text, StandardAddress.objects.get(pk=house.pk)

    assert house.full_text.endswith("103号") and house.code == "LZ-0-3"
    assert said(old) == said(house.full_text) == ("exact", "LZ-0-3")
    text.refresh_from_db()
    assert text.address_id == house.pk
    shadow = StandardAddress.objects.get(replaced_by=house)
    assert (shadow.state, shadow.full_text) == (AddressState.MERGED, old)
    assert change.counts["addresses"] == 2


def test_an_old_number_that_another_house_takes_is_a_doubt_not_a_link(city, brigade):
    house = city.address(0)
    old = house.full_text
    renumber_address(code=house.code, changes={"number": "103"}, reason="门牌整治", actor=brigade, now=NOW)
    new = made(create(city, brigade, 0, number="3"))
    (found,) = resolve_texts([old])

    assert new.key == house.key and new.full_text == old
    assert found.status == "ambiguous" and {c.node.code for c in found.candidates} == {"LZ-0-3", new.code}
    assert said(house.full_text.replace("3号", "103号")) == ("exact", "LZ-0-3")


def test_going_back_to_the_old_number_leaves_no_doubt(city, brigade):
    house = city.address(0)
    for number in ("103", "3"):
        renumber_address(code=house.code, changes={"number": number}, reason="门牌整治", actor=brigade, now=NOW)

    assert said(house.full_text) == ("exact", "LZ-0-3")
    assert said(house.full_text.replace("3号", "103号")) == ("exact", "LZ-0-3")


def test_a_renamed_estate_takes_everything_below_along(city, brigade, tmp_path):
    estate(city, tmp_path, 0, "试验家园", ("101室", "102室"))
    room = node("101室")
    renumber_address(code=node("试验家园").code, changes={"estate": "新华花园"}, reason="更名", actor=brigade, now=NOW)

    assert StandardAddress.objects.get(pk=room.pk).full_text == room.full_text.replace("试验家园", "新华花园")
    assert said(room.full_text) == ("exact", room.code)
    assert said(room.full_text.replace("试验家园", "新华花园")) == ("exact", room.code)
    assert AddressName.objects.get(surface="试验家园").estate == "新华花园"


def test_merging_moves_children_and_merges_equal_ones(city, brigade, tmp_path):
    estate(city, tmp_path, 0, "试验家园", ("101室", "102室"))
    estate(city, tmp_path, 0, "试验花园", ("102室", "103室"))
    keep, gone = node("试验家园"), node("试验花园")
    texts = {
        name: linked(StandardAddress.objects.get(code=name).full_text)
        for name in ("E-试验花园-102室", "E-试验花园-103室")
    }
    change = merge_addresses(codes=[gone.code], into=keep.code, reason="同一小区", actor=brigade, now=NOW)
    twice = StandardAddress.objects.get(code="E-试验花园-102室")
    moved = StandardAddress.objects.get(code="E-试验花园-103室")
    kept = StandardAddress.objects.get(code="E-试验家园-102室")

    assert (twice.state, twice.replaced_by) == (AddressState.MERGED, kept)
    assert moved.state == AddressState.ACTIVE and moved.parent == node("试验家园1号楼")
    assert "试验家园1号楼103室" in moved.full_text
    assert AddressText.objects.get(pk=texts["E-试验花园-102室"].pk).address == kept
    assert AddressText.objects.get(pk=texts["E-试验花园-103室"].pk).address == moved
    for text, code in (("E-试验花园-102室", kept.code), ("E-试验花园-103室", moved.code)):
        assert said(texts[text].text) == ("exact", code)
    assert change.counts["texts"] == 1
    assert not MapFeature.objects.filter(subject_id__in=[gone.pk]).exists()


def test_merging_again_points_to_the_last(city, brigade):
    a, b, c = (made(create(city, brigade, 0, number=n)) for n in ("21", "22", "23"))
    merge_addresses(codes=[a.code], into=b.code, reason="重复", actor=brigade, now=NOW)
    merge_addresses(codes=[b.code], into=c.code, reason="重复", actor=brigade, now=NOW)

    assert said(a.full_text) == said(b.full_text) == ("exact", c.code)


def test_a_text_of_a_merged_house_is_placed_anew(city, brigade):
    a, b = city.address(0), city.address(2)
    linked(a.full_text)
    merge_addresses(codes=[a.code], into=b.code, reason="重复", actor=brigade, now=NOW)
    text = AddressText.objects.get(text=a.full_text)

    assert text.address == b
    assert Job.objects.get(kind="PLACE_ELEMENTS").params == {"blocks": [], "texts": [text.pk]}


@pytest.mark.parametrize(
    ("codes", "into", "code"),
    [(["LZ-0-3"], "LZ-0-3", "MERGE_NONE"), (["VILLAGE"], "LZ-0-3", "ADDRESS_LEVELS"), ([], "LZ-0-3", "MERGE_NONE")],
)
def test_what_is_no_merge_is_refused(city, brigade, codes, into, code):
    village = StandardAddress.objects.get(level=2, village=city.villages[0]).code
    before = snapshot()
    with pytest.raises(DomainError) as refused:
        merge_addresses(
            codes=[village if one == "VILLAGE" else one for one in codes],
            into=into,
            reason="重复",
            actor=brigade,
            now=NOW,
        )

    assert refused.value.code == code
    assert snapshot() == before


def test_a_foreign_address_answers_like_a_missing_one(city, users):
    before = snapshot()
    for codes, into in ((["LZ-4-3"], "LZ-0-3"), (["LZ-0-3"], "LZ-4-3"), (["none"], "LZ-0-3")):
        with pytest.raises(NotVisible):
            merge_addresses(codes=codes, into=into, reason="重复", actor=users["officer-1"], now=NOW)

    assert snapshot() == before


def test_retiring_is_refused_while_something_hangs_on_it(city, brigade):
    linked(city.text(0))
    before = snapshot()
    with pytest.raises(DomainError) as refused:
        retire_address(code="LZ-0-3", reason="拆除", actor=brigade, now=NOW)
    assert (refused.value.code, refused.value.extra) == ("ADDRESS_IN_USE", {"children": 0, "texts": 1})
    assert snapshot() == before

    retire_address(code="LZ-0-3", reason="拆除", actor=brigade, now=NOW, into="LZ-0-8")
    gone = StandardAddress.objects.get(code="LZ-0-3")
    assert (gone.state, gone.replaced_by.code) == (AddressState.RETIRED, "LZ-0-8")
    assert AddressText.objects.get(text=city.text(0)).address.code == "LZ-0-8"


def test_a_retired_number_links_nothing(city, brigade):
    retire_address(code="LZ-0-3", reason="拆除", actor=brigade, now=NOW)

    assert said(city.text(0)) == ("review", None)


def test_a_split_sends_texts_without_the_deciding_part_to_the_worklist(city, brigade, tmp_path):
    lon, lat = point_in(0)
    house = city.address(0)
    rows = [
        {"code": f"R-{n}", "town": house.town.name, "village": house.village.name, "number": "3号", "building": f"{n}号楼",
         "lon": f"{lon:.6f}", "lat": f"{lat:.6f}"}
        for n in (1, 2)
    ]  # fmt: skip
    load_addresses(write_registry(tmp_path / "b.csv", iter(rows)))
    whole, first = linked(house.full_text), linked(f"{house.full_text}1号楼")
    AddressText.objects.filter(pk=whole.pk).update(is_decided=True)
    decision = AddressDecision.objects.create(
        normalised=whole.normalised, verdict="LINK", address=house, actor_id=brigade.pk, decided_at=NOW
    )
    parts = [Part({"number": "3-1"}, ("R-1",)), Part({"number": "3-2"}, ("R-2",), Point(*point_in(1)))]
    split_address(code=house.code, parts=parts, reason="一院分两院", actor=brigade, now=NOW)
    whole.refresh_from_db()
    first.refresh_from_db()
    decision.refresh_from_db()

    assert (whole.status, whole.address, whole.is_decided) == (ResolveStatus.REVIEW, None, False)
    assert decision.state == DecisionState.UNDONE
    assert (first.address.code, first.address.full_text) == ("R-1", f"{house.full_text[:-2]}3-1号1号楼")
    assert said(f"{house.full_text}1号楼") == ("exact", "R-1")
    assert said(house.full_text) == ("review", None)
    assert StandardAddress.objects.get(full_text__endswith="3-2号", state="ACTIVE").block == city.grids[1]


def test_every_child_of_a_split_goes_somewhere(city, brigade, tmp_path):
    estate(city, tmp_path, 0, "试验家园", ("101室",))
    before = snapshot()
    with pytest.raises(DomainError) as refused:
        split_address(
            code=node("试验家园").code, parts=[Part({"estate": "甲园"}), Part({"estate": "乙园"})], reason="拆分",
            actor=brigade, now=NOW,
        )  # fmt: skip

    assert refused.value.code == "SPLIT_CHILDREN"
    assert snapshot() == before


def test_a_trial_leaves_nothing(city, brigade):
    linked(city.text(0))
    before = snapshot()
    with trial(
        lambda: merge_addresses(codes=["LZ-0-3"], into="LZ-0-8", reason="重复", actor=brigade, now=NOW)
    ) as change:
        assert change.counts["texts"] == 1

    assert snapshot() == before
