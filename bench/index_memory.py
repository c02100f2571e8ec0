"""Memory that a worker gains by the name index: one process that loads it, `python -m bench.index_memory`.

Everything that a worker imports anyway is imported before; the index of near names, which is built on first use, is
counted. Prints megabytes. Run by `bench.addresses` with the measurement's database in the environment.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from pathlib import Path


def resident_mb() -> float:
    """Resident memory of this process."""
    gc.collect()
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0


def main() -> int:
    """Loads the index as a worker does and prints what it took."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()
    from addresses.services.index_version import current_index_version
    from addresses.services.resolution import load_index

    current_index_version()
    before = resident_mb()
    load_index().names.fuzzy()
    sys.stdout.write(f"{resident_mb() - before:.1f}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
