"""A change of the registry and its undo leave everything as it was, or the undo is refused by name."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import transaction

from addresses.choices import AddressState
from addresses.models import (
    AddressDecision,
    AddressName,
    AddressText,
    MapFeature,
    StandardAddress,
)
from addresses.parsing.components import Components
from addresses.services.registry_changes import (
    create_address,
    merge_addresses,
    renumber_address,
)
from addresses.services.registry_changes_undo import undo_change
from addresses.services.resolution import ensure_texts
from common.errors import Conflict, NotVisible
from common.jobs import UnwatchedRun
from common.models import AuditRow
from tests.factories.places import point_in
from tests.factories.registry_changes import load_estates, random_change

pytestmark = pytest.mark.usefixtures("city")
NOW = datetime(2026, 11, 27, 2, tzinfo=UTC)


@pytest.fixture
def brigade(users):
    return users["brigade"]


@pytest.fixture
def estates(city, tmp_path) -> None:
    """Two estates of two buildings whose rooms meet in part, in the first grid; texts hang on some of them."""
    house = city.address(0)
    load_estates(city, tmp_path / "e.csv")
    texts = StandardAddress.objects.filter(level__gte=4).values_list("full_text", flat=True)
    ensure_texts([*texts, f"{house.full_text}9室"], UnwatchedRun())


def rows_of_everything() -> dict[str, list[Any]]:
    """Every row of addresses that is no counter, event, audit or change; dots of the map without their own ids."""
    return {
        "addresses": list(StandardAddress.objects.order_by("pk").values_list()),
        "texts": list(AddressText.objects.order_by("pk").values_list()),
        "decisions": list(AddressDecision.objects.order_by("pk").values_list()),
        "names": list(AddressName.objects.order_by("pk").values_list()),
        "dots": sorted(
            (subject, block, kind, geom.wkt)
            for subject, block, kind, geom in MapFeature.objects.values_list("subject_id", "block_id", "kind", "geom")
        ),
    }


@pytest.mark.parametrize("seed", range(6))
def test_changes_and_their_undo_leave_every_row_as_it_was(city, brigade, estates, seed):
    dice = random.Random(seed)
    states, changes = [], []
    tries = 0
    while len(changes) < 8 and tries < 60:
        tries += 1
        before = rows_of_everything()
        change = random_change(dice, city, brigade, NOW)
        if change is None:
            assert rows_of_everything() == before
            continue
        states.append(before)
        changes.append(change)
        check_tree()
    assert len(changes) == 8
    for change, before in zip(reversed(changes), reversed(states), strict=True):
        undo_change(change_id=change.pk, actor=brigade, now=NOW)
        assert rows_of_everything() == before


def check_tree() -> None:
    """What is active hangs under what is active, and says of itself what its parent says; who was replaced has one step to go."""
    active = StandardAddress.objects.filter(state=AddressState.ACTIVE)
    for row in active.filter(parent__isnull=False).select_related("parent"):
        assert row.parent.state == AddressState.ACTIVE
        assert row.full_text.startswith(row.parent.full_text)
    assert not StandardAddress.objects.filter(replaced_by__replaced_by__isnull=False).exists()
    assert not AddressText.objects.filter(address__state=AddressState.MERGED).exists()


def test_undo_is_refused_by_name_when_an_address_was_changed_since(city, brigade, estates):
    first = renumber_address(code="LZ-0-3", changes={"number": "30"}, reason="整治", actor=brigade, now=NOW)
    renumber_address(code="LZ-0-3", changes={"number": "31"}, reason="整治", actor=brigade, now=NOW)
    before = rows_of_everything()
    with pytest.raises(Conflict) as refused:
        undo_change(change_id=first.pk, actor=brigade, now=NOW)

    assert refused.value.code == "ADDRESS_CHANGED_SINCE" and "31号" in refused.value.message
    assert rows_of_everything() == before and not AuditRow.objects.filter(verb="ADDRESS_CHANGE_UNDONE").exists()


def test_undo_is_refused_when_what_it_made_is_used(city, brigade):
    house = city.address(0)
    made = [
        create_address(
            components=Components(house.town.name, house.village.name, estate="新园", building=building),
            point=Point(*point_in(0)), reason="新建", actor=brigade, now=NOW,
        )
        for building in ("1", "2")
    ]  # fmt: skip
    before = rows_of_everything()
    with pytest.raises(Conflict) as refused:
        undo_change(change_id=made[0].pk, actor=brigade, now=NOW)
    assert refused.value.code == "ADDRESS_USED_SINCE" and "新园" in refused.value.message
    assert rows_of_everything() == before

    for change in reversed(made):
        undo_change(change_id=change.pk, actor=brigade, now=NOW)
    assert not StandardAddress.objects.filter(estate="新园").exists()
    with pytest.raises(Conflict) as again:
        undo_change(change_id=made[0].pk, actor=brigade, now=NOW)
    assert again.value.code == "ADDRESS_CHANGE_UNDONE"


def test_texts_that_came_since_are_resolved_again(city, brigade):
    change = merge_addresses(codes=["LZ-0-3"], into="LZ-0-8", reason="重复", actor=brigade, now=NOW)
    ensure_texts([city.text(0), city.text(0, 8)], UnwatchedRun())
    assert {text.address.code for text in AddressText.objects.all()} == {"LZ-0-8"}
    undo_change(change_id=change.pk, actor=brigade, now=NOW)

    assert AddressText.objects.get(text=city.text(0)).address.code == "LZ-0-3"
    assert AddressText.objects.get(text=city.text(0, 8)).address.code == "LZ-0-8"


def test_a_foreign_change_answers_like_a_missing_one(city, users, brigade):
    change = renumber_address(code="LZ-4-3", changes={"number": "30"}, reason="整治", actor=brigade, now=NOW)
    before = rows_of_everything()
    for pk in (change.pk, 999_999_999):
        with pytest.raises(NotVisible), transaction.atomic():
            undo_change(change_id=pk, actor=users["officer-1"], now=NOW)

    assert rows_of_everything() == before
