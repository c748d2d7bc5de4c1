r"""Gradient of the ground from 3 x 3 cells, and the slope of a gradient.

With the cells ``a b c / d e f / g h i``, north up, Horn's operator is

.. math::
    g_x = \frac{(c + 2f + i) - (a + 2d + g)}{8\,\Delta x}, \qquad
    g_y = \frac{(a + 2b + c) - (g + 2h + i)}{8\,\Delta y},

that of Zevenbergen and Thorne

.. math:: g_x = \frac{f - d}{2\,\Delta x}, \qquad g_y = \frac{b - h}{2\,\Delta y},

and the slope of either

.. math:: \theta = \arctan \sqrt{g_x^2 + g_y^2}.

x points east and y points north. Each sum is made of differences of opposite cells, paired so that flips and
transposition change no bit. Reach: one cell. The baseline of both operators is **two** cells.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from jezero_sites.arrays import FloatArray
from jezero_sites.terrain.ground import as_heights, as_spacing, unknown_like

HORN_REACH_CELLS = 1
ZEVENBERGEN_THORNE_REACH_CELLS = 1


@njit(cache=True, nogil=True)
def _horn(z: FloatArray, dx: FloatArray, dy: float, gx: FloatArray, gy: FloatArray) -> None:
    for r in range(1, z.shape[0] - 1):
        north, here, south = z[r - 1], z[r], z[r + 1]
        east_line, north_line = gx[r, 1:], gy[r, 1:]
        run_x, run_y = 8.0 * dx[r], 8.0 * dy
        for k in range(z.shape[1] - 2):
            a, b, c = north[k], north[k + 1], north[k + 2]
            d, e, f = here[k], here[k + 1], here[k + 2]
            g, h, i = south[k], south[k + 1], south[k + 2]
            whole = ((a + i) + (c + g)) + ((b + h) + (d + f)) + e
            unknown = whole - whole  # 0, or NaN: three of the nine cells are in no difference
            east_line[k] = (((c - a) + (i - g)) + 2.0 * (f - d) + unknown) / run_x
            north_line[k] = (((a - g) + (c - i)) + 2.0 * (b - h) + unknown) / run_y


@njit(cache=True, nogil=True)
def _zevenbergen_thorne(z: FloatArray, dx: FloatArray, dy: float, gx: FloatArray, gy: FloatArray) -> None:
    for r in range(1, z.shape[0] - 1):
        north, here, south = z[r - 1], z[r], z[r + 1]
        east_line, north_line = gx[r, 1:], gy[r, 1:]
        run_x, run_y = 2.0 * dx[r], 2.0 * dy
        for k in range(z.shape[1] - 2):
            a, b, c = north[k], north[k + 1], north[k + 2]
            d, e, f = here[k], here[k + 1], here[k + 2]
            g, h, i = south[k], south[k + 1], south[k + 2]
            whole = ((a + i) + (c + g)) + ((b + h) + (d + f)) + e
            unknown = whole - whole  # 0, or NaN: five of the nine cells are in no difference
            east_line[k] = ((f - d) + unknown) / run_x
            north_line[k] = ((b - h) + unknown) / run_y


@njit(cache=True, nogil=True)
def _slopes(gx: FloatArray, gy: FloatArray, slope: FloatArray) -> None:
    for k in range(slope.size):
        slope[k] = math.degrees(math.atan(math.sqrt(gx[k] * gx[k] + gy[k] * gy[k])))


def horn_gradient(elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float) -> tuple[FloatArray, FloatArray]:
    """Return the gradient to the east and to the north at each cell, in metres per metre.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.

    Returns
    -------
    gx, gy : arrays of shape (rows, columns)
        Rise to the east and to the north; NaN where one of the nine cells is unknown or outside.

    Raises
    ------
    ValueError
        If shapes do not fit or a spacing is not positive and finite.

    References
    ----------
    Horn (1981), Proc. IEEE 69(1), 14-47. doi:10.1109/PROC.1981.11918

    Examples
    --------
    Ground that rises one metre per metre to the east:

    >>> gx, gy = horn_gradient(np.arange(3.0) * np.ones((3, 1)), dx_m=np.ones(3), dy_m=1.0)
    >>> float(gx[1, 1]), float(gy[1, 1])
    (1.0, 0.0)
    """
    heights = as_heights(elevation_m)
    widths, height = as_spacing(dx_m, dy_m, len(heights))
    gx, gy = unknown_like(heights), unknown_like(heights)
    _horn(heights, widths, height, gx, gy)
    return gx, gy


def zevenbergen_thorne_gradient(
    elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float
) -> tuple[FloatArray, FloatArray]:
    """Return the gradient to the east and to the north at each cell, in metres per metre.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.

    Returns
    -------
    gx, gy : arrays of shape (rows, columns)
        Rise to the east and to the north; NaN where one of the nine cells is unknown or outside, although
        only four of them are in the formula.

    Raises
    ------
    ValueError
        If shapes do not fit or a spacing is not positive and finite.

    References
    ----------
    Zevenbergen and Thorne (1987), Earth Surf. Process. Landforms 12, 47-56. doi:10.1002/esp.3290120107

    Examples
    --------
    Ground that falls one metre per metre to the south, that is, rises to the north:

    >>> south_m = -np.arange(3.0)[:, None] * np.ones(3)
    >>> gx, gy = zevenbergen_thorne_gradient(south_m, dx_m=np.ones(3), dy_m=1.0)
    >>> float(gx[1, 1]), float(gy[1, 1])
    (0.0, 1.0)
    """
    heights = as_heights(elevation_m)
    widths, height = as_spacing(dx_m, dy_m, len(heights))
    gx, gy = unknown_like(heights), unknown_like(heights)
    _zevenbergen_thorne(heights, widths, height, gx, gy)
    return gx, gy


def slope_tangent_of(gx: FloatArray, gy: FloatArray) -> FloatArray:
    """Return the length of a gradient, which is the tangent of the slope.

    Parameters
    ----------
    gx, gy : arrays of one shape
        Rise to the east and to the north, metres per metre; NaN where unknown.

    Returns
    -------
    array of the same shape
        The root of the sum of squares, which is rounded alike on every processor; NaN where unknown.

    Examples
    --------
    >>> slope_tangent_of(np.array([3.0, np.nan]), np.array([4.0, 0.0]))
    array([ 5., nan])
    """
    tangent: FloatArray = np.sqrt(np.square(gx) + np.square(gy))
    return tangent


def slope_deg_of(gx: FloatArray, gy: FloatArray) -> FloatArray:
    """Return the slope of a gradient, in degrees.

    Parameters
    ----------
    gx, gy : arrays of one shape
        Rise to the east and to the north, metres per metre; NaN where unknown.

    Returns
    -------
    array of the same shape
        0 (level) to 90; NaN where the gradient is unknown. To compare with a limit, compare
        ``hypot(gx, gy)`` with the tangent of the limit: the answer is the same on every processor.

    Raises
    ------
    ValueError
        If the two shapes differ.

    Examples
    --------
    A gradient of one is 45 degrees:

    >>> slope_deg_of(np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    array([ 0., 45.])
    """
    if np.shape(gx) != np.shape(gy):
        raise ValueError(f"gx has shape {np.shape(gx)}, gy {np.shape(gy)}; needed: one shape")
    slope = np.empty(np.shape(gx))
    east, north = (np.ascontiguousarray(part, dtype=np.float64).ravel() for part in (gx, gy))
    _slopes(east, north, slope.ravel())
    return slope
