"""`load_demo`: the generated city, through the users' own path. Safe to run again."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import DomainError
from console.demo import SEED, load_demo


class Command(BaseCommand):
    help = "Generates and loads the demonstration city; all of it is invented."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument("--as-of", type=date.fromisoformat, default=None)

    def handle(self, *args: Any, seed: int, as_of: date | None, **options: Any) -> None:
        try:
            load_demo(self.stdout.write, seed=seed, as_of=as_of)
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
