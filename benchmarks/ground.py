"""Made-up ground of any size, written strip by strip: what the benchmarks of speed are run on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STRIP_ROWS = 512
WAVES_M = ((30.0, 4096.0), (4.0, 700.0), (0.5, 97.0), (0.12, 23.0))  # height and length of the ground's waves
NOISE_M = 0.02
_LATTICE = 256


def write_dem(path: Path, side: int, *, compress: bool = True) -> None:
    """Write a DEM of 1 m cells near Jezero: float32 in tiles of 512, Zstandard with predictor 3 or as it is."""
    import rasterio
    from rasterio.transform import Affine

    rng = np.random.default_rng(7)
    lattices = [(rng.normal(size=(_LATTICE, _LATTICE)), height, length) for height, length in WAVES_M]
    profile: dict[str, Any] = {
        "driver": "GTiff", "height": side, "width": side, "count": 1, "dtype": "float32",
        "crs": "IAU_2015:49910", "transform": Affine(1, 0, 4590640 - side / 2, 0, -1, 1093540 + side / 2),
        "nodata": -32767.0, "tiled": True, "blockxsize": 512, "blockysize": 512, "bigtiff": "IF_SAFER",
    }  # fmt: skip
    if compress:
        profile |= {"compress": "zstd", "predictor": 3, "zstd_level": 1, "num_threads": 2}
    with rasterio.open(path, "w", **profile) as dataset:
        for row in range(0, side, STRIP_ROWS):
            rows = np.arange(row, min(row + STRIP_ROWS, side))
            strip = np.full((len(rows), side), np.float32(-2500.0))
            for lattice, height, length in lattices:
                strip += np.float32(0.3 * height) * _waves(
                    lattice, rows / length * 7, np.arange(side) / length * 7
                )
            strip += np.float32(NOISE_M) * rng.standard_normal(strip.shape, np.float32)
            dataset.write(strip, 1, window=((row, row + len(rows)), (0, side)))


def _waves(lattice: NDArray[Any], rows: NDArray[Any], cols: NDArray[Any]) -> NDArray[Any]:
    """Return a lattice of numbers read between its points, linearly, and repeated without end."""
    i, j = (np.floor(p).astype(int) % _LATTICE for p in (rows, cols))
    down, right = (rows % 1.0).astype(np.float32)[:, None], (cols % 1.0).astype(np.float32)
    here = lattice.astype(np.float32)
    lines = (1 - down) * here[i] + down * here[(i + 1) % _LATTICE]
    return (1 - right) * lines[:, j] + right * lines[:, (j + 1) % _LATTICE]
