r"""What errors of the heights alone make of ruggedness: Riley's, Wilson's, and the topographic position.

With the error's correlation C and the distances r_i of the eight neighbours, differences to them have the variance
:math:`2 \sigma^2 (1 - C(r_i))`, so that

.. math::
    \mathrm{RMS(Riley)} = \sigma \sqrt{2 \sum_i (1 - C(r_i))}, \qquad
    \mathrm{mean(Wilson)} = \frac{\sigma}{8} \sqrt{\frac{2}{\pi}} \sum_i \sqrt{2 (1 - C(r_i))},

and the topographic position, a weighted sum of nine heights, has the variance w' C w. White noise is the worst of
the Gaussian errors for the first two, not always for the last.
"""

from __future__ import annotations

import math

import numpy as np

from jezero_sites.arrays import FloatArray
from jezero_sites.hazards.dem_error.correlation import Correlation, error_variance

_ROWS, _COLUMNS = (line.ravel() for line in np.mgrid[-1.0:2.0, -1.0:2.0])


def riley_rms_gain(*, dx_m: float, dy_m: float, correlation: Correlation) -> float:
    """Return the root mean square of Riley's ruggedness on flat ground, per metre of height error.

    Parameters
    ----------
    dx_m, dy_m : float
        True ground spacing of the cells, in metres.
    correlation : Correlation
        Of the height errors.

    Returns
    -------
    float

    Examples
    --------
    Eight differences of independent errors, each of variance 2:

    >>> riley_rms_gain(dx_m=1.0, dy_m=1.0, correlation=Correlation("white"))
    4.0
    """
    return math.sqrt(float(np.sum(_difference_variances(dx_m, dy_m, correlation))))


def wilson_mean_gain(*, dx_m: float, dy_m: float, correlation: Correlation) -> float:
    """Return the mean of Wilson's ruggedness on flat ground, per metre of height error.

    Examples
    --------
    The mean size of the difference of two independent normal errors is 2 / sqrt(pi):

    >>> gain = wilson_mean_gain(dx_m=1.0, dy_m=1.0, correlation=Correlation("white"))
    >>> round(gain * math.sqrt(math.pi), 9)
    2.0
    """
    sizes = np.sqrt(_difference_variances(dx_m, dy_m, correlation))
    return float(np.mean(sizes)) * math.sqrt(2.0 / math.pi)


def tpi_rms_gain(*, dx_m: float, dy_m: float, correlation: Correlation) -> float:
    """Return the root mean square of the topographic position on flat ground, per metre of height error.

    Examples
    --------
    One error and the mean of eight others: 1 + 1/8.

    >>> round(tpi_rms_gain(dx_m=1.0, dy_m=1.0, correlation=Correlation("white")) ** 2, 9)
    1.125
    """
    weights = np.full(9, -1.0 / 8.0)
    weights[4] = 1.0
    rows, columns = _ROWS * dy_m, _COLUMNS * dx_m
    apart = np.hypot(rows[:, None] - rows, columns[:, None] - columns)

    def variance(one: Correlation) -> float:
        return float(weights @ one.less_one(apart) @ weights)

    extent = math.hypot(2.0 * dx_m, 2.0 * dy_m)
    return math.sqrt(error_variance(variance, correlation, finest_m=min(dx_m, dy_m), extent_m=extent))


def _difference_variances(dx_m: float, dy_m: float, correlation: Correlation) -> FloatArray:
    """Return the variances of the differences to the eight neighbours; the worst Gaussian one is white."""
    one = Correlation("white") if correlation.model == "worst_gaussian" else correlation
    apart = np.hypot(_ROWS * dy_m, _COLUMNS * dx_m)
    return np.asarray(-2.0 * one.less_one(apart[apart > 0.0]), np.float64)
