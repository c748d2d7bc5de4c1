r"""Hillshade: the cosine of the angle between the sun and the surface normal.

.. math::
    h = \max\left(0,\
        \frac{\sin\alpha - \cos\alpha\,(g_x \sin A + g_y \cos A)}{\sqrt{1 + g_x^2 + g_y^2}}\right)

with Horn's gradient (``gradient.py``), sun altitude :math:`\alpha` and azimuth A. Level ground reads
:math:`\sin\alpha`, at every height of the sun. No ground casts a shadow on other ground here.
The grey level of ``gdaldem hillshade`` is ``1 + 254 * h``, rounded. Reach: one cell.
"""

from __future__ import annotations

import math

import numpy as np

from jezero_sites.arrays import FloatArray
from jezero_sites.terrain.gradient import HORN_REACH_CELLS, horn_gradient

HILLSHADE_REACH_CELLS = HORN_REACH_CELLS


def hillshade(
    elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float, sun_azimuth_deg: float, sun_altitude_deg: float
) -> FloatArray:
    """Return the share of full sunlight that falls on each cell, 0 to 1.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.
    sun_azimuth_deg : float
        Direction of the sun, degrees clockwise from grid north.
    sun_altitude_deg : float
        Height of the sun above the horizon, -90 to 90 degrees.

    Returns
    -------
    array of shape (rows, columns)
        0 where the ground is turned away from the sun, 1 where it faces it; NaN where one of the nine cells
        is unknown or outside.

    Raises
    ------
    ValueError
        If shapes do not fit, a spacing is not positive and finite, or the sun is not where a sun can be.

    References
    ----------
    Horn (1981), Proc. IEEE 69(1), 14-47. doi:10.1109/PROC.1981.11918

    Examples
    --------
    Level ground under a sun 30 degrees high gets half of its light:

    >>> sun = {"sun_azimuth_deg": 315.0, "sun_altitude_deg": 30.0}
    >>> round(float(hillshade(np.zeros((3, 3)), dx_m=np.ones(3), dy_m=1.0, **sun)[1, 1]), 12)
    0.5
    """
    if not (math.isfinite(sun_azimuth_deg) and -90.0 <= sun_altitude_deg <= 90.0):
        raise ValueError(
            f"sun at azimuth {sun_azimuth_deg}, altitude {sun_altitude_deg}; needed: -90 to 90 high"
        )
    azimuth, altitude = math.radians(sun_azimuth_deg), math.radians(sun_altitude_deg)
    gx, gy = horn_gradient(elevation_m, dx_m=dx_m, dy_m=dy_m)
    towards = gx * math.sin(azimuth) + gy * math.cos(azimuth)
    cosine = (math.sin(altitude) - math.cos(altitude) * towards) / np.sqrt(1.0 + (gx * gx + gy * gy))
    return np.maximum(cosine, 0.0)
