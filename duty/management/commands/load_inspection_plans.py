"""`load_inspection_plans`: how often facilities are to be inspected."""

from typing import Any

from django.core.management.base import BaseCommand

from duty.services.inspections import load_inspection_plans


class Command(BaseCommand):
    help = "Loads the days between inspections; what was edited since stays as edited."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"created {load_inspection_plans()} inspection plans")
