"""What `import_elements` and `import_events` share: the import page's way, from the command line."""

import csv
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common import clock, jobs
from common.errors import DomainError
from common.models import Job
from elements.models import Source
from exchange.importers.mapping import DISMISSED, UNDECIDED, target_fields
from exchange.kinds import LANDED_KINDS
from exchange.models import LandingBatch
from exchange.problems import sentence
from exchange.selectors.rows import mend_file
from exchange.services import landing


class ImportCommand(BaseCommand):
    """Receives, plans and applies one file; subclasses name the kinds."""

    kinds: Sequence[str] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", required=True, type=str.upper, choices=list(self.kinds))
        parser.add_argument("--source", required=True, help="code of the source")
        parser.add_argument("--dry-run", action="store_true", help="plan only, print what each row would do")
        parser.add_argument("--observed-on", help="YYYY-MM-DD of the data; default: today")
        parser.add_argument("--datum", default="WGS84", choices=["WGS84", "GCJ02", "BD09"])
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD", help="decide a column; FIELD - dismisses it"
        )
        parser.add_argument("--dismiss-unknown", action="store_true", help="dismiss every column that is not known")
        parser.add_argument("--rejects", type=Path, help="write the rows that did not go in here, to be mended")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            batch = self._receive(options)
            batch = landing.start_planning(
                batch=batch, columns=self._columns(batch, options), datum=options["datum"], actor=None
            )
            self._run(batch)
            if options["dry_run"]:
                self._show_plan(batch)
            else:
                batch.refresh_from_db()
                self._run(landing.start_import(batch=batch, actor=None))
                self.follow_up(batch)
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
        batch.refresh_from_db()
        if options["rejects"]:
            options["rejects"].write_bytes(mend_file(batch))
        seconds = time.monotonic() - started
        counts = " + ".join(f"{name} {n:,}" for name, n in batch.counts.items() if name != "received")
        self.stdout.write(
            f"#{batch.pk} {batch.get_state_display()}: received {batch.counts['received']:,} = {counts}; {seconds:.1f} s"
        )

    def follow_up(self, batch: LandingBatch) -> None:
        """Work that the command waits for after the import."""

    def _receive(self, options: dict[str, Any]) -> LandingBatch:
        source = Source.objects.filter(code=options["source"]).first()
        if source is None:
            codes = "、".join(Source.objects.values_list("code", flat=True))
            raise CommandError(f"没有来源 {options['source']}。现有：{codes}")
        now = clock.now()
        day = options["observed_on"]
        observed_at = timezone.make_aware(datetime.fromisoformat(day)) if day else now
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"读不到文件：{error}") from error
        return landing.receive_file(
            data=data, name=options["file"].name, source=source, kind_code=options["kind"], observed_at=observed_at,
            actor=None, now=now, datum=options["datum"],
        )  # fmt: skip

    def _columns(self, batch: LandingBatch, options: dict[str, Any]) -> dict[str, str]:
        columns = dict(batch.columns)
        for pair in options["map"]:
            header, _, field = pair.partition("=")
            if header not in columns:
                raise CommandError(f"文件没有列“{header}”。")
            columns[header] = field
        if options["dismiss_unknown"]:
            columns = {h: f if f != UNDECIDED else DISMISSED for h, f in columns.items()}
        undecided = [h for h, f in columns.items() if f == UNDECIDED]
        if undecided:
            fields = "、".join(f"{k}（{v}）" for k, v in target_fields(LANDED_KINDS[batch.kind]).items())
            self.stderr.write(f"可用字段：{fields}")
        return columns

    def _run(self, batch: LandingBatch) -> None:
        """Runs the batch's job here; a worker that took it first is waited for by taking what it left."""
        jobs.run(batch.job_id)
        job = Job.objects.get(pk=batch.job_id)
        while not job.is_finished:
            time.sleep(0.5)
            job.refresh_from_db()
        if job.state != Job.State.DONE:
            raise CommandError(f"{job.error_code}: {job.error_message}")

    def _show_plan(self, batch: LandingBatch) -> None:
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(["row", "outcome", "problems"])
        for row in batch.rows.order_by("row_number").iterator():
            writer.writerow([row.row_number, row.outcome, sentence(row.problems)])
