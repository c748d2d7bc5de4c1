r"""Slope of the ground, in degrees, by four operators.

.. math:: \theta = \arctan \sqrt{g_x^2 + g_y^2}

with the gradient of Horn or of Zevenbergen and Thorne (``gradient.py``), of the least-squares plane
(``plane.py``), or of the four corners ``a b / c d`` of a window of B cells, the baseline:

.. math::
    g_x = \frac{(b + d) - (a + c)}{2\,B_x\,\Delta x}, \qquad
    g_y = \frac{(a + b) - (c + d)}{2\,B_y\,\Delta y}.

Reach: one cell for the first two, half the window for the plane, :math:`\lceil B/2 \rceil` for the baseline.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from jezero_sites.arrays import FloatArray
from jezero_sites.terrain.gradient import horn_gradient, slope_deg_of, zevenbergen_thorne_gradient
from jezero_sites.terrain.ground import as_heights, as_spacing, unknown_like
from jezero_sites.terrain.plane import SPACING_NOISE, plane_gradient


def horn_slope_deg(elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float) -> FloatArray:
    """Return the slope of Horn's 3 x 3 gradient at each cell, in degrees.

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
    array of shape (rows, columns)
        0 (level) to 90; NaN where one of the nine cells is unknown or outside.

    Raises
    ------
    ValueError
        If shapes do not fit or a spacing is not positive and finite.

    References
    ----------
    Horn (1981), Proc. IEEE 69(1), 14-47. doi:10.1109/PROC.1981.11918

    Examples
    --------
    Ground that rises one metre per metre to the east slopes at 45 degrees:

    >>> east_m = np.arange(4.0) * np.ones((3, 1))
    >>> horn_slope_deg(east_m, dx_m=np.ones(3), dy_m=1.0)[1, 1:3]
    array([45., 45.])
    """
    return slope_deg_of(*horn_gradient(elevation_m, dx_m=dx_m, dy_m=dy_m))


def zevenbergen_thorne_slope_deg(elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float) -> FloatArray:
    """Return the slope of Zevenbergen and Thorne's gradient at each cell, in degrees.

    Parameters, result and errors are those of `horn_slope_deg`.

    References
    ----------
    Zevenbergen and Thorne (1987), Earth Surf. Process. Landforms 12, 47-56. doi:10.1002/esp.3290120107

    Examples
    --------
    >>> east_m = np.arange(4.0) * np.ones((3, 1))
    >>> zevenbergen_thorne_slope_deg(east_m, dx_m=np.ones(3), dy_m=1.0)[1, 1:3]
    array([45., 45.])
    """
    return slope_deg_of(*zevenbergen_thorne_gradient(elevation_m, dx_m=dx_m, dy_m=dy_m))


def plane_slope_deg(
    elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float, window: tuple[int, int]
) -> FloatArray:
    """Return the slope of the least-squares plane through a window about each cell, in degrees.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.
    window : tuple of int
        Rows and columns of the window, both odd and at least 3.

    Returns
    -------
    array of shape (rows, columns)
        0 (level) to 90; NaN where a cell of the window is unknown or outside.

    Raises
    ------
    ValueError
        If shapes do not fit, a spacing is not positive and finite, or a window side is even or below 3.

    References
    ----------
    See `jezero_sites.terrain.plane.plane_gradient`.

    Examples
    --------
    >>> east_m = np.arange(6.0) * np.ones((3, 1))
    >>> plane_slope_deg(east_m, dx_m=np.ones(3), dy_m=1.0, window=(3, 5))[1, 2:4]
    array([45., 45.])
    """
    return slope_deg_of(*plane_gradient(elevation_m, dx_m=dx_m, dy_m=dy_m, window=window))


def baseline_cells(length_m: float, spacing_m: float) -> int:
    """Return the baseline nearest to a length, in cells: at least 1, halves up.

    Raises
    ------
    ValueError
        If a length is not positive and finite.

    Examples
    --------
    >>> baseline_cells(5.0, 1.0), baseline_cells(5.0, 2.0), baseline_cells(5.0, 20.0)
    (5, 3, 1)
    """
    if not (0.0 < length_m < math.inf and 0.0 < spacing_m < math.inf):
        raise ValueError(f"length {length_m} m and spacing {spacing_m} m must be positive and finite")
    return max(1, math.floor(length_m / spacing_m * (1.0 + SPACING_NOISE) + 0.5))


def baseline_reach_cells(cells: tuple[int, int]) -> tuple[int, int]:
    """Return how far a baseline of (rows, columns) cells reads from its cell, in cells, (rows, columns).

    Examples
    --------
    >>> baseline_reach_cells((2, 5))
    (1, 3)
    """
    rows, columns = (int(side) for side in cells)
    if (rows, columns) != tuple(cells) or min(rows, columns) < 1:
        raise ValueError(f"baseline is {cells}; needed: (rows, columns), whole cells, at least 1")
    return (rows + 1) // 2, (columns + 1) // 2


def baseline_offset_cells(cells: tuple[int, int]) -> tuple[float, float]:
    """Return where a baseline slope truly lies, from the centre of its cell, in cells (down, right).

    An even baseline is centred on its cell. An odd one is centred on the upper left corner of the cell: write
    it to a grid moved by this offset, and never stack it with other layers.

    Examples
    --------
    >>> baseline_offset_cells((2, 5))
    (0.0, -0.5)
    """
    baseline_reach_cells(cells)
    return (-0.5 if cells[0] % 2 else 0.0), (-0.5 if cells[1] % 2 else 0.0)


@njit(cache=True, nogil=True)
def _baseline(z: FloatArray, runs: FloatArray, climb: float, cells: tuple[int, int], gxy: FloatArray) -> None:
    tall, wide = cells
    first, start = (tall + 1) // 2, (wide + 1) // 2
    for r in range(first, z.shape[0] - (tall - first)):
        north, south, own = z[r - first], z[r - first + tall], z[r, start:]
        east_line, north_line = gxy[0, r, start:], gxy[1, r, start:]
        for k in range(z.shape[1] - wide):
            a, b, c, d = north[k], north[k + wide], south[k], south[k + wide]
            unknown = own[k] - own[k]  # 0, or NaN where the cell itself is unknown
            east_line[k] = ((b - a) + (d - c) + unknown) / runs[r]
            north_line[k] = ((a - c) + (b - d) + unknown) / climb


def baseline_slope_deg(
    elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float, cells: tuple[int, int]
) -> FloatArray:
    """Return the adirectional slope over a baseline, from the four corners of a window, in degrees.

    Cell (r, c) reads rows ``r - s`` to ``r - s + B`` with ``s = (B + 1) // 2``, and columns likewise; the
    first known cell is s. The value of an odd baseline lies half a cell up and left of the cell that holds
    it (`baseline_offset_cells`); its spacing is that of the row that holds it.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.
    cells : tuple of int
        Baseline in cells along (rows, columns), each at least 1; see `baseline_cells`.

    Returns
    -------
    array of shape (rows, columns)
        0 (level) to 90; NaN where a corner or the cell itself is unknown, or a corner is outside.

    Raises
    ------
    ValueError
        If shapes do not fit, a spacing is not positive and finite, or a baseline is below one cell.

    References
    ----------
    Kirk et al. (2008), J. Geophys. Res. 113, E00A24 (adirectional slope over a baseline).
    doi:10.1029/2007JE003000. Alignment as in USGS Astrogeology, GDAL_scripts, gdal_baseline_slope.

    Examples
    --------
    >>> east_m = np.arange(4.0) * np.ones((3, 1))
    >>> baseline_slope_deg(east_m, dx_m=np.ones(3), dy_m=1.0, cells=(2, 2))[1, 1:3]
    array([45., 45.])
    """
    return slope_deg_of(*baseline_gradient(elevation_m, dx_m=dx_m, dy_m=dy_m, cells=cells))


def baseline_gradient(
    elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float, cells: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    """Return the gradient over a baseline, from the four corners of a window, in metres per metre.

    Parameters, errors and place of the values as for `baseline_slope_deg`.

    Returns
    -------
    gx, gy : arrays of shape (rows, columns)
        Rise to the east and to the north; NaN where the slope is.

    Examples
    --------
    >>> north_m = -2.0 * np.arange(4.0)[:, None] * np.ones((1, 5))
    >>> gx, gy = baseline_gradient(north_m, dx_m=np.ones(4), dy_m=1.0, cells=(2, 2))
    >>> float(gx[1, 2]), float(gy[1, 2])
    (0.0, 2.0)
    """
    heights = as_heights(elevation_m)
    widths, height = as_spacing(dx_m, dy_m, len(heights))
    baseline_reach_cells(cells)
    gxy = np.stack([unknown_like(heights), unknown_like(heights)])
    _baseline(heights, widths * (2.0 * cells[1]), height * (2.0 * cells[0]), cells, gxy)
    return gxy[0], gxy[1]
