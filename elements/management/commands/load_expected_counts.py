"""`load_expected_counts FILE.csv`: how many things there should be by village."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from common.errors import DomainError
from elements.services.expected_counts import COLUMNS, load_expected_counts


class Command(BaseCommand):
    help = f"Loads expected counts: {','.join(COLUMNS)}. With one bad row nothing is written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            report = load_expected_counts(content=file.read_bytes(), actor=None, now=clock.now())
        except (DomainError, OSError) as error:
            raise CommandError(getattr(error, "message", str(error))) from error
        if report.problems:
            raise CommandError("\n".join(report.problems))
        self.stdout.write(
            f"received {report.received:,} = created {report.created:,} + changed {report.changed:,}"
            f" + unchanged {report.unchanged:,}"
        )
