"""Commands in turn, each in processes of their own: wall time, highest memory, and the machine they ran on."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

Commands = Sequence[Sequence[str]]


class Cost(NamedTuple):
    """Seconds from start to end, and the highest resident memory of any of the processes, in MB."""

    seconds: float
    memory_mb: float


def cost_of(commands: Commands) -> Cost:
    """Run commands one after the other.

    Raises
    ------
    RuntimeError
        Where one fails.
    """
    begun, memory = time.perf_counter(), 0.0
    for command in commands:
        child = subprocess.Popen(list(command), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        told = child.stderr.read() if child.stderr else b""
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.stderr:
            child.stderr.close()
        if child.returncode:
            raise RuntimeError(f"{' '.join(command)}: {told.decode(errors='replace')[-500:]}")
        memory = max(memory, used.ru_maxrss / 1024)
    return Cost(time.perf_counter() - begun, memory)


def in_turn(
    works: Mapping[str, Commands], *, repeat: int, between: Callable[[], None] = lambda: None
) -> dict[str, Cost]:
    """Return the medians of works that are run in turn, as often as asked."""
    found: dict[str, list[Cost]] = {name: [] for name in works}
    for _ in range(repeat):
        for name, commands in works.items():
            between()
            found[name].append(cost_of(commands))
    return {
        name: Cost(statistics.median(c.seconds for c in costs), max(c.memory_mb for c in costs))
        for name, costs in found.items()
    }


def machine() -> str:
    """Return the machine and the versions in a line."""
    from importlib.metadata import version

    model = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    named = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "numba", "scipy", "rasterio", "zstandard")
    )
    return (
        f"{model or platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}, {named}"
    )


def has(program: str) -> bool:
    """Tell whether a program is installed."""
    return shutil.which(program) is not None


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return []
