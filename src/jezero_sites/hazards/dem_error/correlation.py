r"""How the errors of two heights of a DEM hang together, by their distance r on the ground.

.. math::
    C_\mathrm{Gaussian} = e^{-r^2 / (4 s^2)}, \qquad C_\mathrm{exponential} = e^{-r / a}, \qquad
    C_\mathrm{white} = [r = 0],

or a table with straight lines between its lags. The variance of a quantity :math:`\sum_i w_i z_i` of the heights
is :math:`\sigma_z^2 \sum_{ij} w_i w_j C(r_{ij})`; where the weights add up to nothing, :math:`C - 1` may stand for
C and keeps its digits where C is nearly 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize_scalar

from jezero_sites.arrays import FloatArray

ErrorModel = Literal["white", "gaussian", "exponential", "worst_gaussian", "table"]
CorrelationTable = tuple[tuple[float, ...], tuple[float, ...]]  # lags in metres, correlation at each

_SEARCH_STEPS = (
    240  # correlation lengths tried before the best is refined; neighbours differ by a few per cent
)
_ROUNDING = 1e-9  # of the white variance: a sum below zero by more than this is no rounding


@dataclass(frozen=True)
class Correlation:
    """How the errors of two heights hang together, by their distance on the ground.

    Parameters
    ----------
    model : {"white", "gaussian", "exponential", "worst_gaussian", "table"}
        See `jezero_sites.hazards.dem_error.error_model.plane_gradient_gain`.
    length_m : float, optional
        The length of the Gaussian or the exponential model, in metres.
    table : tuple, optional
        Lags in metres and the correlation at each, for the model "table".

    Raises
    ------
    ValueError
        If the model is unknown, or its length or table is missing, not wanted, or out of range.

    Examples
    --------
    Half way down to a lag of 2 m where nothing is left:

    >>> Correlation("table", table=((0.0, 2.0), (1.0, 0.0))).less_one(np.array([0.0, 1.0, 9.0]))
    array([ 0. , -0.5, -1. ])
    """

    model: ErrorModel
    length_m: float | None = None
    table: CorrelationTable | None = None

    def __post_init__(self) -> None:
        _check_model(self.model, self.length_m)
        _check_table(self.model, self.table)

    def less_one(self, distance_m: FloatArray) -> FloatArray:
        """Return the correlation minus one, which keeps its digits where the correlation is nearly one."""
        if self.table is not None:
            lags, values = self.table
            return np.asarray(np.interp(distance_m, lags, values, right=0.0) - 1.0)
        if self.model == "white":
            return np.where(distance_m == 0.0, 0.0, -1.0)
        if self.length_m is None:
            raise ValueError(f"the model {self.model!r} stands for many correlations, not for one")
        ratio = distance_m / self.length_m
        return np.expm1(-ratio if self.model == "exponential" else -((ratio / 2.0) ** 2))


def error_variance(
    variance: Callable[[Correlation], float], correlation: Correlation, *, finest_m: float, extent_m: float
) -> float:
    """Return a variance for a correlation, or for the worst Gaussian one where that is the model.

    Parameters
    ----------
    variance : callable
        Gives the variance, at any scale, of the quantity for one correlation.
    correlation : Correlation
    finest_m, extent_m : float
        Smallest spacing and largest extent of the cells the quantity reads, in metres: lengths from far below
        the one to far above the other are searched.

    Returns
    -------
    float
        0 or more.

    Raises
    ------
    ValueError
        If the variance is negative: then the table is not the correlation of any error.

    Examples
    --------
    The difference of two heights 1 m apart is worst when they have nothing in common:

    >>> def difference(correlation):
    ...     return -2.0 * float(correlation.less_one(np.array([1.0]))[0])
    >>> error_variance(difference, Correlation("worst_gaussian"), finest_m=1.0, extent_m=1.0)
    2.0
    """
    white = variance(Correlation("white"))
    if correlation.model != "worst_gaussian":
        return _not_negative(variance(correlation), white)
    longest = _worst(lambda length: variance(Correlation("gaussian", length)), finest_m, extent_m)
    return max(white, longest)


def _worst(variance: Callable[[float], float], finest_m: float, extent_m: float) -> float:
    """Return the largest variance over all correlation lengths."""
    lengths: FloatArray = np.geomspace(0.05 * finest_m, 4.0 * extent_m, _SEARCH_STEPS)
    best = int(np.argmax([variance(float(length)) for length in lengths]))
    found = minimize_scalar(
        lambda length: -variance(float(length)),
        bounds=(lengths[max(best - 1, 0)], lengths[min(best + 1, _SEARCH_STEPS - 1)]),
        method="bounded",
        options={"xatol": 1e-6 * lengths[best]},
    )
    return max(float(-found.fun), variance(float(lengths[best])))


def _not_negative(variance: float, white: float) -> float:
    if variance < -_ROUNDING * white:
        raise ValueError(
            f"the table gives a negative variance ({variance / white:.3g} times that of white noise): it is no"
            " correlation function; needed: one that some error can have, such as a fitted model"
        )
    return max(variance, 0.0)


def _check_model(model: str, length_m: float | None) -> None:
    if model not in ("white", "gaussian", "exponential", "worst_gaussian", "table"):
        raise ValueError(
            f"model {model!r} must be 'white', 'gaussian', 'exponential', 'worst_gaussian' or 'table'"
        )
    if model in ("white", "worst_gaussian", "table"):
        if length_m is not None:
            raise ValueError(f"the model {model!r} has no length, found length_m = {length_m}")
    elif length_m is None or not 0.0 < length_m < math.inf:
        raise ValueError(f"the model {model!r} needs length_m above 0, found {length_m}")


def _check_table(model: str, table: CorrelationTable | None) -> None:
    if (model == "table") != (table is not None):
        raise ValueError(f"the model 'table' needs a table and no other does; found {model!r} with {table}")
    if table is None:
        return
    lags, values = (np.asarray(column, dtype=np.float64) for column in table)
    if lags.ndim != 1 or lags.size < 1 or lags.shape != values.shape:
        raise ValueError(
            f"table has {lags.size} lags and {values.size} correlations; needed: as many of each"
        )
    if lags[0] != 0.0 or not np.all(np.diff(lags) > 0.0) or not np.isfinite(lags).all():
        raise ValueError(f"lags {table[0]} must rise from 0 and be finite")
    if values[0] != 1.0 or not np.all(np.abs(values) <= 1.0):
        raise ValueError(f"correlations {table[1]} must begin with 1 and lie within -1 to 1")
