"""Pages of open address texts: the same groups as by grouping all of them, forwards and back, whoever reads them."""

from __future__ import annotations

import pytest
from django.db.models import Exists, OuterRef, Q, QuerySet

from addresses.choices import WORKLIST, ResolveStatus
from addresses.models import AddressText
from common.errors import DomainError
from elements.choices import PlaceQuality
from elements.models import ClaimLog, Element, ElementAddress, Source
from elements.selectors import open_text_pages
from elements.selectors.address_texts import disagreed, grouped, open_texts
from elements.selectors.open_text_pages import GroupPage, OpenTexts, read_groups
from tests.factories.address_texts import carry, spaced, unknown_house
from tests.factories.places import SmallCity

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(city: SmallCity) -> list[AddressText]:
    """Equal and single texts in three grids, words beside a place with and without a surveyed point."""
    first = unknown_house(city)
    texts = carry(first, spaced(first), "沿河路东50米", *(unknown_house(city, number=n) for n in (97, 98)), grid=0)
    texts += carry(*(unknown_house(city, 1, number=n) for n in (91, 92)), "沿河路西80米", first=20, grid=1)
    texts += carry(
        unknown_house(city, 2), spaced(unknown_house(city, 0, 98)), "沿河路南30米", first=40, grid=len(city.grids) - 1
    )
    return texts + carry("沿河路北20米", first=60)


def plainly(user, asked: OpenTexts) -> QuerySet[AddressText]:
    """The rule written plainly: no fence, no short way."""
    visible = Element.objects.visible_to(user).standing().filter(pk=OuterRef("element_id"))
    if asked.block_id is not None:
        visible = visible.filter(block_id=asked.block_id)
    if asked.block_ids is not None:
        visible = visible.filter(block_id__in=asked.block_ids)
    if asked.source_id is not None:
        claims = ClaimLog.objects.filter(supports__withdrawn_at__isnull=True, source=asked.source_id)
        visible = visible.filter(pk__in=claims.values("element"))
    unsurveyed = visible.exclude(place_quality=PlaceQuality.SURVEYED)
    carried = ElementAddress.objects.filter(text=OuterRef("pk"))
    says_too_little = Q(status=ResolveStatus.RELATIVE) & ~Exists(carried.filter(Exists(unsurveyed)))
    texts = AddressText.objects.filter(status__in=WORKLIST).filter(Exists(carried.filter(Exists(visible))))
    texts = texts.exclude(says_too_little)
    if asked.status:
        texts = texts.filter(status=asked.status)
    return texts.filter(town=asked.town) if asked.town else texts


def conditions(city: SmallCity) -> list[OpenTexts]:
    source = Source.objects.get(code="TMRI_VEHICLE").pk
    other = Source.objects.get(code="TMRI_DRIVER").pk
    return [
        OpenTexts(), OpenTexts(status="review"), OpenTexts(status="relative"), OpenTexts(town="370683001"),
        OpenTexts(block_id=city.grids[0].pk), OpenTexts(block_ids=[city.grids[0].pk, city.grids[1].pk]),
        OpenTexts(source_id=source), OpenTexts(source_id=other), OpenTexts(source_id=source, block_id=city.grids[1].pk),
    ]  # fmt: skip


def walked(user, asked: OpenTexts, size: int) -> tuple[list, list, GroupPage]:
    """Groups of all pages forwards, of all pages back from the last, and the count of the first page."""
    pages, cursor = [], ""
    while cursor is not None:
        found = read_groups(user, asked, size=size, cursor=cursor)
        pages.append(found)
        cursor = found.page.next_cursor
    back = [pages[-1].page]
    while back[-1].previous_cursor:
        back.append(read_groups(user, asked, size=size, cursor=back[-1].previous_cursor).page)
    return [one.page.rows for one in pages], [page.rows for page in reversed(back)], pages[0]


@pytest.mark.parametrize("looked_at", [1, 3, 5_000])
@pytest.mark.parametrize("name", ["brigade", "officer-1", "officer-2", "squadron-1", "auditor"])
def test_pages_are_those_of_grouping_by_the_plain_rule(monkeypatch, users, city, many, name, looked_at) -> None:
    monkeypatch.setattr(open_text_pages, "LOOKED_AT", looked_at)
    number = 0
    for asked in conditions(city):
        expected = plainly(users[name], asked)
        groups = [(row["normalised"], row["first"]) for row in grouped(expected)]
        for is_in_order in (True, False):
            read = asked.read(users[name], is_in_order=is_in_order)
            assert set(read.values_list("pk", flat=True)) == set(expected.values_list("pk", flat=True))
        forwards, back, first = walked(users[name], asked, 2)
        assert [(row["normalised"], row["first"]) for page in forwards for row in page] == groups
        assert back == forwards
        assert first.number <= expected.count()
        assert first.is_capped or first.number == expected.count()
        number += len(groups)
    # The city is seen, or the comparison would be of nothing with nothing.
    assert (number > 0) is (name in {"brigade", "officer-1", "officer-2", "squadron-1"})


def test_the_count_stops_and_says_so(monkeypatch, users, many) -> None:
    def count() -> tuple[int, bool]:
        found = read_groups(users["brigade"], OpenTexts(), size=2, cursor="")
        return found.number, found.is_capped

    whole = open_texts(users["brigade"]).count()
    assert count() == (whole, False)
    monkeypatch.setattr(open_text_pages, "COUNTED", 3)
    assert count() == (3, True)


def test_a_cursor_of_another_list_is_refused(users, many) -> None:
    with pytest.raises(DomainError) as refused:
        read_groups(users["brigade"], OpenTexts(), size=2, cursor="nonsense")
    assert refused.value.code == "BAD_CURSOR"


def test_without_conflicts_nothing_is_disagreed(users, many) -> None:
    assert list(disagreed(open_texts(users["brigade"]))) == []
