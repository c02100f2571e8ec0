"""`load_names FILE.csv`: aliases, old and short names."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from addresses.services.names import load_names
from common.errors import DomainError


class Command(BaseCommand):
    help = "Loads names of places: surface,kind,town,village,road,estate,valid_from,valid_to."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            report = load_names(file, file.name)
        except (DomainError, OSError) as error:
            raise CommandError(getattr(error, "message", str(error))) from error
        for _row, message in report.problems:
            self.stdout.write(message)
        self.stdout.write(
            f"received {report.received:,} = created {report.created:,} + unchanged {report.unchanged:,}"
            f" + rejected {report.rejected:,}"
        )
