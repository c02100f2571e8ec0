"""A process of its own for foreign files: bytes in, bytes out, limits inside, nothing of our environment.

What runs in it closes its own doors (memory, time, files) before it parses; here is only how it is started and how its death
is told apart from its answer.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}


class ChildDied(Exception):
    """It ran out of time or memory, or crashed on the file: it has no answer."""


def ask_child(
    *, module: str, argument: str, data: bytes, wall_seconds: float, environment: Mapping[str, str] | None = None
) -> bytes:
    """Runs `main()` of a module of ours with `data` on its standard input; returns what it wrote.

    Args:
        module: its `main()` reads its one argument from `sys.argv[1]`.
        argument: that argument.
        data: the foreign bytes.
        wall_seconds: it is killed after so long.
        environment: variables besides path, locale and threads; ours are not passed on.

    Raises:
        ChildDied: no answer.
    """
    start = f"import sys; sys.path.append(sys.argv[2]); from {module} import main; main()"
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", "-c", start, argument, str(ROOT)],
            input=data,
            capture_output=True,
            timeout=wall_seconds,
            check=False,
            env={**ENVIRONMENT, **(environment or {})},
        )
    except subprocess.TimeoutExpired as error:
        raise ChildDied from error
    if child.returncode != 0:
        # What it wrote to stderr may quote the file.
        logger.warning("child %s ended with %s", module, child.returncode)
        raise ChildDied
    return child.stdout
