"""The comparison with the truth, on hand-made cases with exact figures."""

from __future__ import annotations

from console.city.evaluation import (
    PlatformAddress,
    PlatformRow,
    Truth,
    score_addresses,
    score_conflicts,
    score_merges,
    table_lines,
)

FILE_A, FILE_B = "agency/a.csv", "agency/b.csv"


def _row(file: str, line: int, thing: str, expected: str = "accepted", **addresses: dict) -> dict:
    source = "A" if file == FILE_A else "B"
    return {
        "file": file, "row": line, "source": source, "thing": thing,
        "expected": expected, "addresses": addresses,
    }  # fmt: skip


def _truth(*rows: dict, conflicts: list[dict] | None = None) -> Truth:
    return Truth({(row["file"], row["row"]): row for row in rows}, conflicts or [], [])


def test_merge_pairs_by_source() -> None:
    truth = _truth(
        _row(FILE_A, 2, "P1"), _row(FILE_A, 3, "P1"), _row(FILE_B, 2, "P1"),
        _row(FILE_B, 3, "P2"), _row(FILE_B, 4, "P3", "to_review"), _row(FILE_B, 5, "P2", "any"),
    )  # fmt: skip
    platform = {
        (FILE_A, 2): PlatformRow(10, "created"),
        (FILE_A, 3): PlatformRow(10, "updated"),
        (FILE_B, 2): PlatformRow(11, "created"),
        (FILE_B, 3): PlatformRow(11, "updated"),
        (FILE_B, 4): PlatformRow(None, "to_review"),
        (FILE_B, 5): PlatformRow(None, "to_review"),
    }
    in_a, in_b, total = score_merges(truth, platform)
    assert (in_a.source, in_a.rows, in_a.true_pairs, in_a.made_pairs, in_a.right_pairs) == ("A", 2, 3, 1, 1)
    assert (in_b.source, in_b.rows, in_b.true_pairs, in_b.made_pairs, in_b.right_pairs) == ("B", 4, 2, 1, 0)
    assert (total.source, total.rows, total.true_pairs, total.made_pairs, total.right_pairs) == (
        "TOTAL",
        6,
        3,
        2,
        1,
    )
    assert total.precision == 0.5
    assert total.recall == 1 / 3
    assert (in_b.to_review, in_b.to_review_right) == (1, 1)


def test_a_bad_key_that_was_merged_costs_precision() -> None:
    truth = _truth(_row(FILE_A, 2, "P1"), _row(FILE_A, 3, "P2", "to_review"))
    platform = {(FILE_A, 2): PlatformRow(1, "created"), (FILE_A, 3): PlatformRow(1, "updated")}
    total = score_merges(truth, platform)[-1]
    assert (total.made_pairs, total.right_pairs, total.precision) == (1, 0, 0.0)
    assert (total.to_review, total.to_review_right) == (1, 0)


def _text(expected: str, code: str = "", defects: tuple[str, ...] = (), **components: str) -> dict:
    return {"text": "…", "expected": expected, "code": code, "components": components, "defects": list(defects)}


def test_address_verdicts() -> None:
    house = {"town": "沙河镇", "village": "东村村委会", "number": "12"}
    truth = _truth(
        _row(FILE_A, 2, "P1", home=_text("accepted", "LZD1", **house)),
        _row(FILE_A, 3, "P1", home=_text("accepted", "LZD1", **house)),
        _row(FILE_A, 4, "P1", home=_text("accepted", "LZD1", **house)),
        _row(FILE_A, 5, "P1", home=_text("outside")),
        _row(FILE_A, 6, "P1", home=_text("unmatched")),
        _row(FILE_A, 7, "P1", home=_text("blank")),
        _row(FILE_A, 8, "P1", home=_text("accepted", town="沙河镇", village="东村村委会")),
        _row(FILE_A, 9, "P1", home=_text("relative", town="沙河镇")),
        _row(FILE_A, 10, "P1", home=_text("ambiguous", "LZD1", **house)),
    )
    village = {"town": "沙河镇", "village": "东村村委会", "number": ""}
    platform = {
        (FILE_A, 2, "home"): PlatformAddress("exact", "LZD1", house),
        (FILE_A, 3, "home"): PlatformAddress("partial", "N7", village),
        (FILE_A, 4, "home"): PlatformAddress("exact", "LZD2", house | {"number": "13"}),
        (FILE_A, 5, "home"): PlatformAddress("outside"),
        (FILE_A, 6, "home"): PlatformAddress("partial", "N7", village),
        (FILE_A, 7, "home"): PlatformAddress("exact", "LZD1", house),
        (FILE_A, 8, "home"): PlatformAddress("exact", "N7", village),
        (FILE_A, 9, "home"): PlatformAddress("relative"),
        (FILE_A, 10, "home"): PlatformAddress("exact", "LZD1", house),
    }
    score = score_addresses(truth, platform)[-1]
    assert (score.texts, score.resolvable, score.accepted) == (8, 4, 6)
    # Wrong: another number, a link for nonsense. Guessed: the ambiguous text.
    assert (score.right, score.shallow, score.guessed, score.wrong) == (2, 1, 1, 2)
    assert (score.outside, score.outside_right, score.relative, score.relative_right) == (1, 1, 1, 1)
    assert score.precision == 4 / 6
    assert score.recall == 0.5
    assert score.wrong_per_1000 == 250.0


def test_a_link_below_what_was_written_is_wrong() -> None:
    truth = _truth(_row(FILE_A, 2, "P1", home=_text("accepted", town="沙河镇", village="东村村委会")))
    deeper = {"town": "沙河镇", "village": "东村村委会", "number": "9000"}
    score = score_addresses(truth, {(FILE_A, 2, "home"): PlatformAddress("exact", "LZD9", deeper)})[-1]
    assert (score.right, score.shallow, score.wrong) == (0, 0, 1)


def test_a_house_in_no_registry_owes_no_link_and_may_be_linked_above() -> None:
    village = {"town": "沙河镇", "village": "东村村委会"}
    truth = _truth(
        _row(FILE_A, 2, "P1", home=_text("accepted", defects=("not_registered",), **village)),
        _row(FILE_A, 3, "P1", home=_text("accepted", defects=("not_registered",), **village)),
        _row(FILE_A, 4, "P1", home=_text("accepted", defects=("not_registered",), **village)),
    )
    platform = {
        (FILE_A, 2, "home"): PlatformAddress("partial", "N7", village),
        (FILE_A, 3, "home"): PlatformAddress("exact", "LZD9", village | {"number": "12"}),
        (FILE_A, 4, "home"): PlatformAddress("review"),
    }
    score = score_addresses(truth, platform)[-1]
    assert (score.resolvable, score.accepted, score.right, score.shallow, score.wrong) == (0, 2, 0, 1, 1)


def test_missing_answers_are_no_links() -> None:
    truth = _truth(_row(FILE_A, 2, "P1", home=_text("accepted", "LZD1", town="沙河镇")))
    score = score_addresses(truth, {})[-1]
    assert (score.texts, score.accepted, score.precision, score.recall) == (1, 0, None, 0.0)


def test_conflicts_count_only_where_they_can_be_seen() -> None:
    conflicts = [
        {"file": FILE_B, "row": 2, "source": "B", "thing": "P1", "field": "phone", "is_findable": True},
        {"file": FILE_B, "row": 3, "source": "B", "thing": "P2", "field": "phone", "is_findable": True},
        {"file": FILE_B, "row": 4, "source": "B", "thing": "P3", "field": "phone", "is_findable": False},
    ]
    truth = _truth(_row(FILE_B, 2, "P1"), _row(FILE_B, 3, "P2"), conflicts=conflicts)
    platform = {(FILE_B, 2): PlatformRow(1, "created"), (FILE_B, 3): PlatformRow(2, "created")}
    score = score_conflicts(truth, platform, [(1, "phone"), (2, "name")])[-1]
    assert (score.planted, score.found, score.recall) == (2, 1, 0.5)


def test_table_has_a_line_per_score_and_dashes_for_missing_shares() -> None:
    lines = table_lines(score_addresses(_truth(_row(FILE_A, 2, "P1", home=_text("outside"))), {}))
    assert len(lines) == 3
    assert lines[0].split()[:3] == ["source", "texts", "resolvable"]
    assert lines[2].split()[0] == "TOTAL"
    assert "-" in lines[2].split()
