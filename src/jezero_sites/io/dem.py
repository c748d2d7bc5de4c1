"""Heights from files: one raster in metres, NaN where unknown, with everything that was noticed.

Cells are read by the blocks in which the file stores them, so that damage is found and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.errors import InputError, JezeroError, Notice, RefusedInputs
from jezero_sites.io.cells import Cells, clean_tags, flipped, stored_cells
from jezero_sites.io.georef import check_band_unit, crs_in_words, georeference
from jezero_sites.io.guard import open_raster, reading
from jezero_sites.io.tiles import mosaic
from jezero_sites.mars import HIGHEST_HEIGHT_M, LOWEST_HEIGHT_M
from jezero_sites.raster import Raster

SENTINEL = 1e30
"""Numbers beyond this mark missing cells that the file does not declare, as of ISIS and PDS."""

CHECK_VALUES = (
    "check the NoData value, the unit, and whether these are radii: heights above the areoid are needed"
)
_DATUM_TAGS = ("VERTICAL_DATUM", "GEOID", "VERTICAL")
_TAG_LENGTH = 500


@dataclass(frozen=True)
class _Options:
    band: int | None
    assume_crs: str | None
    use_sidecars: bool
    allow_sparse: bool
    vertical_datum: str | None


class _Tally:
    """What was found among the cells."""

    def __init__(self) -> None:
        self.nonfinite = 0
        self.sentinels = 0
        self.valid = 0
        self.low, self.high = np.inf, -np.inf


def read_dem(
    paths: str | Path | Sequence[str | Path],
    *,
    band: int | None = None,
    assume_crs: str | None = None,
    use_sidecars: bool = False,
    allow_sparse: bool = False,
    vertical_datum: str | None = None,
) -> Raster:
    """Return heights in metres, from one file or from several that tile one grid.

    Parameters
    ----------
    paths : str, Path or sequence of them
        GeoTIFF or PDS3 files; several make one mosaic (see :mod:`jezero_sites.io.tiles`).
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

    Returns
    -------
    Raster
        ``elevation_m``, float32 where that holds the file's numbers exactly (float32 and 16-bit integers
        without scale), else float64; NaN where unknown. ``VERTICAL_DATUM`` and ``CRS`` are in the tags.

    Raises
    ------
    InputError
        One file: whatever :func:`~jezero_sites.io.guard.open_raster` and
        :func:`~jezero_sites.io.georef.georeference` refuse, ``E_CORRUPT`` with the place of the damage,
        ``E_RANGE``, ``E_ALL_NODATA``, ``E_TOO_LARGE``.
    RefusedInputs
        Several files: the errors of all that were refused.
    """
    options = _Options(band, assume_crs, use_sidecars, allow_sparse, vertical_datum)
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
    return mosaic(tiles)


def _read(path: Path, text: str, options: _Options) -> Raster:
    """Return the heights of one file."""
    try:
        return _read_file(path, text, options)
    except MemoryError as exc:
        found, fix = (
            "more cells than fit into memory",
            "cut out the area of interest: gdal_translate -projwin",
        )
        raise InputError("E_TOO_LARGE", found=found, fix=fix, file=text, field="size") from exc


def _read_file(path: Path, text: str, options: _Options) -> Raster:
    band = options.band or 1
    sidecars, sparse = options.use_sidecars, options.allow_sparse
    with open_raster(
        text, role="dem", band=options.band, use_sidecars=sidecars, allow_sparse=sparse
    ) as dataset:
        where = georeference(dataset, path, assume_crs=options.assume_crs, use_sidecars=sidecars)
        with reading(path, field="tags"):
            tags = clean_tags({**dataset.tags(), **dataset.tags(band)})
            unit, scale, offset = dataset.units[band - 1], dataset.scales[band - 1], dataset.offsets[band - 1]
            dtype = str(dataset.dtypes[band - 1])
        notices = [*where.notices, *check_band_unit(unit, text), *_check_scale(scale, offset, text)]
        values = np.full(where.grid.shape, np.nan, _value_type(dtype, scaled=(scale, offset) != (1, 0)))
        tally = _Tally()
        for cells in stored_cells(dataset, band, path):
            values[cells.rows, cells.columns] = _heights(cells, values.dtype, scale, offset, tally=tally)
    _check_range(tally, text)
    datum = options.vertical_datum or _stated_datum(tags) or where.vertical_datum or "unstated"
    notices += [*_cell_notices(tally, text), *_datum_notices(datum, text)]
    if dtype.startswith("uint") and not unit:
        found = f"{dtype} without a unit: more often an image than heights"
        notices.append(
            Notice("W_UNSIGNED", found, fix="make sure that these are heights in metres", file=text)
        )
    tags |= {"VERTICAL_DATUM": datum, "CRS": crs_in_words(where.grid.crs), "STORED_AS": dtype}
    values = flipped(values, where)
    return Raster(values, where.grid, "elevation_m", "m", tags, tuple(notices), (path,))


def _value_type(dtype: str, *, scaled: bool) -> str:
    return "float32" if dtype in ("float32", "float16", "int16", "uint16") and not scaled else "float64"


def _check_scale(scale: float, offset: float, name: str) -> list[Notice]:
    if not (np.isfinite(scale) and np.isfinite(offset)) or scale == 0:
        found = f"scale {scale}, offset {offset}"
        fix = "gdal_edit.py -scale 1 -offset 0, or the true ones"
        raise InputError("E_SCALE", found=found, needed="finite numbers", fix=fix, file=name, field="scale")
    if (scale, offset) == (1, 0):
        return []
    return [
        Notice("W_SCALED", f"the file's scale {scale:.12g} and offset {offset:.12g} were applied", file=name)
    ]


def _heights(
    cells: Cells, dtype: np.dtype[Any], scale: float, offset: float, *, tally: _Tally
) -> NDArray[np.floating]:
    """Return heights in metres, NaN where the cells are not valid, not finite or absurd."""
    values = cells.stored.astype(dtype)
    values[~cells.is_valid] = np.nan
    is_finite = np.isfinite(values)
    tally.nonfinite += int(np.count_nonzero(cells.is_valid & ~is_finite))
    is_sentinel = is_finite & (np.abs(values) > SENTINEL)
    tally.sentinels += int(np.count_nonzero(is_sentinel))
    values[~is_finite | is_sentinel] = np.nan
    if (scale, offset) != (1, 0):
        with np.errstate(over="ignore", invalid="ignore"):
            values = values * scale + offset
    known = values[~np.isnan(values)]
    tally.valid += known.size
    if known.size:
        tally.low, tally.high = min(tally.low, float(known.min())), max(tally.high, float(known.max()))
    return values


def _check_range(tally: _Tally, name: str) -> None:
    if tally.valid == 0 and tally.sentinels:
        found = f"all {tally.sentinels} values are beyond {SENTINEL:g}"
        raise InputError("E_RANGE", found=found, fix=CHECK_VALUES, file=name, field="values")
    if tally.valid == 0:
        fix = "check the NoData value, or leave this file out"
        raise InputError("E_ALL_NODATA", found="no cell has a height", fix=fix, file=name, field="values")
    if tally.low < LOWEST_HEIGHT_M or tally.high > HIGHEST_HEIGHT_M:
        found = f"heights from {tally.low:.6g} to {tally.high:.6g} m"
        needed = f"{LOWEST_HEIGHT_M:.0f} to {HIGHEST_HEIGHT_M:.0f} m"
        raise InputError("E_RANGE", found=found, needed=needed, fix=CHECK_VALUES, file=name, field="values")


def _cell_notices(tally: _Tally, name: str) -> list[Notice]:
    notices = []
    if tally.nonfinite:
        found = f"{tally.nonfinite} cells hold NaN or infinity that is not declared; they are unknown"
        notices.append(Notice("W_NONFINITE", found, file=name))
    if tally.sentinels:
        found = f"{tally.sentinels} cells hold numbers beyond {SENTINEL:g} that are not declared; they are unknown"
        notices.append(Notice("W_SENTINEL", found, fix="gdal_edit.py -a_nodata FILE", file=name))
    return notices


def _stated_datum(tags: dict[str, str]) -> str:
    return next((tags[name] for name in _DATUM_TAGS if tags.get(name)), "")


def _datum_notices(datum: str, name: str) -> list[Notice]:
    if datum.lower() != "unstated":
        return []
    found = "vertical datum unstated: heights above the areoid and above a sphere differ by more than 1 km"
    return [Notice("W_DATUM", found, fix="gdal_edit.py -mo VERTICAL_DATUM='MOLA areoid' FILE", file=name)]
