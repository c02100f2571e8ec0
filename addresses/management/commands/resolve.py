"""`resolve --input F.jsonl --output G.jsonl`: address texts to standard addresses, in bulk."""

import time
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from addresses.services.resolution import CHUNK, load_index, resolve_rows


class Command(BaseCommand):
    help = 'Resolves {"id","text"} lines; writes {"id","status","code","components",…} lines in the same order.'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--input", type=Path, required=True)
        parser.add_argument("--output", type=Path, required=True)

    def handle(self, *args: Any, input: Path, output: Path, **options: Any) -> None:
        load_index()
        started, count, counts = time.monotonic(), 0, {}
        with input.open("rb") as source, output.open("wb") as target:
            for chunk in self._chunks(source):
                rows = resolve_rows([str(item.get("text") or "") for item in chunk])
                for item, row in zip(chunk, rows, strict=True):
                    counts[row["status"]] = counts.get(row["status"], 0) + 1
                    target.write(orjson.dumps({"id": item["id"], **row}, option=orjson.OPT_APPEND_NEWLINE))
                count += len(chunk)
        seconds = time.monotonic() - started
        self.stdout.write("  ".join(f"{status} {n:,}" for status, n in sorted(counts.items())))
        self.stdout.write(f"{count:,} addresses in {seconds:.1f} s, {count / max(seconds, 1e-9):,.0f} addresses/s")

    def _chunks(self, source: Any) -> Any:
        chunk: list[dict[str, Any]] = []
        for line_number, line in enumerate(source, start=1):
            if not line.strip():
                continue
            try:
                item = orjson.loads(line)
                item["id"]
            except (orjson.JSONDecodeError, KeyError, TypeError) as error:
                raise CommandError(f'line {line_number}: expected {{"id": …, "text": …}}') from error
            chunk.append(item)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk
