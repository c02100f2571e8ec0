"""`import_elements --kind K --source S [--dry-run] FILE`: things from a file."""

from common import jobs
from elements.choices import ElementKind
from elements.kinds import KINDS
from elements.services.sections import request_cut
from exchange.management.import_command import ImportCommand
from exchange.models import LandingBatch


class Command(ImportCommand):
    help = "Imports a file of persons, vehicles or units; shows the plan first, row by row with --dry-run."
    kinds = list(KINDS)

    def follow_up(self, batch: LandingBatch) -> None:
        """The sections of roads are cut anew."""
        if batch.kind == ElementKind.ROAD:
            jobs.run(request_cut().pk)
