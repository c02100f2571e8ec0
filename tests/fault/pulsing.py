"""A process that says where it is and touches its pulse, as the worker does; for the tests of its keeper."""

import os
import time
from pathlib import Path

if __name__ == "__main__":
    print(f"pid {os.getpid()} ready.", flush=True)
    while True:
        Path(os.environ["WORKER_PULSE"]).touch()
        time.sleep(0.2)
