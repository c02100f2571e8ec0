"""Starts one stand-in: `run.py NAME --port P --data DIR [--seed N] [--speed X]`. It runs until it is ended."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import sys
import threading
from pathlib import Path

import beijing
from agency import Agency, Setup
from faults import FaultBox
from server import Door

NAMES = ("bureau", "business", "keyvehicle", "bus", "farm", "partner")
_ENDINGS = {signal.SIGTERM, signal.SIGINT}
DEPARTMENTS = ("transport", "education", "highway", "agriculture", "housing", "market")


def main() -> int:
    # Before any thread is there: all of them inherit the mask, and only sigwait gets the signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    arguments = _arguments()
    folder: Path = arguments.data.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    options = {name: getattr(arguments, name) for name in ("code", "dsn", "reader", "takes")}
    setup = Setup(arguments.name, folder, arguments.seed, arguments.speed, options)
    agency = importlib.import_module(arguments.name).build(setup)
    box = FaultBox(folder, agency.modes)
    door = Door(arguments.host, arguments.port, agency, box)
    door.open()
    print(json.dumps({"ready": arguments.name, "url": f"http://{door.host}:{door.port}"}), flush=True)
    stop = threading.Event()
    ticker = threading.Thread(target=_tick, args=(agency, box, door, stop))
    ticker.start()
    signal.sigwait(_ENDINGS)
    is_asked = ticker.is_alive()
    stop.set()
    box.changed.set()
    ticker.join()
    door.close()
    return 0 if is_asked else 1


def _tick(agency: Agency, box: FaultBox, door: Door, stop: threading.Event) -> None:
    """What happens by itself, once a second and after every order; if it fails, the process ends."""
    try:
        while not stop.is_set():
            fault = box.current()
            # Dead is not to be reached at all; only the file can call it back.
            if fault.mode == "dead":
                door.close()
            else:
                door.open()
                with agency.busy:
                    agency.tick(beijing.now(), fault)
            box.changed.wait(1.0)
            box.changed.clear()
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A made-up system of another agency, for demo and tests.")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--port", type=int, required=True, help="0 = any free one, told in the first line")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, help="its folder: seed.json, fault.json, its own data")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0, help="how fast its data change; 0 = only on demand")
    parser.add_argument("--code", choices=DEPARTMENTS, default="transport", help="partner: the department")
    parser.add_argument("--takes", choices=("http", "files"), default="http", help="partner: what it takes")
    parser.add_argument("--dsn", default="", help="business: the PostgreSQL to write to")
    parser.add_argument("--reader", default="reader", help="business: the read-only role for the platform")
    arguments = parser.parse_args()
    if arguments.name == "business" and not arguments.dsn:
        parser.error("business needs --dsn")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
