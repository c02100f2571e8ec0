"""Noisy wording of a registry of 5,000 addresses: no wrong link, and few lost ones."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

from addresses.matching.resolve import resolve_batch
from addresses.matching.result import Resolution
from addresses.parsing.components import Components, link_key
from tests.addresses.unit.synthetic import Registry, build_registry, noisy_text, random_rows

SEED = 20260
COUNT = 5_000


@cache
def registry() -> Registry:
    """The registry of the noise tests."""
    return build_registry(random_rows(SEED, COUNT))


def resolve_rows(rows: list[Components], seed: int) -> list[tuple[str, Components, Resolution]]:
    """Each row in one noisy wording, with what the engine makes of it."""
    chance = random.Random(seed)
    texts = [noisy_text(chance, row) for row in rows]
    results = resolve_batch(texts, registry().names, registry().lookup)
    return list(zip(texts, rows, results, strict=True))


def test_accepted_links_are_right_and_recall_is_high() -> None:
    resolved = resolve_rows(list(registry().rows), seed=1)
    accepted = [(text, row, result) for text, row, result in resolved if result.is_accepted]
    wrong = [(text, row) for text, row, result in accepted if result.node is None or result.node.key != link_key(row)]
    assert wrong == []
    assert len(accepted) / len(resolved) >= 0.93


def test_a_registry_without_the_address_does_not_accept_its_house_number() -> None:
    chance = random.Random(5)
    unknown = [replace(row, number=str(chance.randint(401, 999))) for row in registry().rows if not row.estate]
    accepted = [(text, result.node) for text, _, result in resolve_rows(unknown, seed=2) if result.is_accepted]
    assert accepted == []


def test_a_building_that_is_not_there_is_not_accepted() -> None:
    chance = random.Random(6)
    unknown = [replace(row, building=str(chance.randint(40, 99))) for row in registry().rows if row.estate]
    accepted = [(text, result.node) for text, _, result in resolve_rows(unknown, seed=3) if result.is_accepted]
    assert accepted == []


def test_a_room_that_is_not_there_backs_off_to_its_own_building() -> None:
    unknown = [replace(row, room=f"{int(row.room[:-2])}99") for row in registry().rows if row.room]
    for _text, row, result in resolve_rows(unknown, seed=4):
        if result.is_accepted:
            assert result.node is not None
            assert str(result.status) == "partial"
            assert result.node.components in (replace(row, room=""), replace(row, room="", unit=""))


def test_calibration_on_own_noise() -> None:
    resolved = [result for _, _, result in resolve_rows(list(registry().rows), seed=8) if result.is_accepted]
    mean = sum(result.confidence for result in resolved) / len(resolved)
    assert 0.96 <= mean <= 1
