"""Noisy wording by rules of its own, over a registry of invented names: right where it accepts, silent where it must be."""

from __future__ import annotations

from functools import cache

from addresses.matching.resolve import resolve_batch
from addresses.matching.result import Resolution
from addresses.parsing.components import canonical, link_key
from tests.addresses.unit.unseen_noise import Noisy, absent, noise
from tests.addresses.unit.unseen_registry import UnseenRegistry, build, large_rows

SEED = 71


@cache
def registry() -> UnseenRegistry:
    """The villages, and some roads and estates of the large registry."""
    return build(large_rows(SEED, 0)[::9])


def resolved(noisy: list[Noisy]) -> list[tuple[Noisy, Resolution]]:
    """Texts with their answers."""
    return list(
        zip(noisy, resolve_batch([one.text for one in noisy], registry().names, registry().lookup), strict=True)
    )


def test_accepted_links_are_right_and_most_are_found() -> None:
    found = resolved(list(noise(SEED + 1, registry().rows, 2_000)))
    accepted = [(one, result) for one, result in found if result.is_accepted]
    wrong = [
        (one.text, result.node.key)
        for one, result in accepted
        if one.answer and result.node and result.node.key != link_key(canonical(one.answer))
    ]
    assert wrong == []
    assert len(accepted) / len(found) >= 0.88


def test_what_is_in_no_registry_is_never_accepted() -> None:
    found = resolved(list(absent(SEED + 2, registry().rows, 1_000)))
    assert {one.kind for one, _ in found} == {"number", "building", "estate", "village", "abroad"}
    assert [(one.text, result.node) for one, result in found if result.is_accepted] == []
