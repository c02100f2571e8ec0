"""Wording that was written before the engine was looked at: a careful reader and the engine agree, or the engine asks."""

from __future__ import annotations

from functools import cache

import pytest

from addresses.matching.resolve import resolve_batch
from addresses.matching.result import ACCEPTED, Resolution
from addresses.parsing.components import canonical, link_key
from tests.addresses.unit.unseen_registry import UnseenRegistry, wording_registry
from tests.addresses.unit.unseen_wording import Case, cases

CASES = cases()


@cache
def registry() -> UnseenRegistry:
    """The registry of the cases, built once."""
    return wording_registry()


def resolve(text: str) -> Resolution:
    """What the engine makes of the text."""
    return resolve_batch([text], registry().names, registry().lookup)[0]


def is_right(case: Case, result: Resolution) -> bool:
    """Whether the accepted node is the one that the reader gives."""
    return case.answer is not None and result.node is not None and result.node.key == link_key(canonical(case.answer))


def test_every_answer_is_in_the_registry() -> None:
    assert [
        case.text for case in CASES if case.answer and link_key(canonical(case.answer)) not in registry().nodes
    ] == []
    assert len({case.text for case in CASES}) == len(CASES) >= 150


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_what_is_accepted_is_what_a_careful_reader_answers(case: Case) -> None:
    result = resolve(case.text)
    if result.is_accepted:
        assert is_right(case, result), (result.node, case.answer)
        assert str(result.status) in case.statuses
    elif case.answer is None:
        assert str(result.status) in case.statuses


def test_most_of_what_a_reader_can_answer_is_found() -> None:
    answerable = [case for case in CASES if case.answer is not None]
    lost = [case.text for case in answerable if resolve(case.text).status not in ACCEPTED]
    assert 1 - len(lost) / len(answerable) >= 0.95, lost
