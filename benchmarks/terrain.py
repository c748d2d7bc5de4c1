"""The layers of a DEM against gdaldem: ``python -m benchmarks.terrain --size 4096 10000 --repeat 3``.

Ours: slope of the plane, roughness, relief, ruggedness, hazard class, safe and landing probability, in one command,
as float32 and as scaled integers, every file on the disk and read again before it counts. gdaldem: slope, TRI and
roughness, one after the other, which are 3 x 3 products without a lander. The same DEM, made up; Zstandard level 1 in
and out, or a DEM without compression. Printed are medians, ratios to gdaldem, highest memory, and how far the
ruggedness of both is apart.
``--plot FILE`` draws time and memory against size; ``--ours`` leaves the peers out.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.ground import write_dem
from benchmarks.processes import Commands, Cost, has, in_turn, machine

NAMES = "slope_deg,roughness_m,relief_m,tri_riley_m,hazard_class,safe_probability,landing_probability"
CO = [
    "-q",
    "-co",
    "TILED=YES",
    "-co",
    "COMPRESS=ZSTD",
    "-co",
    "ZSTD_LEVEL=1",
    "-co",
    "PREDICTOR=3",
    "-co",
    "BIGTIFF=YES",
]


def works(folder: Path, *, peers: bool, jobs: int) -> dict[str, Commands]:
    """Return what is run, by name."""
    command = [
        sys.executable,
        "-m",
        "jezero_sites",
        "layers",
        str(folder / "dem.tif"),
        "--quiet",
        "--jobs",
        str(jobs),
    ]
    ours = {
        "ours, float32": [[*command, "--only", NAMES, "--out", str(folder / "ours")]],
        "ours, scaled 16 bit": [[*command, "--only", NAMES, "--out", str(folder / "scaled"), "--scaled"]],
    }
    if not (peers and has("gdaldem")):
        return ours
    dem = str(folder / "dem.tif")
    three = [["gdaldem", p, dem, str(folder / f"{p}.tif"), *CO] for p in ("slope", "TRI", "roughness")]
    return {**ours, "gdaldem, three in turn": three, **_xdem(folder)}


def _xdem(folder: Path) -> dict[str, Commands]:
    from importlib.util import find_spec

    if find_spec("xdem") is None:
        return {}
    code = (
        "import sys, xdem\nd = xdem.DEM(sys.argv[1])\n"
        "for p in ('slope', 'terrain_ruggedness_index', 'roughness'):\n"
        "    getattr(xdem.terrain, p)(d).to_file(sys.argv[2] + p + '.tif')\n"
    )
    return {"xdem, three": [[sys.executable, "-c", code, str(folder / "dem.tif"), str(folder / "xdem_")]]}


def ruggedness_apart(folder: Path) -> float:
    """Return the largest difference of ruggedness between both, in metres, over some rows of tiles."""
    import numpy as np
    import rasterio

    worst = 0.0
    with (
        rasterio.open(folder / "ours" / "layers" / "tri_riley_m.tif") as one,
        rasterio.open(folder / "TRI.tif") as other,
    ):
        for row in range(0, one.height - 512, max(512, one.height // 4 // 512 * 512)):
            window = ((row, row + 512), (0, one.width))
            a, b = one.read(1, window=window), other.read(1, window=window, masked=True).filled(np.nan)
            worst = max(worst, float(np.nanmax(np.abs(a - b), initial=0.0)))
    return worst


def main() -> None:
    """Run all in turn for each size and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, nargs="+", default=[4096])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--uncompressed", action="store_true", help="the DEM is not compressed")
    parser.add_argument("--ours", action="store_true", help="leave the peers out")
    parser.add_argument("--folder", type=Path, help="where the files go; a temporary folder by default")
    parser.add_argument("--plot", type=Path)
    chosen = parser.parse_args()
    print(f"{machine()}; {datetime.date.today().isoformat()}\n")
    print(
        "| cells a side | | seconds | ns a cell | of gdaldem | highest memory, MB |\n|---:|---|---:|---:|---:|---:|"
    )
    rows: list[tuple[int, str, Cost]] = []
    for side in chosen.size:
        with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
            folder = Path(name)
            write_dem(folder / "dem.tif", side, compress=not chosen.uncompressed)
            given = works(folder, peers=not chosen.ours, jobs=chosen.jobs)
            costs = in_turn(given, repeat=chosen.repeat)
            peer = next((cost.seconds for work, cost in costs.items() if work.startswith("gdaldem")), None)
            for work, cost in costs.items():
                rows.append((side, work, cost))
                ratio = "" if peer is None else f"{cost.seconds / peer:.2f}"
                cell = cost.seconds / side**2 * 1e9
                print(
                    f"| {side:,} | {work} | {cost.seconds:.1f} | {cell:.0f} | {ratio} | {cost.memory_mb:.0f} |",
                    flush=True,
                )
            if peer is not None:
                apart = ruggedness_apart(folder)
                print(
                    f"| {side:,} | *ruggedness of both apart by at most {apart:.1e} m* | | | | |", flush=True
                )
    if chosen.plot:
        draw(rows, chosen.plot)


def draw(rows: list[tuple[int, str, Cost]], path: Path) -> None:
    """Draw time a cell and memory against size."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for work in dict.fromkeys(name for _, name, _ in rows):
        ours: list[Any] = [(side, cost) for side, name, cost in rows if name == work]
        sides = [side for side, _ in ours]
        left.plot(sides, [c.seconds / s**2 * 1e9 for s, c in ours], "o-", label=work)
        right.plot(sides, [c.memory_mb for _, c in ours], "o-", label=work)
    left.set(xlabel="cells a side", ylabel="ns a cell", xscale="log")
    right.set(xlabel="cells a side", ylabel="highest memory, MB", xscale="log", ylim=(0, None))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        sides = sorted({side for side, _, _ in rows})
        axes.set_xticks(sides, labels=[f"{side:,}" for side in sides])
        axes.minorticks_off()
    left.set_ylim(0, None)
    left.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
