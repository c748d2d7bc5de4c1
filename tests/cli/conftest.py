"""The command line as a process of its own, so that exit codes and streams are what a shell sees."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from jezero_sites.pipeline.run_files.run_dir import write_layer
from jezero_sites.raster import Grid, Raster


@pytest.fixture(scope="session")
def shell() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs jezero-sites with its arguments."""

    def run(*args: object, **extra: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", "-m", "jezero_sites", *map(str, args)]
        environment = {**os.environ, **extra}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, timeout=300
        )

    return run


@pytest.fixture(scope="session")
def area(tmp_path_factory) -> Path:
    """Return a folder with a DEM, its two halves, samples and several files that must be refused."""
    folder = tmp_path_factory.mktemp("area")
    dem = made_up_dem()
    write_layer(folder / "dem.tif", [dem])
    for name, first, last in (("west.tif", 0, 113), ("east.tif", 113, dem.grid.shape[1])):
        grid = dem.grid.window(0, dem.grid.shape[0], first, last)
        write_layer(folder / name, [replace(dem, values=dem.values[:, first:last], grid=grid)])
    write_layer(folder / "hole.tif", [replace(dem, values=np.full(dem.grid.shape, np.nan, np.float32))])
    whole = (folder / "dem.tif").read_bytes()
    (folder / "cut.tif").write_bytes(whole[: len(whole) // 2])
    (folder / "text.tif").write_text("not a raster")
    (folder / "tubes.csv").write_text(
        "name,seal_sol,lon_deg,lat_deg\nAlpha,12,77.4483,18.4476\nBeta,99,77.43,18.44\nGamma,,,\n"
    )
    (folder / "nowhere.csv").write_text("name,seal_sol\nAlpha,12\n")
    return folder


def made_up_dem() -> Raster:
    """Return gentle ground with a ridge in the east and a hole in the north-west."""
    shape = (230, 290)
    crs = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"
    grid = Grid.of(shape, Affine(1, 0, 4590640.0, 0, -1, 1093540.0), crs)
    rows, cols = np.indices(shape).astype(float)
    z = -2568.0 + 0.004 * cols - 0.01 * rows + 0.01 * np.random.default_rng(9).standard_normal(shape)
    z += 9.0 * np.exp(-(((cols - 275) / 7.0) ** 2 + ((rows - 180) / 20.0) ** 2))
    z[8:15, 11:30] = np.nan
    return Raster(np.round(z, 2).astype(np.float32), grid, "elevation_m", "m")
