r"""Least-squares plane through a window about each cell: its gradient, and what it leaves over.

With column offsets m (east) and row offsets n (north) from the centre of a window of
:math:`N_y \times N_x` cells,

.. math::
    g_x = \frac{\sum m\,z}{\Delta x\,N_y \sum_{N_x} m^2}, \qquad
    g_y = \frac{\sum n\,z}{\Delta y\,N_x \sum_{N_y} n^2},

.. math:: r = d - (\bar d + m\,g_x \Delta x + n\,g_y \Delta y), \qquad d = z - z_0,

with :math:`z_0` the height of the centre. The residuals come from a second pass, after the plane is known:
:math:`\overline{z^2} - \bar z^2` of heights far from zero would lose them.

All sums pair the cells that a flip or a transposition swaps: for any heights, results are the same bits
however the grid is cut, flipped or transposed (spacing and window with it), but that a gradient which turns
is negated or swapped. Reach: half the window.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from jezero_sites.arrays import FloatArray
from jezero_sites.terrain.ground import as_heights, as_spacing, half_window
from jezero_sites.terrain.window import moment_across, moment_along, sum_across, sum_along, window_sum

SPACING_NOISE = 1e-9  # relative: a tie stays a tie although a spacing came out of a projection


def window_cells(length_m: float, spacing_m: float) -> int:
    """Return the side of the window that is nearest to a length, in cells.

    Parameters
    ----------
    length_m, spacing_m : float
        Wanted length and true ground spacing, in metres.

    Returns
    -------
    int
        The odd number nearest to length over spacing, ties up, at least 3.

    Raises
    ------
    ValueError
        If a length is not positive and finite.

    Examples
    --------
    Five metres are five cells of one metre; four are halfway between three and five:

    >>> window_cells(5.0, 1.0), window_cells(4.0, 1.0), window_cells(5.0, 20.0)
    (5, 5, 3)
    """
    if not (0.0 < length_m < math.inf and 0.0 < spacing_m < math.inf):
        raise ValueError(f"length {length_m} m and spacing {spacing_m} m must be positive and finite")
    return max(3, 2 * math.floor(length_m / spacing_m * (1.0 + SPACING_NOISE) / 2.0) + 1)


def plane_reach_cells(window: tuple[int, int]) -> tuple[int, int]:
    """Return how far a window reads from its centre, in cells, (rows, columns).

    Examples
    --------
    >>> plane_reach_cells((3, 5))
    (1, 2)
    """
    return half_window(window)


@njit(cache=True, nogil=True)
def _plane(z: FloatArray, half: tuple[int, int], runs: FloatArray, climb: float, gxy: FloatArray) -> None:
    tall, wide = half
    width = z.shape[1] - 2 * wide
    if width < 1:
        return
    ring, across = np.empty((2 * tall + 1, width)), np.empty(z.shape[1])
    for r in range(z.shape[0]):
        moment_along(z[r], wide, ring[r % len(ring)])
        middle = r - tall
        if middle < tall:
            continue
        east, north = gxy[0, middle, wide : wide + width], gxy[1, middle, wide : wide + width]
        sum_across(ring, middle % len(ring), tall, east)
        moment_across(z, middle, tall, across)
        sum_along(across, wide, north)
        for c in range(width):
            east[c] /= runs[middle]
            north[c] /= climb


def _gradient(
    z: FloatArray, dx: FloatArray, dy: float, window: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    tall, wide = half_window(window)
    squares_x, squares_y = (2.0 * sum(k * k for k in range(1, half + 1)) for half in (wide, tall))
    gxy = np.full((2, *z.shape), np.nan)
    _plane(z, (tall, wide), dx * (window[0] * squares_x), dy * (window[1] * squares_y), gxy)
    return gxy[0], gxy[1]


def plane_gradient(
    elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float, window: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    """Return the gradient of the least-squares plane about each cell, in metres per metre.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres; that of the middle row holds for its window.
    dy_m : float
        True ground height of a cell, in metres.
    window : tuple of int
        Rows and columns of the window, both odd and at least 3.

    Returns
    -------
    gx, gy : arrays of shape (rows, columns)
        Rise to the east and to the north; NaN where a cell of the window is unknown or outside.

    Raises
    ------
    ValueError
        If shapes do not fit, a spacing is not positive and finite, or a window side is even or below 3.

    References
    ----------
    Shepard et al. (2001), J. Geophys. Res. 106(E12), 32777-32795 (detrending). doi:10.1029/2000JE001429

    Examples
    --------
    Ground that rises one metre per metre to the east:

    >>> gx, gy = plane_gradient(np.arange(5.0) * np.ones((3, 1)), dx_m=np.ones(3), dy_m=1.0, window=(3, 5))
    >>> float(gx[1, 2]), float(gy[1, 2])
    (1.0, 0.0)
    """
    heights = as_heights(elevation_m)
    widths, height = as_spacing(dx_m, dy_m, len(heights))
    return _gradient(heights, widths, height, window)


@njit(cache=True, nogil=True)
def _larger(one: float, other: float) -> float:
    return one if one > other else other


@njit(cache=True, nogil=True)
def _fold_quadrants(
    z: FloatArray, at: tuple[int, int], offset: tuple[int, int], fit: tuple[FloatArray, ...], sums: FloatArray
) -> None:
    """Fold the residuals of the cells at (+-n, +-m) into: sum of squares, largest, largest of the negated."""
    (r, start), (n, m), (centre, east, north, mean) = at, offset, fit
    width = centre.size
    nw, ne = z[r - n, start - m : start - m + width], z[r - n, start + m : start + m + width]
    sw, se = z[r + n, start - m : start - m + width], z[r + n, start + m : start + m + width]
    squares, high, deep = sums[0], sums[1], sums[2]
    share = 0.5 if n == 0 or m == 0 else 1.0  # on an axis the four cells are two, each met twice
    for c in range(width):
        rise, fall = m * east[c] + n * north[c], m * east[c] - n * north[c]
        r_ne, r_sw = (ne[c] - centre[c]) - (mean[c] + rise), (sw[c] - centre[c]) - (mean[c] - rise)
        r_se, r_nw = (se[c] - centre[c]) - (mean[c] + fall), (nw[c] - centre[c]) - (mean[c] - fall)
        squares[c] += share * ((r_ne * r_ne + r_sw * r_sw) + (r_nw * r_nw + r_se * r_se))
        high[c] = _larger(_larger(_larger(high[c], r_ne), r_sw), _larger(r_nw, r_se))
        deep[c] = _larger(_larger(_larger(deep[c], -r_ne), -r_sw), _larger(-r_nw, -r_se))


@njit(cache=True, nogil=True)
def _fold_window(
    z: FloatArray, at: tuple[int, int], half: tuple[int, int], fit: tuple[FloatArray, ...], sums: FloatArray
) -> None:
    """Fold the whole window, the offsets (b, a) together with (a, b), which a transposition swaps."""
    (tall, wide), mean = half, fit[3]
    for c in range(mean.size):
        sums[1, c], sums[2, c], sums[3, c] = -mean[c], mean[c], mean[c] * mean[c]
    for b in range(1, max(tall, wide) + 1):
        for a in range(b + 1):
            sums[0] = 0.0
            if b <= tall and a <= wide:
                _fold_quadrants(z, at, (b, a), fit, sums)
            if a != b and a <= tall and b <= wide:
                _fold_quadrants(z, at, (a, b), fit, sums)
            for c in range(mean.size):
                sums[3, c] += sums[0, c]


@njit(cache=True, nogil=True)
def _residuals(z: FloatArray, half: tuple[int, int], plane: tuple[FloatArray, ...], out: FloatArray) -> None:
    (tall, wide), (gx, gy, mean) = half, plane
    inner = slice(wide, max(wide, z.shape[1] - wide))
    sums = np.empty((4, inner.stop - wide))
    for r in range(tall, z.shape[0] - tall):
        fit = (z[r, inner], gx[r, inner], gy[r, inner], mean[r, inner])
        _fold_window(z, (r, wide), half, fit, sums)
        for c in range(sums.shape[1]):
            if not np.isnan(sums[3, c]):
                out[0, r, wide + c] = np.sqrt(sums[3, c] / ((2 * tall + 1) * (2 * wide + 1)))
                out[1, r, wide + c] = _larger(sums[1, c], sums[2, c])
                out[2, r, wide + c] = sums[1, c] + sums[2, c]


def plane_residual_statistics(
    elevation_m: FloatArray, *, window: tuple[int, int]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return how far the ground about each cell departs, vertically, from its least-squares plane, in metres.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    window : tuple of int
        Rows and columns of the window, both odd and at least 3.

    Returns
    -------
    rms_m, max_abs_m, peak_to_peak_m : arrays of shape (rows, columns)
        Root mean square (over the number of cells), largest size, and highest minus lowest residual; all NaN
        where a cell of the window is unknown or outside.

    Raises
    ------
    ValueError
        If the heights are not two-dimensional, or a side of the window is even or below 3.

    References
    ----------
    Shepard et al. (2001), J. Geophys. Res. 106(E12), 32777-32795. doi:10.1029/2000JE001429

    Examples
    --------
    A pebble of 9 m stands 8 m above the level plane through the nine cells, its neighbours 1 m below:

    >>> pebble_m = np.array([[0.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 0.0]])
    >>> [float(part[1, 1]) for part in plane_residual_statistics(pebble_m, window=(3, 3))[1:]]
    [8.0, 9.0]
    """
    heights = as_heights(elevation_m)
    half = half_window(window)
    gx, gy = _gradient(heights, np.ones(len(heights)), 1.0, window)
    cells = float(window[0] * window[1])
    mean = (window_sum(heights, window=window) - cells * heights) / cells
    out = np.full((3, *heights.shape), np.nan)
    _residuals(heights, half, (gx, gy, mean), out)
    return out[0], out[1], out[2]
