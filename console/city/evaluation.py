"""Compares what the platform made of the agency files with the truth.

Plain functions on dictionaries: the command reads the platform's tables and the truth folder, nothing here
knows a database or Django. All shares are None where their denominator is 0.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from console.city.wording import ACCEPTED, AMBIGUOUS, LEVELS, OUTSIDE, RELATIVE

TOTAL = "TOTAL"
# (file, row): path of the manifest, line of the sheet with the header as line 1.
RowKey = tuple[str, int]
# (file, row, column of the file)
TextKey = tuple[str, int, str]
# (thing, field)
ConflictKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """What became of a row: the element it belongs to (None = none) and its landing state."""

    element: Hashable | None
    outcome: str


@dataclass(frozen=True, slots=True)
class PlatformAddress:
    """The platform's answer to an address text.

    Attributes:
        status: of the engine: exact, partial, ambiguous, relative, outside, unmatched, review.
        code: of the accepted node, or "".
        components: of the accepted node, in the columns of addresses.csv; blanks may be left out.
    """

    status: str
    code: str = ""
    components: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_accepted(self) -> bool:
        """exact and partial are links."""
        return self.status in ("exact", "partial")


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth folder in memory: rows by key, planted conflicts and findings."""

    rows: dict[RowKey, dict[str, Any]]
    conflicts: list[dict[str, Any]]
    findings: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class MergeScore:
    """Pairs of rows of one kind that were put on one element.

    A pair counts for a source if one of its rows is of that source.

    Attributes:
        true_pairs: pairs of usable rows that mean one thing.
        made_pairs: pairs that the platform put together.
        right_pairs: both.
        to_review_right: rows with a bad key that made no element, of `to_review` planted.
    """

    source: str
    rows: int
    true_pairs: int
    made_pairs: int
    right_pairs: int
    to_review: int
    to_review_right: int

    @property
    def precision(self) -> float | None:
        """Share of made pairs that are right."""
        return _share(self.right_pairs, self.made_pairs)

    @property
    def recall(self) -> float | None:
        """Share of true pairs that were made."""
        return _share(self.right_pairs, self.true_pairs)


@dataclass(frozen=True, slots=True)
class ResolveScore:
    """Address texts of one source.

    Attributes:
        resolvable: texts that name one place of the registry.
        accepted: links the platform made, for whatever text.
        right: accepted, at the place and depth that was meant.
        shallow: accepted, the place is above the one that was meant (for a house that is in no registry: rightly).
        guessed: accepted, the place that was meant, though the names fit several; the registry may know only one.
        wrong: accepted, another place, or a text that means none (outside, nonsense, relative, two addresses).
        outside_right, relative_right: texts of that sort with that status.
    """

    source: str
    texts: int
    resolvable: int
    accepted: int
    right: int
    shallow: int
    guessed: int
    wrong: int
    outside: int
    outside_right: int
    relative: int
    relative_right: int

    @property
    def precision(self) -> float | None:
        """Share of accepted links that are not wrong."""
        return _share(self.accepted - self.wrong, self.accepted)

    @property
    def recall(self) -> float | None:
        """Share of resolvable texts that were linked at full depth."""
        return _share(self.right, self.resolvable)

    @property
    def wrong_per_1000(self) -> float | None:
        """Wrong and accepted, per 1,000 texts."""
        share = _share(self.wrong, self.texts)
        return None if share is None else share * 1000


@dataclass(frozen=True, slots=True)
class ConflictScore:
    """Planted conflicts of one source: findable, and found by the platform."""

    source: str
    planted: int
    found: int

    @property
    def recall(self) -> float | None:
        """Share of the planted ones that were found."""
        return _share(self.found, self.planted)


Score = MergeScore | ResolveScore | ConflictScore


def load_truth(folder: Path) -> Truth:
    """Reads the truth folder that `make_city` wrote.

    Raises:
        FileNotFoundError: there is none.
    """
    files = sorted(folder.glob("rows_*.jsonl"))
    if not files:
        raise FileNotFoundError(f"no truth in {folder}")
    rows = {(row["file"], row["row"]): row for file in files for row in _read_lines(file)}
    conflicts = list(_read_lines(folder / "conflicts.jsonl"))
    return Truth(rows, conflicts, list(_read_lines(folder / "findings.jsonl")))


def score_merges(truth: Truth, platform: Mapping[RowKey, PlatformRow]) -> list[MergeScore]:
    """One score a source and one in total, the total last. Rows unknown to the platform count as unmerged."""
    true_pairs: Counter[str] = Counter()
    made_pairs: Counter[str] = Counter()
    right_pairs: Counter[str] = Counter()
    by_thing: dict[Hashable, Counter[str]] = defaultdict(Counter)
    by_element: dict[Hashable, Counter[str]] = defaultdict(Counter)
    by_both: dict[Hashable, Counter[str]] = defaultdict(Counter)
    planted: Counter[str] = Counter()
    held_back: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for key, row in truth.rows.items():
        source, answer = row["source"], platform.get(key)
        element = answer.element if answer else None
        count[source] += 1
        if row["expected"] == "to_review":
            planted[source] += 1
            held_back[source] += element is None
        # A row with a second good key may go to review: then it owes no pair.
        if row["expected"] == ACCEPTED or (row["expected"] == "any" and element is not None):
            by_thing[row["thing"]][source] += 1
        if element is not None:
            by_element[element][source] += 1
            if row["expected"] != "to_review":
                by_both[(row["thing"], element)][source] += 1
    for groups, pairs in ((by_thing, true_pairs), (by_element, made_pairs), (by_both, right_pairs)):
        for group in groups.values():
            pairs.update(_pairs(group))
    return [
        MergeScore(
            source,
            count[source] if source != TOTAL else count.total(),
            true_pairs[source],
            made_pairs[source],
            right_pairs[source],
            planted[source] if source != TOTAL else planted.total(),
            held_back[source] if source != TOTAL else held_back.total(),
        )
        for source in [*sorted(count), TOTAL]
    ]


def score_addresses(truth: Truth, platform: Mapping[TextKey, PlatformAddress]) -> list[ResolveScore]:
    """One score a source and one in total, the total last. Texts without an answer count as not accepted."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (file, line), row in truth.rows.items():
        for column, meant in row["addresses"].items():
            if meant["expected"] == "blank":
                continue
            answer = platform.get((file, line, column))
            for source in (row["source"], TOTAL):
                counts[source].update(_verdicts(meant, answer))
    names = [name.name for name in fields(ResolveScore) if name.name != "source"]
    order = [*sorted(name for name in counts if name != TOTAL), TOTAL]
    return [ResolveScore(source, **{name: counts[source][name] for name in names}) for source in order]


def score_conflicts(
    truth: Truth, platform: Mapping[RowKey, PlatformRow], found: Iterable[tuple[Hashable, str]]
) -> list[ConflictScore]:
    """Planted conflicts that the platform shows.

    Args:
        found: (element, field) of every conflict of the platform.
    """
    shown = set(found)
    planted: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for conflict in truth.conflicts:
        if not conflict["is_findable"]:
            continue
        answer = platform.get((conflict["file"], conflict["row"]))
        is_found = answer is not None and (answer.element, conflict["field"]) in shown
        for source in (conflict["source"], TOTAL):
            planted[source] += 1
            right[source] += is_found
    order = [*sorted(name for name in planted if name != TOTAL), TOTAL]
    return [ConflictScore(source, planted[source], right[source]) for source in order]


def table_lines(scores: Sequence[Score]) -> list[str]:
    """The scores as aligned lines: counts, then shares with three decimals ("-" where there is none)."""
    if not scores:
        return []
    kind = type(scores[0])
    shares = [name for name, member in vars(kind).items() if isinstance(member, property)]
    columns = [item.name for item in fields(kind)] + shares
    cells = [[_cell(getattr(score, column)) for column in columns] for score in scores]
    rows = [columns, *cells]
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
    return ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows]


def _pairs(group: Counter[str]) -> dict[str, int]:
    """Pairs within a group of rows: in total, and per source those that touch it."""
    size = group.total()
    pairs = {TOTAL: size * (size - 1) // 2}
    for source, own in group.items():
        pairs[source] = own * (own - 1) // 2 + own * (size - own)
    return pairs


def _verdicts(meant: Mapping[str, Any], answer: PlatformAddress | None) -> list[str]:
    expected, status = meant["expected"], answer.status if answer else ""
    verdicts = ["texts"]
    if expected == ACCEPTED and _is_registered(meant):
        verdicts.append("resolvable")
    for sort in (OUTSIDE, RELATIVE):
        if expected == sort:
            verdicts += [sort, f"{sort}_right"] if status == sort else [sort]
    if answer and answer.is_accepted:
        verdicts += ["accepted", _judge_link(meant, answer)]
    return verdicts


def _judge_link(meant: Mapping[str, Any], answer: PlatformAddress) -> str:
    """right, shallow, guessed or wrong."""
    if meant["expected"] not in (ACCEPTED, AMBIGUOUS):
        return "wrong"
    at_the_place = "right" if meant["expected"] == ACCEPTED else "guessed"
    if meant["code"] and answer.code == meant["code"]:
        return at_the_place
    given = {name: value for name, value in answer.components.items() if name in LEVELS and value}
    if not given or any(meant["components"].get(name) != value for name, value in given.items()):
        return "wrong"
    if given == meant["components"] and _is_registered(meant):
        return at_the_place
    return "shallow"


def _is_registered(meant: Mapping[str, Any]) -> bool:
    return "not_registered" not in meant["defects"]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _read_lines(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
