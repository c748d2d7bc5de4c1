r"""Rocks below what a picture shows: how many of them a lander's footprint meets on average.

Golombek and Rapp's share of ground covered by rocks of diameter D or more, for a rock abundance k (the share
covered by all rocks), and what follows from :math:`dF = -\tfrac{\pi}{4} D^2\, dN`:

.. math:: F_k(D) = k\,e^{-q D}, \qquad q = 1.79 + 0.152 / k,

.. math::
    N(\ge D) = \frac{4 k q}{\pi} \left[ \frac{e^{-q D}}{D} - q\,E_1(q D) \right]
             = \frac{4 k q}{\pi D}\, E_2(q D),

.. math:: \lambda(D) = \pi R^2 N(\ge D) + 4 k q R\,E_1(q D) + F_k(D),

with D in metres and :math:`\lambda` the mean number of rocks of diameter D or more that overlap a disc of
radius R: the centre of a rock lies within R + D/2 of the disc's. Rocks are placed at random, so no rock is met
with chance :math:`e^{-\lambda}`. The curves were stated for k of 0.05 to 0.40; below is extrapolation.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import exp1, expn

from jezero_sites.arrays import FloatArray

SHAPE = 1.79  # 1/m; Golombek and Rapp (1997), as printed in NTRS 20030111177
SHAPE_PER_ABUNDANCE = 0.152  # 1/m; same source
_NO_ROCKS = 1e-200  # an abundance that leaves exactly no rock of any size, and 1 / k finite


def cumulative_fractional_area(
    diameter_m: float | FloatArray, *, abundance: float | FloatArray
) -> FloatArray:
    """Return the share of ground covered by rocks of a diameter or more, 0 to the abundance.

    Parameters
    ----------
    diameter_m : float or array
        Rock diameter in metres, 0 or more.
    abundance : float or array that broadcasts with it
        Share of ground covered by all rocks, 0 to 1; NaN where unknown.

    Returns
    -------
    array
        NaN where the abundance is unknown.

    Raises
    ------
    ValueError
        If a diameter is negative or an abundance outside 0 to 1.

    References
    ----------
    Golombek and Rapp (1997), J. Geophys. Res. 102(E2), 4117-4129. doi:10.1029/96JE03319

    Examples
    --------
    All rocks together cover what the abundance says:

    >>> float(cumulative_fractional_area(0.0, abundance=0.1))
    0.1
    """
    k, q = _abundance_and_decay(abundance)
    return k * np.exp(-q * _diameter(diameter_m, allow_zero=True))


def rocks_per_m2(diameter_m: float | FloatArray, *, abundance: float | FloatArray) -> FloatArray:
    """Return how many rocks of a diameter or more lie on a square metre on average.

    Parameters
    ----------
    diameter_m : float or array
        Rock diameter in metres, above 0 (the model has infinitely many specks).
    abundance : float or array that broadcasts with it
        Share of ground covered by all rocks, 0 to 1; NaN where unknown.

    Returns
    -------
    array
        Rocks per square metre, 0 or more; NaN where the abundance is unknown.

    Raises
    ------
    ValueError
        If a diameter is not positive or an abundance outside 0 to 1.

    References
    ----------
    Golombek and Rapp (1997), J. Geophys. Res. 102(E2), 4117-4129. doi:10.1029/96JE03319, integrated.

    Examples
    --------
    Ground without rocks has none of them:

    >>> float(rocks_per_m2(0.38, abundance=0.0))
    0.0
    """
    k, q = _abundance_and_decay(abundance)
    d = _diameter(diameter_m)
    found: FloatArray = 4.0 * _decayed(k) / (math.pi * d) * expn(2, q * d)
    return found


def overlap_rate(
    abundance: float | FloatArray, *, min_diameter_m: float, max_diameter_m: float, radius_m: float
) -> FloatArray:
    """Return how many rocks of a range of diameters overlap a disc on average.

    Parameters
    ----------
    abundance : float or array
        Share of ground covered by all rocks, 0 to 1; NaN where unknown.
    min_diameter_m, max_diameter_m : float
        Smallest rock that counts and the size from which rocks are seen directly, in metres; infinity for
        none. Two equal diameters hold no rock.
    radius_m : float
        Radius of the disc in metres, 0 or more.

    Returns
    -------
    array of the shape of the abundance
        Mean number, 0 or more; NaN where the abundance is unknown. exp(-rate) is the chance to meet none.

    Raises
    ------
    ValueError
        If the diameters are not positive and in order, the radius negative or an abundance outside 0 to 1.

    References
    ----------
    Golombek and Rapp (1997), J. Geophys. Res. 102(E2), 4117-4129. doi:10.1029/96JE03319, integrated.

    Examples
    --------
    A point meets a rock as often as rocks cover ground:

    >>> rate = overlap_rate(0.1, min_diameter_m=0.5, max_diameter_m=np.inf, radius_m=0.0)
    >>> float(rate) == float(cumulative_fractional_area(0.5, abundance=0.1))
    True
    """
    if not min_diameter_m <= max_diameter_m:
        raise ValueError(f"min_diameter_m {min_diameter_m} must not exceed max_diameter_m {max_diameter_m}")
    if not 0.0 <= radius_m < math.inf:
        raise ValueError(f"radius_m {radius_m} must be 0 or more")
    smallest = _overlap_rate_above(abundance, min_diameter_m, radius_m)
    return smallest - _overlap_rate_above(abundance, max_diameter_m, radius_m)


def diameter_for_height_m(
    height_m: float | FloatArray, *, height_per_diameter: float = 0.5
) -> float | FloatArray:
    """Return the diameter of a rock of a height, in metres.

    Parameters
    ----------
    height_m : float or array
        Rock height in metres.
    height_per_diameter : float
        Height over diameter; a half, a hemisphere, is a common assumption (unverified).

    Returns
    -------
    float or array

    Raises
    ------
    ValueError
        If the ratio is not positive.

    Examples
    --------
    >>> diameter_for_height_m(0.19)
    0.38
    """
    if not 0.0 < height_per_diameter < math.inf:
        raise ValueError(f"height_per_diameter {height_per_diameter} must be positive")
    return height_m / height_per_diameter


def _overlap_rate_above(abundance: float | FloatArray, diameter_m: float, radius_m: float) -> FloatArray:
    k, q = _abundance_and_decay(abundance)
    d = _diameter(diameter_m)
    inside = math.pi * radius_m**2 * rocks_per_m2(d, abundance=k)
    across_edge = 4.0 * _decayed(k) * radius_m * exp1(q * d)
    rate: FloatArray = inside + across_edge + k * np.exp(-q * d)
    return rate


def _abundance_and_decay(abundance: float | FloatArray) -> tuple[FloatArray, FloatArray]:
    k = np.asarray(abundance, np.float64)
    if np.any((k < 0.0) | (k > 1.0)):
        raise ValueError("abundance must lie between 0 and 1: it is the share of ground covered by rocks")
    return k, SHAPE + SHAPE_PER_ABUNDANCE / np.maximum(k, _NO_ROCKS)


def _decayed(k: FloatArray) -> FloatArray:
    """Return k q, which stays finite without rocks."""
    return SHAPE * k + SHAPE_PER_ABUNDANCE


def _diameter(diameter_m: float | FloatArray, *, allow_zero: bool = False) -> FloatArray:
    d = np.asarray(diameter_m, np.float64)
    if not np.all(d >= 0.0 if allow_zero else d > 0.0):
        raise ValueError(f"diameter_m {diameter_m} must be {'0 or more' if allow_zero else 'above 0'}")
    return d
