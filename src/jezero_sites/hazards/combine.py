r"""The chance that a touchdown centred in a cell is safe.

.. math:: P = G\,(1 - P_\mathrm{slope})\,e^{-\lambda}

with G = 1 where every gate (roughness, relief, ...) passes and 0 elsewhere, :math:`P_\mathrm{slope}` the chance
that the true slope exceeds its limit, and :math:`\lambda` the mean number of hazardous rocks under the lander.
The factors are taken as independent. Reach: the cell itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jezero_sites.arrays import BoolArray, ByteArray, FloatArray


def safe_probability(
    *,
    gates: Sequence[BoolArray],
    slope_exceedance: FloatArray | None,
    rock_rate: float | FloatArray | None = None,
    unknown: BoolArray,
) -> FloatArray:
    """Return the chance that a touchdown centred in each cell is safe, 0 to 1.

    Parameters
    ----------
    gates : sequence of arrays of bool of shape (rows, columns)
        Where each hazard without a probability passes its limit.
    slope_exceedance : array of shape (rows, columns) or None
        Chance that the true slope exceeds its limit; NaN where unknown. None where slope has no limit.
    rock_rate : float or array of shape (rows, columns), optional
        Mean number of hazardous rocks under the lander; NaN where unknown. None where rocks were not
        assessed: the factor is left out, and the result must say so.
    unknown : array of bool of shape (rows, columns)
        Where the ground, or a quantity with a limit, is unknown.

    Returns
    -------
    array of shape (rows, columns)
        NaN where unknown, even where a gate fails; else 0 where a gate fails.

    Raises
    ------
    ValueError
        If an array has another shape than ``unknown``.

    Examples
    --------
    A slope that is too steep in one case of four, and no rocks:

    >>> known = np.zeros((1, 2), dtype=bool)
    >>> safe_probability(gates=[np.array([[True, False]])], slope_exceedance=np.full((1, 2), 0.25), unknown=known)
    array([[0.75, 0.  ]])
    """
    shape = np.shape(unknown)
    safe = np.where(unknown, np.nan, 1.0)
    if slope_exceedance is not None:
        safe *= 1.0 - _of_shape(slope_exceedance, shape, "slope_exceedance")
    if rock_rate is not None:
        rate = np.asarray(rock_rate, np.float64)
        safe *= np.exp(-(rate if rate.ndim == 0 else _of_shape(rate, shape, "rock_rate")))
    for gate in gates:
        safe *= _of_shape(gate, shape, "a gate")
    return safe


def _of_shape(values: FloatArray | BoolArray, shape: tuple[int, ...], name: str) -> FloatArray:
    if np.shape(values) != shape:
        raise ValueError(f"{name} has shape {np.shape(values)}, the unknown ground {shape}")
    return np.asarray(values, np.float64)


NONE_BINDS = 255
"""Code of a cell in which no factor is below 1."""


def binding_factor(
    factors: Sequence[tuple[int, FloatArray | BoolArray | float]], *, unknown: BoolArray
) -> ByteArray:
    """Return which factor of the safe probability is the smallest, as its code.

    Parameters
    ----------
    factors : sequence of (code, array of shape (rows, columns) or number)
        Factors between 0 and 1, gates as booleans; codes from 1 to 254. Of equal factors the first binds.
    unknown : array of bool of shape (rows, columns)
        Where the safe probability is unknown.

    Returns
    -------
    array of uint8 of shape (rows, columns)
        0 where unknown, 255 where every factor is 1.

    Raises
    ------
    ValueError
        If a factor has another shape than ``unknown``.

    Examples
    --------
    >>> known = np.zeros((1, 2), dtype=bool)
    >>> binding_factor([(1, np.array([[0.9, 0.2]])), (2, 0.5)], unknown=known)
    array([[2, 1]], dtype=uint8)
    """
    shape = np.shape(unknown)
    least, code = np.ones(shape), np.full(shape, NONE_BINDS, np.uint8)
    for number, factor in factors:
        values = np.asarray(factor, np.float64)
        values = np.broadcast_to(values, shape) if values.ndim == 0 else _of_shape(values, shape, "a factor")
        below = values < least
        least, code = np.where(below, values, least), np.where(below, np.uint8(number), code)
    return np.where(unknown, np.uint8(0), code)
