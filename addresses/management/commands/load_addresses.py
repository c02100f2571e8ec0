"""`load_addresses FILE.csv`: the standard-address registry, whole or (`--delta`) as the bureau's changes."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from addresses.services.registry import load_addresses
from addresses.services.registry_delta import load_delta
from common import clock
from common.errors import DomainError


class Command(BaseCommand):
    help = (
        "Loads standard addresses: code,town,village,road,number,estate,building,unit,room,lon,lat. Idempotent by code."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--delta", action="store_true", help="the file holds changes: op (add, change, retire, merge), …, into"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="with --delta: says what would happen, writes nothing"
        )
        parser.add_argument("--reason", default="标准地址变更文件", help="with --delta: what the changes rest on")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if options["delta"]:
            self._delta(file, options["reason"], is_dry_run=options["dry_run"])
        else:
            self._whole(file)

    def _delta(self, file: Path, reason: str, *, is_dry_run: bool) -> None:
        try:
            report = load_delta(file, reason=reason, actor=None, now=clock.now(), is_dry_run=is_dry_run)
        except (DomainError, OSError) as error:
            raise CommandError(getattr(error, "message", str(error))) from error
        for _row, message in report.problems:
            self.stdout.write(message)
        counts = f"received {report.received:,} = added {report.added:,} + certified {report.certified:,}"
        counts += f" + changed {report.changed:,} + retired {report.retired:,} + merged {report.merged:,}"
        self.stdout.write(f"{counts} + unchanged {report.unchanged:,} + faulty {len(report.problems):,}")
        if report.is_refused:
            raise CommandError("文件有错误，一行也没有写入。请改正后再导入。")
        if is_dry_run:
            self.stdout.write("试算：没有写入。")

    def _whole(self, file: Path) -> None:
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
