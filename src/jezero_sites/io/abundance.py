"""Rock abundance from a raster: the share of ground covered by rocks."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from jezero_sites.errors import InputError
from jezero_sites.io.cells import clean_tags, flipped, stored_cells
from jezero_sites.io.georef import crs_in_words, georeference
from jezero_sites.io.guard import open_raster, reading
from jezero_sites.io.hashing import source_fingerprints, stamp_before
from jezero_sites.io.urls import as_named
from jezero_sites.raster import Raster

NAME = "rock_abundance_fraction"


def read_abundance(
    path: str | Path,
    *,
    band: int = 1,
    assume_crs: str | None = None,
    allow_remote: Collection[str] = (),
) -> Raster:
    """Return the share of ground covered by rocks, 0 to 1, from a raster file.

    Parameters
    ----------
    path : str or Path
        A raster (GeoTIFF, JPEG 2000, ISIS3, PDS3, PDS4); scale and offset of the band are applied.
    band : int
        The band to take, from 1.
    assume_crs : str, optional
        The CRS of a file that has none.
    allow_remote : collection of str
        Hosts from which a GeoTIFF may be read over HTTPS.

    Returns
    -------
    Raster
        ``rock_abundance_fraction``, float64, NaN where the file's mask says so.

    Raises
    ------
    InputError
        Whatever :func:`~jezero_sites.io.guard.open_raster` and
        :func:`~jezero_sites.io.georef.georeference` refuse; ``E_CORRUPT``; ``E_RANGE`` where a value is no
        share of ground.
    """
    file, name = Path(path), as_named(path)
    since = stamp_before(file)
    with open_raster(name, role="ortho", band=band, allow_remote=allow_remote) as dataset:
        prints = source_fingerprints(dataset, file, since=since)
        where = georeference(dataset, file, assume_crs=assume_crs)
        with reading(file, field="tags"):
            tags = clean_tags({**dataset.tags(), **dataset.tags(band)})
            scale, offset = dataset.scales[band - 1], dataset.offsets[band - 1]
        values = np.full((dataset.height, dataset.width), np.nan)
        for cells in stored_cells(dataset, band, file):
            with np.errstate(over="ignore", invalid="ignore"):
                numbers = cells.stored.astype(np.float64) * scale + offset
            values[cells.rows, cells.columns] = np.where(cells.is_valid, numbers, np.nan)
    _check_shares(values, name)
    tags |= {"CRS": crs_in_words(where.grid.crs)}
    return Raster(flipped(values, where), where.grid, NAME, "1", tags, where.notices, (file,), prints)


def _check_shares(values: np.ndarray, name: str) -> None:
    known = values[~np.isnan(values)]
    if not known.size:
        found, needed, fix = "no cell has a value", "at least one", "give a raster with values"
        raise InputError("E_ALL_NODATA", found=found, needed=needed, fix=fix, file=name, field="values")
    low, high = float(known.min()), float(known.max())
    if not 0.0 <= low <= high <= 1.0:
        found = f"values from {low:.4g} to {high:.4g}"
        fix = "a raster in percent needs a scale of 0.01: gdal_translate -a_scale 0.01 IN OUT.tif"
        needed = "rock abundance as a share of the ground, 0 to 1"
        raise InputError("E_RANGE", found=found, needed=needed, fix=fix, file=name, field="values")
