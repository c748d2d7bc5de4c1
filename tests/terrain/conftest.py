"""Fixture of the terrain tests: gdaldem as an independent witness."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable

import numpy as np
import pytest
import rasterio
from affine import Affine

from jezero_sites.arrays import FloatArray

Oracle = Callable[..., FloatArray]


@pytest.fixture(scope="session")
def gdaldem(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    """Return ``run(elevation_m, dx, dy, mode, *options)``, which gives what gdaldem makes of the heights."""
    program = shutil.which("gdaldem")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gdaldem is not installed; CI needs it (Debian package gdal-bin)")
        pytest.skip("gdaldem is not installed (Debian package gdal-bin)")
    folder = tmp_path_factory.mktemp("gdaldem")

    def run(elevation_m: FloatArray, dx: float, dy: float, mode: str, *options: str) -> FloatArray:
        heights = elevation_m.astype(np.float32)
        np.testing.assert_array_equal(heights, elevation_m)  # the witness must see the same ground
        source, target = folder / "dem.tif", folder / "out.tif"
        target.unlink(missing_ok=True)
        profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "nodata": np.nan}
        rows, columns = heights.shape
        transform = Affine(dx, 0.0, 1000.0, 0.0, -dy, 2000.0)
        with rasterio.open(
            source, "w", height=rows, width=columns, transform=transform, **profile
        ) as written:
            written.write(heights, 1)
        subprocess.run([program, mode, source, target, "-q", *options], check=True)
        with rasterio.open(target) as made:
            band = made.read(1).astype(np.float64)
            band[band == made.nodata] = np.nan
        return band

    return run
