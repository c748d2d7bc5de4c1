r"""Aspect: the compass direction in which the ground falls, in degrees.

.. math:: A = \operatorname{atan2}(-g_x, -g_y) \bmod 360^\circ

with Horn's gradient (``gradient.py``), in which the cells need not be square. Clockwise from **grid** north:
add the azimuth of grid north for the true azimuth. Reach: one cell.
"""

from __future__ import annotations

import numpy as np

from jezero_sites.arrays import FloatArray
from jezero_sites.terrain.gradient import HORN_REACH_CELLS, horn_gradient

ASPECT_REACH_CELLS = HORN_REACH_CELLS


def aspect_deg(elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float) -> FloatArray:
    """Return the direction of steepest fall at each cell, in degrees clockwise from grid north.

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
        0 (falls to the north) up to but not including 360; 90 falls to the east. NaN where the gradient is
        exactly 0, and where one of the nine cells is unknown or outside.

    Raises
    ------
    ValueError
        If shapes do not fit or a spacing is not positive and finite.

    References
    ----------
    Horn (1981), Proc. IEEE 69(1), 14-47. doi:10.1109/PROC.1981.11918

    Examples
    --------
    Ground that rises to the east falls to the west:

    >>> aspect_deg(np.arange(4.0) * np.ones((3, 1)), dx_m=np.ones(3), dy_m=1.0)[1]
    array([ nan, 270., 270., nan])
    """
    gx, gy = horn_gradient(elevation_m, dx_m=dx_m, dy_m=dy_m)
    direction = np.degrees(np.arctan2(-gx, -gy)) % 360.0
    direction[direction == 360.0] = 0.0  # a hair west of north rounds up to the full turn
    direction[(gx == 0.0) & (gy == 0.0)] = np.nan
    return direction
