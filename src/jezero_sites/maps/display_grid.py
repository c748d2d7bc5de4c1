"""The grid that a page draws on: cells along longitude and latitude, and how a raster gets onto it.

A raster in an equirectangular projection of a sphere lies exactly along longitude and latitude and is
not resampled. Any other is brought onto square ground cells by its nearest cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.raster import Grid

Indices = NDArray[np.intp]

BAND_CELLS = 4_000_000
"""About how many cells are reduced at a time."""


@dataclass(frozen=True, eq=False)
class DisplayGrid:
    """Cells along longitude and latitude.

    Attributes
    ----------
    west, north : float
        Outer corner in degrees; ``west`` in 0 to 360, the columns run on past 360.
    dlon, dlat : float
        Size of a cell in degrees.
    shape : (rows, columns)
    source : (rows, columns, inside) or None
        For each cell the nearest cell of the raster and whether it lies on it; None where the raster's cells
        are the display's own.
    """

    west: float
    north: float
    dlon: float
    dlat: float
    shape: tuple[int, int]
    source: tuple[Indices, Indices, NDArray[np.bool_]] | None

    def bring(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return a raster's values on this grid; NaN, or code 0, where it has none."""
        if self.source is None:
            return values
        rows, cols, inside = self.source
        empty = np.nan if values.dtype.kind == "f" else 0
        return np.where(inside, values[rows, cols], np.array(empty, values.dtype))

    def coarser(self, factor: int) -> DisplayGrid:
        """Return the grid of cells that many times larger; its last row and column may run over the edge."""
        rows, cols = (-(-n // factor) for n in self.shape)
        return DisplayGrid(self.west, self.north, self.dlon * factor, self.dlat * factor, (rows, cols), None)

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle, in degrees."""
        return self.west + self.dlon * self.shape[1] / 2, self.north - self.dlat * self.shape[0] / 2


def display_grid(grid: Grid) -> DisplayGrid:
    """Return the display's grid for a raster's grid."""
    operation = grid.crs.coordinate_operation
    if operation is not None and "Equidistant Cylindrical" in operation.method_name:
        return _own_cells(grid)
    return _nearest_cells(grid)


def bands_of(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Give values band by band of rows, of which memory holds one."""
    step = max(1, BAND_CELLS // max(values.shape[-1], 1))
    for row in range(0, values.shape[0], step):
        yield values[row : row + step]


def coarsened(values: NDArray[Any], factor: int, how: str) -> NDArray[Any]:
    """Return values over squares of cells by their worst: ``max``, ``min``, ``or``; by ``mean`` or ``middle`` cell.

    Unknown only where all cells of a square are. Worked out by bands of rows: besides the values and what comes
    back, some ten million cells are held.
    """
    if factor == 1:
        return np.asarray(values)
    rows, cols = (-(-n // factor) for n in values.shape)
    coarse = np.empty((rows, cols), values.dtype)
    step = max(1, BAND_CELLS // (cols * factor * factor))
    for row in range(0, rows, step):
        band = values[row * factor : (row + step) * factor]
        coarse[row : row + step] = _squares(band, factor, how)
    return coarse


def _squares(values: NDArray[Any], factor: int, how: str) -> NDArray[Any]:
    rows, cols = (-(-n // factor) for n in values.shape)
    empty = np.nan if values.dtype.kind == "f" else 0
    padded = np.full((rows * factor, cols * factor), empty, values.dtype)
    padded[: values.shape[0], : values.shape[1]] = values
    squares = padded.reshape(rows, factor, cols, factor).swapaxes(1, 2).reshape(rows, cols, factor * factor)
    if how == "middle":
        middle: NDArray[Any] = squares[:, :, (factor // 2) * factor + factor // 2]
        return middle
    if how == "or":
        joined: NDArray[Any] = np.bitwise_or.reduce(squares, axis=2)
        return joined
    if values.dtype.kind != "f":
        highest: NDArray[Any] = squares.max(axis=2)
        return highest
    if how != "mean":
        worst: NDArray[Any] = (np.fmax if how == "max" else np.fmin).reduce(squares, axis=2)
        return worst
    known = ~np.isnan(squares)
    count = known.sum(axis=2)
    total = np.where(known, squares, 0).sum(axis=2, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(values.dtype)


def _own_cells(grid: Grid) -> DisplayGrid:
    left, bottom, right, top = grid.bounds
    lon, lat = grid.lonlat([left, right], [top, bottom])
    span = float(np.mod(lon[1] - lon[0], 360.0))
    rows, cols = grid.shape
    return DisplayGrid(
        float(lon[0]), float(lat[0]), span / cols, float(lat[0] - lat[1]) / rows, grid.shape, None
    )


def _nearest_cells(grid: Grid) -> DisplayGrid:
    rows, cols = grid.shape
    r, c = np.arange(rows + 1) - 0.5, np.arange(cols + 1) - 0.5
    edge_row = np.concatenate([np.full(cols + 1, -0.5), np.full(cols + 1, rows - 0.5), r, r])
    edge_col = np.concatenate([c, c, np.full(rows + 1, -0.5), np.full(rows + 1, cols - 0.5)])
    lon, lat = grid.lonlat(*grid.xy(edge_row, edge_col))
    lon = lon[0] + np.mod(lon - lon[0] + 180.0, 360.0) - 180.0
    radius_deg = np.degrees(min(grid.dy_m, grid.mean_dx_m) / grid.body_radius_m)
    middle = (lat.max() + lat.min()) / 2
    dlat, dlon = float(radius_deg), float(radius_deg / np.cos(np.radians(middle)))
    west, north = float(np.mod(lon.min(), 360.0)), float(lat.max())
    shape = int(np.ceil((north - lat.min()) / dlat)), int(np.ceil((lon.max() - lon.min()) / dlon))
    centre_lon = west + dlon * (np.arange(shape[1]) + 0.5)
    centre_lat = north - dlat * (np.arange(shape[0]) + 0.5)
    row, col = grid.rowcol(*grid.from_lonlat(centre_lon[None, :], centre_lat[:, None]))
    near_row, near_col = np.rint(row).astype(np.intp), np.rint(col).astype(np.intp)
    inside = (near_row >= 0) & (near_row < rows) & (near_col >= 0) & (near_col < cols)
    source = np.clip(near_row, 0, rows - 1), np.clip(near_col, 0, cols - 1), inside
    return DisplayGrid(west, north, dlon, dlat, shape, source)
