"""`check_areas`: whether grids, districts and squadrons tile the city; exit code 1 when they do not."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from addresses.selectors.topology import TILING_KINDS, tiling_faults
from common import clock


class Command(BaseCommand):
    help = "Checks that areas of a kind neither overlap nor leave a gap; prints each fault with a point to look at."

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        for kind in TILING_KINDS:
            faults = tiling_faults(kind=kind, day=clock.today())
            total += len(faults)
            self.stdout.write(f"{kind.value}: {len(faults)} faults")
            for fault in faults:
                names = " / ".join(fault.names)
                self.stdout.write(
                    f"  {fault.kind.value} {names} {fault.area_m2:,.1f} m2 at {fault.lon:.6f},{fault.lat:.6f}"
                )
        if total:
            raise CommandError(f"{total} faults", returncode=1)
