"""Where the time of a run goes: ``python -m benchmarks.stages --size 10000``.

The stages of ``assess`` as they are told on stderr, with the seconds between them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from benchmarks.ground import write_dem
from benchmarks.processes import machine


def main() -> None:
    """Run assess once and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        write_dem(folder / "dem.tif", chosen.size)
        command = [sys.executable, "-m", "jezero_sites", "assess", str(folder / "dem.tif"), "--jobs", str(chosen.jobs),
                   "--out", str(folder / "run")]  # fmt: skip
        begun, told = time.perf_counter(), [("start", 0.0)]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, bufsize=1
        ) as child:
            for line in child.stderr or ():
                stage = line.strip().removesuffix(" ...").partition(",")[0]
                if line.strip().endswith("...") and stage != told[-1][0]:
                    told.append((stage, time.perf_counter() - begun))
        if child.returncode:
            raise SystemExit(f"assess ended with {child.returncode}")
        told.append(("", time.perf_counter() - begun))
    print(f"{machine()}; {chosen.size:,} x {chosen.size:,} cells\n\n| stage | seconds |\n|---|---:|")
    for (stage, at), (_, until) in pairwise(told):
        print(f"| {stage} | {until - at:.1f} |")
    print(f"| *together* | {told[-1][1]:.1f} |")


if __name__ == "__main__":
    main()
