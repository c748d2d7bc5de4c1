"""What was measured on the ground around a site: statistics over a disc that is round on the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jezero_sites.arrays import BoolArray, FloatArray

RIM_TOLERANCE = 1e-12
"""Relative: a cell whose centre lies on the rim stays inside whatever the rounding."""


@dataclass(frozen=True, eq=False)
class Disc:
    """The cells of a raster whose centre lies within a ground radius of a cell.

    Attributes
    ----------
    rows, cols : slice
        The part of the raster that holds the disc.
    is_inside : array
        Which cells of that part belong to it.
    cells : int
        Cells of the whole disc, also those beyond the raster.
    """

    rows: slice
    cols: slice
    is_inside: BoolArray
    cells: int

    def of(self, values: FloatArray) -> FloatArray:
        """Return the values of the cells of the disc that lie on the raster."""
        picked: FloatArray = values[self.rows, self.cols][self.is_inside]
        return picked


def disc_around(
    row: int, col: int, *, shape: tuple[int, int], dx_m: float, dy_m: float, radius_m: float
) -> Disc:
    """Return the disc of a ground radius around a cell.

    Parameters
    ----------
    row, col : int
        The cell at the centre.
    shape : (rows, columns)
        Of the raster.
    dx_m, dy_m : float
        True ground width of the cells in the centre's row, and height, in metres.
    radius_m : float
        Radius on the ground, in metres; a cell belongs when its centre is within it.

    Examples
    --------
    Cells 2 m wide and 1 m high within 2 m: five in the column, one on either side.

    >>> disc_around(5, 5, shape=(20, 20), dx_m=2.0, dy_m=1.0, radius_m=2.0).cells
    7
    """
    reach_m = radius_m * (1 + RIM_TOLERANCE)
    up, across = int(reach_m / dy_m), int(reach_m / dx_m)
    down_m = np.arange(-up, up + 1)[:, None] * dy_m
    right_m = np.arange(-across, across + 1)[None, :] * dx_m
    inside = down_m**2 + right_m**2 <= reach_m**2
    top, left = max(row - up, 0), max(col - across, 0)
    bottom, right = min(row + up + 1, shape[0]), min(col + across + 1, shape[1])
    first_row, first_col = row - up, col - across
    part = inside[top - first_row : bottom - first_row, left - first_col : right - first_col]
    return Disc(slice(top, bottom), slice(left, right), part, int(inside.sum()))
