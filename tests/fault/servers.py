"""What servers of the fault rig share: accounts, ports, folders, and ends by pid."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

# Below the range from which the kernel gives ports to outgoing connections: a server that was killed gets its port again.
LOWEST_PORT, HIGHEST_PORT = 20_000, 31_999


def own_folder(name: str, account: str) -> Path:
    """A folder that this account reaches; folders of the test runner are closed to all others."""
    folder = Path(tempfile.mkdtemp(prefix=f"laizhou-{name}-"))
    if os.geteuid() == 0:
        shutil.chown(folder, account, account)
    return folder


def quiet_port() -> int:
    """A port of the loopback that nobody listens on and that stays ours between a kill and a restart."""
    while True:
        port = random.SystemRandom().randint(LOWEST_PORT, HIGHEST_PORT)
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def as_account(account: str, command: list[str]) -> list[str]:
    """The command as this account; its pid is the one that was started."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={account}", f"--regid={account}", "--init-groups", *command]


def working_in(folder: Path) -> list[int]:
    """Processes whose working folder this is, zombies not among them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == folder:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def kill_pid(pid: int) -> None:
    """SIGKILL of one process; none is meant if it has ended."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def wait_for(is_true: Callable[[], object], seconds: float, what: str, pause: float = 0.02) -> float:
    """Waits for what another process does; the seconds it took."""
    begun = time.monotonic()
    while not is_true():
        if time.monotonic() - begun > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)
    return time.monotonic() - begun


def on_this_machine(seconds: float) -> float:
    """A limit that holds on a machine that does nothing else; where others work too, as much more as each core has to do."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
