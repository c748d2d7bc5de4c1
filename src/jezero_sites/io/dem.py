"""Heights from files: one raster in metres, NaN where unknown, with everything that was noticed.

Cells are read by the blocks in which the file stores them, so that damage is found and named.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jezero_sites.errors import InputError, JezeroError, Notice, RefusedInputs
from jezero_sites.io.cells import as_turned, clean_tags, stored_cells, turned_cells
from jezero_sites.io.datum import chosen_datum
from jezero_sites.io.georef import check_band_unit, crs_in_words, georeference
from jezero_sites.io.guard import open_raster, reading
from jezero_sites.io.hashing import source_fingerprints, stamp_before
from jezero_sites.io.heights import (
    Tally,
    cell_notices,
    check_range,
    drop_fill,
    heights,
    scale_notices,
    value_type,
)
from jezero_sites.io.overlaps import MAX_SEAM_DZ_M
from jezero_sites.io.scratch import Scratch, new_array
from jezero_sites.io.tiles import mosaic
from jezero_sites.raster import Raster

MAX_SIZE_GIB = 64.0
"""Largest raster that is read, in the file and in memory; a choice: more fits no machine this is made for."""


@dataclass(frozen=True)
class _Options:
    band: int | None
    assume_crs: str | None
    use_sidecars: bool
    allow_sparse: bool
    vertical_datum: str | None
    max_bytes: int
    allow_remote: Collection[str]
    scratch: Scratch | None


def read_dem(
    paths: str | Path | Sequence[str | Path],
    *,
    band: int | None = None,
    assume_crs: str | None = None,
    use_sidecars: bool = False,
    allow_sparse: bool = False,
    vertical_datum: str | None = None,
    max_seam_dz_m: float = MAX_SEAM_DZ_M,
    max_size_gib: float = MAX_SIZE_GIB,
    allow_remote: Collection[str] = (),
    scratch: Scratch | None = None,
) -> Raster:
    """Return heights in metres, from one file or from several that tile one grid.

    Parameters
    ----------
    paths : str, Path or sequence of them
        Rasters (GeoTIFF, JPEG 2000, ISIS3, PDS3, PDS4); several make one mosaic (see :mod:`jezero_sites.io.tiles`).
    band : int, optional
        The band of heights, from 1, where a file has more than one.
    assume_crs : str, optional
        The CRS of files that have none: ``IAU_2015:49910``.
    use_sidecars : bool
        Let ``.aux.xml`` and world files beside a file override it.
    allow_sparse : bool
        Accept files that declare a thousand times their own size.
    vertical_datum : str, optional
        What the heights are above, where the files do not say: ``MOLA areoid``.
    max_seam_dz_m : float
        Largest RMS difference of two files where both have heights, in metres.
    max_size_gib : float
        Largest size of a file's cells, and of the heights in memory, in GiB.
    allow_remote : collection of str
        Hosts from which GeoTIFFs may be read over HTTPS.
    scratch : Scratch, optional
        Where large rasters are kept instead of in memory.

    Returns
    -------
    Raster
        ``elevation_m``, float32 where that holds the file's numbers exactly (float32 and 16-bit integers
        without scale), else float64; NaN where unknown. ``VERTICAL_DATUM`` and ``CRS`` are in the tags,
        the files' checksums in ``fingerprints`` and the counts of mended cells in ``repairs``.

    Raises
    ------
    InputError
        One file: whatever :func:`~jezero_sites.io.guard.open_raster` and
        :func:`~jezero_sites.io.georef.georeference` refuse, ``E_CORRUPT`` with the place of the damage,
        ``E_RANGE``, ``E_ALL_NODATA``, ``E_TOO_LARGE``, ``E_INPUT_CHANGED``; ``E_OPTION`` for a limit that
        is none.
    RefusedInputs
        Several files: the errors of all that were refused, also as tiles (:func:`~jezero_sites.io.tiles.mosaic`).
    """
    max_bytes = _max_bytes(max_size_gib, max_seam_dz_m)
    options = _Options(
        band, assume_crs, use_sidecars, allow_sparse, vertical_datum, max_bytes, allow_remote, scratch
    )
    if isinstance(paths, str | Path):
        return _read(Path(paths), str(paths), options)
    if not paths:
        raise InputError("E_NOT_FOUND", found="no DEM was named", fix="name at least one file", field="path")
    names = {str(p): p for p in paths}
    if len(names) == 1:
        (only,) = names
        return _read(Path(only), only, options)
    tiles, errors = [], []
    for text in sorted(names, key=lambda n: (Path(n).name, n)):
        try:
            tiles.append(_read(Path(text), text, options))
        except JezeroError as error:
            errors.append(error)
    if errors:
        raise RefusedInputs(tuple(errors))
    return mosaic(tiles, max_seam_dz_m=max_seam_dz_m, max_bytes=max_bytes, scratch=scratch)


def _max_bytes(max_size_gib: float, max_seam_dz_m: float) -> int:
    """Return the size limit in bytes; refuse limits that are none."""
    if not 0.0 < max_size_gib < 1e9:
        raise InputError(
            "E_OPTION",
            found=f"max_size_gib is {max_size_gib:g}",
            needed="more than 0",
            fix="give a size in GiB",
            field="max_size_gib",
        )
    if not max_seam_dz_m >= 0.0:
        raise InputError(
            "E_OPTION",
            found=f"max_seam_dz_m is {max_seam_dz_m:g}",
            needed="0 or more",
            fix="give a difference in metres",
            field="max_seam_dz_m",
        )
    return int(max_size_gib * 2**30)


def _read(path: Path, text: str, options: _Options) -> Raster:
    """Return the heights of one file."""
    try:
        return _read_file(path, text, options)
    except MemoryError as exc:
        found, fix = (
            "more cells than fit into memory",
            "cut out the area of interest: gdal_translate -projwin",
        )
        needed = "a raster that fits into memory"
        raise InputError("E_TOO_LARGE", found=found, needed=needed, fix=fix, file=text, field="size") from exc


def _read_file(path: Path, text: str, options: _Options) -> Raster:
    band = options.band or 1
    sidecars, sparse = options.use_sidecars, options.allow_sparse
    since = stamp_before(path)
    with open_raster(
        text,
        role="dem",
        band=options.band,
        use_sidecars=sidecars,
        allow_sparse=sparse,
        max_bytes=options.max_bytes,
        allow_remote=options.allow_remote,
    ) as dataset:
        prints = source_fingerprints(dataset, path, since=since)
        where = georeference(dataset, path, assume_crs=options.assume_crs, use_sidecars=sidecars)
        with reading(path, field="tags"):
            tags = clean_tags({**dataset.tags(), **dataset.tags(band)})
            unit, scale, offset = dataset.units[band - 1], dataset.scales[band - 1], dataset.offsets[band - 1]
            dtype = str(dataset.dtypes[band - 1])
        notices = [*where.notices, *check_band_unit(unit, text), *scale_notices(scale, offset, text)]
        is_scaled, tally = (scale, offset) != (1, 0), Tally()
        kind = _fitting_type(dataset, dtype, is_scaled, options, text)
        values = new_array(options.scratch, where.grid.shape, kind)
        for cells in stored_cells(dataset, band, path):
            here = turned_cells(cells, where)
            values[here] = as_turned(heights(cells, values.dtype, scale, offset, tally=tally), where)
    check_range(tally, text)
    drop_fill(values, tally)
    datum, told = chosen_datum(tags, where.vertical_datum, options.vertical_datum, name=text)
    notices += [*cell_notices(tally, text), *told, *_unsigned_notice(dtype, unit, text)]
    tags |= {"VERTICAL_DATUM": datum, "CRS": crs_in_words(where.grid.crs), "STORED_AS": dtype}
    repairs = tally.repairs(is_scaled=is_scaled, is_flipped=where.flip_rows or where.flip_columns)
    return Raster(
        values, where.grid, "elevation_m", "m", tags, tuple(notices), (path,), prints, {str(path): repairs}
    )


def _fitting_type(dataset: Any, dtype: str, is_scaled: bool, options: _Options, text: str) -> np.dtype[Any]:
    """Return the type of heights in memory; refuse a raster that is too large in it."""
    kind = np.dtype(value_type(dtype, scaled=is_scaled))
    size = dataset.height * dataset.width * kind.itemsize
    if size <= options.max_bytes:
        return kind
    found, needed = f"{size / 2**30:.4g} GiB of heights", f"at most {options.max_bytes / 2**30:.4g} GiB"
    fix = "cut it into tiles, or --max-size GIB"
    raise InputError("E_TOO_LARGE", found=found, needed=needed, fix=fix, file=text, field="size")


def _unsigned_notice(dtype: str, unit: str | None, text: str) -> list[Notice]:
    if unit or not dtype.startswith("uint"):
        return []
    found = f"{dtype} without a unit: more often an image than heights"
    return [Notice("W_UNSIGNED", found, fix="make sure that these are heights in metres", file=text)]
