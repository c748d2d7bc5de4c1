r"""Curvature of the ground along and across its steepest slope, per metre.

From the partial quartic surface through 3 x 3 cells ``a b c / d e f / g h i``, north up,

.. math::
    D = \frac{(d + f)/2 - e}{\Delta x^2}, \quad E = \frac{(b + h)/2 - e}{\Delta y^2}, \quad
    F = \frac{(c + g) - (a + i)}{4\,\Delta x\,\Delta y}, \quad
    G = \frac{f - d}{2\,\Delta x}, \quad H = \frac{b - h}{2\,\Delta y},

.. math::
    \kappa_{\mathrm{profile}} = -2\,\frac{D G^2 + E H^2 + F G H}{G^2 + H^2}, \qquad
    \kappa_{\mathrm{plan}} = -2\,\frac{D H^2 + E G^2 - F G H}{G^2 + H^2}.

**Sign: convex is positive in both.** Profile: positive where the ground steepens downhill (a brow), negative
at the foot of a slope. Plan: positive on a spur, negative in a gully. Zevenbergen and Thorne print the plan
curvature with the other sign; ArcGIS turns the profile curvature and multiplies both by 100. Both are second
derivatives of the height along a level direction, not divided by the length of the tangent. Where the
gradient is 0 there is no direction, and both are 0. Reach: one cell.
"""

from __future__ import annotations

from numba import njit

from jezero_sites.arrays import FloatArray
from jezero_sites.terrain.ground import as_heights, as_spacing, unknown_like

CURVATURE_REACH_CELLS = 1


@njit(cache=True, nogil=True)
def _bend(ring: tuple[float, ...], dx: float, dy: float, is_plan: bool) -> float:
    """Return the curvature from the steps to the eight neighbours, in the order a b c d f g h i."""
    a, b, c, d, f, g, h, i = ring
    along_x, along_y = 0.5 * (d + f) / (dx * dx), 0.5 * (b + h) / (dy * dy)
    twist = ((c + g) - (a + i)) / (4.0 * (dx * dy))
    east, north = (f - d) / (2.0 * dx), (b - h) / (2.0 * dy)
    steepness = east * east + north * north
    if steepness == 0.0:
        return 0.0
    cross = twist * (east * north)
    if is_plan:
        return -2.0 * ((along_x * north * north + along_y * east * east) - cross) / steepness
    return -2.0 * ((along_x * east * east + along_y * north * north) + cross) / steepness


@njit(cache=True, nogil=True)
def _curvature(z: FloatArray, dx: FloatArray, dy: float, is_plan: bool, bend: FloatArray) -> None:
    for r in range(1, z.shape[0] - 1):
        north, here, south, line = z[r - 1], z[r], z[r + 1], bend[r, 1:]
        for k in range(z.shape[1] - 2):
            e = here[k + 1]
            a, b, c = north[k] - e, north[k + 1] - e, north[k + 2] - e
            g, h, i = south[k] - e, south[k + 1] - e, south[k + 2] - e
            d, f = here[k] - e, here[k + 2] - e
            whole = ((a + i) + (c + g)) + ((b + h) + (d + f))
            line[k] = _bend((a, b, c, d, f, g, h, i), dx[r], dy, is_plan) + (whole - whole)


def profile_curvature_per_m(elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float) -> FloatArray:
    """Return the curvature along the steepest slope, per metre, positive where convex.

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
        0 where the gradient is 0; NaN where one of the nine cells is unknown or outside.

    Raises
    ------
    ValueError
        If shapes do not fit or a spacing is not positive and finite.

    References
    ----------
    Zevenbergen and Thorne (1987), Earth Surf. Process. Landforms 12, 47-56. doi:10.1002/esp.3290120107

    Examples
    --------
    The brow z = -x^2 bends by 2 per metre wherever it slopes, and has no direction at its crest:

    >>> import numpy as np
    >>> brow_m = -((np.arange(6.0) - 2.0) ** 2) * np.ones((3, 1))
    >>> profile_curvature_per_m(brow_m, dx_m=np.ones(3), dy_m=1.0)[1]
    array([nan, 2., 0., 2., 2., nan])
    """
    heights = as_heights(elevation_m)
    widths, height = as_spacing(dx_m, dy_m, len(heights))
    bend = unknown_like(heights)
    _curvature(heights, widths, height, False, bend)
    return bend


def plan_curvature_per_m(elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float) -> FloatArray:
    """Return the curvature across the steepest slope, per metre, positive on a spur and negative in a gully.

    Parameters, NaN and errors are those of `profile_curvature_per_m`.

    References
    ----------
    Zevenbergen and Thorne (1987), Earth Surf. Process. Landforms 12, 47-56 (sign of the plan curvature
    turned). doi:10.1002/esp.3290120107

    Examples
    --------
    A spur that falls to the south, z = y - x^2, seen on its axis (column 2):

    >>> import numpy as np
    >>> rows, columns = np.indices((3, 5))
    >>> float(plan_curvature_per_m(-rows - (columns - 2.0) ** 2, dx_m=np.ones(3), dy_m=1.0)[1, 2])
    2.0
    """
    heights = as_heights(elevation_m)
    widths, height = as_spacing(dx_m, dy_m, len(heights))
    bend = unknown_like(heights)
    _curvature(heights, widths, height, True, bend)
    return bend
