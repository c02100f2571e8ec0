"""Names of towns and villages for the name index: their codes, and what replaced divisions were called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from addresses.choices import DivisionLevel
from addresses.matching.names import NameEntry
from addresses.matching.short_names import derived_names
from addresses.models import Division
from addresses.parsing.components import Components, link_key

_LONGEST_SUCCESSION = 16


class DivisionEntries:
    """Entries of the divisions as of a day.

    A text with the name or code of a replaced division means its successor. Houses that the registry still holds under
    the old path are found there first; a house number under the successor is certain only after a mere renaming.

    Attributes:
        successors: key of a replaced town or village → key of the one that stands in its place today.
    """

    def __init__(self, divisions: Iterable[Division], today: date) -> None:
        self._by_code = {division.code: division for division in divisions}
        self._today = today
        self._predecessors = Counter(d.replaced_by_id for d in self._by_code.values() if d.replaced_by_id)
        self._replaced = {
            d.code: successor for d in self._by_code.values() if (successor := self._successor(d)) is not None
        }
        self.successors = {
            link_key(self._place(self._by_code[code])): link_key(self._place(successor))
            for code, successor in self._replaced.items()
        }

    def without_replaced(self, entries: Iterable[NameEntry]) -> list[NameEntry]:
        """The entries of the registry without those of replaced divisions, which bear their names no longer."""
        return [
            entry for entry in entries
            if entry.level not in ("town", "village") or link_key(entry.place) not in self.successors
        ]  # fmt: skip

    def entries(self) -> Iterator[NameEntry]:
        """Codes of all divisions, and the names of the replaced ones."""
        for division in self._by_code.values():
            level, place = division.level.lower(), self._place(division)
            successor = self._replaced.get(division.code)
            for code in _codes(division):
                target = place if successor is None else self._place(successor)
                yield NameEntry(code, "alias", level, target, is_merged=self._is_merged(division))
            if successor is None:
                continue
            ended = division.valid_to or self._today
            for surface, kind in _surfaces(division):
                yield NameEntry(surface, kind, level, place, valid_to=ended)
                yield NameEntry(
                    surface, kind, level, self._place(successor), valid_to=ended, is_merged=self._is_merged(division)
                )
            if division.level == DivisionLevel.TOWN:
                # Villages that are still filed under the old town agree with the name of the new one.
                for surface, kind in _surfaces(successor):
                    yield NameEntry(surface, "alias" if kind == "old" else kind, level, place)

    def _successor(self, division: Division) -> Division | None:
        """Where the succession ends today; None for a division that stands, or one that runs in a circle."""
        found, steps = division, 0
        while found.replaced_by_id and (found.valid_to is None or found.valid_to <= self._today):
            following = self._by_code.get(found.replaced_by_id)
            steps += 1
            if following is None or following.level != division.level or steps > _LONGEST_SUCCESSION:
                return None
            found = following
        return found if steps else None

    def _is_merged(self, division: Division) -> bool:
        """Whether, on the way to its successor, the division went up in one that is more than it under another name."""
        last = self._replaced.get(division.code, division)
        while division is not last:
            following = self._by_code[str(division.replaced_by_id)]
            is_renamed = following.valid_from is not None and following.valid_from == division.valid_to
            if not is_renamed or self._predecessors[following.code] > 1:
                return True
            division = following
        return False

    def _place(self, division: Division) -> Components:
        if division.level == DivisionLevel.TOWN:
            return Components(division.name)
        town = self._by_code.get(division.parent_id or "")
        return Components(town.name if town else "", division.name)


def _codes(division: Division) -> tuple[str, ...]:
    """The code as it is written: towns with nine or, filled with zeros, twelve digits."""
    return (division.code, f"{division.code}000") if len(division.code) == 9 else (division.code,)


def _surfaces(division: Division) -> list[tuple[str, str]]:
    derived = derived_names(division.name, division.level.lower())
    return [(division.name, "old"), *((surface, kind if kind == "short" else "old") for surface, kind in derived)]
