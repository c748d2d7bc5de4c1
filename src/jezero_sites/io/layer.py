"""Layers of a run read back, with their names, units and tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from jezero_sites.io.guard import open_own, open_raster, reading
from jezero_sites.io.scratch import is_plain, taken
from jezero_sites.raster import Grid, Raster

LAZY_CELLS = 16_000_000
"""A layer of more cells stays in its file until its cells are asked for."""


def read_layer(path: str | Path) -> tuple[Raster, ...]:
    """Return the bands of a layer that this package has written, one Raster each.

    Parameters
    ----------
    path : str or Path
        A GeoTIFF of a run directory.

    Returns
    -------
    tuple of Raster
        float32 with NaN where unknown (scaled integers are decoded), or uint8 for codes; the cells of a large
        layer are those of :class:`LayerCells`.

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
    if dataset.height * dataset.width > LAZY_CELLS:
        values = layer_cells(path, number - 1)
    else:
        with reading(path, field="block"):
            values = dataset.read(number)
        if values.dtype != np.uint8:
            scale, offset = dataset.scales[number - 1], dataset.offsets[number - 1]
            values = decoded(values, dataset.nodatavals[number - 1], scale, offset)
    name, unit = dataset.descriptions[number - 1] or path.stem, dataset.units[number - 1] or ""
    tags = {k: _printable(v) for k, v in dataset.tags(number).items() if not k.startswith("STATISTICS")}
    return Raster(values, grid, _printable(name), _printable(unit), tags, (), (path,))


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


class LayerCells:
    """The cells of a layer that stay in its file until they are asked for; they are sliced as an array is.

    Parameters
    ----------
    path : Path
        A layer that this package has written; it may be moved, see :meth:`moved`.
    band : int
        Its band, counted from 0.
    """

    ndim = 2

    def __init__(self, path: Path, band: int) -> None:
        self.path, self._band = path, band + 1
        with open_own(path) as dataset:
            self.shape: tuple[int, int] = (dataset.height, dataset.width)
            self._tall = int(dataset.block_shapes[band][0])
            self._is_code = dataset.dtypes[band] == "uint8"
            self._nodata = dataset.nodatavals[band]
            self._scale, self._offset = float(dataset.scales[band]), float(dataset.offsets[band])
        self.dtype = np.dtype(np.uint8 if self._is_code else np.float32)
        self._held: tuple[int, NDArray[Any]] | None = None

    @property
    def size(self) -> int:
        """How many cells there are."""
        return self.shape[0] * self.shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def moved(self, folder: Path) -> None:
        """Look for the file in another folder from now on."""
        self.path = folder / self.path.name

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = self._read(slice(0, self.shape[0]), slice(0, self.shape[1]))
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def astype(self, dtype: Any) -> NDArray[Any]:
        """Return all cells in another type."""
        return self.__array__(dtype)

    def __getitem__(self, key: Any) -> Any:
        if not is_plain(key):
            return self.__array__()[key]
        spans, rest = taken(key, self.shape)
        return self._window(*spans)[rest]

    def _window(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Return some rows and columns; wide ones by whole rows of tiles, of which the last is kept."""
        if 2 * (columns.stop - columns.start) < self.shape[1] or rows.stop - rows.start > 2 * self._tall:
            return self._read(rows, columns)
        found = np.empty((max(rows.stop - rows.start, 0), columns.stop - columns.start), self.dtype)
        row = rows.start
        while row < rows.stop:
            first, band = self._row_of_tiles(row // self._tall)
            stop = min(first + len(band), rows.stop)
            found[row - rows.start : stop - rows.start] = band[row - first : stop - first, columns]
            row = stop
        return found

    def _row_of_tiles(self, number: int) -> tuple[int, NDArray[Any]]:
        held = self._held
        if held is None or held[0] != number:
            rows = slice(number * self._tall, min((number + 1) * self._tall, self.shape[0]))
            held = self._held = number, self._read(rows, slice(0, self.shape[1]))
        return number * self._tall, held[1]

    def _read(self, rows: slice, columns: slice) -> NDArray[Any]:
        window = ((rows.start, max(rows.start, rows.stop)), (columns.start, max(columns.start, columns.stop)))
        with open_own(self.path) as dataset:
            stored: NDArray[Any] = dataset.read(self._band, window=window)
        return stored if self._is_code else decoded(stored, self._nodata, self._scale, self._offset)


def layer_cells(path: Path, band: int) -> NDArray[Any]:
    """Return the cells of a layer's band, counted from 0, which are read as they are sliced."""
    return cast(NDArray[Any], LayerCells(path, band))


def decoded(stored: NDArray[Any], nodata: float | None, scale: float, offset: float) -> NDArray[Any]:
    """Return stored numbers as float32, NaN where unknown."""
    unknown = np.isnan(stored) if nodata is None or np.isnan(nodata) else stored == nodata
    if (scale, offset) == (1.0, 0.0) and stored.dtype == np.float32 and (nodata is None or np.isnan(nodata)):
        return stored
    with np.errstate(over="ignore", invalid="ignore"):
        values = stored.astype(np.float64) * scale + offset
        found: NDArray[Any] = np.where(unknown, np.nan, values).astype(np.float32)
    return found
