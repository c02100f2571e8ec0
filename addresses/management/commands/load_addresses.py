"""`load_addresses FILE.csv`: the standard-address registry."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from addresses.services.registry import load_addresses
from common.errors import DomainError


class Command(BaseCommand):
    help = (
        "Loads standard addresses: code,town,village,road,number,estate,building,unit,room,lon,lat. Idempotent by code."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        started = time.monotonic()
        try:
            report = load_addresses(file, lambda done, text: self.stderr.write(f"  {text} … {done:,}"))
        except (DomainError, OSError) as error:
            raise CommandError(getattr(error, "message", str(error))) from error
        for _row, message in report.problems:
            self.stdout.write(message)
        self.stdout.write(
            f"received {report.received:,} = created {report.created:,} + unchanged {report.unchanged:,}"
            f" + rejected {report.rejected:,}; nodes {report.nodes:,}; {time.monotonic() - started:.1f} s"
        )
