"""`load_reference`: what every deployment needs before data: divisions, sources, precedence."""

from typing import Any

from django.core.management.base import BaseCommand

from addresses.services.divisions import load_divisions
from elements.services.policies import load_sources


class Command(BaseCommand):
    help = "Loads divisions, sources and precedence; what was edited since stays as edited."

    def handle(self, *args: Any, **options: Any) -> None:
        divisions = load_divisions()
        sources, policies = load_sources()
        self.stdout.write(f"created {divisions:,} divisions, {sources} sources, {policies} field policies")
