"""The checkers find what is planted: a loss, a phantom, a double, an old word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault.history import FAIL, INFO, OK, Entry, History, Verdict, compare, counted, stale

ENTRIES = [
    Entry("w", "a", OK),
    Entry("w", "b", OK),
    Entry("w", "c", INFO),
    Entry("w", "d", INFO),
    Entry("w", "e", FAIL),
]


def test_unknown_ones_may_be_there_or_not():
    assert compare(ENTRIES, counted(["a", "b", "c"])) == Verdict()


@pytest.mark.parametrize(
    ("present", "found"),
    [
        (["a", "c"], Verdict(lost=["b"])),
        (["a", "b", "e"], Verdict(phantom=["e"])),
        (["a", "b", "z"], Verdict(phantom=["z"])),
        (["a", "b", "b"], Verdict(doubled=["b"])),
        (["a", "b", "d", "d"], Verdict(doubled=["d"])),
    ],
)
def test_a_planted_fault_is_found(present, found):
    assert compare(ENTRIES, counted(present)) == found


@pytest.mark.parametrize(
    ("stored", "found"),
    [("2", []), ("3", []), ("1", ["x"]), ("4", ["x"]), (None, ["x"])],
)
def test_the_last_word_counts_or_a_later_unknown_one(stored, found):
    said = [Entry("c", "x", OK, "1"), Entry("c", "x", OK, "2"), Entry("c", "x", INFO, "3"), Entry("c", "x", FAIL, "4")]
    assert stale(said, {} if stored is None else {"x": stored}) == found


def test_an_unknown_word_before_an_acknowledged_one_is_over():
    said = [Entry("c", "x", INFO, "1"), Entry("c", "x", OK, "2")]
    assert (stale(said, {"x": "1"}), stale(said, {"x": "2"})) == (["x"], [])


def test_the_ledger_keeps_what_was_noted(tmp_path: Path):
    history = History(tmp_path / "history.jsonl")
    history.note("w", "甲", OK, "1")
    history.note("v", "乙", FAIL)
    assert history.entries("w") == [Entry("w", "甲", OK, "1")]
    assert (history.count("v", FAIL), history.count("v", OK)) == (1, 0)
