"""What a measurement hands back, as a table for people or one JSON object for machines."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Result:
    """Figures of one measurement.

    Attributes:
        name: of the measurement.
        figures: key → number; `_per_s` rates, `_ms` milliseconds, `ratio_…` ours against the peer (more is better
            unless docs/benchmarks.md says otherwise), counts without a unit.
        commands: what to type to measure again.
        notes: what a reader must know of the numbers.
    """

    name: str
    figures: dict[str, float] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> str:
        """One object: name, machine, figures, commands, notes."""
        figures = {key: _rounded(value) for key, value in self.figures.items()}
        document = {
            "name": self.name,
            "machine": machine(),
            "figures": figures,
            "commands": self.commands,
            "notes": self.notes,
        }
        return json.dumps(document, ensure_ascii=False)

    def as_table(self) -> str:
        """Name and number a line, then the notes."""
        width = max(len(key) for key in self.figures)
        lines = [f"{self.name} on {machine()}"]
        lines += [f"  {key:<{width}}  {_rounded(value):>14,}" for key, value in self.figures.items()]
        lines += [f"  {note}" for note in self.notes]
        return "\n".join([*lines, *(f"  again: {command}" for command in self.commands)])


def _rounded(value: float) -> float:
    """Four significant digits: more than the spread of any of these."""
    return value if isinstance(value, int) else float(f"{value:.4g}")


def machine() -> str:
    """Processor, cores, memory, systems; nothing that names the host."""
    model = _first_value(Path("/proc/cpuinfo"), "model name") or platform.machine()
    kib = _first_value(Path("/proc/meminfo"), "MemTotal").split()
    memory = f", {int(kib[0]) / 2**20:.0f} GiB" if kib else ""
    return f"{len(os.sched_getaffinity(0))} × {model}{memory}, {platform.system()}, Python {platform.python_version()}"


def _first_value(path: Path, key: str) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
