"""`python -m bench NAME [--json] [--rows N] [--repeats N]`."""

from __future__ import annotations

import argparse
import importlib
import sys

from bench.database import NoDatabase, own_database

# Name on the command line → module with `DEFAULT_ROWS`, `DEFAULT_REPEATS` and `measure(rows, repeats, tell)`.
MODULES = {
    "alerts": "bench.alerts",
    "import": "bench.import_file",
    "fold": "bench.fold",
    "tiles": "bench.tiles",
    "block": "bench.block",
    "landing": "bench.landing",
    "list": "bench.list_pages",
    "resolve": "bench.addresses",
    "cubes": "bench.cubes",
    "event": "bench.event",
    "events": "bench.events",
    "export": "bench.export",
    "hotspots": "bench.hotspots",
    "outbox": "bench.outbox",
    "positions": "bench.positions",
    "reports": "bench.reports",
    "rules": "bench.rules",
}


def main() -> int:
    """Measures in a database of its own and prints what came out; progress goes to standard error."""
    parser = argparse.ArgumentParser(prog="bin/bench", description="One measurement, ours beside a peer.")
    parser.add_argument("name", choices=MODULES)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--rows", type=int, help="scale: rows, claims or elements; see docs/benchmarks.md")
    parser.add_argument("--repeats", type=int, help="how often both sides run in turn; medians are compared")
    arguments = parser.parse_args()
    try:
        with own_database(arguments.name):
            module = importlib.import_module(MODULES[arguments.name])
            rows = arguments.rows or module.DEFAULT_ROWS
            result = module.measure(rows, arguments.repeats or module.DEFAULT_REPEATS, _tell)
    except NoDatabase as error:
        sys.stderr.write(f"{error}\n")
        return 2
    options = f" --rows {arguments.rows}" if arguments.rows else ""
    result.commands.append(f"bin/bench {arguments.name}{options}")
    print(result.as_json() if arguments.json else result.as_table())
    return 0


def _tell(text: str) -> None:
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main())
