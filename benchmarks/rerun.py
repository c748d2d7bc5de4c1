"""What a changed weight or limit costs on a large DEM: ``python -m benchmarks.rerun --size 10000``.

One whole run without pages, then runs that take its layers where they would come out the same.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from pathlib import Path

from benchmarks.ground import write_dem
from benchmarks.processes import cost_of, machine

BASE = '[profile]\nextends = "msr-srl-illustrative"\nname = "{name}"\n'
CHANGES = {
    "nothing": "",
    "a weight": "[weights]\nsample_distance = 0.2\nmargin = 0.8\n",
    "the dispersion": "[dispersion]\nmajor_m = 80.0\nminor_m = 40.0\nsource = 'benchmark'\n",
    "the limit on slope": "[limits.slope_deg]\nvalue = 7.0\nsource = 'benchmark'\n",
}


def main() -> None:
    """Run all and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=10000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    print(f"{machine()}; {datetime.date.today().isoformat()}; {chosen.size:,} x {chosen.size:,} cells\n")
    print("| changed since the earlier run | seconds | highest memory, MB |\n|---|---:|---:|")
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        write_dem(folder / "dem.tif", chosen.size)
        command = [sys.executable, "-m", "jezero_sites", "assess", str(folder / "dem.tif"), "--quiet", "--no-pages",
                   "--jobs", str(chosen.jobs)]  # fmt: skip
        first = cost_of([[*command, "--out", str(folder / "first")]])
        print(f"| *no earlier run* | {first.seconds:.1f} | {first.memory_mb:.0f} |", flush=True)
        for number, (what, text) in enumerate(CHANGES.items()):
            config = folder / f"{number}.toml"
            config.write_text(BASE.format(name=f"changed {number}") + text, "utf-8")
            out = [
                "--out",
                str(folder / "again"),
                "--config",
                str(config),
                "--from-run",
                str(folder / "first"),
            ]
            again = cost_of([[*command, *out]])
            print(f"| {what} | {again.seconds:.1f} | {again.memory_mb:.0f} |", flush=True)


if __name__ == "__main__":
    main()
