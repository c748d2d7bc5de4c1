r"""How an error of the heights becomes an error of the gradient of a least-squares plane.

The gradient is a weighted sum of heights, so its variance is the sum of the error's correlation C over all
pairs of cells of the window. Pairs at the same offset (p columns, q rows) are counted once:

.. math::
    \frac{\mathrm{var}(g_x)}{\sigma_z^2} = \frac{1}{\Delta x^2}
    \sum_p A(p) \sum_q B(q)\, C\!\left(\sqrt{(p \Delta x)^2 + (q \Delta y)^2}\right),

.. math::
    A(p) = \frac{\sum_m m\,(m + p)}{\left(\sum_m m^2\right)^2}, \qquad B(q) = \frac{N_y - |q|}{N_y^2},

and the same for the north axis with rows and columns exchanged. Without correlation only p = q = 0 is left:
:math:`\mathrm{var}(g_x) = 12 \sigma_z^2 / (N_x (N_x^2 - 1)\, N_y\, \Delta x^2)`.

Correlated errors do not average out over the window: for planes, white noise is not the worst case. Other
operators, and what is left over from the plane, are in ``operator_noise.py``.
"""

from __future__ import annotations

import math

import numpy as np

from jezero_sites.hazards.dem_error.correlation import (
    Correlation,
    CorrelationTable,
    ErrorModel,
    error_variance,
)

__all__ = [
    "Correlation",
    "CorrelationTable",
    "ErrorModel",
    "check_spacing",
    "check_window",
    "plane_gradient_gain",
]


def plane_gradient_gain(
    window: tuple[int, int],
    *,
    dx_m: float,
    dy_m: float,
    model: ErrorModel,
    length_m: float | None = None,
    table: CorrelationTable | None = None,
) -> tuple[float, float]:
    """Return the standard deviations of gx and gy of a fitted plane, per metre of height error.

    Parameters
    ----------
    window : tuple of int
        Rows and columns of the window, both odd and at least 3.
    dx_m, dy_m : float
        True ground spacing of the cells, in metres.
    model : {"white", "gaussian", "exponential", "worst_gaussian", "table"}
        Correlation of the height errors at distance r: none, exp(-r^2 / (4 s^2)) (white noise smoothed by a
        Gaussian of standard deviation s), exp(-r / a), the Gaussian one with the s that is worst, chosen
        for each axis (the worst within that family, not of every correlation), or a given table.
    length_m : float, optional
        The length s or a, in metres; for the two models that have one.
    table : tuple, optional
        Lags in metres, rising from 0, and the correlation at each, 1 at lag 0 and within -1 to 1: linear
        between the lags, 0 beyond the last. For the model "table".

    Returns
    -------
    tuple of float
        Gains of the east and the north gradient, in 1/m: times the error's standard deviation in metres
        they give the standard deviation of a gradient, a pure number.

    Raises
    ------
    ValueError
        If the window, a spacing, the model, its length or its table is not one of the above, or a table
        gives a negative variance and so is no correlation function.

    References
    ----------
    Propagation of covariance through a linear filter; for correlated DEM errors see Heuvelink (1998),
    Error Propagation in Environmental Modelling with GIS. doi:10.4324/9780203016114

    Examples
    --------
    The plane through 3 x 3 cells of one metre: six heights at distance 1, so 1 / sqrt(6):

    >>> gain_x, gain_y = plane_gradient_gain((3, 3), dx_m=1.0, dy_m=1.0, model="white")
    >>> round(gain_x**2, 9) == round(1 / 6, 9) and gain_x == gain_y
    True
    """
    check_window(window)
    check_spacing(dx_m, dy_m)
    correlation = Correlation(model, length_m, table)
    rows, columns = window
    return (
        _gain(_Axes(columns, rows, dx_m, dy_m), correlation),
        _gain(_Axes(rows, columns, dy_m, dx_m), correlation),
    )


def check_window(window: tuple[int, int]) -> None:
    """Refuse a window of a plane whose sides are not odd, or below 3.

    Examples
    --------
    >>> check_window((3, 5))
    """
    if len(window) != 2 or any(side < 3 or side % 2 == 0 for side in window):
        raise ValueError(f"window {window} must have an odd number of rows and of columns, at least 3")


def check_spacing(dx_m: float, dy_m: float) -> None:
    """Refuse a spacing that is not positive and finite.

    Examples
    --------
    >>> check_spacing(0.9, 1.0)
    """
    if not (0.0 < dx_m < math.inf and 0.0 < dy_m < math.inf):
        raise ValueError(f"spacing {dx_m} x {dy_m} m must be positive and finite")


class _Axes:
    """Offsets and weights of all pairs of cells, along a gradient and across it."""

    def __init__(self, n_along: int, n_across: int, step_along: float, step_across: float) -> None:
        place = np.arange(n_along) - n_along // 2.0
        offset_along, offset_across = np.arange(1.0 - n_along, n_along), np.arange(1.0 - n_across, n_across)
        self.step, self.extent = step_along, max(n_along * step_along, n_across * step_across)
        self.finest = min(step_along, step_across)
        self.along, self.across = offset_along * step_along, offset_across * step_across
        self.weights_along = np.correlate(place, place, "full") / np.sum(place**2) ** 2
        self.weights_across = (n_across - np.abs(offset_across)) / n_across**2


def _gain(axes: _Axes, correlation: Correlation) -> float:
    def variance(one: Correlation) -> float:
        if one.model == "table":
            return _tabulated(axes, one)
        if one.length_m is None:
            return _white(axes)
        return (_gaussian if one.model == "gaussian" else _exponential)(axes, one.length_m)

    found = error_variance(variance, correlation, finest_m=axes.finest, extent_m=axes.extent)
    return math.sqrt(found) / axes.step


def _white(axes: _Axes) -> float:
    return float(axes.weights_along.max() * axes.weights_across.max())


def _gaussian(axes: _Axes, length_m: float) -> float:
    # The weights along add up to nothing: C - 1 in place of C keeps its digits where C is nearly 1.
    along = axes.weights_along @ np.expm1(-((axes.along / (2.0 * length_m)) ** 2))
    across = axes.weights_across @ np.exp(-((axes.across / (2.0 * length_m)) ** 2))
    return float(along * across)


def _exponential(axes: _Axes, length_m: float) -> float:
    along, across = axes.along[:, None] / length_m, np.abs(axes.across) / length_m
    distance = np.hypot(along, across)
    farther = np.divide(along**2, distance + across, out=np.zeros_like(distance), where=distance > 0)
    return float(axes.weights_along @ (np.expm1(-farther) * np.exp(-across)) @ axes.weights_across)


def _tabulated(axes: _Axes, correlation: Correlation) -> float:
    change = correlation.less_one(np.hypot(axes.along[:, None], axes.across))
    return float(axes.weights_along @ change @ axes.weights_across)
