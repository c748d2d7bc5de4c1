"""Layers of a run read back, with their names, units and tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from jezero_sites.io.guard import open_raster, reading
from jezero_sites.raster import Grid, Raster


def read_layer(path: str | Path) -> tuple[Raster, ...]:
    """Return the bands of a layer that this package has written, one Raster each.

    Parameters
    ----------
    path : str or Path
        A GeoTIFF of a run directory.

    Returns
    -------
    tuple of Raster
        float32 with NaN where unknown (scaled integers are decoded), or uint8 for codes.

    Raises
    ------
    InputError
        Whatever :func:`~jezero_sites.io.guard.open_raster` refuses, and ``E_CORRUPT`` where cells cannot
        be read.
    """
    with open_raster(path, role="ortho") as dataset:
        with reading(Path(path), field="georeference"):
            shape, transform, crs = (dataset.height, dataset.width), dataset.transform, dataset.crs.to_wkt()
            grid = Grid.of(shape, transform, crs)
        return tuple(_band(dataset, number, grid, Path(path)) for number in range(1, dataset.count + 1))


def _band(dataset: Any, number: int, grid: Grid, path: Path) -> Raster:
    with reading(path, field="block"):
        stored = dataset.read(number)
    values = stored
    if stored.dtype != np.uint8:
        nodata = dataset.nodatavals[number - 1]
        unknown = np.isnan(stored) if nodata is None or np.isnan(nodata) else stored == nodata
        with np.errstate(over="ignore", invalid="ignore"):
            decoded = stored.astype(np.float64) * dataset.scales[number - 1] + dataset.offsets[number - 1]
            values = np.where(unknown, np.nan, decoded).astype(np.float32)
    name, unit = dataset.descriptions[number - 1] or path.stem, dataset.units[number - 1] or ""
    tags = {k: _printable(v) for k, v in dataset.tags(number).items() if not k.startswith("STATISTICS")}
    return Raster(values, grid, _printable(name), _printable(unit), tags, (), (path,))


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())
