"""Rasters to files: Cloud-Optimised GeoTIFFs, whole or not at all, read back before they count.

A full disk can lose bytes without an error, so a file is read again and compared with what was written, and some of
its tiles are decoded, before it takes its name.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numba import njit
from numpy.typing import NDArray

from jezero_sites.io.cog import BandAbout, CogWriter
from jezero_sites.io.files import replacing, unwritten, write_text
from jezero_sites.io.hashing import sha256_of
from jezero_sites.io.overviews import Overview
from jezero_sites.raster import Grid

__all__ = ["Overview", "RasterWriter", "Span", "write_raster", "write_text"]

CODE_NODATA = 65535
"""Code of an unknown cell in a scaled band."""

_LARGEST_CODE = CODE_NODATA - 1
_ENV = {"GDAL_PAM_ENABLED": "NO", "GDAL_CACHEMAX": 64 << 20, "GDAL_NUM_THREADS": "1"}

Span = tuple[float, float]
"""The least and the greatest number that a band can hold."""


@dataclass(frozen=True)
class _Corner:
    """A tile that is decoded again: its band, its cells, and the checksum of their numbers."""

    band: int
    rows: slice
    columns: slice
    checksum: int


class RasterWriter:
    """Takes the tiles of the bands of a raster, and writes its file.

    Parameters
    ----------
    path : Path
        The file; its folder is there. It counts once :meth:`finish` has returned.
    grid : Grid
    names, units, tags : sequences as long as there are bands
        Description, unit and tags (method, lengths) of each band.
    is_code : bool
        Whether the bands hold uint8 codes; else numbers, stored as float32.
    nodata : float or None
        Of codes: the code of unknown cells, if there is one.
    spans : sequence of (float, float), optional
        For each band the least and the greatest number: it is then stored as uint16 codes,
        ``value = code * scale + offset``, 65535 for unknown. Scale is a power of two and offset a multiple of it, so
        that both are exact; a value comes back within scale / 2, and one beyond the span as its end.
    overview : {"average", "min", "max", "mode", "or"}
        How cells are joined in the reduced images; unknown ones are passed over.
    """

    def __init__(
        self,
        path: Path,
        grid: Grid,
        *,
        names: Sequence[str],
        units: Sequence[str],
        tags: Sequence[Mapping[str, str]],
        is_code: bool,
        nodata: float | None = None,
        spans: Sequence[Span] | None = None,
        overview: Overview = "average",
    ) -> None:
        self.path, self._grid = path, grid
        steps = [(1.0, 0.0)] * len(names) if spans is None else [step_of(*span) for span in spans]
        self._steps = None if spans is None else steps
        self._bands = [BandAbout(*b) for b in zip(names, units, tags, *zip(*steps, strict=True), strict=True)]
        self._dtype = "uint8" if is_code else "float32" if spans is None else "uint16"
        missing = nodata if is_code else math.nan if spans is None else float(CODE_NODATA)
        self._writer = CogWriter(
            path, grid, self._bands, dtype=self._dtype, nodata=missing, overview=overview
        )
        self.tile = self._writer.tile
        self._corners: list[_Corner] = []

    def put(self, band: int, row: int, column: int, values: NDArray[Any]) -> None:
        """Take the tile of a band, counted from 0, in that row and column of tiles; from any thread, once each."""
        stored = values.astype(self._dtype, copy=False) if self._steps is None else self._codes(band, values)
        last = tuple(-(-n // self.tile) - 1 for n in self._grid.shape)
        if (row, column) in ((0, 0), last):
            top, left = row * self.tile, column * self.tile
            rows, columns = slice(top, top + stored.shape[0]), slice(left, left + stored.shape[1])
            checksum = zlib.crc32(np.ascontiguousarray(stored).data)
            self._corners.append(_Corner(band, rows, columns, checksum))
        self._writer.put(band, row, column, stored)

    def _codes(self, band: int, values: NDArray[Any]) -> NDArray[Any]:
        scale, offset = self._bands[band].scale, self._bands[band].offset
        codes = np.empty(values.shape, np.uint16)
        _fill_codes(values, scale, offset, codes)
        return codes

    def finish(self) -> str:
        """Write the file, read it again, and return the SHA-256 of its bytes.

        Raises
        ------
        DiskError
            ``E_DISK_FULL``, ``E_WRITE``, ``E_WRITE_VERIFY``.
        """
        import rasterio

        with rasterio.Env(**_ENV):
            try:
                digest = self._writer.finish()
            except Exception as exc:
                raise unwritten(self.path, exc) from exc
            try:
                self._verify(digest)
            except Exception as exc:
                raise unwritten(self.path, exc, code="E_WRITE_VERIFY") from exc
        return digest

    def drop(self) -> None:
        """Let go of everything that is not finished."""
        self._writer.drop()

    def _verify(self, digest: str) -> None:
        """Raise where the file does not hold what was to be written."""
        from jezero_sites.io.guard import open_own

        if sha256_of(self.path) != digest:
            raise OSError("its bytes differ from those that were written")
        with open_own(self.path) as dataset:
            shape = (dataset.count, dataset.height, dataset.width)
            if shape != (len(self._bands), *self._grid.shape):
                raise OSError(f"{shape[0]} bands of {shape[1]} x {shape[2]} were read back")
            if dataset.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") != "COG":
                raise OSError("the file is not laid out as a Cloud-Optimised GeoTIFF")
            for corner in self._corners:
                rows, columns = corner.rows, corner.columns
                window = ((rows.start, rows.stop), (columns.start, columns.stop))
                if zlib.crc32(dataset.read(corner.band + 1, window=window)) != corner.checksum:
                    raise OSError(
                        f"band {corner.band + 1} differs from what was written near row {rows.start}"
                    )


@njit(cache=True, nogil=True)
def _fill_codes(values: NDArray[Any], scale: float, offset: float, codes: NDArray[np.uint16]) -> None:
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            value = np.float64(values[r, c])
            if np.isnan(value):
                codes[r, c] = CODE_NODATA
            else:
                codes[r, c] = min(max(np.rint((value - offset) / scale), 0.0), _LARGEST_CODE)


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
    overview: Overview = "average",
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
        Store floating point as uint16 codes, as :class:`RasterWriter` does for the span of each band's values.
    overview : {"average", "min", "max", "mode", "or"}
        How cells are joined in the reduced images; unknown ones are passed over.

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
    spans = None
    if scaled and not is_code:
        spans = [span_of(band, name) for band, name in zip(bands, names, strict=True)]
    with replacing(path) as draft:
        writer = RasterWriter(
            draft,
            grid,
            names=names,
            units=units,
            tags=tags,
            is_code=is_code,
            nodata=nodata,
            spans=spans,
            overview=overview,
        )
        try:
            for number, band in enumerate(bands):
                _put_whole(writer, number, band)
            writer.finish()
        finally:
            writer.drop()


def _put_whole(writer: RasterWriter, number: int, band: NDArray[Any]) -> None:
    side = writer.tile
    down, across = (-(-n // side) for n in band.shape)
    for row in range(down):
        for column in range(across):
            part = band[row * side : (row + 1) * side, column * side : (column + 1) * side]
            writer.put(number, row, column, np.ascontiguousarray(part))


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


def span_of(values: NDArray[Any], name: str) -> Span:
    """Return the least and the greatest known number, 0 and 0 where there is none; ValueError for infinities."""
    if values.dtype.kind != "f" or not values.size:
        return 0.0, 0.0
    low, high = float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None))
    if math.isnan(low):
        return 0.0, 0.0
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"{name}: infinite values cannot be scaled")
    return low, high


def step_of(low: float, high: float) -> tuple[float, float]:
    """Return the smallest power of two by which codes reach from low to high, and its multiple below low.

    Examples
    --------
    >>> step_of(0.0, 1.0)
    (3.0517578125e-05, 0.0)
    """
    scale = 2.0 ** math.ceil(math.log2(max((high - low) / _LARGEST_CODE, 2.0**-20)))
    while round((high - math.floor(low / scale) * scale) / scale) > _LARGEST_CODE:
        scale *= 2.0
    return scale, math.floor(low / scale) * scale
