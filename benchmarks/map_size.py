"""What a map of a large raster costs: ``python -m benchmarks.map_size --size 4000 8000``.

A made-up run of rough ground is drawn as one file and, where its layers do not fit, as a folder too. Each size runs in
a process of its own; printed is a table with sizes, times, the displayed cell and the highest memory of the process,
and how much of that the run's own rasters are.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

HEAD = (
    "| cells a side | map.html | cell shown | seconds | folder | files | seconds | rasters | highest memory |"
)


def made_up_run(side: int) -> Any:
    """Return a view of rough ground: heights like those of plains, layers made from them by their own rules."""
    import geopandas as gpd
    from affine import Affine

    from jezero_sites.maps.view import DispersionView, GateView, LimitView, RunView
    from jezero_sites.raster import Grid, Raster

    crs = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"
    grid = Grid.of((side, side), Affine(1, 0, 4590640.0, 0, -1, 1093540.0), crs)
    height = rough_heights(side)
    slope = np.hypot(*(np.diff(height, axis=a, append=height.take([-1], axis=a)) for a in (0, 1)))
    slope = np.degrees(np.arctan(slope)).astype(np.float32)
    slope[: side // 50, : side // 9] = np.nan
    dem = Raster(height, grid, "elevation_m", "m")
    known = ~np.isnan(slope)
    hazard = np.where(known, 1 + (slope > 6.4) + (slope > 8), 0).astype(np.uint8)
    safe = np.clip(1.05 - slope / 12, 0, 1, dtype=np.float32)
    layers = {
        "slope_deg": dem.like(slope, name="slope_deg", unit="deg"),
        "roughness_m": dem.like(slope / 90, name="roughness_m", unit="m"),
        "relief_m": dem.like(slope / 10, name="relief_m", unit="m"),
        "hazard_class": dem.like(hazard, name="hazard_class"),
        "hazard_reason": dem.like((hazard == 3).astype(np.uint8), name="hazard_reason"),
        "safe_probability": dem.like(safe, name="safe_probability", unit="1"),
        "landing_probability": dem.like(
            np.nan_to_num(safe * 0.95, nan=0.0), name="landing_probability", unit="1"
        ),
    }
    source = "made up for the benchmark"
    limits = (LimitView("slope_deg", "Slope", 8.0, "deg", "max", 5.0, source, False, True),)
    empty = gpd.GeoDataFrame({"name": [], "lon_deg": [], "lat_deg": []}, geometry=[], crs="IAU_2015:49900")
    return RunView(
        title=f"made-up ground of {side} x {side} cells",
        elevation=dem,
        layers=layers,
        ortho=None,
        sites=gpd.GeoDataFrame({"site_id": []}, geometry=[], crs=grid.crs),
        samples=empty,
        limits=limits,
        dispersion=DispersionView(60, 60, "99 % ellipse", 0, source),
        site_radius_m=60,
        statements=(),
        settings_toml="",
        notices=(),
        inputs=(),
        version="",
        summary="Made up.",
        statistics={},
        flags=(source,),
        gates=GateView(60, 0.5),
    )


def rough_heights(side: int) -> Any:
    """Return heights of several scales and 5 cm of noise, in float32."""
    rng = np.random.default_rng(1)
    height = np.full((side, side), -2560.0, np.float32)
    for cell, size in ((640, 40.0), (80, 6.0), (12, 0.7)):
        coarse = rng.standard_normal((side // cell + 2, side // cell + 2)).astype(np.float32) * size
        at = np.arange(side) / cell
        first, share = at.astype(int), (at % 1).astype(np.float32)
        rows = coarse[first] * (1 - share[:, None]) + coarse[first + 1] * share[:, None]
        height += rows[:, first] * (1 - share) + rows[:, first + 1] * share
    for row in range(0, side, 512):
        band = height[row : row + 512]
        band += 0.05 * rng.standard_normal(band.shape, np.float32)
    return height


def child(side: int) -> dict[str, Any]:
    """Draw one size and return what it cost."""
    from jezero_sites.maps.sitemap import build_map

    view = made_up_run(side)
    Path("/proc/self/clear_refs").write_text("5")  # what making the run took does not count
    held = sum(r.values.nbytes for r in (*view.layers.values(), view.elevation))
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        site_map = build_map(view)
        site_map.save(Path(folder) / "map.html")
        file_s = time.perf_counter() - begun
        found = {"side": side, "html": (Path(folder) / "map.html").stat().st_size, "file_s": file_s}
        found |= {
            "cell": site_map._data["grid"]["cell_m"],
            "held": held,
            "folder": 0,
            "files": 0,
            "folder_s": 0.0,
        }
        if site_map.is_reduced:
            begun = time.perf_counter()
            site_map.save_folder(Path(folder) / "map", jobs=os.cpu_count() or 1)
            sizes = [p.stat().st_size for p in (Path(folder) / "map").rglob("*") if p.is_file()]
            found |= {"folder": sum(sizes), "files": len(sizes), "folder_s": time.perf_counter() - begun}
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return {**found, "peak": peak * 1024}


def row(c: dict[str, Any]) -> str:
    """Return a line of the table."""
    folder = (
        f"{c['folder'] / 1e6:.0f} MB | {c['files']:,} | {c['folder_s']:.0f}" if c["files"] else "none | |"
    )
    return (
        f"| {c['side']:,} | {c['html'] / 1e6:.1f} MB | {c['cell']:g} m | {c['file_s']:.1f} | {folder} "
        f"| {c['held'] / 1e9:.2f} GB | {c['peak'] / 1e9:.2f} GB |"
    )


def main() -> None:
    """Run each size in a process of its own and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, nargs="+", default=[1000, 4000, 8000])
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        print(json.dumps(child(chosen.child)))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print(HEAD + "\n" + "|---:" * 9 + "|")
    for side in chosen.size:
        command = [sys.executable, "-m", "benchmarks.map_size", "--child", str(side)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        print(row(json.loads(done.stdout)), flush=True)


if __name__ == "__main__":
    main()
