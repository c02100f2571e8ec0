"""`evaluate_addresses FILE.jsonl`: the address engine against labelled texts."""

from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from addresses.services.evaluation import evaluate, read_labels
from common.errors import DomainError

_COLUMNS = ("texts", "accepted", "wrong_accepted", "precision", "recall", "status_right")
_WIDTHS = (10, 10, 16, 11, 9, 14)


class Command(BaseCommand):
    help = 'Resolves {"text","code"|null,"status"} lines and says how many are found and right. Stores nothing.'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            found = read_labels(file)
        except FileNotFoundError as error:
            raise CommandError(f"没有这个文件：{file.name}") from error
        except DomainError as error:
            raise CommandError(error.message) from error
        document = evaluate(found.labels)
        document["bad_lines"] = [{"line": line, "reason": found.bad_lines[line]} for line in sorted(found.bad_lines)]
        if options["json"]:
            self.stdout.write(orjson.dumps(document).decode())
            return
        self._tables(document)

    def _tables(self, document: dict[str, Any]) -> None:
        self._row("", dict(zip(_COLUMNS, _COLUMNS, strict=True)))
        self._row("all", document["all"])
        for title in ("by_status", "by_level"):
            self.stdout.write(f"\n{title}")
            for name, figures in document[title].items():
                self._row(name, figures)
        self.stdout.write(f"\ncalibration error {document['calibration_error']:.4f}")
        for row in document["calibration"]:
            self.stdout.write(
                f"  {row['from']:.3f}–{row['to']:.3f}{row['examples']:>10,}{row['confidence']:>10.3f}{row['right']:>10.3f}"
            )
        self.stdout.write(f"\nwrong and accepted: {len(document['wrong_accepted'])}")
        for row in document["wrong_accepted"]:
            self.stdout.write(f"  line {row['line']}: {row['text']} -> {row['accepted']} (label {row['code'] or '-'})")
        for row in document["bad_lines"]:
            self.stdout.write(f"  line {row['line']} not used: {row['reason']}")

    def _row(self, name: str, figures: dict[str, Any]) -> None:
        cells = [self._cell(figures[column]).rjust(width) for column, width in zip(_COLUMNS, _WIDTHS, strict=True)]
        self.stdout.write(f"  {name:<12}{''.join(cells)}")

    def _cell(self, value: Any) -> str:
        if value is None:
            return "-"
        return f"{value:.4f}" if isinstance(value, float) else str(value)
