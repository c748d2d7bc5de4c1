r"""Roughness: what the ground about each cell leaves over from its least-squares plane, in metres.

.. math::
    R_{\mathrm{rms}} = \sqrt{\frac{1}{N_y N_x} \sum r^2}, \qquad
    R_{\max} = \max |r|, \qquad R_{\mathrm{pp}} = \max r - \min r,

with the vertical residuals r of ``plane.py``. A smooth slope has no roughness, however steep. White noise of
standard deviation :math:`\sigma` in the heights reads :math:`\sigma \sqrt{(N^2 - 3)/N^2}` in an N x N window.
Reach: half the window.
"""

from __future__ import annotations

from jezero_sites.arrays import FloatArray
from jezero_sites.terrain.plane import plane_residual_statistics


def rms_roughness_m(elevation_m: FloatArray, *, window: tuple[int, int]) -> FloatArray:
    """Return the root mean square departure from the least-squares plane, in metres.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    window : tuple of int
        Rows and columns of the window, both odd and at least 3.

    Returns
    -------
    array of shape (rows, columns)
        At least 0, divided by the number of cells; NaN where a cell of the window is unknown or outside.

    Raises
    ------
    ValueError
        If the heights are not two-dimensional, or a side of the window is even or below 3.

    References
    ----------
    Shepard et al. (2001), J. Geophys. Res. 106(E12), 32777-32795. doi:10.1029/2000JE001429

    Examples
    --------
    A pebble of 9 m in the middle of nine cells stands 8 m above the mean plane, its neighbours 1 m below: the
    mean square is (64 + 8) / 9 = 8:

    >>> import numpy as np
    >>> pebble_m = np.array([[0.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 0.0]])
    >>> float(rms_roughness_m(pebble_m, window=(3, 3))[1, 1] ** 2).__round__(12)
    8.0
    """
    return plane_residual_statistics(elevation_m, window=window)[0]


def max_roughness_m(elevation_m: FloatArray, *, window: tuple[int, int]) -> FloatArray:
    """Return the largest departure from the least-squares plane, up or down, in metres.

    Parameters, NaN and errors are those of `rms_roughness_m`.

    Examples
    --------
    >>> import numpy as np
    >>> pebble_m = np.array([[0.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 0.0]])
    >>> float(max_roughness_m(pebble_m, window=(3, 3))[1, 1])
    8.0
    """
    return plane_residual_statistics(elevation_m, window=window)[1]


def peak_to_peak_roughness_m(elevation_m: FloatArray, *, window: tuple[int, int]) -> FloatArray:
    """Return the highest minus the lowest departure from the least-squares plane, in metres.

    Parameters, NaN and errors are those of `rms_roughness_m`.

    Examples
    --------
    >>> import numpy as np
    >>> pebble_m = np.array([[0.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 0.0]])
    >>> float(peak_to_peak_roughness_m(pebble_m, window=(3, 3))[1, 1])
    9.0
    """
    return plane_residual_statistics(elevation_m, window=window)[2]
