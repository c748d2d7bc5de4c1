r"""Ruggedness measures of other tools, for comparison with them: no gate rests on these.

With the height :math:`z_0` of a cell, its eight neighbours :math:`z_i`, and unit normals :math:`\hat n`
of Horn's gradient over a window of n cells:

.. math::
    \mathrm{TRI}_{\mathrm{Riley}} = \sqrt{\textstyle\sum (z_i - z_0)^2}, \qquad
    \mathrm{TRI}_{\mathrm{Wilson}} = \tfrac18 \textstyle\sum |z_i - z_0|, \qquad
    \mathrm{TPI} = z_0 - \tfrac18 \textstyle\sum z_i,

.. math::
    \mathrm{range} = \max z - \min z, \qquad \mathrm{VRM} = 1 - \tfrac1n \left| \textstyle\sum \hat n \right|.

Both TRI and the range are slope in disguise: a smooth plane of gradient g in cells of h metres reads
:math:`\sqrt6\,g\,h` in Riley's TRI. The two TRI differ three- to fourfold, so name the variant. TPI and VRM
of a plane are 0.
Reach: one cell; VRM: half its window and one more.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from jezero_sites.arrays import FloatArray
from jezero_sites.terrain.gradient import HORN_REACH_CELLS, horn_gradient
from jezero_sites.terrain.ground import as_heights, half_window, unknown_like
from jezero_sites.terrain.window import window_sum

RUGGEDNESS_REACH_CELLS = 1


def vrm_reach_cells(window: tuple[int, int]) -> tuple[int, int]:
    """Return how far VRM reads from its cell, in cells, (rows, columns).

    Examples
    --------
    >>> vrm_reach_cells((3, 5))
    (2, 3)
    """
    tall, wide = half_window(window)
    return tall + HORN_REACH_CELLS, wide + HORN_REACH_CELLS


@njit(cache=True, nogil=True)
def _step(rise: float, kind: int) -> float:
    if kind == 2:
        return rise * rise
    return abs(rise) if kind == 1 else rise


@njit(cache=True, nogil=True)
def _neighbour_sums(z: FloatArray, kind: int, total: FloatArray) -> None:
    """Sum the steps to the eight neighbours as they are (0), their sizes (1) or their squares (2)."""
    for r in range(1, z.shape[0] - 1):
        north, here, south, line = z[r - 1], z[r], z[r + 1], total[r, 1:]
        for k in range(z.shape[1] - 2):
            e = here[k + 1]
            falling = _step(north[k] - e, kind) + _step(south[k + 2] - e, kind)
            rising = _step(north[k + 2] - e, kind) + _step(south[k] - e, kind)
            upright = _step(north[k + 1] - e, kind) + _step(south[k + 1] - e, kind)
            level = _step(here[k] - e, kind) + _step(here[k + 2] - e, kind)
            line[k] = (falling + rising) + (upright + level)


@njit(cache=True, nogil=True)
def _ranges(z: FloatArray, spread: FloatArray) -> None:
    for r in range(1, z.shape[0] - 1):
        line = spread[r, 1:]
        for k in range(z.shape[1] - 2):
            low, high, known = np.inf, -np.inf, True
            for n in range(r - 1, r + 2):
                for m in range(k, k + 3):
                    low, high = min(low, z[n, m]), max(high, z[n, m])
                    known = known and np.isfinite(z[n, m])
            line[k] = high - low if known else np.nan


def tri_riley_m(elevation_m: FloatArray) -> FloatArray:
    """Return Riley's terrain ruggedness index: root of the summed squares of eight steps, in metres.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres; NaN where unknown.

    Returns
    -------
    array of shape (rows, columns)
        At least 0; NaN where one of the nine cells is unknown or outside.

    Raises
    ------
    ValueError
        If the heights are not two-dimensional.

    References
    ----------
    Riley, DeGloria and Elliot (1999), Intermountain J. Sci. 5(1-4), 23-27.

    Examples
    --------
    A pit of 1 m: eight steps of 1 m, the root of 8:

    >>> tri_riley_m(np.array([[0.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 0.0]]))[1, 1] == np.sqrt(8.0)
    np.True_
    """
    heights = as_heights(elevation_m)
    total = unknown_like(heights)
    _neighbour_sums(heights, 2, total)
    return np.sqrt(total, out=total)


def tri_wilson_m(elevation_m: FloatArray) -> FloatArray:
    """Return Wilson's terrain ruggedness index: mean size of the eight steps, in metres.

    Parameters, NaN and errors are those of `tri_riley_m`.

    References
    ----------
    Wilson et al. (2007), Marine Geodesy 30(1-2), 3-35. doi:10.1080/01490410701295962

    Examples
    --------
    >>> float(tri_wilson_m(np.array([[0.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 0.0]]))[1, 1])
    1.0
    """
    heights = as_heights(elevation_m)
    total = unknown_like(heights)
    _neighbour_sums(heights, 1, total)
    return np.divide(total, 8.0, out=total)


def tpi_m(elevation_m: FloatArray) -> FloatArray:
    """Return the topographic position index: height above the mean of the eight neighbours, in metres.

    Parameters, NaN and errors are those of `tri_riley_m`; positive on a knob, negative in a pit.

    References
    ----------
    Weiss (2001), ESRI User Conference, San Diego; Wilson et al. (2007). doi:10.1080/01490410701295962

    Examples
    --------
    >>> float(tpi_m(np.array([[0.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 0.0]]))[1, 1])
    -1.0
    """
    heights = as_heights(elevation_m)
    total = unknown_like(heights)
    _neighbour_sums(heights, 0, total)
    return np.divide(total, -8.0, out=total)


def range_m(elevation_m: FloatArray) -> FloatArray:
    """Return the highest minus the lowest of the nine cells, in metres (``gdaldem roughness``).

    Parameters, NaN and errors are those of `tri_riley_m`.

    References
    ----------
    Wilson et al. (2007), Marine Geodesy 30(1-2), 3-35. doi:10.1080/01490410701295962

    Examples
    --------
    >>> float(range_m(np.array([[0.0, 0.0, 2.0], [0.0, -1.0, 0.0], [0.0, 0.0, 0.0]]))[1, 1])
    3.0
    """
    heights = as_heights(elevation_m)
    spread = unknown_like(heights)
    _ranges(heights, spread)
    return spread


def vrm(elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float, window: tuple[int, int]) -> FloatArray:
    """Return the vector ruggedness measure: how far the surface normals in a window disagree, 0 to 1.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.
    window : tuple of int
        Rows and columns of normals, both odd and at least 3.

    Returns
    -------
    array of shape (rows, columns)
        0 on any plane; NaN where a cell within `vrm_reach_cells` is unknown or outside.

    Raises
    ------
    ValueError
        If shapes do not fit, a spacing is not positive and finite, or a window side is even or below 3.

    References
    ----------
    Sappington, Longshore and Thompson (2007), J. Wildl. Manage. 71(5), 1419-1426. doi:10.2193/2005-723

    Examples
    --------
    >>> vrm(np.zeros((5, 6)), dx_m=np.ones(5), dy_m=1.0, window=(3, 3))[2]
    array([nan, nan, 0., 0., nan, nan])
    """
    gx, gy = horn_gradient(elevation_m, dx_m=dx_m, dy_m=dy_m)
    upright = 1.0 / np.sqrt(1.0 + (gx * gx + gy * gy))
    east, north, up = (window_sum(part, window=window) for part in (gx * upright, gy * upright, upright))
    length = np.sqrt((east * east + north * north) + up * up)
    return np.maximum(1.0 - length / (window[0] * window[1]), 0.0)  # rounding alone goes below 0
