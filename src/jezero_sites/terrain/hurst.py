r"""Hurst exponent: how the RMS deviation of heights grows with the lag, and where that changes.

.. math:: \nu(L) = \nu_1 L^H, \qquad s(L) = s_1 L^{H - 1},

a straight line in :math:`\log \nu` against :math:`\log L`. With a break at B there are two that meet:

.. math:: \log \nu = \log \nu_1 + H \log L + (H' - H) \max(0, \log L - \log B).

Both are fitted with the weights of Huber, so that one odd lag does not bend them. The break is the lag that
leaves the least misfit, and counts only where (1) the exponents differ by 0.3 or more and (2) the summed
squares of the misfit are a quarter or less of those of one line. H is 1 on a plane and 0 for white noise.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from jezero_sites.arrays import FloatArray

LEAST_LAGS = 4
"""Lags in a straight piece of the fit, the break counted in both."""

LEAST_BEND = 0.3
"""A break must change the exponent by this much: above the wander of 97 in 100 lines of self-affine ground
(measured, 260 x 300 cells, exponents 0.3 to 0.9)."""

LEAST_GAIN = 4.0
"""A break must divide the summed squares of the misfit by this much, that is, halve its RMS: a guess."""

_HUBER = 1.345  # robust standard deviations: 95 % efficient where errors are normal
_MAD = 1.4826  # standard deviations in a median absolute deviation of normal errors
_ROUNDS = 20


class HurstFit(NamedTuple):
    """One straight line through log deviation against log lag, or two that meet.

    ``hurst`` holds up to ``break_m``; ``deviation_at_1m_m`` is its line's value at 1 m, an extrapolation
    where no lag is that short. ``break_m`` and ``hurst_beyond`` are NaN where no break was found.
    ``misfit_fraction`` is the RMS of the relative misfit of the deviation.
    """

    hurst: float
    deviation_at_1m_m: float
    break_m: float
    hurst_beyond: float
    misfit_fraction: float


def fit_hurst(lag_m: FloatArray, deviation_m: FloatArray) -> HurstFit:
    """Return the exponent of a deviogram and its break, if it has one.

    Parameters
    ----------
    lag_m, deviation_m : arrays of one shape (lags,)
        Lags that grow and RMS deviations, in metres. Lags without a deviation (NaN or 0) are left out.

    Returns
    -------
    HurstFit
        All NaN where fewer than four lags are left.

    Raises
    ------
    ValueError
        If shapes differ, or lags are not positive and growing.

    References
    ----------
    Shepard et al. (2001), J. Geophys. Res. 106(E12), 32777-32795 (exponent and break).
    doi:10.1029/2000JE001429. Huber (1964), Ann. Math. Stat. 35, 73-101 (weights).
    doi:10.1214/aoms/1177703732

    Examples
    --------
    A plane of gradient 0.5 has the exponent 1 and deviates by half a metre at 1 m:

    >>> lag_m = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    >>> fit = fit_hurst(lag_m, 0.5 * lag_m)
    >>> round(fit.hurst, 9), round(fit.deviation_at_1m_m, 9), fit.break_m
    (1.0, 0.5, nan)
    """
    lag, deviation = np.asarray(lag_m, np.float64), np.asarray(deviation_m, np.float64)
    if lag.ndim != 1 or lag.shape != deviation.shape:
        raise ValueError(f"lags have shape {lag.shape}, deviations {deviation.shape}; needed: one shape")
    if not (lag > 0.0).all() or not (np.diff(lag) > 0.0).all():
        raise ValueError("lags must be positive and growing")
    used = deviation > 0.0
    if used.sum() < LEAST_LAGS:
        return HurstFit(*[math.nan] * 5)
    return _fitted(np.log(lag[used]), np.log(deviation[used]))


def fitted_deviation_m(fit: HurstFit, lag_m: FloatArray) -> FloatArray:
    """Return the deviation of the fitted line, or lines, at lags, in metres; NaN where nothing was fitted.

    Below the DEM's real resolution the line is an extrapolation: a lower bound on the ground's deviation as long
    as the power law goes on, since whatever the DEM does not show adds to it. Where the curve bends down
    towards short lags, it is too high.

    Examples
    --------
    >>> fitted_deviation_m(HurstFit(1.0, 0.5, 10.0, 0.0, 0.0), np.array([1.0, 10.0, 100.0]))
    array([0.5, 5. , 5. ])
    """
    lag = np.asarray(lag_m, np.float64)
    line = fit.deviation_at_1m_m * lag**fit.hurst
    if math.isnan(fit.break_m):
        return line
    bend: FloatArray = np.maximum(lag / fit.break_m, 1.0) ** (fit.hurst_beyond - fit.hurst)
    return line * bend


def _fitted(x: FloatArray, y: FloatArray) -> HurstFit:
    whole, left = _robust(np.stack([np.ones_like(x), x]), y)
    best, least, at = whole, left, math.nan
    for middle in x[LEAST_LAGS - 1 : x.size - LEAST_LAGS + 1]:
        found, misfit = _robust(np.stack([np.ones_like(x), x, np.maximum(x - middle, 0.0)]), y)
        if misfit < least:
            best, least, at = found, misfit, float(middle)
    if math.isnan(at) or abs(best[2]) < LEAST_BEND or least * LEAST_GAIN > left:
        best, least, at = np.append(whole, math.nan), left, math.nan
    fit = math.exp(best[0]), math.exp(at), float(best[1] + best[2]), math.sqrt(least / x.size)
    return HurstFit(float(best[1]), *fit)


def _robust(terms: FloatArray, y: FloatArray) -> tuple[FloatArray, float]:
    """Return the coefficients of the terms by Huber's weights, and the weighted sum of squares left over."""
    weight = np.ones_like(y)
    for _ in range(_ROUNDS):
        root = np.sqrt(weight)
        found = np.asarray(np.linalg.lstsq((terms * root).T, y * root, rcond=None)[0], np.float64)
        left = np.abs(y - found @ terms)
        scale = max(_HUBER * _MAD * float(np.median(left)), 1e-12)
        weight = np.minimum(1.0, scale / np.maximum(left, 1e-300))
    return found, float(np.sum(weight * left**2))
