"""Names out of force: old papers use old names, but a name that is another's today is not taken for the old place."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from addresses.matching.names import NameEntry
from addresses.matching.resolve import resolve_batch
from addresses.matching.result import Resolution
from addresses.parsing.components import Components, full_text
from tests.addresses.unit.synthetic import Registry, build_registry

TODAY = date(2026, 6, 1)
PAST, FUTURE = date(2015, 1, 1), date(2027, 1, 1)
HOUSES = {number: f"文昌路街道云峰社区居委会府前街{number}号" for number in ("5", "9")}
OTHER = {number: f"文昌路街道定海社区居委会光州路{number}号" for number in ("5", "7")}

ROWS = (
    *(Components("文昌路街道", "云峰社区居委会", "府前街", number) for number in HOUSES),
    *(Components("文昌路街道", "定海社区居委会", "光州路", number) for number in OTHER),
)
NAMES = (
    # 府前街 was called 光州路 until 2015; today that is another road.
    NameEntry("光州路", "old", "road", Components(road="府前街"), valid_to=PAST),
    # Nobody else is called so today.
    NameEntry("衙前街", "old", "road", Components(road="府前街"), valid_to=PAST),
    NameEntry("迎宾大道", "alias", "road", Components(road="府前街"), valid_from=FUTURE),
    # In force until tomorrow; the end is not part of the period.
    NameEntry("人民街", "alias", "road", Components(road="府前街"), valid_from=PAST, valid_to=date(2026, 6, 2)),
    # 朱桥镇 was once the name of what is 三山岛街道 now.
    NameEntry("朱桥镇", "old", "town", Components("三山岛街道"), valid_to=PAST),
)


@cache
def registry() -> Registry:
    return build_registry(ROWS, NAMES, TODAY)


def resolve(text: str) -> Resolution:
    return resolve_batch([text], registry().names, registry().lookup)[0]


ACCEPTED = (
    ("莱州市衙前街5号", HOUSES["5"]),
    ("莱州市人民街5号", HOUSES["5"]),
    # Only the road that is called so today has this number.
    ("莱州市光州路7号", OTHER["7"]),
    # Both names of the text mean the place; one of them is in force.
    ("莱州市府前街(光州路)9号", HOUSES["9"]),
)


@pytest.mark.parametrize(("text", "found"), ACCEPTED)
def test_an_old_name_resolves_while_it_is_nobody_elses(text: str, found: str) -> None:
    result = resolve(text)
    assert result.node is not None, result
    assert (str(result.status), full_text(result.node.components), result.faults) == ("exact", found, ())


REFUSED = (
    ("莱州市光州路9号", "review", {"former_name"}, [HOUSES["9"]]),
    ("莱州市光州路5号", "ambiguous", {"several_places"}, [OTHER["5"], HOUSES["5"]]),
    ("莱州市迎宾大道5号", "review", {"name_not_yet_valid"}, [HOUSES["5"]]),
    ("莱州市朱桥镇吴家一村", "review", {"former_name"}, ["三山岛街道吴家一村村委会"]),
)


@pytest.mark.parametrize(("text", "status", "faults", "candidates"), REFUSED)
def test_a_name_that_is_anothers_today_or_nobodys_yet_is_not_accepted(
    text: str, status: str, faults: set[str], candidates: list[str]
) -> None:
    result = resolve(text)
    assert (str(result.status), {fault.code for fault in result.faults}, result.node) == (status, faults, None)
    assert [full_text(candidate.node.components) for candidate in result.candidates] == candidates


def test_without_a_day_the_dates_say_nothing() -> None:
    undated = build_registry(ROWS, NAMES)
    result = resolve_batch(["莱州市迎宾大道5号"], undated.names, undated.lookup)[0]
    assert result.node is not None
    assert full_text(result.node.components) == HOUSES["5"]


def test_a_future_name_is_accepted_from_its_day_on() -> None:
    for today, status in ((date(2026, 12, 31), "review"), (FUTURE, "exact")):
        later = build_registry(ROWS, NAMES, today)
        assert str(resolve_batch(["莱州市迎宾大道5号"], later.names, later.lookup)[0].status) == status
