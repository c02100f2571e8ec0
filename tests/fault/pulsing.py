"""A process that says where it is and touches its pulse, as the worker does; for the tests of its keeper."""

import os
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.stdout.write(f"pid {os.getpid()} ready.\n")
    sys.stdout.flush()
    while True:
        Path(os.environ["WORKER_PULSE"]).touch()
        time.sleep(0.2)
