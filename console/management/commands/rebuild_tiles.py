"""`rebuild_tiles [LAYER …]`: counts the pyramid of the map again from its dots."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from addresses.choices import MapLayer
from addresses.services.map_features import rebuild_pyramid

LAYERS = {"addresses": MapLayer.ADDRESS, "elements": MapLayer.ELEMENT}


class Command(BaseCommand):
    help = "Counts the cells of the map again: after bulk loads and restores. Safe at any time; killed, it did nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("layers", nargs="*", choices=[*LAYERS, []], metavar="LAYER", help="addresses, elements")

    def handle(self, *args: Any, layers: list[str], **options: Any) -> None:
        names = layers or list(LAYERS)
        for number, name in enumerate(names, start=1):
            started = time.monotonic()
            self.stderr.write(f"[{number}/{len(names)}] {name} …")
            cells = rebuild_pyramid(LAYERS[name])
            self.stdout.write(f"{name}: {cells:,} cells in {time.monotonic() - started:.1f} s")
