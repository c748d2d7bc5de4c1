r"""Open ground: a self-affine plain, and a gentle tilt.

Power spectral density of heights against the wave number :math:`\kappa` in radians per metre:

.. math::

   S(\kappa) = C \kappa^{-2-2H}, \qquad
   C = \frac{v_1^2\; 2^{2H} H\, \Gamma(1+H)}{2\pi\, \Gamma(1-H)}

so that the RMS deviation of two heights a distance :math:`L` (in metres) apart is
:math:`v(L) = v_1 L^H`, with :math:`H` the Hurst exponent and :math:`v_1` the deviation at 1 m.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import fft

from jezero_sites.arrays import FloatArray

__all__ = ["fractal_plain", "scaled_to_rms", "tilted_plane"]

PERIOD_FRACTION = 1.25
"""The synthesised ground repeats after this many times its extent: opposite edges do not match."""


def fractal_plain(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    dx_m: float,
    dy_m: float,
    hurst: float,
    deviation_at_1m_m: float,
) -> FloatArray:
    """Return heights of a self-affine plain about zero, in metres.

    White noise is weighted with the square root of the spectrum above, up to the shortest wave
    the cells can carry and down to the longest that fits.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same state gives the same plain.
    shape : (rows, columns)
    dx_m, dy_m : float
        Ground width and height of a cell, in metres.
    hurst : float
        Hurst exponent, above 0 (jagged) and below 1 (smooth).
    deviation_at_1m_m : float
        RMS difference of heights 1 m apart, in metres; an extrapolation where cells are larger.

    Returns
    -------
    array of shape (rows, columns)
        Never NaN.

    Raises
    ------
    ValueError
        When the Hurst exponent is not between 0 and 1.

    References
    ----------
    Shepard et al. (2001), J. Geophys. Res. 106(E12), 32777, doi:10.1029/2000JE001429 (RMS deviation
    and Hurst exponent); Turcotte (1997), Fractals and Chaos in Geology and Geophysics, chapter 7
    (spectral synthesis).

    Examples
    --------
    >>> flat = fractal_plain(np.random.default_rng(1), (3, 5), dx_m=1.0, dy_m=2.0, hurst=0.7,
    ...                      deviation_at_1m_m=0.0)
    >>> flat.shape, bool((flat == 0).all())
    ((3, 5), True)
    """
    if not 0 < hurst < 1:
        raise ValueError(f"found a Hurst exponent of {hurst}; it must lie between 0 and 1")
    rows, columns = (fft.next_fast_len(math.ceil(PERIOD_FRACTION * n), real=True) for n in shape)
    noise = rng.standard_normal((rows, columns))
    east = 2 * np.pi * fft.rfftfreq(columns, dx_m)
    north = 2 * np.pi * fft.fftfreq(rows, dy_m)[:, None]
    square = east**2 + north**2
    square[0, 0] = np.inf
    constant = deviation_at_1m_m**2 * 2 ** (2 * hurst) * hurst * math.gamma(1 + hurst)
    constant /= 2 * np.pi * math.gamma(1 - hurst)
    weight = 2 * np.pi * np.sqrt(constant / (dx_m * dy_m)) * square ** (-(1 + hurst) / 2)
    heights = fft.irfft2(fft.rfft2(noise) * weight, s=(rows, columns))
    return np.ascontiguousarray(heights[: shape[0], : shape[1]])


def scaled_to_rms(heights_m: FloatArray, rms_height_m: float) -> FloatArray:
    """Return heights about their mean with the wanted RMS height, in metres.

    Parameters
    ----------
    heights_m : array of shape (rows, columns)
        Not all the same, no NaN.
    rms_height_m : float
        Wanted root mean square of the heights about their mean, in metres.

    Returns
    -------
    array of shape (rows, columns)

    Examples
    --------
    >>> scaled_to_rms(np.array([[1.0, 3.0]]), 5.0)
    array([[-5.,  5.]])
    """
    centred = heights_m - heights_m.mean()
    scaled: FloatArray = centred * (rms_height_m / np.sqrt(np.mean(centred**2)))
    return scaled


def tilted_plane(
    x_m: FloatArray, y_m: FloatArray, *, slope_deg: float, uphill_azimuth_deg: float
) -> FloatArray:
    """Return heights of a plane through zero at the south-west corner, in metres.

    Parameters
    ----------
    x_m, y_m : arrays of shape (columns,) and (rows,)
        Where the cells lie: metres east and north.
    slope_deg : float
        Slope of the plane, in degrees.
    uphill_azimuth_deg : float
        Where it rises to, in degrees clockwise from north.

    Returns
    -------
    array of shape (rows, columns)

    Examples
    --------
    A plane that rises one metre per metre to the east:

    >>> plane = tilted_plane(np.array([0.0, 2.0]), np.array([5.0]), slope_deg=45, uphill_azimuth_deg=90)
    >>> plane.round(9)
    array([[0., 2.]])
    """
    azimuth = math.radians(uphill_azimuth_deg)
    along = x_m * math.sin(azimuth) + y_m[:, None] * math.cos(azimuth)
    plane: FloatArray = along * math.tan(math.radians(slope_deg))
    return plane
