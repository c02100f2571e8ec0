"""`load_tags`: the tags, rules and outcomes that come with the platform."""

from __future__ import annotations

from typing import Any
from unicodedata import east_asian_width

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from common.errors import DomainError
from tagging.services.shipping import Counted, count_shipped, load_shipped

_NAME_WIDTH, _CODE_WIDTH = 22, 26


class Command(BaseCommand):
    help = "Loads the shipped tags, rules and outcomes; what was edited or published since stays. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--counts", action="store_true", help="then tell how many each rule hits and nearly hits")

    def handle(self, *args: Any, counts: bool, **options: Any) -> None:
        try:
            made = load_shipped(now=clock.now())
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
        self.stdout.write(
            f"new: {made.tags} tags, {made.rules} rules, {made.outcomes} outcomes; "
            f"{made.published} versions in force, {made.waiting} waiting for a decision"
        )
        if counts:
            self._table(count_shipped(now=clock.now()))

    def _table(self, rows: list[Counted]) -> None:
        self.stdout.write(
            _padded("rule", _CODE_WIDTH) + _padded("", _NAME_WIDTH) + "version    hits    near  near: who"
        )
        for row in rows:
            version = "-" if row.version is None else f"v{row.version}"
            hits = "-" if row.hits is None else f"{row.hits:,}"
            self.stdout.write(
                _padded(row.code, _CODE_WIDTH)
                + _padded(row.title, _NAME_WIDTH)
                + f"{version:>7} {hits:>7} {row.near:>7,}  {row.near_title}"
            )


def _padded(text: str, width: int) -> str:
    """The text as wide as a column; a Chinese character takes two places."""
    taken = sum(2 if east_asian_width(one) in "WF" else 1 for one in text)
    return text + " " * max(1, width - taken)
