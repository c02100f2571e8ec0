"""`load_demo`: the generated city, through the users' own path. Safe to run again."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import DomainError
from console.city.build import DEFAULT_ADDRESSES, DEFAULT_ELEMENTS
from console.demo import SEED, load_demo


class Command(BaseCommand):
    help = "Generates and loads the demonstration city; all of it is invented."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument("--as-of", type=date.fromisoformat, default=None)
        parser.add_argument("--addresses", type=int, default=DEFAULT_ADDRESSES, help="scale of the register")
        parser.add_argument("--elements", type=int, default=DEFAULT_ELEMENTS, help="scale of the agency files")

    def handle(self, *args: Any, seed: int, as_of: date | None, addresses: int, elements: int, **options: Any) -> None:
        try:
            load_demo(self.stdout.write, seed=seed, as_of=as_of, addresses=addresses, elements=elements)
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
