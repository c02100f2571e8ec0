"""What a link may not bring in by itself: other columns, far fewer rows, too many that cannot be read. A person judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from exchange.choices import ADDRESS, FeedMode
from exchange.importers.mapping import DISMISSED, UNDECIDED, suggest
from exchange.importers.reading_mojibake import GarbledText
from exchange.kinds import LANDED_KINDS
from exchange.models import Connector

COLUMNS_MISSING, ROWS_DROPPED, TOO_MANY_HELD = "COLUMNS_MISSING", "ROWS_DROPPED", "TOO_MANY_HELD"
CLOCK_AHEAD, CLOCK_BEHIND, ADDRESS_PROBLEMS = "CLOCK_AHEAD", "CLOCK_BEHIND", "ADDRESS_PROBLEMS"
TEXT_GARBLED = "TEXT_GARBLED"
# A person has to say how to go on: until then the link stands still. Any other held file is one bad file.
STOPPING = frozenset(
    {COLUMNS_MISSING, ROWS_DROPPED, TOO_MANY_HELD, CLOCK_AHEAD, CLOCK_BEHIND, ADDRESS_PROBLEMS, TEXT_GARBLED}
)
# A small reading with a few rows to review is everyday life.
LEAST_HELD = 3
MOST_HELD_PCT = 20
LIKE = 0.6


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a reading is held; `details` is what the page shows."""

    code: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)


def expected_columns(connector: Connector) -> list[str]:
    """The columns that were accepted, else those that are declared."""
    return list(connector.headers) or list(connector.columns)


def new_columns(connector: Connector, headers: Sequence[str]) -> list[str]:
    """Columns that were not there when the columns were accepted; they are left out."""
    accepted = connector.headers
    return [header for header in headers if header not in accepted] if accepted else []


def column_finding(connector: Connector, headers: Sequence[str]) -> Finding | None:
    """A column that says something is gone; which of the new ones it probably became."""
    expected = expected_columns(connector)
    said = fields_of(connector, expected)
    missing = [header for header in expected if header not in headers and said[header] not in {DISMISSED, UNDECIDED}]
    if not missing:
        return None
    added = [header for header in headers if header not in expected]
    drift = [{"column": one, "likely": _likely(connector, one, said[one], headers, added)} for one in missing]
    names = "、".join(missing)[:120]
    became = [f"“{one['column']}”可能改名为“{one['likely']}”" for one in drift if one["likely"]]
    message = f"少了约定的列：{names}。" + ("；".join(became)[:120] + "。" if became else "")
    return Finding(COLUMNS_MISSING, message, {"drift": drift, "added": added})


def text_finding(garbled: GarbledText) -> Finding | None:
    """Chinese that was read by a wrong code page, or letters that got lost: they would become names."""
    if not garbled.is_much:
        return None
    return Finding(
        TEXT_GARBLED,
        f"有 {garbled.count:,} 格文字是乱码（汉字被按西文编码读取，或有残缺的字），全部没有入库。"
        "请对方改正字符编码后重新提供；若采用一次，乱码会照原样入库。",
        {"problems": list(garbled.examples), "count": garbled.count},
    )


def rows_finding(connector: Connector, rows: int) -> Finding | None:
    """A whole reading with far fewer rows than the last one."""
    last = connector.last_rows
    if connector.mode != FeedMode.SNAPSHOT or not last or rows * 100 >= last * connector.least_pct:
        return None
    fewer_pct = round(100 - rows * 100 / last)
    return Finding(
        ROWS_DROPPED, f"全量只有 {rows:,} 行，上次 {last:,} 行，少了 {fewer_pct}%。请联系对方确认是否导出不全。",
        {"rows": rows, "last_rows": last, "fewer_pct": fewer_pct},
    )  # fmt: skip


def share_finding(connector: Connector, counts: dict[str, int]) -> Finding | None:
    """Too many rows that would not go in."""
    received = counts.get("received", 0)
    held = counts.get("to_review", 0) + counts.get("rejected", 0)
    most_pct = int(connector.options.get("most_held_pct", MOST_HELD_PCT))
    if held < LEAST_HELD or held * 100 <= received * most_pct:
        return None
    pct = round(held * 100 / received)
    return Finding(
        TOO_MANY_HELD, f"{received:,} 行中有 {held:,} 行（{pct}%）读不出或待核对，超过 {most_pct}%，没有入库。请打开批次查看原因。",
        {"received": received, "held": held, "pct": pct},
    )  # fmt: skip


def fields_of(connector: Connector, headers: Sequence[str]) -> dict[str, str]:
    """What each of the columns says: as declared, else as known; a field is said once, by the declared column first."""
    declared = {header: str(connector.columns[header]) for header in headers if header in connector.columns}
    if connector.kind == ADDRESS:
        return {header: declared.get(header, header) for header in headers}
    taken = set(declared.values()) - {DISMISSED}
    known = suggest(LANDED_KINDS[connector.kind], [header for header in headers if header not in declared])
    open_ones = {header: UNDECIDED if field in taken else field for header, field in known.items()}
    return {header: declared.get(header) or open_ones.get(header, UNDECIDED) for header in headers}


def field_of(connector: Connector, header: str) -> str:
    """What a column of the link says beside the other ones that were accepted."""
    return fields_of(connector, list(dict.fromkeys([*expected_columns(connector), *connector.columns, header])))[header]


def _likely(connector: Connector, column: str, said: str, headers: Sequence[str], added: Sequence[str]) -> str:
    """The new column that says the same, stands where it stood, or is called alike; "" when none does."""
    by_meaning = [one for one in added if connector.kind != ADDRESS and fields_of(connector, [one])[one] == said]
    if by_meaning:
        return by_meaning[0]
    expected = expected_columns(connector)
    position = expected.index(column)
    if len(headers) == len(expected) and headers[position] in added:
        return headers[position]
    alike = sorted(((SequenceMatcher(None, column, one).ratio(), one) for one in added), reverse=True)
    return alike[0][1] if alike and alike[0][0] >= LIKE else ""
