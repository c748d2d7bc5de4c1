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
    radius: FloatArray = _nearest(
        _columns_to_bad(bad), np.asarray(dx_m, float), float(dy_m), float(max_radius_m)
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
def _nearest(away: NDArray[np.int32], dx_m: FloatArray, dy_m: float, most_m: float) -> FloatArray:
    rows, cols = away.shape
    out = np.empty((rows, cols), np.float64)
    reach = int(most_m / dy_m) + 1
    for i in range(rows):
        for j in range(cols):
            best = min(most_m * most_m, (away[i, j] * dx_m[i]) ** 2)
            for k in range(1, reach + 1):
                up = (k * dy_m) ** 2
                if up >= best:
                    break
                for row in (i - k, i + k):
                    across = 0.0
                    if 0 <= row < rows:
                        across = (away[row, j] * dx_m[i]) ** 2
                    best = min(best, up + across)
            out[i, j] = np.sqrt(best)
    return out
