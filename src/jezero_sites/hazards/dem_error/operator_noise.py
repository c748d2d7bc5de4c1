r"""What the error of a DEM does to each operator: its gradient, its residuals, and level ground seen through it.

A gradient is a weighted sum of heights, with the error's correlation C over all pairs of the cells it reads

.. math:: \mathrm{var}(g_x) = \sigma_z^2 \sum_{ij} w_i\,w_j\,C(r_{ij}).

For the four corners of square cells this is :math:`\sigma_z^2\,[C(0) - C(\sqrt 2 L)] / L^2`, whatever C. What a
plane leaves over of the error in its window of n cells has the mean square

.. math::
    \overline{r^2} = \sigma_z^2 \Big(1 - \frac 1 n \sum_{ij} P_{ij}\,C(r_{ij})\Big), \qquad
    P_{ij} = \frac 1 n + \frac{x_i x_j}{\sum x^2} + \frac{y_i y_j}{\sum y^2},

summed over the offsets of pairs, each offset once; without correlation it is :math:`\sigma_z^2 (1 - 3/n)`. On
level ground the gradient is made of the errors alone,

.. math::
    g = R \sqrt{\sigma_x^2 \cos^2\varphi + \sigma_y^2 \sin^2\varphi}, \qquad R \sim R\,e^{-R^2/2},
    \quad \varphi \text{ uniform},

which for equal sigmas is Rayleigh's law. The slope is its arc tangent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from jezero_sites.arrays import FloatArray
from jezero_sites.hazards.dem_error.correlation import Correlation, error_variance
from jezero_sites.hazards.dem_error.error_model import check_spacing, check_window, plane_gradient_gain
from jezero_sites.hazards.dem_error.exceedance import noise_floor_p95_deg

Operator = Literal["horn", "zevenbergen_thorne", "corners", "plane"]

_FARTHEST_SIGMAS = 9.0  # of Rayleigh's law: 3e-18 of it lies beyond
_NODES = 200  # along R and along the angle: within 1e-9 degree for sigmas up to 1


@dataclass(frozen=True)
class FlatSlope:
    """Slope that perfectly level ground appears to have, in degrees.

    ``mean_deg`` is the mean of slopes, ``rms_deg`` the slope of the root mean square gradient, ``p95_deg`` the
    slope that one cell in twenty exceeds.
    """

    mean_deg: float
    rms_deg: float
    p95_deg: float


def gradient_gain(
    operator: Operator,
    *,
    dx_m: float,
    dy_m: float,
    correlation: Correlation,
    cells: tuple[int, int] | None = None,
) -> tuple[float, float]:
    """Return the standard deviations of gx and gy of an operator, per metre of height error.

    Parameters
    ----------
    operator : {"horn", "zevenbergen_thorne", "corners", "plane"}
        The operators of `jezero_sites.terrain`; "corners" is the adirectional slope over a baseline.
    dx_m, dy_m : float
        True ground spacing of the cells, in metres.
    correlation : Correlation
        Of the height errors. "worst_gaussian" is the worst of white noise and every Gaussian length, for each
        axis by itself.
    cells : tuple of int, optional
        Rows and columns: the baseline in cells of "corners" (each at least 1), the window of "plane" (odd, at
        least 3). The other two always read 3 x 3 cells.

    Returns
    -------
    tuple of float
        Gains of the east and the north gradient, in 1/m.

    Raises
    ------
    ValueError
        If the operator is unknown, its cells are missing or wrong, a spacing is not positive and finite, or a
        table of correlations gives a negative variance.

    References
    ----------
    Propagation of covariance through a linear filter; for correlated DEM errors see Heuvelink (1998),
    Error Propagation in Environmental Modelling with GIS. doi:10.4324/9780203016114

    Examples
    --------
    Corners ten cells apart, with independent errors: half the sum of two differences over ten metres.

    >>> gains = gradient_gain("corners", cells=(10, 10), dx_m=1.0, dy_m=1.0, correlation=Correlation("white"))
    >>> [round(gain, 12) for gain in gains]
    [0.1, 0.1]
    """
    check_spacing(dx_m, dy_m)
    if operator == "plane":
        if cells is None:
            raise ValueError("the operator 'plane' needs cells, the (rows, columns) of its window")
        model, length_m, table = correlation.model, correlation.length_m, correlation.table
        return plane_gradient_gain(cells, dx_m=dx_m, dy_m=dy_m, model=model, length_m=length_m, table=table)
    rows, columns, east, north = _weights(operator, cells)
    x_m, y_m = columns * dx_m, rows * dy_m
    distance_m = np.hypot(x_m[:, None] - x_m, y_m[:, None] - y_m)
    return _gain(east / dx_m, distance_m, correlation), _gain(north / dy_m, distance_m, correlation)


def residual_rms_gain(
    window: tuple[int, int], *, dx_m: float, dy_m: float, correlation: Correlation
) -> float:
    """Return the root mean square residual of a fitted plane that errors alone make, per metre of them.

    Parameters
    ----------
    window : tuple of int
        Rows and columns of the window, both odd and at least 3.
    dx_m, dy_m : float
        True ground spacing of the cells, in metres.
    correlation : Correlation
        Of the height errors. "worst_gaussian" is the worst of white noise and every Gaussian length.

    Returns
    -------
    float
        0 to 1: the root of the expected mean square over the window, divided by the number of cells.

    Raises
    ------
    ValueError
        If the window or a spacing is not one of the above, or a table gives a variance that no correlation can.

    References
    ----------
    Expectation of a quadratic form; for correlated DEM errors see Heuvelink (1998),
    Error Propagation in Environmental Modelling with GIS. doi:10.4324/9780203016114

    Examples
    --------
    Nine independent heights, three of whose degrees of freedom go into the plane:

    >>> gain = residual_rms_gain((3, 3), dx_m=1.0, dy_m=1.0, correlation=Correlation("white"))
    >>> round(gain**2, 12) == round(6 / 9, 12)
    True
    """
    check_window(window)
    check_spacing(dx_m, dy_m)
    rows, columns = (np.arange(1.0 - side, side) for side in window)
    distance_m = np.hypot(rows[:, None] * dy_m, columns * dx_m)
    pairs = _projector(window) / (window[0] * window[1])

    def variance(one: Correlation) -> float:
        return -float(np.sum(pairs * one.less_one(distance_m)))

    extent_m = max(window[0] * dy_m, window[1] * dx_m)
    found = error_variance(variance, correlation, finest_m=min(dx_m, dy_m), extent_m=extent_m)
    if found > 1.0 + 1e-9:
        raise ValueError(f"the table leaves over {found:.3g} times the error: it is no correlation function")
    return math.sqrt(found)


def flat_slope_statistics(sigma_gx: float, sigma_gy: float) -> FlatSlope:
    """Return the slope that perfectly level ground appears to have, in degrees.

    Parameters
    ----------
    sigma_gx, sigma_gy : float
        Standard deviations of the errors of the gradient, 0 or more.

    Returns
    -------
    FlatSlope
        Each 0 to 90 degrees. The mean is that of slopes, to which the mean of a map converges, and not the slope
        of the mean gradient; the root mean square is that of gradients, as usual for RMS slopes.

    Raises
    ------
    ValueError
        If a sigma is negative or not finite.

    References
    ----------
    Rice (1945), Bell Syst. Tech. J. 24(1), 46-156. doi:10.1002/j.1538-7305.1945.tb00453.x

    Examples
    --------
    A perfect DEM shows level ground as level; small errors show it at sqrt(pi / 2) of their sigma:

    >>> flat_slope_statistics(0.0, 0.0)
    FlatSlope(mean_deg=0.0, rms_deg=0.0, p95_deg=0.0)
    >>> small = flat_slope_statistics(1e-4, 1e-4)
    >>> round(math.radians(small.mean_deg) / 1e-4, 6) == round(math.sqrt(math.pi / 2), 6)
    True
    """
    p95_deg = noise_floor_p95_deg(sigma_gx, sigma_gy)
    nodes, shares = np.polynomial.legendre.leggauss(_NODES)
    radius, angle = (nodes + 1.0) * _FARTHEST_SIGMAS / 2.0, (nodes + 1.0) * math.pi / 4.0
    chance = shares * radius * np.exp(-(radius**2) / 2.0) * _FARTHEST_SIGMAS / 2.0
    spread = np.hypot(sigma_gx * np.cos(angle), sigma_gy * np.sin(angle))
    slope_deg = np.degrees(np.arctan(radius[:, None] * spread))
    mean_deg = float(chance @ slope_deg @ shares) / 2.0
    rms_deg = math.degrees(math.atan(math.hypot(sigma_gx, sigma_gy)))
    return FlatSlope(mean_deg=mean_deg, rms_deg=rms_deg, p95_deg=p95_deg)


def _weights(
    operator: str, cells: tuple[int, int] | None
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return row and column of the cells an operator reads, and their weights for gx dx and gy dy."""
    if operator == "corners":
        if cells is None or len(cells) != 2 or any(int(side) != side or side < 1 for side in cells):
            raise ValueError(f"baseline is {cells}; needed: (rows, columns), whole cells, at least 1")
        tall, wide = cells
        rows, columns = np.array([0.0, 0.0, tall, tall]), np.array([0.0, wide, 0.0, wide])
        east, north = np.array([-1.0, 1.0, -1.0, 1.0]), np.array([1.0, 1.0, -1.0, -1.0])
        return rows, columns, east / (2.0 * wide), north / (2.0 * tall)
    beside = {"horn": np.array([1.0, 2.0, 1.0]) / 8.0, "zevenbergen_thorne": np.array([0.0, 0.5, 0.0])}
    if operator not in beside:
        raise ValueError(f"operator {operator!r} must be one of {', '.join(get_args(Operator))}")
    if cells is not None and tuple(cells) != (3, 3):
        raise ValueError(f"the operator {operator!r} reads 3 x 3 cells, found cells = {cells}")
    rows, columns = (axis.ravel() for axis in np.indices((3, 3), dtype=np.float64))
    east = np.outer(beside[operator], [-1.0, 0.0, 1.0])
    return rows, columns, east.ravel(), -east.T.ravel()


def _gain(weights: FloatArray, distance_m: FloatArray, correlation: Correlation) -> float:
    def variance(one: Correlation) -> float:
        return float(weights @ one.less_one(distance_m) @ weights)

    finest_m, extent_m = float(distance_m[distance_m > 0.0].min()), float(distance_m.max())
    return math.sqrt(error_variance(variance, correlation, finest_m=finest_m, extent_m=extent_m))


def _projector(window: tuple[int, int]) -> FloatArray:
    """Return the sum of P over the pairs of cells at each offset; its total is the number of cells."""
    boxes, moments = [], []
    for side in window:
        place = np.arange(side) - side // 2.0
        boxes.append(side - np.abs(np.arange(1.0 - side, side)))
        moments.append(np.correlate(place, place, "full") / np.sum(place**2))
    (tall, wide), (north, east) = boxes, moments
    level = np.outer(tall, wide) / (window[0] * window[1])
    return np.asarray(level + np.outer(tall, east) / window[0] + np.outer(north, wide) / window[1])
