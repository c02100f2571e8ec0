"""`calibrate_addresses`: what the engine's confidence is worth, learned from the decisions that stand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from addresses.services.calibration import MIN_EXAMPLES, calibrate, decided_examples
from common.errors import DomainError


class Command(BaseCommand):
    help = "Learns the confidence of the address engine from standing decisions and prints the reliability table."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at-least", type=int, default=MIN_EXAMPLES, help="examples without which it is refused")

    def handle(self, *args: Any, at_least: int, **options: Any) -> None:
        examples = decided_examples()
        accepted = sum(example.was_accepted for example in examples)
        self.stdout.write(f"样本 {len(examples):,} 条，其中引擎已自动匹配的 {accepted:,} 条")
        try:
            made = calibrate(actor_id=None, now=timezone.now(), at_least=at_least)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{'引擎可信度':<14}{'样本':>8}{'正确':>8}{'校准后':>10}")
        for row in made.buckets:
            span = f"{row['from']:.3f}–{row['to']:.3f}"
            self.stdout.write(f"{span:<16}{row['examples']:>10,}{row['right']:>10,}{row['confidence']:>12.3f}")
