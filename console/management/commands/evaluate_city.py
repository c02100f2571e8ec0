"""`evaluate_city`: what the platform made of the generated files against the truth it never read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from addresses.models import AddressText
from console.city.build import truth_folder
from console.city.evaluation import (
    PlatformAddress,
    PlatformRow,
    RowKey,
    TextKey,
    load_truth,
    score_addresses,
    score_conflicts,
    score_merges,
    table_lines,
)
from console.demo_state import demo_folder
from elements.choices import FieldClass
from elements.models import Element, FieldPolicy
from exchange.importers.fields import parse_address
from exchange.models import LandingBatch
from exchange.selectors.rows import raw_cells


class Command(BaseCommand):
    help = "Compares merges, addresses and conflicts with the truth of the demonstration city, per source."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=None, help="refuses when the loaded city has another seed")
        parser.add_argument("--truth", type=Path, default=None, help="truth folder; default: that of the loaded city")

    def handle(self, *args: Any, seed: int | None, **options: Any) -> None:
        folder = options["truth"] or truth_folder(demo_folder())
        try:
            truth = load_truth(folder)
        except FileNotFoundError as error:
            raise CommandError(f"{error}. Load the city with bin/demo first.") from error
        if seed is not None and f"seed = {seed}\n" not in (demo_folder() / "agency" / "manifest.toml").read_text(
            "utf-8"
        ):
            raise CommandError(f"the loaded city was not made with seed {seed}")
        rows: dict[RowKey, PlatformRow] = {}
        texts: dict[TextKey, str] = {}
        for key, row, cells in self._landed({file for file, _ in truth.rows}):
            rows[key] = row
            for column in truth.rows[key]["addresses"] if key in truth.rows else ():
                texts[(*key, column)] = cells.get(column, "")
        # Only official fields conflict; a phone that two sources give differently is observed, precedence decides.
        official = set(FieldPolicy.objects.filter(field_class=FieldClass.OFFICIAL).values_list("field", flat=True))
        planted = [c for c in truth.conflicts if c["field"] in official]
        truth = replace(truth, conflicts=planted)
        conflicts = Element.objects.exclude(conflicts=[]).values_list("pk", "conflicts")
        found = [(pk, field) for pk, fields in conflicts for field in fields]
        for title, scores in (
            ("Merges (pairs of rows of one thing)", score_merges(truth, rows)),
            ("Addresses (texts of rows)", score_addresses(truth, self._answers(texts))),
            ("Planted conflicts of official fields", score_conflicts(truth, rows, found)),
        ):
            self.stdout.write(f"\n{title}")
            for line in table_lines(scores):
                self.stdout.write(line)

    def _landed(self, files: set[str]) -> Iterator[tuple[RowKey, PlatformRow, dict[str, str]]]:
        """Rows of the latest import of each file; the truth counts lines with the header as line 1."""

        for file in sorted(files):
            batch = LandingBatch.objects.filter(upload__name=Path(file).name, state="IMPORTED").order_by("-pk").first()
            if batch is None:
                raise CommandError(f"{file} was not imported")
            for row in batch.rows.iterator():
                cells = dict(zip(batch.headers, raw_cells(row), strict=False))
                yield (file, row.row_number + 1), PlatformRow(row.element_id, row.outcome), cells

    def _answers(self, texts: dict[TextKey, str]) -> dict[TextKey, PlatformAddress]:
        stored = {
            row.text: row for row in AddressText.objects.select_related("address__town", "address__village").iterator()
        }
        answers = {}
        for key, raw in texts.items():
            text, _problem = parse_address(raw)
            row = stored.get(text) if text else None
            if row is None:
                continue
            node = row.address
            components = (
                {
                    "town": node.town.name, "village": node.village.name if node.village else "",
                    **{name: getattr(node, name) for name in ("road", "number", "estate", "building", "unit", "room")},
                }
                if node
                else {}
            )  # fmt: skip
            answers[key] = PlatformAddress(row.status, node.code if node else "", components)
        return answers
