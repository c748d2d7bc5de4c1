r"""How far it is from each cell to the nearest ground that is not safe.

.. math::

   r(i, j) = \min_{(k, l)\ \text{bad}} \sqrt{((l - j)\,dx_i)^2 + ((k - i)\,dy)^2}

Distances run from cell centre to cell centre on the ground. Ground beyond the raster is bad.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from jezero_sites.arrays import BoolArray, FloatArray

_GROUP = 8  # rows


def safe_radius_m(is_bad: BoolArray, *, dx_m: FloatArray, dy_m: float, max_radius_m: float) -> FloatArray:
    """Return the ground distance to the nearest bad cell, in metres.

    Parameters
    ----------
    is_bad : array of shape (rows, columns)
        True where ground is unsafe or unknown.
    dx_m : array of shape (rows,)
        True ground width of the cells of each row, in metres; the width at the cell that is asked for
        measures all its distances.
    dy_m : float
        True ground height of the cells, in metres.
    max_radius_m : float
        Larger distances are given as this.

    Returns
    -------
    array of shape (rows, columns)
        0 on bad ground, at most ``max_radius_m``.

    Examples
    --------
    Three good cells in a row, 2 m wide, with the raster's edge two cells from the middle one and its
    upper and lower edge one row, 5 m, away:

    >>> safe_radius_m(np.zeros((1, 3), bool), dx_m=np.array([2.0]), dy_m=5.0, max_radius_m=100.0)
    array([[2., 4., 2.]])
    """
    bad = np.ascontiguousarray(is_bad)
    away = _columns_to_bad(bad)
    radius: FloatArray = _nearest(
        away, _least_of_groups(away), np.asarray(dx_m, float), float(dy_m), float(max_radius_m)
    )
    return radius


@njit(cache=True, nogil=True)
def _columns_to_bad(bad: BoolArray) -> NDArray[np.int32]:
    """Columns to the nearest bad cell of the same row; the columns beyond the edges are bad."""
    rows, cols = bad.shape
    out = np.empty((rows, cols), np.int32)
    for i in range(rows):
        last = -1
        for j in range(cols):
            if bad[i, j]:
                last = j
            out[i, j] = j - last
        last = cols
        for j in range(cols - 1, -1, -1):
            if bad[i, j]:
                last = j
            out[i, j] = min(out[i, j], last - j)
    return out


@njit(cache=True, nogil=True)
def _least_of_groups(away: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the least of each column within groups of rows: a group that is far cannot hold the nearest."""
    rows, cols = away.shape
    out = np.full(((rows + _GROUP - 1) // _GROUP, cols), np.int32(2**31 - 1), np.int32)
    for i in range(rows):
        for j in range(cols):
            out[i // _GROUP, j] = min(out[i // _GROUP, j], away[i, j])
    return out


@njit(cache=True, nogil=True)
def _nearest(
    away: NDArray[np.int32], least: NDArray[np.int32], dx_m: FloatArray, dy_m: float, most_m: float
) -> FloatArray:
    rows, cols = away.shape
    out = np.empty((rows, cols), np.float64)
    for i in range(rows):
        for j in range(cols):
            best = min(most_m * most_m, (away[i, j] * dx_m[i]) ** 2)
            best = _towards(away, least, (i, j, -1), (dx_m[i], dy_m), best)
            best = _towards(away, least, (i, j, 1), (dx_m[i], dy_m), best)
            out[i, j] = np.sqrt(best)
    return out


@njit(cache=True, nogil=True)
def _towards(
    away: NDArray[np.int32],
    least: NDArray[np.int32],
    place: tuple[int, int, int],
    step_m: tuple[float, float],
    best: float,
) -> float:
    """Return the least square of a distance to bad ground in the rows above or below a cell."""
    i, j, way = place
    rows, entry = away.shape[0], (_GROUP - 1 if way < 0 else 0)
    row = i + way
    while True:
        up = ((row - i) * step_m[1]) ** 2
        if up >= best:
            return best
        if not 0 <= row < rows:
            return up
        is_whole = way < 0 or row + _GROUP <= rows
        if is_whole and row % _GROUP == entry and up + (least[row // _GROUP, j] * step_m[0]) ** 2 >= best:
            row += way * _GROUP
            continue
        best = min(best, up + (away[row, j] * step_m[0]) ** 2)
        row += way
