"""Rasters to files: Cloud-Optimised GeoTIFFs, whole or not at all, read back before they count.

A full disk can lose cells without an error, so what was written is read again and compared, cell by
cell, before the file takes its name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from jezero_sites.io.files import replacing, unwritten, write_text
from jezero_sites.raster import Grid

__all__ = ["Overview", "write_raster", "write_text"]

Overview = Literal["average", "nearest", "min", "max", "mode", "or"]

TILE_CELLS = 512
SMALL_TILE_CELLS = 256
CODE_NODATA = 65535
"""Code of an unknown cell in a scaled band."""

_LARGEST_CODE = CODE_NODATA - 1
_READ_ROWS = 1024
_ENV = {"GDAL_PAM_ENABLED": "NO", "GDAL_CACHEMAX": 64, "GDAL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class _Band:
    """A band as it is stored, and how to say what it is."""

    stored: NDArray[Any]
    name: str
    unit: str
    tags: Mapping[str, str]
    scale: float = 1.0
    offset: float = 0.0


def write_raster(
    path: str | Path,
    bands: Sequence[NDArray[Any]],
    *,
    grid: Grid,
    names: Sequence[str],
    units: Sequence[str],
    tags: Sequence[Mapping[str, str]],
    nodata: float | None,
    scaled: bool = False,
    overview: Overview | str = "average",
) -> None:
    """Write arrays of one grid as the bands of a Cloud-Optimised GeoTIFF.

    Parameters
    ----------
    path : str or Path
        Replaced in one step when the new file is complete.
    bands : sequence of arrays of shape ``grid.shape``
        All uint8 codes, or all floating point, which is stored as float32.
    grid : Grid
    names, units, tags : sequences as long as ``bands``
        Description, unit and tags (method, lengths) of each band.
    nodata : float or None
        NaN or None for floating point, where NaN is unknown; a code, or None, for uint8.
    scaled : bool
        Store floating point as uint16 codes, ``value = code * scale + offset``, 65535 for unknown. Scale is
        a power of two and offset a multiple of it, so that both are exact; a value comes back within
        scale / 2.
    overview : {"average", "nearest", "min", "max", "mode", "or"}
        How cells are joined in the reduced images. ``min`` and ``max`` pass over unknown cells.

    Raises
    ------
    ValueError
        Where the arguments contradict one another.
    DiskError
        ``E_DISK_FULL``, ``E_WRITE``, ``E_WRITE_VERIFY``; the old file, if any, is still there.
    """
    _check(bands, grid, (names, units, tags), overview=overview)
    is_code = bands[0].dtype == np.uint8
    if not is_code and nodata is not None and not math.isnan(nodata):
        raise ValueError(f"nodata of floating-point bands is NaN, not {nodata}")
    described = zip(bands, names, units, tags, strict=True)
    store = _scaled if scaled and not is_code else _plain
    ready = [store(band, name, unit, about) for band, name, unit, about in described]
    missing = nodata if is_code else float(CODE_NODATA) if scaled else math.nan
    with replacing(path) as draft:
        try:
            _write_cog(draft, ready, grid, nodata=missing, overview=overview)
        except Exception as exc:
            raise unwritten(Path(path), exc) from exc
        try:
            _verify(draft, ready)
        except Exception as exc:
            raise unwritten(Path(path), exc, code="E_WRITE_VERIFY") from exc


def _check(
    bands: Sequence[NDArray[Any]], grid: Grid, described: tuple[Sequence[Any], ...], *, overview: str
) -> None:
    if not bands or any(len(part) != len(bands) for part in described):
        raise ValueError(f"{len(bands)} bands, with names, units and tags for {[len(p) for p in described]}")
    if any(band.shape != grid.shape for band in bands):
        raise ValueError(f"bands of shape {[b.shape for b in bands]} on a grid of {grid.shape}")
    codes = [band.dtype == np.uint8 for band in bands]
    if any(codes) != all(codes) or any(
        b.dtype.kind != "f" for b, c in zip(bands, codes, strict=True) if not c
    ):
        raise ValueError(f"bands of types {[str(b.dtype) for b in bands]}: all uint8 or all floating point")
    if overview not in get_args(Overview):
        raise ValueError(f"overview '{overview}' is none of {get_args(Overview)}")


def _plain(values: NDArray[Any], name: str, unit: str, tags: Mapping[str, str]) -> _Band:
    stored = values if values.dtype == np.uint8 else values.astype(np.float32)
    return _Band(stored, name, unit, tags)


def _scaled(values: NDArray[Any], name: str, unit: str, tags: Mapping[str, str]) -> _Band:
    """Return values as codes; ValueError for infinities, which have none."""
    known = ~np.isnan(values)
    if not known.any():
        return _Band(np.full(values.shape, CODE_NODATA, np.uint16), name, unit, tags)
    exact = values.astype(np.float64)
    low, high = float(exact[known].min()), float(exact[known].max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"{name}: infinite values cannot be scaled")
    scale, offset = _step(low, high)
    codes = np.rint((np.where(known, exact, low) - offset) / scale)
    stored = np.where(known, codes, CODE_NODATA).astype(np.uint16)
    return _Band(stored, name, unit, tags, scale, offset)


def _step(low: float, high: float) -> tuple[float, float]:
    """Return the smallest power of two by which codes reach from low to high, and its multiple below low."""
    scale = 2.0 ** math.ceil(math.log2(max((high - low) / _LARGEST_CODE, 2.0**-20)))
    while round((high - math.floor(low / scale) * scale) / scale) > _LARGEST_CODE:
        scale *= 2.0
    return scale, math.floor(low / scale) * scale


def _write_cog(draft: Path, bands: list[_Band], grid: Grid, *, nodata: float | None, overview: str) -> None:
    """Write a plain GeoTIFF beside the draft, its overviews where GDAL has no such method, and copy both."""
    import rasterio
    import rasterio.shutil

    tile = TILE_CELLS if max(grid.shape) > 2 * SMALL_TILE_CELLS else SMALL_TILE_CELLS
    plain = draft.with_name("plain.tif")
    with rasterio.Env(**_ENV):
        _write_plain(plain, bands, grid, nodata=nodata)
        own = overview in ("min", "max", "or")
        if own:
            _write_overviews(plain, bands, grid, nodata=nodata, overview=overview, tile=tile)
        how = {"overviews": "AUTO"} if own else {"overview_resampling": overview}
        options = {"compress": "DEFLATE", "predictor": "YES", "blocksize": tile, "bigtiff": "IF_SAFER"}
        rasterio.shutil.copy(plain, draft, driver="COG", num_threads=1, **options, **how)


def _write_plain(path: Path, bands: list[_Band], grid: Grid, *, nodata: float | None) -> None:
    rows, columns = bands[0].stored.shape
    profile = {
        "height": rows,
        "width": columns,
        "count": len(bands),
        "dtype": bands[0].stored.dtype.name,
        "crs": grid.crs.to_wkt(),
        "transform": grid.transform,
        "nodata": nodata,
        "bigtiff": "IF_SAFER",
    }
    from jezero_sites.io.guard import create_raster

    with create_raster(path, profile) as dataset:
        for number, band in enumerate(bands, 1):
            dataset.write(band.stored, number)
            dataset.set_band_description(number, band.name)
            dataset.set_band_unit(number, band.unit)
            dataset.update_tags(number, **band.tags)
        if any((band.scale, band.offset) != (1.0, 0.0) for band in bands):
            dataset.scales = tuple(band.scale for band in bands)
            dataset.offsets = tuple(band.offset for band in bands)


def _write_overviews(
    plain: Path, bands: list[_Band], grid: Grid, *, nodata: float | None, overview: str, tile: int
) -> None:
    """Write reduced images as a chain of files, each the overview of the one before."""
    path = plain
    while max(bands[0].stored.shape) > tile:
        bands = [replace(b, stored=_halved(b.stored, nodata, overview)) for b in bands]
        path = path.with_name(f"{path.name}.ovr")
        _write_plain(path, bands, grid, nodata=nodata)


def _halved(values: NDArray[Any], nodata: float | None, overview: str) -> NDArray[Any]:
    """Return the least, greatest or joined flags of each 2 x 2 cells; at an odd edge of those that are there."""
    rows, columns = values.shape
    even = np.pad(values, ((0, rows % 2), (0, columns % 2)), mode="edge")
    a, b, c, d = even[0::2, 0::2], even[0::2, 1::2], even[1::2, 0::2], even[1::2, 1::2]
    return _picked(_picked(a, b, nodata, overview), _picked(c, d, nodata, overview), nodata, overview)


def _picked(a: NDArray[Any], b: NDArray[Any], nodata: float | None, overview: str) -> NDArray[Any]:
    best: NDArray[Any] = {"min": np.fmin, "or": np.bitwise_or}.get(overview, np.fmax)(a, b)
    if nodata is None or math.isnan(nodata):
        return best
    chosen: NDArray[Any] = np.where(a == nodata, b, np.where(b == nodata, a, best))
    return chosen


def _verify(draft: Path, bands: list[_Band]) -> None:
    """Raise where the file does not hold what was to be written."""
    from jezero_sites.io.guard import open_own

    with open_own(draft) as dataset:
        rows, columns = bands[0].stored.shape
        if (dataset.count, dataset.height, dataset.width) != (len(bands), rows, columns):
            raise OSError(f"{dataset.count} bands of {dataset.height} x {dataset.width} were read back")
        if dataset.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") != "COG":
            raise OSError("the file is not laid out as a Cloud-Optimised GeoTIFF")
        for number, band in enumerate(bands, 1):
            for top in range(0, rows, _READ_ROWS):
                part = band.stored[top : top + _READ_ROWS]
                found = dataset.read(number, window=((top, top + len(part)), (0, columns)))
                if not np.array_equal(found, part, equal_nan=part.dtype.kind == "f"):
                    raise OSError(f"band {number} differs from what was written near row {top}")
