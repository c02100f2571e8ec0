"""`load_areas FILE.geojson`: brigade, squadrons, districts, grids."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from addresses.services.areas import load_areas
from common.errors import DomainError


class Command(BaseCommand):
    help = "Loads responsibility areas (WGS84 GeoJSON) and makes the pseudo-blocks for what cannot be placed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            self.stdout.write(f"created {load_areas(file):,} areas")
        except DomainError as error:
            raise CommandError(error.message) from error
