r"""The chance that the true slope exceeds a limit, given the measured gradient and its error.

With a flat prior on the true gradient, and independent normal errors of its two components,

.. math::
    P = 1 - \iint_{x^2 + y^2 \le T^2} \varphi\!\left(\frac{x - g_x}{\sigma_x}\right)
        \varphi\!\left(\frac{y - g_y}{\sigma_y}\right) \frac{dx\,dy}{\sigma_x \sigma_y},
    \qquad T = \tan(\mathrm{limit}).

With one sigma this is the survival function of the Rice distribution. The two differ where cells are not square
on the ground, and the Rice function of the larger one is no upper bound then.

The inner integral is an error function, the outer one Gauss-Legendre quadrature. An array is read from a table
over (gradient g, share of g^2 along the axis of the larger sigma), with first-order terms in the logarithms of
the sigmas: rows whose sigmas differ by less than 1e-4 share one. Within 1e-5 of the quadrature; reach: the cell.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq

from jezero_sites.arrays import FloatArray
from jezero_sites.hazards.dem_error.exceedance_kernels import (
    STRAIGHT_SIGMAS,
    exceedance,
    fill_exact,
    fill_from_table,
    fill_table,
)
from jezero_sites.hazards.row_bands import row_bands

_STEPS_PER_SIGMA = 12  # nodes of the table over the gradient: cubic interpolation is then within 1e-6
_REACH_SIGMAS = 6.0  # beyond this distance from the limit the chance is within 1e-8 of 0 or 1
_STEPS_PER_STRETCH = 20  # over the share, times (sigma ratio squared - 1), for the same accuracy
_LARGEST_RATIO = 2.0  # of the sigmas, beyond which a table would be larger than most rasters
_LOG_STEP = 1e-3  # of the sigmas, for the first-order terms: their error is its square


def slope_exceedance_probability(
    gx: FloatArray, gy: FloatArray, *, sigma_gx: FloatArray, sigma_gy: FloatArray, limit_tan: float
) -> FloatArray:
    """Return the chance that the true slope exceeds a limit, 0 to 1.

    Parameters
    ----------
    gx, gy : arrays of shape (rows, columns)
        Measured gradient to the east and to the north; NaN where unknown.
    sigma_gx, sigma_gy : arrays of shape (rows,)
        Standard deviations of their errors; 0 gives a hard step (a slope equal to the limit passes). Pass all
        rows of the grid, or the result depends on the first row given.
    limit_tan : float
        Tangent of the limiting slope, 0 or more.

    Returns
    -------
    array of shape (rows, columns)
        NaN where a gradient is unknown. The signs of the gradient do not matter.

    Raises
    ------
    ValueError
        If shapes disagree, or a sigma or the limit is negative or not finite.

    References
    ----------
    Rice (1945), Bell Syst. Tech. J. 24(1), 46-156. doi:10.1002/j.1538-7305.1945.tb00453.x

    Examples
    --------
    On a slope measured right at a limit far above the noise it is a toss-up:

    >>> at_limit, level = np.full((1, 2), 0.2), np.zeros((1, 2))
    >>> sigma = np.full(1, 1e-5)
    >>> slope_exceedance_probability(at_limit, level, sigma_gx=sigma, sigma_gy=sigma, limit_tan=0.2).round(4)
    array([[0.5, 0.5]])
    """
    return SlopeExceedance(sigma_gx, sigma_gy, limit_tan=limit_tan).probability(gx, gy)


class SlopeExceedance:
    """The chance that the true slope exceeds a limit, made ready for a grid and read part by part.

    Parameters
    ----------
    sigma_gx, sigma_gy : arrays of shape (rows,)
        Standard deviations of the gradient's errors, for every row of the whole grid.
    limit_tan : float
        Tangent of the limiting slope, 0 or more.

    Raises
    ------
    ValueError
        If shapes disagree, or a sigma or the limit is negative or not finite.
    """

    def __init__(self, sigma_gx: FloatArray, sigma_gy: FloatArray, *, limit_tan: float) -> None:
        self._sigmas = tuple(np.ascontiguousarray(s, np.float64) for s in (sigma_gx, sigma_gy))
        if self._sigmas[0].ndim != 1 or self._sigmas[0].shape != self._sigmas[1].shape:
            raise ValueError("sigmas, one per row, must agree in shape")
        _check(*self._sigmas, limit_tan=limit_tan)
        self._limit_tan, self._bands = limit_tan, row_bands(*self._sigmas)

    def probability(self, gx: FloatArray, gy: FloatArray, *, first_row: int | None = None) -> FloatArray:
        """Return the chance for the gradients of some rows of the grid, 0 to 1.

        Parameters
        ----------
        gx, gy : arrays of shape (rows, columns)
            Measured gradient to the east and to the north; NaN where unknown.
        first_row : int, optional
            The row of the grid that theirs begin at; all rows must be given where it is left out.

        Raises
        ------
        ValueError
            If shapes disagree.
        """
        east, north = (np.ascontiguousarray(g, np.float64) for g in (gx, gy))
        rows, top = len(self._sigmas[0]), first_row or 0
        fits = top + len(east) <= rows if first_row is not None else len(east) == rows
        if east.ndim != 2 or east.shape != north.shape or not fits:
            raise ValueError(
                f"gradients {east.shape}, {north.shape} and sigmas, one per row, must agree in shape"
            )
        found = np.empty_like(east)
        for start, stop in self._bands:
            first, last = max(start, top), min(stop, top + len(east))
            if first < last:
                part, whole = slice(first - top, last - top), slice(first, last)
                base = float(self._sigmas[0][start]), float(self._sigmas[1][start])
                sigmas = self._sigmas[0][whole], self._sigmas[1][whole]
                _fill_band((east[part], north[part]), sigmas, base, self._limit_tan, found[part])
        return found


def slope_exceedance_quadrature(
    gx: float, gy: float, *, sigma_gx: float, sigma_gy: float, limit_tan: float
) -> float:
    """Return the chance that the true slope exceeds a limit, for one gradient, to about 1e-12.

    Parameters
    ----------
    gx, gy : float
        Measured gradient to the east and to the north; NaN where unknown.
    sigma_gx, sigma_gy : float
        Standard deviations of their errors, 0 or more.
    limit_tan : float
        Tangent of the limiting slope, 0 or more.

    Returns
    -------
    float
        0 to 1; NaN where the gradient is unknown.

    Raises
    ------
    ValueError
        If a sigma or the limit is negative or not finite.

    Examples
    --------
    Level ground follows Rayleigh's law: exp(-1/2) of it reads steeper than one sigma.

    >>> chance = slope_exceedance_quadrature(0.0, 0.0, sigma_gx=0.1, sigma_gy=0.1, limit_tan=0.1)
    >>> abs(chance - math.exp(-0.5)) < 1e-12
    True
    """
    _check(np.array([sigma_gx]), np.array([sigma_gy]), limit_tan=limit_tan)
    chance: float = exceedance((float(gx), float(gy)), (float(sigma_gx), float(sigma_gy)), float(limit_tan))
    return chance


def noise_floor_p95_deg(sigma_gx: float, sigma_gy: float) -> float:
    """Return the slope that one cell in twenty of perfectly level ground appears to exceed, in degrees.

    Parameters
    ----------
    sigma_gx, sigma_gy : float
        Standard deviations of the errors of the gradient, 0 or more.

    Returns
    -------
    float
        0 to 90.

    Raises
    ------
    ValueError
        If a sigma is negative or not finite.

    Examples
    --------
    A perfect DEM has no noise; with one sigma the floor is sqrt(2 ln 20) of it:

    >>> noise_floor_p95_deg(0.0, 0.0)
    0.0
    >>> round(math.tan(math.radians(noise_floor_p95_deg(0.1, 0.1))), 6)
    0.244775
    """
    _check(np.array([sigma_gx]), np.array([sigma_gy]), limit_tan=0.0)
    larger = max(sigma_gx, sigma_gy)
    if larger == 0.0:
        return 0.0

    def excess(gradient: float) -> float:
        return float(exceedance((0.0, 0.0), (sigma_gx / larger, sigma_gy / larger), gradient)) - 0.05

    # one component alone has its 95th percentile at 1.96 sigma, two equal ones at 2.45
    gradient = brentq(excess, 1.9, 2.5, xtol=1e-12)
    return math.degrees(math.atan(larger * gradient))


def _fill_band(
    gradient: tuple[FloatArray, FloatArray],
    sigmas: tuple[FloatArray, FloatArray],
    first: tuple[float, float],
    limit_tan: float,
    found: FloatArray,
) -> None:
    """Fill rows of a band from its table, that of the sigmas of its first row."""
    east, north = gradient
    if first[0] < first[1]:  # the first axis has the larger sigma: turned ground gives the same
        east, north, sigmas, first = north, east, (sigmas[1], sigmas[0]), (first[1], first[0])
    if first[0] == 0.0:
        steeper = (np.hypot(east, north) > limit_tan).astype(np.float64)
        found[:] = np.where(np.isnan(east) | np.isnan(north), np.nan, steeper)
    elif first[0] > _LARGEST_RATIO * first[1] or limit_tan > STRAIGHT_SIGMAS * first[0]:
        fill_exact((east, north), sigmas, limit_tan, found)
    else:
        logs = np.log(sigmas[0] / first[0]), np.log(sigmas[1] / first[1])
        nodes = _nodes(*first, limit_tan)
        tables = _table(*first, limit_tan)[None]
        if np.any(logs):
            tables = np.concatenate([tables, _log_slopes(*first, limit_tan)])
        fill_from_table((east, north), logs, tables, (nodes[0][0], nodes[0][-1]), found)


def _nodes(larger: float, smaller: float, limit_tan: float) -> tuple[FloatArray, FloatArray]:
    """Return the gradients, and the shares of their square along the axis of the larger sigma, of a table."""
    low, high = (limit_tan + side * _REACH_SIGMAS * larger for side in (-1.0, 1.0))
    low = max(0.0, low)
    steps = _STEPS_PER_SIGMA * (high - low) / smaller, _STEPS_PER_STRETCH * ((larger / smaller) ** 2 - 1.0)
    return np.linspace(low, high, 4 + math.ceil(steps[0])), np.linspace(0.0, 1.0, 9 + math.ceil(steps[1]))


@lru_cache(maxsize=512)
def _table(larger: float, smaller: float, limit_tan: float) -> FloatArray:
    """Return the chance over gradient and share."""
    nodes = _nodes(larger, smaller, limit_tan)
    table = np.empty((nodes[0].size, nodes[1].size))
    fill_table(nodes, (larger, smaller), limit_tan, table)
    return table


@lru_cache(maxsize=512)
def _log_slopes(larger: float, smaller: float, limit_tan: float) -> FloatArray:
    """Return how the table changes with the logarithms of both sigmas, by central differences."""
    nodes = _nodes(larger, smaller, limit_tan)
    table = np.empty((2, 2, nodes[0].size, nodes[1].size))
    for side, factor in enumerate((math.exp(_LOG_STEP), math.exp(-_LOG_STEP))):
        fill_table(nodes, (larger * factor, smaller), limit_tan, table[0, side])
        fill_table(nodes, (larger, smaller * factor), limit_tan, table[1, side])
    slopes: FloatArray = (table[:, 0] - table[:, 1]) / (2.0 * _LOG_STEP)
    return slopes


def _check(*sigmas: FloatArray, limit_tan: float) -> None:
    for sigma in sigmas:
        if not np.all((sigma >= 0.0) & (sigma < math.inf)):
            raise ValueError("every sigma must be 0 or more and finite")
    if not 0.0 <= limit_tan < math.inf:
        raise ValueError(f"limit_tan {limit_tan} must be 0 or more and finite")
