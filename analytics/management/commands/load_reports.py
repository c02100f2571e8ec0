"""`load_reports`: the report templates that come with the platform."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.reports.shipping import load_shipped
from common.errors import DomainError


class Command(BaseCommand):
    help = "Loads the shipped report templates; shells and switches that were set since stay. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            new, changed = load_shipped()
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
        self.stdout.write(f"report templates: {new} new, {changed} changed")
