"""A quantity averaged over larger cells: whole blocks of ground cells, Raster in and Raster out."""

from __future__ import annotations

import math

import numpy as np
from affine import Affine

from jezero_sites.arrays import FloatArray
from jezero_sites.errors import InputError
from jezero_sites.raster import Grid, Raster


def block_cells(grid: Grid, *, length_m: float) -> tuple[int, int]:
    """Return the rows and columns of the block of whole cells nearest to a square on the ground.

    Raises
    ------
    InputError
        ``E_OPTION`` where the length is not positive.
    """
    if not 0 < length_m < math.inf:
        raise InputError(
            "E_OPTION",
            found=f"length_m is {length_m:g}",
            needed="more than 0 metres",
            fix="give a length in metres",
            field="length_m",
        )
    rows, columns = (max(1, math.floor(length_m / step + 0.5)) for step in (grid.dy_m, grid.mean_dx_m))
    return rows, columns


def cell_means(raster: Raster, *, length_m: float) -> Raster:
    """Return the mean of a quantity over ground cells of about a length, on the grid of those cells.

    The quantity itself is averaged; it is not measured again from heights at that length.

    Parameters
    ----------
    raster : Raster
        A measured quantity; NaN where unknown.
    length_m : float
        Side of the new cells on the ground, in metres; the nearest whole number of cells along each axis.

    Returns
    -------
    Raster
        float64, of the same name and unit, from the upper left corner on. A new cell is NaN where any of its
        cells is unknown; rows and columns that do not fill a new cell are left out. The tags say the length
        used and that values were averaged.

    Raises
    ------
    InputError
        ``E_OPTION`` where the length is not positive, or longer than the raster.
    """
    tall, wide = block_cells(raster.grid, length_m=length_m)
    rows, columns = raster.grid.shape[0] // tall, raster.grid.shape[1] // wide
    if min(rows, columns) < 1:
        found = f"the raster is smaller than one cell of {length_m:g} m"
        raise InputError("E_OPTION", found=found, fix="average over a shorter length", field="length_m")
    values = _block_means(raster.values, (rows, columns), (tall, wide))
    t = raster.grid.transform
    grid = Grid.of((rows, columns), Affine(t.a * wide, 0.0, t.c, 0.0, t.e * tall, t.f), raster.grid.crs)
    tags = {
        **raster.tags,
        "AVERAGED": f"mean of {raster.name} over whole cells; not measured again from heights",
        "AVERAGED_CELLS": f"{wide} x {tall} (E x N)",
        "AVERAGED_M": f"{wide * raster.grid.mean_dx_m:.4f} x {tall * raster.grid.dy_m:.4f} (E x N)",
    }
    return Raster(values, grid, raster.name, raster.unit, tags, (), raster.sources)


def _block_means(values: FloatArray, shape: tuple[int, int], block: tuple[int, int]) -> FloatArray:
    (rows, columns), (tall, wide) = shape, block
    whole = np.asarray(values[: rows * tall, : columns * wide], np.float64)
    means: FloatArray = whole.reshape(rows, tall, columns, wide).mean(axis=(1, 3))
    return means
