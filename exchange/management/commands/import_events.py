"""`import_events --kind accident|party|violation|incident|capture|position --source S [--dry-run] FILE`: old ledgers and files of events."""

from events.choices import EventKind
from events.kinds import EVENT_TABLES
from exchange.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Imports a ledger of accidents, violations or incidents; shows the plan first, row by row with --dry-run."
    kinds = [*EVENT_TABLES, EventKind.POSITION]
